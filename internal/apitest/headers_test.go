package apitest

import (
	"strings"
	"testing"
)

func TestRequestIDs(t *testing.T) {
	t.Parallel()
	w := start(t)
	for _, id := range []string{"a", "K3QJ-7.W_z", strings.Repeat("x", 64)} {
		w.ada.with("X-Request-Id", id).Get(me).Status(200).Is("X-Request-Id", id)
		w.program().with("X-Request-Id", id).Get(me).Problem(401, "unauthenticated").Is("X-Request-Id", id)
		w.program().with("X-Request-Id", id).Get("/docs").Is("X-Request-Id", id)
		if !strings.Contains(w.log.String(), `"request_id":"`+id+`"`) {
			t.Errorf("%s is not in the log", id)
		}
	}
	seen := map[string]bool{}
	for _, id := range []string{strings.Repeat("x", 65), "a b", "<script>", "é", `a"b`, "a/b", "a,b", "{}"} {
		a := w.program().with("X-Request-Id", id).Get(me).Lacks(id + "!")
		if got := a.Header.Get("X-Request-Id"); got == id || seen[got] {
			t.Errorf("%q became %q", id, got)
		} else {
			seen[got] = true
		}
	}
	// It is kept with the audit event, which is how a log line is found.
	w.bob.with("X-Request-Id", "req-of-bob").Get(security).Problem(403, "forbidden").Equal(map[string]any{"instance": "req-of-bob"})
}

const app = "https://app.example.com"

// TestCORS: only an origin that is named exactly is given anything.
func TestCORS(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*setup){"http": func(*setup) {}, "https": overTLS} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, change, func(s *setup) { s.api.AllowedOrigins = []string{app} })
			for _, path := range []string{me, security, "/api/v1/nothing"} {
				a := w.ada.with("Origin", app).Get(path).Is("Access-Control-Allow-Origin", app).Is("Access-Control-Allow-Credentials", "true")
				for _, exposed := range []string{"ETag", "Retry-After", "X-Request-Id", "WWW-Authenticate"} {
					if !strings.Contains(strings.ToLower(a.Header.Get("Access-Control-Expose-Headers")), strings.ToLower(exposed)) {
						t.Errorf("%s is not exposed", exposed)
					}
				}
				if !strings.Contains(strings.Join(a.Header.Values("Vary"), ","), "Origin") {
					t.Errorf("Vary is %q", a.Header.Values("Vary"))
				}
			}
			preflight := w.program().with("Origin", app).with("Access-Control-Request-Method", "PATCH").
				with("Access-Control-Request-Headers", "authorization,content-type,if-match")
			a := preflight.send("OPTIONS", security, nil)
			if a.StatusCode/100 != 2 {
				a.fail("a preflight is refused")
			}
			a.Is("Access-Control-Allow-Origin", app).Is("Access-Control-Allow-Credentials", "true")
			if !strings.Contains(a.Header.Get("Access-Control-Allow-Methods"), "PATCH") {
				t.Errorf("allowed are %s", a.Header.Get("Access-Control-Allow-Methods"))
			}
			for _, evil := range []string{
				"https://evil.example", "null", app + ".evil.example", "https://app.example.com:444", "http://app.example.com", "https://APP.example.com",
				"https://sub.app.example.com", app + "/", "*", " " + app + "x",
			} {
				a := w.ada.with("Origin", evil).Get(me).Status(200)
				b := preflight.with("Origin", evil).send("OPTIONS", security, nil)
				for _, x := range []*answer{a, b} {
					for name := range x.Header {
						if strings.HasPrefix(name, "Access-Control-") {
							t.Errorf("%s is given %s", evil, name)
						}
					}
				}
			}
		})
	}
}

// TestCrossOrigin: a page of another origin changes nothing, whatever it sends.
func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	w := start(t, func(s *setup) { s.api.AllowedOrigins = []string{app} })
	x := w.things(w.ada, w.ada, w.bob.id)
	state := w.state()
	for _, op := range operations {
		if op.method == "GET" {
			continue
		}
		for _, header := range []string{"Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"} {
			name, v, _ := strings.Cut(header, ": ")
			w.ada.with(name, v).send(op.method, x.in(op.path), x.body(op.body)).Problem(403, "cross-origin").Sets()
		}
	}
	if w.state() != state {
		t.Error("another origin changed something")
	}
	// Reading is not forbidden, only not shown to the page.
	w.ada.with("Origin", "https://evil.example").Get(me).Status(200)
	// The same origin, an allowed one, and no browser at all pass.
	for _, header := range []string{"Origin: " + w.url, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: none", "Origin: " + app} {
		name, v, _ := strings.Cut(header, ": ")
		w.ada.with(name, v).Patch(account, obj{"name": "Acme"}).Status(200)
	}
	w.ada.with("Origin", app).with("Sec-Fetch-Site", "cross-site").Patch(account, obj{"name": "Acme"}).Status(200)
	w.ada.with("Origin", "https://evil.example").with("Sec-Fetch-Site", "same-origin").Patch(account, obj{"name": "Acme"}).Status(200)
	w.ada.alive()
	w.bob.alive()
}

// TestHosts: a server on a loopback address answers to loopback names only,
// or a page elsewhere could point a name of its own at it (DNS rebinding).
func TestHosts(t *testing.T) {
	t.Parallel()
	w := start(t)
	_, port, _ := strings.Cut(w.addr, ":")
	for _, host := range []string{"evil.example", "evil.example:" + port, "127.0.0.1.evil.example:" + port, "localhost.evil.example", "10.0.0.1:" + port, "0.0.0.0"} {
		w.ada.with("Host", host).Get(me).Problem(403, "cross-origin")
		w.ada.with("Host", host).with("Origin", "http://"+host).Patch(account, obj{"name": "Evil"}).Problem(403, "cross-origin")
		w.ada.with("Host", host).with("Accept", "text/html").Get("/docs").Status(403)
	}
	for _, host := range []string{"localhost", "LOCALHOST:" + port, "127.0.0.1", "127.8.9.10:" + port, "[::1]:" + port} {
		w.ada.with("Host", host).Get(me).Status(200)
	}
	start(t, overTLS).ada.with("Host", "whatever.example").Get(me).Status(200) // the proxy has decided
}
