package httpapi_test

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

const (
	set   = "__Host-curfew_refresh=cfr_next; Path=/; Max-Age=3601; HttpOnly; Secure; SameSite=Strict"
	clear = "__Host-curfew_refresh=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict"
	known = "__Host-curfew_browser=known; Path=/; Max-Age=34560000; HttpOnly; Secure; SameSite=Strict"
	mine  = "Cookie: __Host-curfew_refresh=cfr_cookie"
)

func TestDelivery(t *testing.T) {
	ended := &curfew.Error{Kind: curfew.KindSessionExpired, Reason: curfew.ReasonIdle}
	const login, refresh = "/api/v1/auth/login", "/api/v1/auth/refresh"
	for _, c := range []struct {
		name, path, body string
		headers          []string
		fake             fake
		status           int
		cookies          []string
		token            any
	}{
		{name: "sign-in", path: login, body: `{"email":"a","password":"p"}`, status: 200, cookies: []string{set, known}},
		{name: "sign-in by cookie", path: login, body: `{"email":"a","password":"p","delivery":"cookie"}`, status: 200, cookies: []string{set, known}},
		{name: "sign-in by body", path: login, body: `{"email":"a","password":"p","delivery":"body"}`, headers: []string{mine}, status: 200, token: "cfr_next"},
		{name: "sign-in refused", path: login, body: `{"email":"a","password":"p"}`, headers: []string{mine},
			fake: fake{err: curfew.NewError(curfew.KindInvalidCredentials, "")}, status: 401},
		{name: "sign-up", path: "/api/v1/auth/signup", body: `{"account_name":"A","name":"a","email":"a","password":"p"}`, status: 201, cookies: []string{set, known}},
		{name: "invitation", path: "/api/v1/auth/accept-invite", body: `{"token":"t","name":"a","password":"p"}`, status: 201, cookies: []string{set, known}},
		{name: "refresh by cookie", path: refresh, headers: []string{mine}, status: 200, cookies: []string{set, known}},
		{name: "refresh by cookie, empty object", path: refresh, body: `{}`, headers: []string{mine}, status: 200, cookies: []string{set, known}},
		{name: "young", path: refresh, headers: []string{mine}, fake: fake{young: true}, status: 200, cookies: []string{known}},
		{name: "refresh by body", path: refresh, body: `{"refresh_token":"cfr_body"}`, status: 200, token: "cfr_next"},
		{name: "refresh by body, young", path: refresh, body: `{"refresh_token":"cfr_body"}`, fake: fake{young: true}, status: 200, token: "cfr_next"},
		{name: "refresh by body, cookie there", path: refresh, body: `{"refresh_token":"cfr_body"}`, headers: []string{mine}, status: 200, token: "cfr_next"},
		{name: "ended, by cookie", path: refresh, headers: []string{mine}, fake: fake{err: ended}, status: 401, cookies: []string{clear}},
		{name: "ended, by body, cookie there", path: refresh, body: `{"refresh_token":"cfr_body"}`, headers: []string{mine}, fake: fake{err: ended}, status: 401},
		{name: "moved", path: refresh, headers: []string{mine}, fake: fake{err: curfew.NewError(curfew.KindGenerationMoved, "")}, status: 409},
		{name: "down", path: refresh, headers: []string{mine}, fake: fake{err: curfew.Unavailable(nil)}, status: 503},
		{name: "none", path: refresh, status: 401},
		{name: "sign-out", path: "/api/v1/auth/logout", status: 204, cookies: []string{clear}},
		{name: "sign-out, down", path: "/api/v1/auth/logout", headers: []string{mine}, fake: fake{err: curfew.Unavailable(nil)}, status: 503},
		{name: "sign-out, bug", path: "/api/v1/auth/logout", headers: []string{mine}, fake: fake{err: errBug}, status: 503},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := call(t, newAPI(t, config(&c.fake)), "POST", c.path, c.body, c.headers...)
			if w.Code != c.status || !slices.Equal(w.Header().Values("Set-Cookie"), c.cookies) {
				t.Errorf("got %d with the cookies %q, want %d with %q", w.Code, w.Header().Values("Set-Cookie"), c.status, c.cookies)
			}
			if w.Code == 200 || w.Code == 201 {
				if got := decode(t, w)["refresh_token"]; got != c.token {
					t.Errorf("refresh_token %v, want %v", got, c.token)
				}
			}
		})
	}
}

