package httpapi_test

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/danielgtaylor/huma/v2"
)

// statuses is the contract's table of problem types.
var statuses = map[string]int{
	"invalid-request": 422, "malformed": 400,
	"unauthenticated": 401, "invalid-token": 401, "no-session": 401, "session-expired": 401, "session-revoked": 401,
	"refresh-token-reused": 401, "invalid-credentials": 401,
	"forbidden": 403, "wrong-scope": 403, "cross-origin": 403, "signup-closed": 403,
	"not-found": 404, "link-invalid": 404,
	"method-not-allowed": 405, "stale": 412, "too-large": 413, "unsupported-media-type": 415, "rate-limited": 429,
	"email-taken": 409, "last-owner": 409, "generation-moved": 409, "no-password": 409, "session-limit": 409, "idempotency-spent": 409, "other-session": 409,
	"internal": 500, "unavailable": 503,
}

// kinds reads every Kind from the source of package curfew, so that a new one
// cannot be forgotten here.
func kinds(t *testing.T) []string {
	file, err := parser.ParseFile(token.NewFileSet(), "../curfew/error.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); ok && name.Name == "Kind" {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, value)
		}
		return true
	})
	if len(found) < 20 {
		t.Fatalf("found only the kinds %v", found)
	}
	return found
}

func TestEveryKindHasAStatusAndAPage(t *testing.T) {
	for _, kind := range kinds(t) {
		f := &fake{err: curfew.NewError(curfew.Kind(kind), "")}
		api := newAPI(t, config(f))
		answered := kind
		if kind == "malformed" {
			answered = "invalid-request"
		}
		if statuses[kind] == 0 {
			t.Fatalf("the kind %s is not in the contract's table", kind)
		}
		p := wantProblem(t, call(t, api, "GET", "/api/v1/users/me", "", bearer), statuses[kind], answered)
		page := call(t, api, "GET", p["type"].(string), "")
		if page.Code != 200 || !strings.Contains(page.Body.String(), p["title"].(string)) {
			t.Errorf("%s: page %d %s", kind, page.Code, page.Body)
		}
		index := call(t, api, "GET", "/problems/", "")
		if !strings.Contains(index.Body.String(), `href="/problems/`+answered+`"`) {
			t.Errorf("%s is not in the index", kind)
		}
	}
}

func TestProblemMembers(t *testing.T) {
	f := &fake{err: &curfew.Error{Kind: curfew.KindGenerationMoved, Detail: "Moved.", Generation: 9, SessionID: session}}
	api := newAPI(t, config(f))
	p := wantProblem(t, call(t, api, "POST", "/api/v1/auth/refresh", `{"refresh_token":"cfr_x"}`), 409, "generation-moved")
	if p["generation"] != 9.0 || p["session_id"] != session.String() || p["detail"] != "Moved." {
		t.Errorf("got %v", p)
	}
	f.err = &curfew.Error{Kind: curfew.KindSessionExpired, Reason: curfew.ReasonIdle}
	p = wantProblem(t, call(t, api, "POST", "/api/v1/auth/refresh", `{"refresh_token":"cfr_x"}`), 401, "session-expired")
	if p["reason"] != "idle" || p["generation"] != nil || p["session_id"] != nil || p["errors"] != nil {
		t.Errorf("got %v", p)
	}
	f.err = curfew.InvalidFields([]curfew.FieldError{{Field: "idle_minutes", Detail: "First."}, {Field: "absolute_minutes", Detail: "Second."}})
	p = wantProblem(t, call(t, api, "PATCH", "/api/v1/accounts/me/security", `{"idle_minutes":1}`, bearer), 422, "invalid-request")
	if p["detail"] != "First." || len(fieldsOf(p)) != 2 {
		t.Errorf("got %v", p)
	}
}

func TestRetryAfterIsRoundedUp(t *testing.T) {
	for wait, want := range map[time.Duration]string{0: "1", time.Millisecond: "1", time.Second: "1", 1001 * time.Millisecond: "2", time.Minute: "60"} {
		for _, kind := range []curfew.Kind{curfew.KindRateLimited, curfew.KindUnavailable} {
			f := &fake{err: &curfew.Error{Kind: kind, RetryAfter: wait}}
			w := call(t, newAPI(t, config(f)), "POST", "/api/v1/auth/login", `{"email":"a","password":"p"}`)
			if got := w.Header().Get("Retry-After"); got != want {
				t.Errorf("%s after %v: Retry-After %q, want %q", kind, wait, got, want)
			}
		}
	}
}

