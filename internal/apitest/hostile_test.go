package apitest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// hostile are names that some other program would stumble over.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' OR '1'='1`, `'; DROP TABLE users; --`, `{{7*7}}${7*7}<%= 7*7 %>`,
	"\u202etxt.exe\u202c", "a\u200bb", "é 日本語 🐘", "e\u0301", strings.Repeat("🐘", 200), strings.Repeat("w", 200), `\u0000`, `%00%0d%0a`, "null", "true", "{}", "a&amp;b",
}

// TestHostileNames: a name is text, everywhere.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	w := start(t)
	for _, name := range hostile {
		w.bob.Patch(me, obj{"name": name}).Status(200).Equal(map[string]any{"name": name})
		w.ada.Patch(account, obj{"name": name}).Status(200).Equal(map[string]any{"name": name})
		w.bob.refresh(nil).Status(200).Equal(map[string]any{"user.name": name, "account.name": name})
		found := false
		for _, u := range w.ada.Get(users).Status(200).JSON().at("items").list() {
			found = found || u.str("name") == name
		}
		if !found {
			t.Errorf("%q is not among the people", name)
		}
		quoted, err := json.Marshal(name)
		must(t, err)
		if w.ada.event("account.update").str("details", "new") == "" {
			t.Errorf("%s is not audited", quoted)
		}
		for _, path := range []string{"/", "/docs", "/problems/", "/problems/forbidden"} {
			if len(name) > 4 {
				w.program().Get(path).Status(200).Lacks(name)
			}
		}
	}
	for _, role := range []string{"member", "owner"} { // and as new people
		w.join(w.ada, hostile[0]+role, role+"+'@acme.example", role)
	}
}

// TestInternalHeadersMeanNothing: no header that some proxy or framework
// believes lets anybody in or makes another request of one (Next.js
// CVE-2025-29927).
func TestInternalHeadersMeanNothing(t *testing.T) {
	t.Parallel()
	w := start(t)
	for _, h := range []string{
		"X-Middleware-Subrequest: middleware:middleware:middleware:middleware:middleware", "X-Curfew-User: " + w.ada.id, "X-Curfew-Role: owner", "X-Curfew-Account: " + w.ada.account,
		"X-Forwarded-User: ada@acme.example", "Remote-User: ada@acme.example", "X-Remote-User: ada", "X-Original-Url: /healthz", "X-Rewrite-Url: /healthz", "X-Forwarded-Uri: /healthz",
		"X-Http-Method-Override: GET", "X-Internal: true", "X-Forwarded-For: 127.0.0.1", "X-Account-Id: " + w.oleg.account, "Forwarded: for=127.0.0.1",
	} {
		name, v, _ := strings.Cut(h, ": ")
		w.program().with(name, v).Get(security).Problem(401, "unauthenticated")
		w.bob.with(name, v).Patch(security, obj{"idle_minutes": 15}).Problem(403, "forbidden")
		w.ada.with(name, v).Get(account).Status(200).Equal(map[string]any{"id": w.ada.account})
	}
	w.program().Get(security+"?access_token="+w.ada.bearer).Problem(401, "unauthenticated")
	w.ada.Get(account + "?account_id=" + w.oleg.account).Equal(map[string]any{"id": w.ada.account})
	r, err := http.NewRequest("GET", w.url+me, nil)
	must(t, err)
	r.Header["Authorization"] = []string{"Bearer " + w.ada.bearer, "Bearer " + w.bob.bearer}
	w.program().do(r, nil).Problem(401, "invalid-token")
}

// TestTruncatedTokens: no beginning of a token is one (Zitadel CVE-2026-27840).
func TestTruncatedTokens(t *testing.T) {
	t.Parallel()
	w := start(t)
	p := w.signInBody("bob@acme.example")
	for n := 1; n < len(p.refreshToken); n++ {
		if a := p.refresh(obj{"refresh_token": p.refreshToken[:n]}); a.StatusCode != 401 {
			a.fail("%d characters are enough", n)
		}
	}
	for n := 1; n < len(p.bearer); n += 7 {
		w.program().as(p.bearer[:n]).Get(me).Problem(401, "invalid-token")
	}
	p.refresh(obj{"refresh_token": p.refreshToken}).Status(200)
}

// TestMalformedCookies: a cookie that cannot be read is nobody's (authentik
// CVE-2026-25748).
func TestMalformedCookies(t *testing.T) {
	t.Parallel()
	w := start(t)
	for _, cookie := range []string{"x", "cfr_", strings.Repeat("A", 4000), "%00", `"`, "cfr_=", "null", "undefined", "[object Object]", "e30=", "../..", w.bob.bearer} {
		w.holding(cookie).Get("/api/v1/auth/session").Status(401)
		w.holding(cookie).Get(me).Problem(401, "unauthenticated")
	}
	// The refresh cookie is no access token, and the other way round.
	w.holding(w.ada.token()).Get(security).Problem(401, "unauthenticated")
	w.program().as(w.ada.token()).Get(security).Problem(401, "invalid-token")
	w.program().refresh(obj{"refresh_token": w.ada.bearer}).Problem(401, "invalid-token")
}

// TestZeroBytes: not every store can hold or look for a zero byte, so none
// gets that far.
func TestZeroBytes(t *testing.T) {
	t.Parallel()
	w := start(t, withMail)
	x := w.things(w.ada, w.ada, w.bob.id)
	for _, op := range operations {
		caller := w.ada.client
		if op.who == anyone {
			caller = w.program()
		}
		try := func(path string, body any) {
			if a := caller.send(op.method, path, body); a.StatusCode >= 500 {
				a.fail("want an answer")
			}
		}
		if first, _, cut := strings.Cut(op.path, "{"); cut {
			try(first+"%00", x.body(op.body))
		}
		for _, name := range []string{"cursor", "action", "actor_id", "user_id", "status", "from", "to"} {
			if path, _, _ := strings.Cut(x.in(op.path), "?"); op.method == "GET" {
				try(path+"?"+name+"=a%00", nil)
			}
		}
		body, _ := x.body(op.body).(obj)
		if op.id == "updateSecurity" {
			body = body.but("reason", "because")
		}
		for name, v := range body {
			if text, ok := v.(string); ok {
				try(x.in(op.path), body.but(name, text+"\x00"))
			}
		}
	}
	w.ada.Patch(security, obj{"idle_minutes": 60, "reason": "be\x00cause"}).Field("reason")
}
