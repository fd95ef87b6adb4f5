package apitest

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// withForwardAuth is CURFEW_FORWARD_AUTH=on.
func withForwardAuth(s *setup) { s.api.ForwardAuth = true }

const forwardAuth = "/api/v1/forward-auth"

// tellsOf wants the answer that a proxy passes on, about a person.
func (a *answer) tellsOf(p *person, session string) *answer {
	a.t.Helper()
	a.Status(200).Is("X-Curfew-User", p.id).Is("X-Curfew-Account", p.account).Is("X-Curfew-Session", session).Is("X-Curfew-Role", p.role)
	if len(a.body) > 0 {
		a.fail("it has a body")
	}
	return a.Sets()
}

// tellsNothing wants a refusal that names nobody, and touches no cookie.
func (a *answer) tellsNothing(status int, kind string) *answer {
	a.t.Helper()
	for name := range a.Header {
		if strings.HasPrefix(name, "X-Curfew-") {
			a.fail("it tells %s", name)
		}
	}
	return a.Problem(status, kind).Sets()
}

// accessCookie is the value of the access cookie that an answer sets.
func (a *answer) accessCookie() *http.Cookie {
	a.t.Helper()
	for _, k := range a.Cookies() {
		if strings.HasSuffix(k.Name, "curfew_access") {
			return k
		}
	}
	a.fail("it sets no access cookie")
	return nil
}

func TestForwardAuthByBearer(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*setup){"off": func(*setup) {}, "on": withForwardAuth} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, change)
			w.program().Get(forwardAuth).tellsNothing(401, "unauthenticated").Is("WWW-Authenticate", "Bearer")
			w.program().as(w.bob.bearer).Get(forwardAuth).tellsOf(w.bob, w.bob.session)
			w.program().as(w.ada.bearer).Get(forwardAuth).tellsOf(w.ada, w.ada.session)
			// A bearer token is sent on purpose: where from makes no difference.
			w.program().as(w.bob.bearer).with("Sec-Fetch-Site", "cross-site").with("X-Forwarded-Method", "POST").Get(forwardAuth).tellsOf(w.bob, w.bob.session)
			for _, bad := range []string{"nonsense", "cfr_x", w.bob.bearer + "x"} {
				w.program().as(bad).Get(forwardAuth).tellsNothing(401, "invalid-token").Is("WWW-Authenticate", `Bearer error="invalid_token"`)
			}
			// The refresh token is taken in no place.
			refresh := w.signInBody("bob@acme.example").refreshToken
			w.program().as(refresh).Get(forwardAuth).tellsNothing(401, "invalid-token")
			for _, name := range []string{"curfew_refresh", "curfew_access", "__Host-curfew_refresh", "__Host-curfew_access"} {
				w.program().with("Cookie", name+"="+refresh).with("X-Forwarded-Method", "GET").Get(forwardAuth).Status(401)
			}
		})
	}
}