// TestAccessCookie: with forward-auth it goes with every sign-in and refresh by
// cookie, the young included, and with no other answer.
func TestAccessCookie(t *testing.T) {
	const (
		access = "__Host-curfew_access=access; Path=/; Max-Age=300; HttpOnly; Secure; SameSite=Lax"
		gone   = "__Host-curfew_access=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax"
		login  = `{"email":"a","password":"p"}`
		byBody = `{"email":"a","password":"p","delivery":"body"}`
	)
	ended := &curfew.Error{Kind: curfew.KindSessionExpired, Reason: curfew.ReasonIdle}
	for _, c := range []struct {
		name, path, body string
		headers          []string
		fake             fake
		status           int
		cookies          []string
	}{
		{name: "sign-in", path: "login", body: login, status: 200, cookies: []string{set, known, access}},
		{name: "sign-in by body", path: "login", body: byBody, headers: []string{mine}, status: 200},
		{name: "sign-in refused", path: "login", body: login, headers: []string{mine}, fake: fake{err: curfew.NewError(curfew.KindInvalidCredentials, "")}, status: 401},
		{name: "sign-up", path: "signup", body: `{"account_name":"A","name":"a","email":"a","password":"p"}`, status: 201, cookies: []string{set, known, access}},
		{name: "invitation", path: "accept-invite", body: `{"token":"t","name":"a","password":"p"}`, status: 201, cookies: []string{set, known, access}},
		{name: "refresh", path: "refresh", headers: []string{mine}, status: 200, cookies: []string{set, known, access}},
		{name: "young", path: "refresh", headers: []string{mine}, fake: fake{young: true}, status: 200, cookies: []string{known, access}},
		{name: "refresh by body", path: "refresh", body: `{"refresh_token":"cfr_body"}`, headers: []string{mine}, status: 200},
		{name: "ended", path: "refresh", headers: []string{mine}, fake: fake{err: ended}, status: 401, cookies: []string{clear, gone}},
		{name: "ended, by body", path: "refresh", body: `{"refresh_token":"cfr_body"}`, headers: []string{mine}, fake: fake{err: ended}, status: 401},
		{name: "moved", path: "refresh", headers: []string{mine}, fake: fake{err: curfew.NewError(curfew.KindGenerationMoved, "")}, status: 409},
		{name: "sign-out", path: "logout", status: 204, cookies: []string{clear, gone}},
		{name: "sign-out, down", path: "logout", headers: []string{mine}, fake: fake{err: curfew.Unavailable(nil)}, status: 503},
	} {
		t.Run(c.name, func(t *testing.T) {
			with := config(&c.fake)
			with.ForwardAuth = true
			w := call(t, newAPI(t, with), "POST", "/api/v1/auth/"+c.path, c.body, c.headers...)
			if w.Code != c.status || !slices.Equal(w.Header().Values("Set-Cookie"), c.cookies) {
				t.Errorf("got %d with the cookies %q, want %d with %q", w.Code, w.Header().Values("Set-Cookie"), c.status, c.cookies)
			}
		})
	}
	c := config(&fake{})
	c.PublicURL, c.SecureCookies, c.ForwardAuth = "http://127.0.0.1:8080", false, true
	got := call(t, newAPI(t, c), "POST", "/api/v1/auth/login", login, "Host: localhost:8080").Header().Values("Set-Cookie")
	if want := "curfew_access=access; Path=/; Max-Age=300; HttpOnly; SameSite=Lax"; got[len(got)-1] != want {
		t.Errorf("over loopback %q, want %q", got, want)
	}
}

