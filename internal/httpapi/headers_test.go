package httpapi_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/prometheus/client_golang/prometheus"
)

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	fixed := map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; font-src 'self'; " +
			"img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "no-referrer",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
	}
	for _, secure := range []bool{true, false} {
		f := &fake{}
		c := config(f)
		c.AllowedOrigins = []string{"https://app.example.com"}
		if !secure {
			c.PublicURL, c.SecureCookies = "http://127.0.0.1:8080", false
		}
		host := "Host: auth.example.com"
		if !secure {
			host = "Host: localhost:8080"
		}
		api := newAPI(t, c)
		style := call(t, api, "GET", "/docs", "", host).Body.String()
		_, style, _ = strings.Cut(style, `rel="stylesheet" href="`)
		style, _, _ = strings.Cut(style, `"`)
		for _, ask := range []struct {
			op, body string
			headers  []string
			status   int
		}{
			{op: "GET /api/v1/users/me", headers: []string{bearer}, status: 200},
			{op: "POST /api/v1/auth/logout", status: 204},
			{op: "GET /api/v1/users/me", status: 401},
			{op: "GET /api/v1/nothing", status: 404},
			{op: "GET /nothing", status: 404},
			{op: "PUT /api/v1/users/me", status: 405},
			{op: "POST /api/v1/auth/login", body: strings.Repeat(" ", 70000), status: 413},
			{op: "POST /api/v1/auth/login", body: `{"email":"a","password":"panic"}`, status: 500},
			{op: "GET " + style, status: 200},
			{op: "GET /", status: 200},
			{op: "GET /healthz", status: 200},
			{op: "GET /.well-known/jwks.json", status: 200},
			{op: "POST /api/v1/auth/logout", headers: []string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site"}, status: 403},
			{op: "OPTIONS /api/v1/auth/login", headers: []string{"Origin: https://app.example.com", "Access-Control-Request-Method: POST"}, status: 204},
		} {
			f.panics = ask.status == 500
			method, path, _ := strings.Cut(ask.op, " ")
			w := call(t, api, method, path, ask.body, append(ask.headers, host)...)
			if w.Code != ask.status {
				t.Errorf("%s: %d, want %d", ask.op, w.Code, ask.status)
			}
			for name, want := range fixed {
				if got := w.Header().Values(name); len(got) != 1 || got[0] != want {
					t.Errorf("%s %d: %s is %q", ask.op, w.Code, name, got)
				}
			}
			wantHSTS := ""
			if secure {
				wantHSTS = "max-age=31536000"
			}
			if got := w.Header().Get("Strict-Transport-Security"); got != wantHSTS {
				t.Errorf("%s: HSTS %q, want %q", ask.op, got, wantHSTS)
			}
			if strings.HasPrefix(path, "/api/") && w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%s %d: Cache-Control %q", ask.op, w.Code, w.Header().Get("Cache-Control"))
			}
			if w.Header().Get("X-Request-Id") == "" {
				t.Errorf("%s: no request id", ask.op)
			}
		}
		if w := call(t, api, "GET", style, "", host); !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: Cache-Control %q", style, w.Header().Get("Cache-Control"))
		}
	}
}

func TestRequestID(t *testing.T) {
	api := newAPI(t, config(&fake{}))
	for id, kept := range map[string]bool{"a": true, "A.b_c-9": true, strings.Repeat("x", 64): true,
		strings.Repeat("x", 65): false, "a b": false, "a/b": false, "ä": false, "": false, "a\"b": false} {
		got := call(t, api, "GET", "/healthz", "", "X-Request-Id: "+id).Header().Get("X-Request-Id")
		if (got == id) != kept || got == "" {
			t.Errorf("%q became %q", id, got)
		}
	}
}

