package httpapi

import (
	"context"
	"math"
	"net/http"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/wire"
)

// tokenOut is a TokenResponse and the cookies that go with it.
type tokenOut struct {
	SetCookie []string `header:"Set-Cookie" doc:"The refresh cookie, the mark of a known browser and, where forward-auth is on, the access cookie."`
	Body      *wire.TokenResponse
}

type refreshIn struct{ Body *wire.RefreshRequest }

func (a *API) registerAuth() {
	register(a, operation{ID: "signUp", Method: http.MethodPost, Path: "/api/v1/auth/signup", Tag: tagAuth, Status: http.StatusCreated,
		Summary:     "Create an account",
		Description: "Creates an account and its owner, and signs the owner in. The refresh token comes as a cookie.",
		Problems:    []curfew.Kind{curfew.KindSignupClosed, curfew.KindEmailTaken, curfew.KindRateLimited},
	}, a.signUp)
	register(a, operation{ID: "signIn", Method: http.MethodPost, Path: "/api/v1/auth/login", Tag: tagAuth,
		Summary: "Sign in",
		Description: "Starts a session under the account's policy. A wrong password, an unknown address and a disabled person get the same answer. " +
			"A sign-in delivered by cookie ends the session that the request's cookie proves. " +
			"Where the account limits the sessions of a person, one too many ends the one that was used least recently, or is refused, as the policy says.",
		Problems: []curfew.Kind{curfew.KindInvalidCredentials, curfew.KindSessionLimit, curfew.KindRateLimited},
	}, a.signIn)
	refresh := operation{ID: "refreshSession", Method: http.MethodPost, Path: "/api/v1/auth/refresh", Tag: tagAuth,
		Summary: "Continue a session",
		Description: "Exchanges the refresh token for its successor and a new access token. A refresh token works once; a retry with the same attempt " +
			"within the grace period returns the same successor. A 401 clears the cookie only if the refused token came from it.",
		Problems: []curfew.Kind{curfew.KindNoSession, curfew.KindInvalidToken, curfew.KindSessionExpired, curfew.KindSessionRevoked,
			curfew.KindRefreshTokenReused, curfew.KindGenerationMoved},
		Security: []map[string][]string{{refreshCookie: {}}, {}},
	}
	straight(a, &refresh, a.refresh, plainRefresh, writeToken)
	register(a, refresh, a.refresh)
	register(a, operation{ID: "signOut", Method: http.MethodPost, Path: "/api/v1/auth/logout", Tag: tagAuth,
		Summary: "Sign out",
		Description: "Ends every session that the cookie, the body's refresh token or the bearer token proves, and clears the cookie. " +
			"Answers 204 as soon as nothing is left to end, also without a session; a credential that proves nothing is ignored.",
		Security: []map[string][]string{{refreshCookie: {}}, {accessToken: {}}, {}},
	}, a.signOut)
	register(a, operation{ID: "getAuthConfig", Method: http.MethodGet, Path: "/api/v1/auth/config", Tag: tagAuth,
		Summary:     "Read what a sign-in page needs",
		Description: "Tells, before anyone is signed in, whether sign-up is open, how long a password must be, and whether a forgotten one can be replaced by mail.",
	}, a.authConfig)
}

func (a *API) signUp(ctx context.Context, _ curfew.Actor, from curfew.Origin, in *struct{ Body wire.SignupRequest }) (*tokenOut, error) {
	granted, err := a.Authority.SignUp(ctx, from, authority.SignUp{
		AccountName: in.Body.AccountName, Name: in.Body.Name, Email: in.Body.Email, Password: in.Body.Password,
		Cookie: presented(exchangeOf(ctx).request, a.cookies.refresh),
	})
	if err != nil {
		return nil, err
	}
	return a.byCookie(ctx, granted, true), nil
}

func (a *API) signIn(ctx context.Context, _ curfew.Actor, from curfew.Origin, in *struct{ Body wire.LoginRequest }) (*tokenOut, error) {
	r := exchangeOf(ctx).request
	byCookie := in.Body.Delivery != wire.DeliveryBody
	granted, err := a.Authority.SignIn(ctx, from, authority.SignIn{
		Email: in.Body.Email, Password: in.Body.Password, ByCookie: byCookie,
		Cookie: presented(r, a.cookies.refresh), Browser: presented(r, a.cookies.browser),
	})
	switch {
	case err != nil:
		return nil, err
	case byCookie:
		return a.byCookie(ctx, granted, true), nil
	default:
		return a.byBody(ctx, granted), nil
	}
}

func (a *API) refresh(ctx context.Context, _ curfew.Actor, from curfew.Origin, in *refreshIn) (*tokenOut, error) {
	var body wire.RefreshRequest
	if in.Body != nil {
		body = *in.Body
	}
	ask, err := refreshOf(body)
	if err != nil {
		return nil, err
	}
	fromCookie := ask.Token == ""
	if fromCookie {
		ask.Token = presented(exchangeOf(ctx).request, a.cookies.refresh)
	}
	if ask.Token == "" {
		return nil, curfew.NewError(curfew.KindNoSession, "There is no session to continue.")
	}
	granted, err := a.Authority.Refresh(ctx, from, ask)
	switch {
	case err != nil && fromCookie && problemTypeOf[curfew.KindOf(err)].Status == http.StatusUnauthorized:
		return nil, withCookies{err, a.cookies.clear()}
	case err != nil:
		return nil, err
	case fromCookie:
		return a.byCookie(ctx, granted, granted.Rotated), nil
	default:
		return a.byBody(ctx, granted), nil
	}
}

