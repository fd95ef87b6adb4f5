package verify

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// ask sends a request through handlers and returns the answer.
func ask(h http.Handler, authorization ...string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, "/orders", nil)
	r.Header["Authorization"] = authorization
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestMiddleware(t *testing.T) {
	var events []Event
	change := func(c *Config) {
		c.Metrics = func(e Event) {
			if e.Kind == Verified { // which this goroutine does
				events = append(events, e)
			}
		}
	}
	inBubble(t, change, func(t *testing.T, a *fakeAuthority, v *Verifier) {
		var got []Session
		handler := v.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			s, ok := SessionFrom(r.Context())
			if !ok {
				t.Error("no session in the context")
			}
			got = append(got, s)
		}))
		p, gone := somebody(), somebody()
		good, ended := "Bearer "+a.token(t, p), "Bearer "+a.token(t, gone)
		late := a.claims(p)
		late["exp"] = late["iat"]
		a.end(gone)
		synctest.Wait()
		events = nil
		const invalidToken = `Bearer error="invalid_token", error_description="`
		for _, c := range []struct {
			name          string
			authorization []string
			status        int
			challenge     string
			problem       string
			outcome       Outcome
		}{
			{"good", []string{good}, 200, "", "", Accepted},
			{"any case, any spaces", []string{strings.Replace(good, "Bearer ", "bEARER  ", 1)}, 200, "", "", Accepted},
			{"none", nil, 401, "Bearer", "unauthenticated", Missing},
			{"basic", []string{"Basic eDp5"}, 401, "Bearer", "unauthenticated", Missing},
			{"two", []string{good, good}, 401, invalidToken + `The access token is not valid here"`, "invalid-token", Invalid},
			{"empty", []string{"Bearer "}, 401, invalidToken + `The access token is not valid here"`, "invalid-token", Invalid},
			{"broken", []string{good[:len(good)-1]}, 401, invalidToken + `The access token is not valid here"`, "invalid-token", Invalid},
			{"long", []string{"Bearer " + strings.Repeat("x", maxToken+1)}, 401, invalidToken + `The access token is not valid here"`, "invalid-token", Invalid},
			{"expired", []string{"Bearer " + a.keys[0].sign(t, late)}, 401, invalidToken + `The access token has expired"`, "invalid-token", Expired},
			{"ended", []string{ended}, 401, invalidToken + `The session has ended"`, "session-revoked", Revoked},
		} {
			before := len(got)
			events = nil
			answer := ask(handler, c.authorization...)
			body, _ := io.ReadAll(answer.Body)
			if answer.StatusCode != c.status || answer.Header.Get("WWW-Authenticate") != c.challenge || (len(got) > before) != (c.status == 200) {
				t.Errorf("%s: %d, %q", c.name, answer.StatusCode, answer.Header.Get("WWW-Authenticate"))
			}
			if len(events) != 1 || events[0].Outcome != c.outcome {
				t.Errorf("%s: %v", c.name, events)
			}
			if c.status == 200 {
				continue
			}
			var problem struct {
				Type   string
				Status int
			}
			if err := json.Unmarshal(body, &problem); err != nil || problem.Type != testIssuer+"/problems/"+c.problem || problem.Status != c.status {
				t.Errorf("%s: %s", c.name, body)
			}
			if answer.Header.Get("Content-Type") != "application/problem+json" || answer.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %v", c.name, answer.Header)
			}
		}
		if s := got[0]; s.ID != p.session.String() || s.Methods()[0] != "pwd" {
			t.Errorf("%+v", s)
		}
		// What is handed out cannot change what is remembered.
		got[0].Methods()[0] = "changed"
		if s, _ := v.Verify(t.Context(), good[len("Bearer "):]); s.Methods()[0] != "pwd" {
			t.Error("a caller changed a remembered token")
		}
	})
}

func TestAnAuthorityThatIsAwayIsNotTheClientsFault(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, a *fakeAuthority, v *Verifier) {
		handler := v.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("let through") }))
		token := a.token(t, somebody())
		a.set(func(a *fakeAuthority) { a.refuse = http.StatusBadGateway; a.cuts++ })
		after(10 * time.Second)
		answer := ask(handler, "Bearer "+token)
		if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" || answer.Header.Get("WWW-Authenticate") != "" {
			t.Errorf("%d %v", answer.StatusCode, answer.Header)
		}
	})
}

func TestRequirements(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, a *fakeAuthority, v *Verifier) {
		done := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
		owners := v.Middleware(RequireRole("owner", "operator")(done))
		recent := v.Middleware(RequireAuthAge(10 * time.Minute)(done))
		claims := a.claims(somebody())
		claims["auth_time"] = claims["iat"].(int64) - 590
		owner := "Bearer " + a.keys[0].sign(t, claims)
		claims["role"] = "member"
		member := "Bearer " + a.keys[0].sign(t, claims)

		if got := ask(owners, owner).StatusCode; got != http.StatusNoContent {
			t.Errorf("an owner: %d", got)
		}
		if got := ask(owners, member); got.StatusCode != http.StatusForbidden || got.Header.Get("WWW-Authenticate") != "" {
			t.Errorf("a member: %d", got.StatusCode)
		}
		// The claims are of whole seconds, and the clock is not.
		late := time.Until(time.Unix(claims["iat"].(int64)+10, 0))
		after(late - time.Microsecond)
		if got := ask(recent, member).StatusCode; got != http.StatusNoContent {
			t.Errorf("signed in 10 minutes ago but for a microsecond: %d", got)
		}
		after(time.Microsecond)
		got := ask(recent, member)
		const challenge = `Bearer error="insufficient_user_authentication", error_description="A more recent sign-in is needed", max_age="600"`
		if got.StatusCode != http.StatusUnauthorized || got.Header.Get("WWW-Authenticate") != challenge {
			t.Errorf("signed in 10 minutes ago: %d %q", got.StatusCode, got.Header.Get("WWW-Authenticate"))
		}
		for name, alone := range map[string]http.Handler{"RequireRole": RequireRole("owner")(done), "RequireAuthAge": RequireAuthAge(time.Hour)(done)} {
			if got := ask(alone, owner).StatusCode; got != http.StatusUnauthorized {
				t.Errorf("%s without Middleware: %d", name, got)
			}
		}
	})
}

func TestErrorHandler(t *testing.T) {
	change := func(c *Config) {
		c.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, status int, err error) {
			if !errors.Is(err, ErrMissing) {
				t.Errorf("told of %v", err)
			}
			w.WriteHeader(status)
			io.WriteString(w, "ours")
		}
	}
	inBubble(t, change, func(t *testing.T, _ *fakeAuthority, v *Verifier) {
		answer := ask(v.Middleware(http.NotFoundHandler()))
		body, _ := io.ReadAll(answer.Body)
		if answer.StatusCode != http.StatusUnauthorized || string(body) != "ours" || answer.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%d %s", answer.StatusCode, body)
		}
	})
}
