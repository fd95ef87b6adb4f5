package verify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Middleware lets requests through that carry a good access token
// ("Authorization: Bearer ..."), with the session in their context; see
// [SessionFrom]. Others are refused with 401, or, while it cannot be told
// whether the token is good, with 503.
func (v *Verifier) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, err := bearer(r)
		if err != nil {
			v.event(Event{Kind: Verified, Outcome: outcomeOf(err)})
			v.refuse(w, r, err)
			return
		}
		session, err := v.Verify(r.Context(), token)
		if err != nil {
			v.refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, &passed{session, v})))
	})
}

// bearer is a request's one bearer token (RFC 6750, section 2.1).
func bearer(r *http.Request) (string, error) {
	values := r.Header.Values("Authorization")
	switch len(values) {
	case 0:
		return "", ErrMissing
	case 1:
	default:
		return "", invalid("two Authorization headers")
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", ErrMissing
	}
	if token = strings.Trim(token, " "); token == "" {
		return "", invalid("no token after Bearer")
	}
	return token, nil
}

// RequireRole lets requests through whose person has one of the roles, and
// refuses others with 403. It goes inside [Verifier.Middleware].
func RequireRole(roles ...string) func(http.Handler) http.Handler {
	return requirement(func(p *passed) error {
		if slices.Contains(roles, p.session.Role) {
			return nil
		}
		return errRole
	})
}

// RequireAuthAge lets requests through whose person has proven who they are
// within age, and refuses others with 401 and the challenge of RFC 9470: the
// client has them sign in again. It goes inside [Verifier.Middleware].
func RequireAuthAge(age time.Duration) func(http.Handler) http.Handler {
	return requirement(func(p *passed) error {
		now, known := p.verifier.clock.server(p.verifier.clock.read())
		if known && now < p.session.AuthTime.UnixMicro()+age.Microseconds() {
			return nil
		}
		return &authAgeError{age}
	})
}

var errRole = errors.New("verify: the person's role is not one of those that may")

type authAgeError struct{ age time.Duration }

func (e *authAgeError) Error() string { return "verify: the person has signed in too long ago" }

// requirement is a handler's that is asked about each request. Without
// Middleware around it, it lets nobody through.
func requirement(met func(*passed) error) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p, ok := r.Context().Value(contextKey{}).(*passed)
			if !ok {
				(&Verifier{}).refuse(w, r, ErrMissing)
				return
			}
			if err := met(p); err != nil {
				p.verifier.refuse(w, r, err)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// refusal is the answer to an error.
type refusal struct {
	status           int
	kind, title      string // of the problem
	detail           string
	challenge, retry string
}

func refusalOf(err error) refusal {
	const invalidToken = `Bearer error="invalid_token", error_description="%s"`
	var age *authAgeError
	switch {
	case errors.Is(err, ErrMissing):
		return refusal{status: http.StatusUnauthorized, kind: "unauthenticated", title: "Sign-in needed",
			detail: "This needs an access token.", challenge: "Bearer"}
	case errors.Is(err, ErrExpired):
		return refusal{status: http.StatusUnauthorized, kind: "invalid-token", title: "Access token expired",
			detail: "The access token has expired.", challenge: fmt.Sprintf(invalidToken, "The access token has expired")}
	case errors.Is(err, ErrRevoked):
		return refusal{status: http.StatusUnauthorized, kind: "session-revoked", title: "Session ended",
			detail: "The session has ended.", challenge: fmt.Sprintf(invalidToken, "The session has ended")}
	case errors.Is(err, ErrInvalid):
		return refusal{status: http.StatusUnauthorized, kind: "invalid-token", title: "Access token invalid",
			detail: "The access token is not valid here.", challenge: fmt.Sprintf(invalidToken, "The access token is not valid here")}
	case errors.Is(err, errRole):
		return refusal{status: http.StatusForbidden, kind: "forbidden", title: "Not allowed",
			detail: "Your role does not allow this."}
	case errors.As(err, &age):
		seconds := int64(age.age / time.Second)
		return refusal{status: http.StatusUnauthorized, kind: "insufficient-user-authentication", title: "Sign in again",
			detail: "This needs a more recent sign-in.",
			challenge: fmt.Sprintf(`Bearer error="insufficient_user_authentication", error_description="A more recent sign-in is needed", max_age="%d"`,
				seconds)}
	}
	return refusal{status: http.StatusServiceUnavailable, kind: "unavailable", title: "Try again",
		detail: "Whether the session still lives cannot be told at the moment.", retry: "2"}
}

// refuse answers with a problem (RFC 9457). It says what kind of refusal it is,
// and never why in particular: that is for the service's own log.
func (v *Verifier) refuse(w http.ResponseWriter, r *http.Request, err error) {
	answer := refusalOf(err)
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	if answer.challenge != "" {
		header.Set("WWW-Authenticate", answer.challenge)
	}
	if answer.retry != "" {
		header.Set("Retry-After", answer.retry)
	}
	if v.cfg.ErrorHandler != nil {
		v.cfg.ErrorHandler(w, r, answer.status, err)
		return
	}
	kind := problemType(v.cfg.Issuer, answer.kind)
	if kind == "about:blank" {
		answer.title = http.StatusText(answer.status)
	}
	body, _ := json.Marshal(struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
	}{kind, answer.title, answer.status, answer.detail})
	header.Set("Content-Type", "application/problem+json")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(answer.status)
	w.Write(append(body, '\n'))
}

// problemType is where the authority explains a kind of problem; of one that it
// does not have, "about:blank" says that the status tells all.
func problemType(issuer, kind string) string {
	if issuer == "" || kind == "insufficient-user-authentication" {
		return "about:blank"
	}
	return strings.TrimSuffix(issuer, "/") + "/problems/" + kind
}