func TestCookiesOverLoopbackHTTP(t *testing.T) {
	f := &fake{}
	c := config(f)
	c.PublicURL, c.SecureCookies = "http://127.0.0.1:8080", false
	api := newAPI(t, c)
	got := call(t, api, "POST", "/api/v1/auth/login", `{"email":"a","password":"p"}`, "Host: localhost:8080", "Cookie: curfew_refresh=r; curfew_browser=b; __Host-curfew_refresh=no").Header().Values("Set-Cookie")
	want := []string{"curfew_refresh=cfr_next; Path=/; Max-Age=3601; HttpOnly; SameSite=Strict", "curfew_browser=known; Path=/; Max-Age=34560000; HttpOnly; SameSite=Strict"}
	if !slices.Equal(got, want) {
		t.Errorf("cookies %q, want %q", got, want)
	}
	if asked := f.asked.(authority.SignIn); asked.Cookie != "r" || asked.Browser != "b" || !asked.ByCookie {
		t.Errorf("asked %+v", asked)
	}
}

func TestWhichCredentialsReachTheProduct(t *testing.T) {
	f := &fake{}
	api := newAPI(t, config(f))
	call(t, api, "POST", "/api/v1/auth/refresh", "", "Cookie: a=b; __Host-curfew_refresh=first; __Host-curfew_refresh=second")
	if got := f.asked.(authority.Refresh).Token; got != "first" {
		t.Errorf("of several cookies %q was taken", got)
	}
	call(t, api, "POST", "/api/v1/auth/logout", `{"refresh_token":"t"}`, mine, "Authorization: Bearer b")
	if got := f.asked.(authority.SignOut); got != (authority.SignOut{Cookie: "cfr_cookie", Token: "t", Bearer: "b"}) {
		t.Errorf("sign-out was asked %+v", got)
	}
	call(t, api, "POST", "/api/v1/auth/logout", "", "Authorization: nonsense")
	if got := f.asked.(authority.SignOut); got != (authority.SignOut{}) {
		t.Errorf("sign-out was asked %+v", got)
	}
	call(t, api, "GET", "/api/v1/auth/session", "", mine, "Authorization: Bearer b")
	if got := f.asked.(authority.Presented); got != (authority.Presented{Bearer: "b"}) {
		t.Errorf("the session was looked up by %+v", got)
	}
	w := call(t, api, "GET", "/api/v1/auth/session", "", mine)
	if got := f.asked.(authority.Presented); got != (authority.Presented{Cookie: "cfr_cookie"}) || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("the session was looked up by %+v, cookie %q", got, w.Header().Get("Set-Cookie"))
	}
}

func TestTokenResponse(t *testing.T) {
	m := decode(t, call(t, newAPI(t, config(&fake{})), "POST", "/api/v1/auth/login", `{"email":"a","password":"p"}`))
	s := m["session"].(map[string]any)
	for name, got := range map[string]any{"access": m["access_token"], "Bearer": m["token_type"], "2026-11-23T12:00:00.123456Z": m["server_time"],
		"2026-11-23T13:00:00.124456Z": s["absolute_expires_at"], session.String(): s["id"]} {
		if got != name {
			t.Errorf("got %v, want %s", got, name)
		}
	}
	if m["expires_in"] != 300.0 || s["generation"] != 7.0 {
		t.Errorf("got %v", m)
	}
	if _, there := m["refresh_token"]; there {
		t.Error("refresh_token is in an answer by cookie")
	}
}

// A cookie is never longer than what browsers keep (OWASP ASVS 5.0, 3.3.5).
func TestCookiesAreSmall(t *testing.T) {
	w := httptest.NewRecorder()
	newAPI(t, config(&fake{})).ServeHTTP(w, newRequest("POST", "/api/v1/auth/login", `{"email":"a","password":"p"}`))
	for _, c := range w.Header().Values("Set-Cookie") {
		if pair, _, _ := strings.Cut(c, ";"); len(pair) > 4096 {
			t.Errorf("%d bytes", len(pair))
		}
	}
}