// What is no *curfew.Error tells the caller nothing, and the log everything.
func TestInternalErrorsRevealNothing(t *testing.T) {
	var log bytes.Buffer
	f := &fake{err: errors.New(`pq: relation "sessions" does not exist at /srv/curfew/store.go`)}
	c := config(f)
	c.Log = slog.New(slog.NewJSONHandler(&log, nil))
	w := call(t, newAPI(t, c), "GET", "/api/v1/users/me", "", bearer, "X-Request-Id: seen-1")
	wantProblem(t, w, 500, "internal")
	if strings.Contains(w.Body.String(), "pq") || strings.Contains(w.Body.String(), "store") {
		t.Errorf("the answer tells: %s", w.Body)
	}
	if !strings.Contains(log.String(), `relation \"sessions\"`) || !strings.Contains(log.String(), `"request_id":"seen-1"`) {
		t.Errorf("the log does not tell: %s", &log)
	}
	// An internal kind with words of its own reveals as little.
	f.err = &curfew.Error{Kind: curfew.KindInternal, Detail: "secret words", Cause: errors.New("x")}
	if w := call(t, newAPI(t, c), "GET", "/api/v1/users/me", "", bearer); strings.Contains(w.Body.String(), "secret") {
		t.Errorf("the answer tells: %s", w.Body)
	}
}

func TestPanicsAreAnsweredAndLogged(t *testing.T) {
	var log bytes.Buffer
	c := config(&fake{panics: true})
	c.Log = slog.New(slog.NewJSONHandler(&log, nil))
	api := newAPI(t, c)
	w := call(t, api, "POST", "/api/v1/auth/login", `{"email":"a","password":"p"}`)
	wantProblem(t, w, 500, "internal")
	if strings.Contains(w.Body.String(), "a bug") || !strings.Contains(log.String(), "a bug") || !strings.Contains(log.String(), "goroutine") {
		t.Errorf("answer %s\nlog %s", w.Body, &log)
	}
	if w := call(t, api, "GET", "/healthz", ""); w.Code != 200 {
		t.Errorf("after a panic: %d", w.Code)
	}
}

func TestChallenges(t *testing.T) {
	const bare, invalid = "Bearer", `Bearer error="invalid_token"`
	ended := &curfew.Error{Kind: curfew.KindSessionRevoked, Reason: curfew.ReasonOwnerAll}
	for _, c := range []struct {
		name, op string
		headers  []string
		err      error
		kind     string
		want     string
	}{
		{"missing", "GET /api/v1/users/me", nil, nil, "unauthenticated", bare},
		{"wrong", "GET /api/v1/users/me", []string{"Authorization: Bearer bad"}, nil, "invalid-token", invalid},
		{"scheme in another case", "GET /api/v1/users/me", []string{"Authorization: bEARER bad"}, nil, "invalid-token", invalid},
		{"other scheme", "GET /api/v1/users/me", []string{"Authorization: Basic Zm9v"}, nil, "invalid-token", invalid},
		{"empty", "GET /api/v1/users/me", []string{"Authorization: Bearer"}, nil, "invalid-token", invalid},
		{"spaces", "GET /api/v1/users/me", []string{"Authorization: Bearer good bad"}, nil, "invalid-token", invalid},
		{"two", "GET /api/v1/users/me", []string{bearer, bearer}, nil, "invalid-token", invalid},
		{"ended", "GET /api/v1/users/me", []string{bearer}, ended, "session-revoked", invalid},
		{"ended, looked at by bearer", "GET /api/v1/auth/session", []string{bearer}, ended, "session-revoked", invalid},
		{"ended, looked at by cookie", "GET /api/v1/auth/session", []string{"Cookie: __Host-curfew_refresh=cfr_x"}, ended, "session-revoked", bare},
		{"malformed, although there is a cookie", "GET /api/v1/auth/session", []string{"Authorization: x", "Cookie: __Host-curfew_refresh=cfr_x"}, nil, "invalid-token", invalid},
		{"nothing to look at", "GET /api/v1/auth/session", nil, nil, "no-session", bare},
		{"refresh", "POST /api/v1/auth/refresh", []string{"Cookie: __Host-curfew_refresh=cfr_x"}, ended, "session-revoked", bare},
		{"refresh of nothing", "POST /api/v1/auth/refresh", nil, nil, "no-session", bare},
	} {
		f := &fake{err: c.err}
		method, path, _ := strings.Cut(c.op, " ")
		w := call(t, newAPI(t, config(f)), method, path, "", c.headers...)
		p := wantProblem(t, w, 401, c.kind)
		if got := w.Header().Get("WWW-Authenticate"); got != c.want {
			t.Errorf("%s: challenge %q, want %q", c.name, got, c.want)
		}
		if c.err != nil && p["reason"] != "owner_all" {
			t.Errorf("%s: reason %v", c.name, p["reason"])
		}
	}
}

