package httpapi_test

import (
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/curfew-auth/curfew/internal/authority"
)

func TestStrictBodies(t *testing.T) {
	const login, security = "POST /api/v1/auth/login", "PATCH /api/v1/accounts/me/security"
	const good = `{"email":"a@b.example","password":"p"}`
	for _, c := range []struct {
		name, op, body string
		headers        []string
		status         int
		kind, detail   string
		fields         []string
	}{
		{name: "right", op: login, body: good, status: 200},
		{name: "charset", op: login, body: good, headers: []string{"Content-Type: application/json; charset=utf-8"}, status: 200},
		{name: "merge patch", op: security, body: `{"idle_minutes":null}`, headers: []string{"Content-Type: application/merge-patch+json"}, status: 200},
		{name: "merge patch for a POST", op: login, body: good, headers: []string{"Content-Type: application/merge-patch+json"}, status: 415, kind: "unsupported-media-type"},
		{name: "no content type", op: login, body: good, headers: []string{"Content-Type: -"}, status: 415, kind: "unsupported-media-type"},
		{name: "form", op: login, body: good, headers: []string{"Content-Type: text/plain"}, status: 415, kind: "unsupported-media-type"},
		{name: "cbor", op: login, body: good, headers: []string{"Content-Type: application/cbor"}, status: 415, kind: "unsupported-media-type"},
		{name: "other json", op: login, body: good, headers: []string{"Content-Type: application/x+json"}, status: 415, kind: "unsupported-media-type"},
		{name: "gzip", op: login, body: good, headers: []string{"Content-Encoding: gzip"}, status: 415, kind: "unsupported-media-type"},
		{name: "broken", op: login, body: `{"email":`, status: 400, kind: "invalid-request"},
		{name: "no JSON", op: login, body: `hello`, status: 400, kind: "invalid-request"},
		{name: "absent", op: login, status: 400, kind: "invalid-request", detail: "This operation needs a JSON body."},
		{name: "trailing data", op: login, body: good + `{}`, status: 400, kind: "invalid-request"},
		{name: "duplicate", op: login, body: `{"email":"a","email":"b","password":"p"}`, status: 400, kind: "invalid-request"},
		{name: "not UTF-8", op: login, body: "{\"email\":\"\xff\",\"password\":\"p\"}", status: 400, kind: "invalid-request"},
		{name: "a list", op: login, body: `[1]`, status: 422, kind: "invalid-request"},
		{name: "null", op: login, body: `null`, status: 422, kind: "invalid-request"},
		{name: "unknown member", op: login, body: `{"email":"a","password":"p","x":1}`, status: 422, kind: "invalid-request",
			detail: "The body has a member that this operation does not know."},
		{name: "other case", op: login, body: `{"Email":"a","password":"p"}`, status: 422, kind: "invalid-request", detail: "email is required", fields: []string{"email", ""}},
		{name: "missing, in the contract's order", op: "POST /api/v1/auth/signup", body: `{}`, status: 422, kind: "invalid-request",
			detail: "account_name is required", fields: []string{"account_name", "name", "email", "password"}},
		{name: "wrong types, in the contract's order", op: security, body: `{"reason":1,"x":1,"absolute_minutes":true,"apply_to":"later","idle_minutes":"15"}`,
			status: 422, kind: "invalid-request", detail: "idle_minutes must be a whole number",
			fields: []string{"idle_minutes", "absolute_minutes", "apply_to", "reason", ""}},
		{name: "half a minute", op: security, body: `{"idle_minutes":15.5}`, status: 422, kind: "invalid-request", fields: []string{"idle_minutes"}},
		{name: "minutes as text", op: security, body: `{"idle_minutes":"15"}`, status: 422, kind: "invalid-request", fields: []string{"idle_minutes"}},
		{name: "minutes as truth", op: security, body: `{"idle_minutes":true}`, status: 422, kind: "invalid-request", fields: []string{"idle_minutes"}},
		{name: "minutes as a list", op: security, body: `{"idle_minutes":[15]}`, status: 422, kind: "invalid-request", fields: []string{"idle_minutes"}},
		{name: "minutes beyond any number", op: security, body: `{"idle_minutes":1e999}`, status: 422, kind: "invalid-request"},
		{name: "null for a role", op: "PATCH /api/v1/accounts/me/users/" + other.String(), body: `{"role":null}`, status: 422, kind: "invalid-request", fields: []string{"role"}},
		{name: "scope", op: "POST /api/v1/accounts/me/security/revoke-sessions", body: `{"scope":"none"}`, status: 422, kind: "invalid-request",
			detail: "scope must be one of all, others", fields: []string{"scope"}},
		{name: "no body wanted, none sent", op: "POST /api/v1/users/me/sessions/revoke-others", status: 200},
		{name: "no body wanted, empty object", op: "POST /api/v1/users/me/sessions/revoke-others", body: `{}`, status: 200},
		{name: "no body wanted, member", op: "POST /api/v1/users/me/sessions/revoke-others", body: `{"a":1}`, status: 422, kind: "invalid-request"},
		{name: "no body wanted, broken", op: "POST /api/v1/users/me/sessions/revoke-others", body: `{`, status: 400, kind: "invalid-request"},
		{name: "no body wanted, text", op: "POST /api/v1/users/me/sessions/revoke-others", body: `hi`, headers: []string{"Content-Type: text/plain"}, status: 415, kind: "unsupported-media-type"},
		{name: "GET ignores its body", op: "GET /api/v1/users/me", body: `{`, headers: []string{"Content-Type: text/plain"}, status: 200},
		{name: "DELETE ignores its body", op: "DELETE /api/v1/users/me/sessions/" + other.String(), body: `{`, status: 204},
		{name: "refresh without a body", op: "POST /api/v1/auth/refresh", headers: []string{"Cookie: __Host-curfew_refresh=cfr_x"}, status: 200},
		{name: "logout without a body", op: "POST /api/v1/auth/logout", status: 204},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fake{}
			method, path, _ := strings.Cut(c.op, " ")
			w := call(t, newAPI(t, config(f)), method, path, c.body, append(c.headers, bearer)...)
			if c.kind == "" {
				if w.Code != c.status {
					t.Fatalf("got %d %s, want %d", w.Code, w.Body, c.status)
				}
				return
			}
			p := wantProblem(t, w, c.status, c.kind)
			if f.asked != nil {
				t.Errorf("the product was asked %v by a refused request", f.asked)
			}
			if c.detail != "" && p["detail"] != c.detail {
				t.Errorf("detail %q, want %q", p["detail"], c.detail)
			}
			if c.fields != nil && fmt.Sprint(fieldsOf(p)) != fmt.Sprint(c.fields) {
				t.Errorf("fields %q, want %q", fieldsOf(p), c.fields)
			}
			if errs, _ := p["errors"].([]any); len(errs) > 0 && errs[0].(map[string]any)["detail"] != p["detail"] {
				t.Errorf("detail %q is not the first error's", p["detail"])
			}
		})
	}
}