func TestForwardAuthByCookie(t *testing.T) {
	t.Parallel()
	w := start(t, withForwardAuth)
	signIn := func() (cookie *http.Cookie, session string) {
		a := w.browser().Post("/api/v1/auth/login", obj{"email": "bob@acme.example", "password": password15}).Status(200)
		return a.accessCookie(), a.JSON().str("session", "id")
	}
	cookie, session := signIn()
	if cookie.Name != "curfew_access" || cookie.MaxAge != 299 || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" {
		t.Fatalf("the cookie is %v", cookie)
	}
	by := func(method, site string) *client {
		c := w.program().with("Cookie", "theme=dark; "+cookie.Name+"="+cookie.Value)
		if method != "" {
			c = c.with("X-Forwarded-Method", method)
		}
		if site != "" {
			c = c.with("Sec-Fetch-Site", site)
		}
		return c
	}

	// Where from, and what for.
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get", "GET ", "BREW", ""} {
		for _, site := range []string{"same-origin", "none", "same-site", "cross-site", "nonsense", ""} {
			a := by(method, site).Get(forwardAuth)
			// What travels without the spaces around it is what was sent.
			if method = strings.TrimSpace(method); method == "GET" || method == "HEAD" || site == "same-origin" || site == "none" {
				a.tellsOf(w.bob, session)
			} else {
				a.tellsNothing(403, "cross-origin")
			}
		}
	}
	by("", "cross-site").with("X-Original-Method", "HEAD").Get(forwardAuth).tellsOf(w.bob, session)
	by("", "cross-site").with("X-Original-Method", "POST").Get(forwardAuth).tellsNothing(403, "cross-origin")
	// Of two that disagree one was not the proxy's.
	by("GET", "cross-site").with("X-Original-Method", "POST").Get(forwardAuth).tellsNothing(403, "cross-origin")
	twice := by("GET", "cross-site")
	twice.header["X-Forwarded-Method"] = []string{"GET", "POST"}
	twice.Get(forwardAuth).tellsNothing(403, "cross-origin")
	by("GET, POST", "cross-site").Get(forwardAuth).tellsNothing(403, "cross-origin")
	sites := by("POST", "same-origin")
	sites.header["Sec-Fetch-Site"] = []string{"same-origin", "cross-site"}
	sites.Get(forwardAuth).tellsNothing(403, "cross-origin")

	// A WebSocket is opened by GET, and is for this origin's pages alone.
	for _, sign := range [][2]string{{"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}, {"Sec-Fetch-Mode", "websocket"}} {
		socket := func(site string) *client { return by("GET", site).with(sign[0], sign[1]) }
		for _, site := range []string{"same-site", "cross-site", ""} {
			socket(site).Get(forwardAuth).tellsNothing(403, "cross-origin")
			for _, origin := range []string{"https://evil.example", "null", w.url + ".evil.example"} {
				socket(site).with("Origin", origin).Get(forwardAuth).tellsNothing(403, "cross-origin")
			}
		}
		socket("same-origin").Get(forwardAuth).tellsOf(w.bob, session)
		socket("").with("Origin", w.url).Get(forwardAuth).tellsOf(w.bob, session)
	}
	by("GET", "same-site").with("Sec-Fetch-Mode", "navigate").Get(forwardAuth).tellsOf(w.bob, session)

	// A bearer token goes before the cookie, also a wrong one.
	by("GET", "").as("nonsense").Get(forwardAuth).tellsNothing(401, "invalid-token")
	by("GET", "").as(w.ada.bearer).Get(forwardAuth).tellsOf(w.ada, w.ada.session)
	// A cookie that is no access token is nobody's; a refusal clears nothing.
	w.program().with("Cookie", "curfew_access=nonsense").with("X-Forwarded-Method", "GET").Get(forwardAuth).tellsNothing(401, "invalid-token").Is("WWW-Authenticate", "Bearer")
	w.program().with("Cookie", "__Host-curfew_access="+cookie.Value).with("X-Forwarded-Method", "GET").Get(forwardAuth).tellsNothing(401, "unauthenticated")

	// The cookie opens nothing else: not the session, and no operation.
	by("GET", "same-origin").Get("/api/v1/users/me").Problem(401, "unauthenticated")
	by("GET", "same-origin").Get("/api/v1/auth/session").Problem(401, "no-session")
	by("GET", "same-origin").Post("/api/v1/auth/refresh", nil).Problem(401, "no-session")

	// It is looked up in the store: the end counts at once, whatever the cookie says.
	w.bob.Delete("/api/v1/users/me/sessions/" + session).Status(204)
	by("GET", "").Get(forwardAuth).tellsNothing(401, "session-revoked").Because("user_session")
}