// refreshOf reads what the schema cannot say: generation and session_id come
// together, and session_id is an id.
func refreshOf(body wire.RefreshRequest) (authority.Refresh, error) {
	ask := authority.Refresh{Token: body.RefreshToken, Attempt: body.Attempt, InactiveSeconds: int(body.InactiveSeconds)}
	named := body.Generation.Set && !body.Generation.Null
	switch {
	case named && body.SessionID == "":
		return ask, curfew.Invalid("session_id", "session_id is required together with generation")
	case !named && body.SessionID != "":
		return ask, curfew.Invalid("generation", "generation is required together with session_id")
	case !named:
		return ask, nil
	}
	id, err := curfew.ParseID(body.SessionID)
	if err != nil {
		return ask, curfew.Invalid("session_id", "session_id must be an id")
	}
	generation := uint32(body.Generation.Value)
	ask.SessionID, ask.Generation = &id, &generation
	return ask, nil
}

// logoutOut clears the cookie.
type logoutOut struct {
	SetCookie []string `header:"Set-Cookie" doc:"Clears the refresh cookie, and the access cookie where it is in use."`
}

func (a *API) signOut(ctx context.Context, _ curfew.Actor, from curfew.Origin, in *struct{ Body *wire.LogoutRequest }) (*logoutOut, error) {
	r := exchangeOf(ctx).request
	out := authority.SignOut{Cookie: presented(r, a.cookies.refresh)}
	out.Bearer, _ = bearerOf(r) // a malformed credential is ignored here
	if in.Body != nil {
		out.Token = in.Body.RefreshToken
	}
	if err := a.Authority.SignOut(ctx, from, out); err != nil {
		if curfew.KindOf(err) == curfew.KindInternal {
			err = curfew.Unavailable(err) // whatever went wrong: not revoked, to be repeated
		}
		return nil, err
	}
	return &logoutOut{SetCookie: a.cookies.clear()}, nil
}

func (a *API) authConfig(ctx context.Context, _ curfew.Actor, _ curfew.Origin, _ *empty) (*struct{ Body wire.AuthConfig }, error) {
	c, err := a.Authority.PublicConfig(ctx)
	return &struct{ Body wire.AuthConfig }{wire.AuthConfig{SignupAllowed: c.SignupAllowed, SetupNeeded: c.SetupNeeded,
		PasswordMin: c.PasswordMin, IdleMinutesDefault: c.IdleMinutesDefault, MailEnabled: c.MailEnabled}}, err
}

// byCookie delivers the refresh token by cookie. A token that is not new to the
// caller is in the cookie already.
func (a *API) byCookie(ctx context.Context, g authority.Granted, isNew bool) *tokenOut {
	out := &tokenOut{Body: granted(ctx, g)}
	if isNew {
		out.SetCookie = append(out.SetCookie, a.cookies.setRefresh(g.RefreshToken, g.Now, g.Standing.Session.AbsoluteExpiresAt))
	}
	if g.Browser != "" {
		out.SetCookie = append(out.SetCookie, a.cookies.setBrowser(g.Browser))
	}
	// The access token is always new, also where the refresh token is not.
	if a.cookies.forwardAuth && out.Body.ExpiresIn > 0 {
		out.SetCookie = append(out.SetCookie, a.cookies.setAccess(g.AccessToken, out.Body.ExpiresIn))
	}
	return out
}

// byBody delivers the refresh token in the body, and so sets no cookie.
func (a *API) byBody(ctx context.Context, g authority.Granted) *tokenOut {
	out := &tokenOut{Body: granted(ctx, g)}
	out.Body.RefreshToken = g.RefreshToken
	return out
}

func granted(ctx context.Context, g authority.Granted) *wire.TokenResponse {
	s := &g.Standing
	exchangeOf(ctx).about(s.Session.AccountID, s.Session.UserID, s.Session.ID)
	return &wire.TokenResponse{
		AccessToken: g.AccessToken, TokenType: "Bearer", ExpiresIn: expiresIn(g.Now, g.AccessTokenExpiresAt),
		Session: sessionOf(s), User: sessionUserOf(s), Account: sessionAccountOf(s), ServerTime: wire.At(g.Now),
	}
}

// expiresIn is rounded down, so that nobody counts on a token that has gone.
func expiresIn(now, at time.Time) int { return max(0, int(math.Floor(at.Sub(now).Seconds()))) }

func sessionOf(s *curfew.Standing) wire.Session {
	return wire.Session{
		ID: s.Session.ID.String(), Generation: s.Session.Generation,
		StartedAt: wire.At(s.Session.StartedAt), LastActiveAt: wire.At(s.Session.LastActiveAt),
		IdleMinutes: s.Session.IdleMinutes, AbsoluteMinutes: s.Session.AbsoluteMinutes,
		IdleExpiresAt: wire.At(s.Session.IdleExpiresAt), AbsoluteExpiresAt: wire.At(s.Session.AbsoluteExpiresAt),
	}
}

func sessionUserOf(s *curfew.Standing) wire.SessionUser {
	return wire.SessionUser{ID: s.User.ID.String(), Name: s.User.Name, Email: s.User.Email, Role: string(s.User.Role)}
}

func sessionAccountOf(s *curfew.Standing) wire.SessionAccount {
	return wire.SessionAccount{ID: s.Account.ID.String(), Name: s.Account.Name}
}