func fieldsOf(p map[string]any) []string {
	var names []string
	errs, _ := p["errors"].([]any)
	for _, e := range errs {
		name, _ := e.(map[string]any)["field"].(string)
		names = append(names, name)
	}
	return names
}

func TestWholeNumbersHoweverWritten(t *testing.T) {
	for text, want := range map[string]int{"15": 15, "15.0": 15, "1.5e1": 15, "-3": -3, "99999999999999999999": 1<<31 - 1, "1e300": 1<<31 - 1, "-1e300": -1 << 31} {
		f := &fake{}
		w := call(t, newAPI(t, config(f)), "PATCH", "/api/v1/accounts/me/security", `{"idle_minutes":`+text+`}`, bearer)
		asked, ok := f.asked.(authority.SetPolicy)
		if !ok || asked.Change.IdleMinutes.Value == nil || *asked.Change.IdleMinutes.Value != want {
			t.Errorf("idle_minutes %s: %d %s, asked %+v", text, w.Code, w.Body, asked.Change.IdleMinutes)
		}
	}
}

func TestAbsentNullAndValueDiffer(t *testing.T) {
	f := &fake{}
	api := newAPI(t, config(f))
	call(t, api, "PATCH", "/api/v1/accounts/me/security", `{"idle_minutes":null}`, bearer)
	change := f.asked.(authority.SetPolicy).Change
	if !change.IdleMinutes.Set || change.IdleMinutes.Value != nil || change.AbsoluteMinutes.Set {
		t.Errorf("null and absent became %+v", change)
	}
}

func TestLargeBodies(t *testing.T) {
	f := &fake{}
	api := newAPI(t, config(f))
	just := `{"email":"a@b.example","password":"` + strings.Repeat("p", 64<<10-37) + `"}`
	if len(just) != 64<<10 {
		t.Fatalf("the body has %d bytes", len(just))
	}
	if w := call(t, api, "POST", "/api/v1/auth/login", just); w.Code != 200 {
		t.Errorf("64 KiB: %d %s", w.Code, w.Body)
	}
	wantProblem(t, call(t, api, "POST", "/api/v1/auth/login", just+" "), 413, "too-large")

	// Without a length nobody can refuse it before it is read.
	r := httptest.NewRequest("POST", "/api/v1/auth/login", io.NopCloser(strings.NewReader(just+" ")))
	r.ContentLength = -1
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	wantProblem(t, w, 413, "too-large")
}