func TestCORSIsForNamedOriginsOnly(t *testing.T) {
	const named = "https://app.example.com"
	with := config(&fake{})
	with.AllowedOrigins = []string{named}
	api := newAPI(t, with)

	w := call(t, api, "POST", "/api/v1/auth/logout", "", "Origin: "+named, "Sec-Fetch-Site: cross-site")
	if w.Code != 204 || w.Header().Get("Access-Control-Allow-Origin") != named || w.Header().Get("Access-Control-Allow-Credentials") != "true" ||
		w.Header().Get("Access-Control-Expose-Headers") != "Etag, Retry-After, X-Request-Id, Www-Authenticate" {
		t.Errorf("named: %d %v", w.Code, w.Header())
	}
	w = call(t, api, "OPTIONS", "/api/v1/accounts/me/security", "", "Origin: "+named, "Access-Control-Request-Method: PATCH",
		"Access-Control-Request-Headers: authorization,content-type,if-match")
	if w.Code != 204 || w.Header().Get("Access-Control-Allow-Methods") != "PATCH" || w.Header().Get("Access-Control-Allow-Headers") != "authorization,content-type,if-match" {
		t.Errorf("preflight: %d %v", w.Code, w.Header())
	}
	for _, origin := range []string{"https://evil.example", "https://app.example.com.evil.example", "https://APP.example.com", "http://app.example.com", "null"} {
		for _, c := range []bool{true, false} {
			api := api
			if !c {
				api = newAPI(t, config(&fake{}))
			}
			w := call(t, api, "POST", "/api/v1/auth/logout", "", "Origin: "+origin, "Sec-Fetch-Site: cross-site")
			wantProblem(t, w, 403, "cross-origin")
			get := call(t, api, "GET", "/api/v1/auth/config", "", "Origin: "+origin)
			preflight := call(t, api, "OPTIONS", "/api/v1/auth/logout", "", "Origin: "+origin, "Access-Control-Request-Method: POST")
			for _, header := range []string{w.Header().Get("Access-Control-Allow-Origin"), get.Header().Get("Access-Control-Allow-Origin"),
				preflight.Header().Get("Access-Control-Allow-Origin")} {
				if header != "" {
					t.Errorf("%s is allowed: %s", origin, header)
				}
			}
		}
	}
	for _, bad := range []string{"*", "https://*.example.com", "example.com", "https://app.example.com/path"} {
		c := config(&fake{})
		c.AllowedOrigins = []string{bad}
		if _, err := newErr(c); err == nil {
			t.Errorf("the origin %s is accepted", bad)
		}
	}
}

func TestSameOriginRequestsPass(t *testing.T) {
	api := newAPI(t, config(&fake{}))
	for _, headers := range [][]string{nil, {"Sec-Fetch-Site: same-origin"}, {"Sec-Fetch-Site: none"}, {"Origin: https://auth.example.com"}} {
		if w := call(t, api, "POST", "/api/v1/auth/logout", "", headers...); w.Code != 204 {
			t.Errorf("%v: %d", headers, w.Code)
		}
	}
}

func TestClientAddress(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::ffff:192.168.0.0/112"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct {
		peer, want string
		forwarded  []string
	}{
		{"198.51.100.7:1234", "198.51.100.7", []string{"203.0.113.9"}},
		{"10.0.0.1:1234", "203.0.113.9", []string{"203.0.113.9"}},
		{"10.0.0.1:1234", "203.0.113.9", []string{"1.2.3.4, 203.0.113.9"}},
		{"10.0.0.1:1234", "203.0.113.9", []string{"1.2.3.4", "203.0.113.9, 10.9.9.9"}},
		{"10.0.0.1:1234", "203.0.113.9", []string{"203.0.113.9, 192.168.0.5,10.9.9.9"}},
		{"[::ffff:10.0.0.1]:1234", "203.0.113.9", []string{"::ffff:203.0.113.9"}},
		{"[fd00::1]:1234", "2001:db8::9", []string{"[2001:db8::9]:443"}},
		{"10.0.0.1:1234", "203.0.113.9", []string{"203.0.113.9:5555"}},
		{"10.0.0.1:1234", "10.0.0.1", nil},
		{"10.0.0.1:1234", "10.0.0.1", []string{"203.0.113.9, unknown"}},
		{"10.0.0.1:1234", "10.9.9.9", []string{"203.0.113.9, , 10.9.9.9"}},
		{"10.0.0.1:1234", "10.1.1.1", []string{"10.1.1.1, 10.2.2.2"}},
		{"fe80::1%eth0", "fe80::1", nil},
		{"@", "", nil},
	} {
		f := &fake{}
		conf := config(f)
		conf.TrustedProxies = trusted
		r := newRequest("POST", "/api/v1/auth/login", `{"email":"a","password":"p"}`)
		r.RemoteAddr = c.peer
		for _, line := range c.forwarded {
			r.Header.Add("X-Forwarded-For", line)
		}
		serve(newAPI(t, conf), r)
		if f.origin.IP != c.want {
			t.Errorf("%s with %q: %q, want %q", c.peer, c.forwarded, f.origin.IP, c.want)
		}
	}
}

