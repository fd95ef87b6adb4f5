package apitest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// overTLS puts the server behind a proxy at which TLS ends.
func overTLS(s *setup) { s.publicURL = "https://auth.example.com" }

func TestCookies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, prefix, secure string
		change               func(*setup)
	}{
		{"http on loopback", "", "", func(*setup) {}},
		{"https", "__Host-", "; Secure", overTLS},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := start(t, tt.change)
			c := w.browser()
			refresh := func(a *answer) string {
				t.Helper()
				for _, line := range a.Header.Values("Set-Cookie") {
					if strings.HasPrefix(line, tt.prefix+"curfew_refresh=") {
						return line
					}
				}
				a.fail("no refresh cookie")
				return ""
			}
			want := func(a *answer, token string, maxAge int) {
				t.Helper()
				line := fmt.Sprintf("%scurfew_refresh=%s; Path=/; Max-Age=%d; HttpOnly%s; SameSite=Strict", tt.prefix, token, maxAge, tt.secure)
				if got := refresh(a); got != line {
					t.Errorf("the cookie is\n%s\nwant\n%s", got, line)
				}
				if len(line) > 4096 {
					t.Errorf("the cookie has %d bytes", len(line))
				}
			}
			a := c.Post("/api/v1/auth/login", obj{"email": "bob@acme.example", "password": password15}).Status(200)
			want(a, c.token(), 20160*60)
			for _, k := range a.Cookies() {
				if k.Domain != "" || k.Path != "/" || !k.HttpOnly || k.SameSite != http.SameSiteStrictMode || k.Secure != (tt.secure != "") ||
					strings.HasPrefix(k.Name, "__Host-") != (tt.secure != "") {
					t.Errorf("a cookie is %s", k)
				}
			}
			// Max-Age goes to the absolute deadline, rounded up.
			for _, step := range []struct {
				pass time.Duration
				left int
			}{{time.Microsecond, 1209600}, {time.Second, 1209599}, {time.Second - time.Microsecond, 1209598}} {
				w.clock.pass(step.pass)
				a := c.refresh(nil).Status(200)
				want(a, c.token(), step.left)
				if len(a.Header.Values("Set-Cookie")) != 1 {
					t.Errorf("a refresh sets %q", a.Header.Values("Set-Cookie"))
				}
			}
			// Only a refused cookie is cleared, with the attributes it was set with.
			clearing := tt.prefix + "curfew_refresh=; Path=/; Max-Age=0; HttpOnly" + tt.secure + "; SameSite=Strict"
			if got := refresh(c.Post(logout, nil).Status(204)); got != clearing {
				t.Errorf("a sign-out clears with\n%s\nwant\n%s", got, clearing)
			}
			if c.token() != "" {
				t.Error("the browser kept the cookie")
			}
			other := w.program().with("Cookie", tt.prefix+"curfew_refresh=nonsense")
			if got := refresh(other.refresh(nil).Problem(401, "invalid-token")); got != clearing {
				t.Errorf("a refusal clears with\n%s", got)
			}
			// The other mode's name is no cookie of ours.
			wrong := map[string]string{"": "__Host-", "__Host-": ""}[tt.prefix]
			w.program().with("Cookie", wrong+"curfew_refresh="+w.bob.token()).refresh(nil).Problem(401, "no-session").Sets()
		})
	}
}

// TestWhenCookiesAreTouched: which answers set the refresh cookie, which clear
// it, and which leave it alone.
func TestWhenCookiesAreTouched(t *testing.T) {
	t.Parallel()
	w := start(t)
	const kept, cleared, set = "", "-curfew_refresh", "curfew_refresh"
	login := obj{"email": "bob@acme.example", "password": password15}
	fresh := func() string { return w.signIn("bob@acme.example").token() }
	dead := fresh()
	w.holding(dead).Post(logout, nil).Status(204)
	_, code := w.invite(w.ada, "ivy@acme.example", "member")
	for _, tt := range []struct {
		name   string
		cookie string
		path   string
		body   any
		status int
		want   string
	}{
		{"sign-in", "", "login", login, 200, set + " curfew_browser"},
		{"sign-in by body", fresh(), "login", login.but("delivery", "body"), 200, kept},
		{"refused sign-in", fresh(), "login", login.but("password", "something else entirely"), 401, kept},
		{"bad sign-in", fresh(), "login", obj{}, 422, kept},
		{"sign-up", "", "signup", obj{"account_name": "X", "name": "X", "email": "x@x.example", "password": password15}, 201, set + " curfew_browser"},
		{"refused sign-up", fresh(), "signup", obj{"account_name": "X", "name": "X", "email": "x@x.example", "password": password15}, 409, kept},
		{"invitation", fresh(), "accept-invite", obj{"token": code, "name": "Ivy", "password": password15}, 201, set + " curfew_browser"},
		{"refused invitation", fresh(), "accept-invite", obj{"token": code, "name": "Ivy", "password": password15}, 404, kept},
		{"refresh", fresh(), "refresh", nil, 200, set},
		{"refresh of a dead session", dead, "refresh", nil, 401, cleared},
		{"refresh of nonsense", "nonsense", "refresh", nil, 401, cleared},
		{"refresh without", "", "refresh", nil, 401, kept},
		{"bad refresh", fresh(), "refresh", obj{"inactive_seconds": -1}, 422, kept},
		{"refresh by body", fresh(), "refresh", obj{"refresh_token": fresh()}, 200, kept},
		{"refused refresh by body", fresh(), "refresh", obj{"refresh_token": dead}, 401, kept},
		{"moved", fresh(), "refresh", obj{"generation": 9, "session_id": w.bob.session}, 409, kept},
		{"sign-out", fresh(), "logout", nil, 204, cleared},
		{"sign-out without", "", "logout", nil, 204, cleared},
	} {
		c := w.program()
		if tt.cookie != "" {
			c = w.holding(tt.cookie)
		}
		a := c.Post("/api/v1/auth/"+tt.path, tt.body).Status(tt.status)
		if got := strings.Join(a.setCookies(), " "); got != tt.want {
			t.Errorf("%s: it sets %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestCookieAmongOthers: other cookies, broken ones and a second one of our
// name are no reason to fail.
func TestCookieAmongOthers(t *testing.T) {
	t.Parallel()
	w := start(t)
	token := w.bob.token()
	for _, line := range []string{
		"a=b; curfew_refresh=" + token + "; c=d", `curfew_refresh="` + token + `"`, "curfew_refresh=" + token + "; curfew_refresh=second",
		"broken; =x; \x7f=1; curfew_refresh=" + token, "CURFEW_REFRESH=no; curfew_refresh=" + token,
	} {
		if strings.Contains(line, "\x7f") {
			line = strings.ReplaceAll(line, "\x7f", "(")
		}
		w.program().with("Cookie", line).Get("/api/v1/auth/session").Status(200)
	}
	w.program().with("Cookie", "curfew_refresh=; a="+token).Get("/api/v1/auth/session").Problem(401, "no-session")
}