// A refused body must not come back, in no part of it: it may hold a password
// or a token that the caller put in the wrong place.
func TestRefusedBodiesAreNeverReflected(t *testing.T) {
	const canary = "cfr_Canary7f3a"
	api := newAPI(t, config(&fake{}))
	for _, op := range []string{"POST /api/v1/auth/login", "POST /api/v1/auth/signup", "POST /api/v1/auth/refresh", "POST /api/v1/auth/logout",
		"POST /api/v1/auth/invite", "POST /api/v1/auth/accept-invite", "PATCH /api/v1/accounts/me", "PATCH /api/v1/accounts/me/security",
		"POST /api/v1/accounts/me/security/preview", "POST /api/v1/accounts/me/security/revoke-sessions", "POST /api/v1/users/me/password",
		"PATCH /api/v1/accounts/me/users/" + other.String(), "POST /api/v1/accounts/me/invites", "POST /api/v1/users/me/sessions/revoke-others"} {
		method, path, _ := strings.Cut(op, " ")
		for _, body := range []string{
			`{"` + canary + `":1}`, `{"` + canary, canary, `"` + canary + `"`, `["` + canary + `"]`, `{"a.` + canary + `":{"b":"` + canary + `"}}`,
			`{"attempt":"` + canary + ` "}`, `{"session_id":"` + canary + `","generation":1}`, `{"delivery":"` + canary + `","email":"` + canary + `"}`,
			`{"idle_minutes":"` + canary + `"}`, `{"email":["` + canary + `"]}`, `{"scope":"` + canary + `"}`, `{"role":"` + canary + `"}`,
			`{"apply_to":"` + canary + `"}`, `{"name":{"x":"` + canary + `"}}`, `{"refresh_token":["` + canary + `"]}`, `{"x":1} ` + canary,
			`{"` + canary + `":1,"` + canary + `":2}`,
		} {
			w := call(t, api, method, path, body, bearer)
			if w.Code < 400 || w.Code >= 500 {
				t.Errorf("%s %s: %d %s", op, body, w.Code, w.Body)
			}
			if all := w.Body.String() + fmt.Sprint(w.Header()); strings.Contains(all, canary) {
				t.Errorf("%s %s is reflected: %s", op, body, all)
			}
		}
	}
}

func FuzzPatchBody(f *testing.F) {
	const canary = "Canary7f3a"
	for _, seed := range []string{`{}`, `{"idle_minutes":15}`, `{"idle_minutes":null,"apply_to":"all_sessions"}`, `{"idle_minutes":1e400}`,
		`{"reason":"` + canary + `"}`, `{"` + canary + `":0}`, `[`, "\xff", `{"idle_minutes":15.5,"idle_minutes":1}`, `{"a":{"b":[` + canary + `]}}`} {
		f.Add(seed)
	}
	api := newAPI(f, config(&fake{}))
	f.Fuzz(func(t *testing.T, body string) {
		w := call(t, api, "PATCH", "/api/v1/accounts/me/security", body, bearer)
		if w.Code >= 500 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if w.Code >= 400 {
			decode(t, w)
		}
		if strings.Contains(w.Body.String(), canary) {
			t.Fatalf("the body is reflected: %s", w.Body)
		}
	})
}

func TestRefreshMembers(t *testing.T) {
	id := session.String()
	for body, field := range map[string]string{
		`{"attempt":"short"}`:                                                  "attempt",
		`{"attempt":"` + strings.Repeat("a", 65) + `"}`:                        "attempt",
		`{"attempt":"aaaaaaaaaaaaaaaa."}`:                                      "attempt",
		"{\"attempt\":\"aaaaaaaaaaaaaaaa\\n\"}":                                "attempt",
		`{"inactive_seconds":-1}`:                                              "inactive_seconds",
		`{"inactive_seconds":7776001}`:                                         "inactive_seconds",
		`{"inactive_seconds":1.5}`:                                             "inactive_seconds",
		`{"generation":0,"session_id":"` + id + `"}`:                           "generation",
		`{"generation":4294967296,"session_id":"` + id + `"}`:                  "generation",
		`{"generation":1}`:                                                     "session_id",
		`{"session_id":"` + id + `"}`:                                          "generation",
		`{"session_id":"x","generation":1}`:                                    "session_id",
		`{"refresh_token":7}`:                                                  "refresh_token",
		`{"inactive_seconds":-1,"attempt":"x","generation":-1,"session_id":1}`: "attempt",
	} {
		f := &fake{}
		w := call(t, newAPI(t, config(f)), "POST", "/api/v1/auth/refresh", body, "Cookie: __Host-curfew_refresh=cfr_x")
		p := wantProblem(t, w, 422, "invalid-request")
		if got := fieldsOf(p); got[0] != field || f.asked != nil {
			t.Errorf("%s: refused %v, asked %v; want %s", body, got, f.asked, field)
		}
		if w.Header().Get("Set-Cookie") != "" {
			t.Errorf("%s: a 422 touches the cookie", body)
		}
	}
	f := &fake{}
	call(t, newAPI(t, config(f)), "POST", "/api/v1/auth/refresh", `{"refresh_token":"cfr_b","attempt":"`+strings.Repeat("Az0_-", 12)+
		`","generation":4294967295,"session_id":"`+id+`","inactive_seconds":7776000}`)
	asked := f.asked.(authority.Refresh)
	if asked.Token != "cfr_b" || *asked.Generation != 1<<32-1 || *asked.SessionID != session || asked.InactiveSeconds != 7776000 {
		t.Errorf("asked %+v", asked)
	}
}