func TestUserAgentIsTextThatAStoreCanKeep(t *testing.T) {
	f := &fake{}
	call(t, newAPI(t, config(f)), "POST", "/api/v1/auth/login", `{"email":"a","password":"p"}`, "User-Agent: a\xffb"+strings.Repeat("é", 400))
	if got := f.origin.UserAgent; !strings.HasPrefix(got, "abé") || len(got) > 512 || strings.ToValidUTF8(got, "?") != got {
		t.Errorf("kept %q", got)
	}
}

func TestOneLogLineARequest(t *testing.T) {
	var log bytes.Buffer
	c := config(&fake{})
	c.Log = slog.New(slog.NewJSONHandler(&log, nil))
	api := newAPI(t, c)
	line := func() map[string]any {
		t.Helper()
		var m map[string]any
		if err := json.Unmarshal(log.Bytes(), &m); err != nil {
			t.Fatalf("not one line: %v\n%s", err, &log)
		}
		log.Reset()
		return m
	}
	call(t, api, "POST", "/api/v1/accounts/me/users/"+other.String()+"/revoke-sessions?secret=canary", "", bearer)
	m := line()
	for name, want := range map[string]any{"method": "POST", "route": "/api/v1/accounts/me/users/{user_id}/revoke-sessions", "status": 200.0, "bytes": 19.0,
		"ip": "192.0.2.1", "account_id": account.String(), "user_id": user.String(), "session_id": session.String()} {
		if m[name] != want {
			t.Errorf("%s is %v, want %v", name, m[name], want)
		}
	}
	if m["duration_ms"] == nil || m["request_id"] == "" || m["problem"] != nil || m["error"] != nil {
		t.Errorf("got %v", m)
	}
	call(t, api, "POST", "/api/v1/auth/refresh", `{"refresh_token":"cfr_canary"}`, "Cookie: __Host-curfew_refresh=canary")
	if m = line(); m["session_id"] != session.String() {
		t.Errorf("a refresh's line is %v", m)
	}
	for _, secret := range []string{"canary", "cfr_next", "access"} {
		call(t, api, "POST", "/api/v1/auth/refresh?x=canary", `{"refresh_token":"cfr_canary","x":"canary"}`, "Authorization: Bearer canary", "User-Agent: canary")
		call(t, api, "GET", "/api/v1/canary", "")
		if strings.Contains(log.String(), secret) {
			t.Errorf("%s is logged: %s", secret, &log)
		}
		log.Reset()
	}
	call(t, api, "GET", "/nothing", "")
	if m = line(); m["route"] != "unmatched" || m["problem"] != string(curfew.KindNotFound) {
		t.Errorf("got %v", m)
	}
}

func TestMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	c := config(&fake{})
	c.Metrics = registry
	api := newAPI(t, c)
	call(t, api, "GET", "/api/v1/users/me", "", bearer)
	call(t, api, "DELETE", "/api/v1/users/me/sessions/"+other.String(), "", bearer)
	call(t, api, "BREW", "/whatever/1", "")
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			key := f.GetName()
			for _, l := range m.GetLabel() {
				key += " " + l.GetValue()
			}
			got[key] = true
		}
	}
	for _, want := range []string{
		"curfew_http_requests_total GET /api/v1/users/me 200",
		"curfew_http_requests_total DELETE /api/v1/users/me/sessions/{id} 204",
		"curfew_http_requests_total other unmatched 404",
		"curfew_http_request_duration_seconds /api/v1/users/me",
	} {
		if !got[want] {
			t.Errorf("no series %s in %v", want, got)
		}
	}
}