func TestMembersAreTurnedAwayFromOwnersOperations(t *testing.T) {
	f := &fake{role: curfew.RoleMember}
	api := newAPI(t, config(f))
	for _, op := range []string{"GET /api/v1/accounts/me/security", "PATCH /api/v1/accounts/me/security", "GET /api/v1/accounts/me/users",
		"GET /api/v1/accounts/me/audit-events/export", "PATCH /api/v1/accounts/me", "GET /api/v1/accounts/me/sessions"} {
		method, path, _ := strings.Cut(op, " ")
		f.denied, f.asked = "", nil
		wantProblem(t, call(t, api, method, path, "", bearer), 403, "forbidden") // before the body is even missed
		if f.denied == "" || f.asked != nil {
			t.Errorf("%s: denied %q, asked %v", op, f.denied, f.asked)
		}
	}
	for _, path := range []string{"/api/v1/accounts/me", "/api/v1/users/me", "/api/v1/users/me/sessions"} {
		if w := call(t, api, "GET", path, "", bearer); w.Code != 200 {
			t.Errorf("a member gets %d for %s", w.Code, path)
		}
	}
}

func TestStrangersBodiesAreNotRead(t *testing.T) {
	r := httptest.NewRequest("PATCH", "/api/v1/accounts/me", explosive{t})
	w := httptest.NewRecorder()
	newAPI(t, config(&fake{})).ServeHTTP(w, r)
	wantProblem(t, w, 401, "unauthenticated")
}

// explosive is a body that must not be read.
type explosive struct{ t *testing.T }

func (e explosive) Read([]byte) (int, error) {
	e.t.Error("the body was read")
	return 0, errors.New("read")
}

func TestUnknownPathsAndMethods(t *testing.T) {
	api := newAPI(t, config(&fake{}))
	for _, path := range []string{"/api", "/api/", "/api/v1", "/api/v1/nothing", "/api/v1/users/me/", "/api//v1/users/me", "/api/v1/../v1/users/me", "/api/v1/users"} {
		wantProblem(t, call(t, api, "GET", path, "", bearer), 404, "not-found")
	}
	w := call(t, api, "PUT", "/api/v1/users/me", "", bearer)
	wantProblem(t, w, 405, "method-not-allowed")
	if got := w.Header().Get("Allow"); got != "GET, HEAD, PATCH" {
		t.Errorf("Allow %q", got)
	}
	w = call(t, api, "GET", "/api/v1/auth/login", "")
	wantProblem(t, w, 405, "method-not-allowed")
	if got := w.Header().Get("Allow"); got != "POST" {
		t.Errorf("Allow %q", got)
	}
	wantProblem(t, call(t, api, "OPTIONS", "/api/v1/auth/login", ""), 405, "method-not-allowed")

	for accept, kind := range map[string]string{"": "text/html; charset=utf-8", "text/html,*/*": "text/html; charset=utf-8",
		"application/json": "application/problem+json", "application/problem+json, text/html;q=0.5": "application/problem+json",
		"text/html, application/json;q=0.1": "text/html; charset=utf-8"} {
		w := call(t, api, "GET", "/nothing/<b>", "", "Accept: "+accept)
		if w.Code != 404 || w.Header().Get("Content-Type") != kind || strings.Contains(w.Body.String(), "<b>") {
			t.Errorf("Accept %q: %d %s %s", accept, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
	}
	if w := call(t, api, "POST", "/docs", ""); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST /docs: %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
	if w := call(t, api, "GET", "/problems/no-such", ""); w.Code != 404 {
		t.Errorf("an unknown problem: %d", w.Code)
	}
	for _, path := range []string{"/api/v1/accounts/me/sessions/x", "/api/v1/users/me/sessions/" + strings.Repeat("0", 36)} {
		wantProblem(t, call(t, api, http.MethodDelete, path, "", bearer), 404, "not-found")
	}
}

// The traps of huma that would be met at run time.
func TestHumaKeepsToTheContract(t *testing.T) {
	api := newAPI(t, config(&fake{}))
	// An Accept that does not fit must not turn a done deed into a 406.
	for _, accept := range []string{"text/html", "application/cbor", "image/png;q=1", "json", "*/*;q=0"} {
		w := call(t, api, "POST", "/api/v1/auth/refresh", `{"refresh_token":"cfr_x"}`, "Accept: "+accept)
		if w.Code != 200 || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("Accept %s: %d %s", accept, w.Code, w.Header().Get("Content-Type"))
		}
	}
	w := call(t, api, "GET", "/api/v1/users/me", "", bearer)
	if decode(t, w)["$schema"] != nil || w.Header().Get("Link") != "" {
		t.Errorf("the answer gained %s, Link %q", w.Body, w.Header().Get("Link"))
	}
	for _, path := range []string{"/schemas/User.json", "/openapi-3.0.json"} {
		if w := call(t, api, "GET", path, ""); w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if !huma.ValidateStrictCasing || huma.DefaultArrayNullable {
		t.Error("huma's globals are not set")
	}
}