// TestForwardAuthExtendsNothing: however often a proxy asks, an absent person's
// session ends when it would have.
func TestForwardAuthExtendsNothing(t *testing.T) {
	t.Parallel()
	w := start(t, withForwardAuth)
	w.ada.Patch("/api/v1/accounts/me/security", obj{"idle_minutes": 15}).Status(200)
	c := w.browser()
	a := c.Post("/api/v1/auth/login", obj{"email": "bob@acme.example", "password": password15}).Status(200)
	before := a.JSON().at("session").members()
	signed := w.clock.Now()
	for minute := range 4 {
		w.clock.set(signed.Add(time.Duration(minute) * time.Minute))
		c.with("X-Forwarded-Method", "GET").Get(forwardAuth).tellsOf(w.bob, a.JSON().str("session", "id"))
	}
	after := c.Get("/api/v1/auth/session").Status(200).JSON().at("session").members()
	for _, name := range []string{"last_active_at", "idle_expires_at", "generation"} {
		if before[name] != after[name] {
			t.Errorf("%s was %v, and is %v", name, before[name], after[name])
		}
	}
	// The cookie goes with the access token; what continues is the refresh cookie.
	w.clock.set(signed.Add(5 * time.Minute))
	token := a.accessCookie().Value
	by := w.program().with("Cookie", "curfew_access="+token).with("X-Forwarded-Method", "GET")
	by.Get(forwardAuth).tellsNothing(401, "invalid-token")
	fresh := c.Post("/api/v1/auth/refresh", obj{"inactive_seconds": 0}).Status(200).Sets("curfew_refresh", "curfew_access").accessCookie()
	if fresh.Value == token || fresh.MaxAge != 299 {
		t.Errorf("the next cookie is %v", fresh)
	}
	// Near the end of the session the cookie ends with it, and not later.
	c.Post("/api/v1/auth/refresh", obj{"inactive_seconds": 800}).Status(200)
	w.clock.pass(13 * time.Minute)
	last := c.Post("/api/v1/auth/refresh", obj{"inactive_seconds": 780}).Status(200).accessCookie()
	if last.MaxAge < 1 || last.MaxAge > 120 {
		t.Errorf("two minutes before the end Max-Age is %d", last.MaxAge)
	}
}

// TestForwardAuthCookies: set and cleared with the refresh cookie, and where the
// setting is off neither.
func TestForwardAuthCookies(t *testing.T) {
	t.Parallel()
	w := start(t, withForwardAuth, overTLS)
	c := w.browser()
	a := c.Post("/api/v1/auth/login", obj{"email": "bob@acme.example", "password": password15}).Status(200)
	if k := a.accessCookie(); k.Name != "__Host-curfew_access" || !k.Secure {
		t.Errorf("the cookie is %v", k)
	}
	// Young: the same refresh cookie, and an access cookie all the same.
	c.Post("/api/v1/auth/refresh", nil).Status(200).Sets("__Host-curfew_refresh", "__Host-curfew_access")
	state := c.Get("/api/v1/auth/session").JSON().at("session")
	c.Post("/api/v1/auth/refresh", obj{"session_id": state.str("id"), "generation": state.num("generation")}).Status(200).Sets("__Host-curfew_access")
	w.program().as(w.signInBody("bob@acme.example").bearer).Post("/api/v1/auth/logout", nil).Status(204).Sets("-__Host-curfew_refresh", "-__Host-curfew_access")
	w.ada.Post("/api/v1/accounts/me/users/"+w.bob.id+"/revoke-sessions", nil).Status(200)
	c.Post("/api/v1/auth/refresh", nil).Problem(401, "session-revoked").Sets("-__Host-curfew_refresh", "-__Host-curfew_access")

	off := start(t)
	b := off.browser()
	b.Post("/api/v1/auth/login", obj{"email": "bob@acme.example", "password": password15}).Status(200).Sets("curfew_refresh", "curfew_browser")
	b.with("X-Forwarded-Method", "GET").with("Cookie", "curfew_access="+off.bob.bearer).Get(forwardAuth).tellsNothing(401, "unauthenticated")
	b.Post("/api/v1/auth/refresh", nil).Status(200).Sets("curfew_refresh")
	b.Post("/api/v1/auth/logout", nil).Status(204).Sets("-curfew_refresh")
}
