package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/httpapi"
	"github.com/curfew-auth/curfew/internal/policy"
)

// These tests are about the conventions: what happens to a request before the
// product's verbs see it, and to their answer afterwards. What the verbs do is
// tested with the real store elsewhere, so this stand-in decides nothing.

var (
	now     = time.Date(2026, 11, 23, 12, 0, 0, 123456789, time.UTC)
	account = curfew.ID{1, 14: 1}
	user    = curfew.ID{2, 14: 1}
	session = curfew.ID{3, 14: 1}
	other   = curfew.ID{4, 14: 1}
)

// fake answers every verb with err, or with something fixed, and keeps what it
// was asked.
type fake struct {
	httpapi.Authority // whatever the tests do not ask for

	err     error
	role    curfew.Role
	young   bool
	panics  bool
	asked   any
	origin  curfew.Origin
	bearer  string
	denied  string
	version int64
	events  []audit.Event
	// eventsThenFail fails an export after its events.
	eventsThenFail bool
}

func standing() curfew.Standing {
	return curfew.Standing{
		Session: curfew.Session{AccountID: account, ID: session, UserID: user, Generation: 7, StartedAt: now.Add(-time.Hour),
			LastActiveAt: now, IdleMinutes: 60, AbsoluteMinutes: 120, IdleExpiresAt: now.Add(time.Hour), AbsoluteExpiresAt: now.Add(time.Hour + time.Millisecond)},
		User:    curfew.User{AccountID: account, ID: user, Name: "Ada", Email: "ada@example.com", Role: curfew.RoleOwner},
		Account: curfew.Account{ID: account, Name: "Acme"},
	}
}

func (f *fake) granted() authority.Granted {
	return authority.Granted{Standing: standing(), AccessToken: "access", AccessTokenExpiresAt: now.Add(300*time.Second + time.Millisecond),
		RefreshToken: "cfr_next", Rotated: !f.young, Browser: "known", Now: now}
}

func (f *fake) grant(from curfew.Origin, in any) (authority.Granted, error) {
	if f.panics {
		panic("a bug")
	}
	f.asked, f.origin = in, from
	if f.err != nil {
		return authority.Granted{}, f.err
	}
	return f.granted(), nil
}

func (f *fake) PublicConfig(context.Context) (authority.PublicConfig, error) {
	return authority.PublicConfig{PasswordMin: 15}, f.err
}
func (f *fake) SignUp(_ context.Context, from curfew.Origin, in authority.SignUp) (authority.Granted, error) {
	return f.grant(from, in)
}
func (f *fake) SignIn(_ context.Context, from curfew.Origin, in authority.SignIn) (authority.Granted, error) {
	return f.grant(from, in)
}
func (f *fake) AcceptInvite(_ context.Context, from curfew.Origin, in authority.AcceptInvite) (authority.Granted, error) {
	return f.grant(from, in)
}
func (f *fake) Refresh(_ context.Context, from curfew.Origin, in authority.Refresh) (authority.Granted, error) {
	return f.grant(from, in)
}
func (f *fake) Invitation(context.Context, curfew.Origin, string) (authority.Invitation, error) {
	return authority.Invitation{Role: curfew.RoleMember}, f.err
}
func (f *fake) Forgot(context.Context, curfew.Origin, string) error {
	return f.err
}
func (f *fake) Reset(context.Context, curfew.Origin, string) (authority.ResetView, error) {
	return authority.ResetView{}, f.err
}
func (f *fake) ResetPassword(context.Context, curfew.Origin, string, string) error {
	return f.err
}
func (f *fake) SignOut(_ context.Context, _ curfew.Origin, in authority.SignOut) error {
	f.asked = in
	return f.err
}
func (f *fake) Observe(_ context.Context, in authority.Presented) (authority.Observed, error) {
	f.asked = in
	return authority.Observed{Standing: standing(), Now: now}, f.err
}
func (f *fake) AuthenticateService(_ context.Context, key string, scope curfew.Scope) (curfew.Actor, error) {
	f.bearer, f.asked = key, scope
	return curfew.Actor{Type: curfew.ActorService, ServiceKeyID: other, Name: "a service"}, f.err
}
func (f *fake) Authenticate(_ context.Context, bearer string) (curfew.Actor, error) {
	f.bearer = bearer
	if bearer != "good" {
		return curfew.Actor{}, curfew.NewError(curfew.KindInvalidToken, "The access token is not valid.")
	}
	role := f.role
	if role == "" {
		role = curfew.RoleOwner
	}
	return curfew.Actor{Type: curfew.ActorUser, AccountID: account, UserID: user, SessionID: session, Role: role}, nil
}
func (f *fake) Deny(_ context.Context, _ curfew.Actor, _ curfew.Origin, operation string) error {
	f.denied = operation
	return curfew.NewError(curfew.KindForbidden, "Only an owner may do this.")
}
func (f *fake) Account(context.Context, curfew.Actor) (authority.AccountView, error) {
	return authority.AccountView{Account: curfew.Account{ID: account, Name: "Acme", NameVersion: f.version}}, f.err
}
func (f *fake) RenameAccount(_ context.Context, _ curfew.Actor, _ curfew.Origin, name string, v *int64) (authority.AccountView, error) {
	f.asked = conditional{name, v}
	return authority.AccountView{}, f.err
}

// conditional is a change with the version that it is based on.
type conditional struct {
	name    string
	version *int64
}

func (f *fake) Security(context.Context, curfew.Actor) (authority.Security, error) {
	return authority.Security{Version: f.version, Preset: policy.Standard}, f.err
}
func (f *fake) SetPolicy(_ context.Context, _ curfew.Actor, _ curfew.Origin, in authority.SetPolicy) (authority.Security, error) {
	f.asked = in
	return authority.Security{Version: f.version, Preset: policy.Custom}, f.err
}
func (f *fake) PreviewPolicy(_ context.Context, _ curfew.Actor, in authority.SetPolicy) (authority.Preview, error) {
	f.asked = in
	return authority.Preview{}, f.err
}
func (f *fake) RevokeSessions(_ context.Context, _ curfew.Actor, _ curfew.Origin, scope authority.Scope) (authority.Ended, error) {
	f.asked = scope
	return authority.Ended{Count: 5, ReceiptID: other, ReceiptToken: "cfq_", ReceiptExpiresAt: now}, f.err
}
func (f *fake) Receipt(_ context.Context, _ curfew.Actor, id curfew.ID) (authority.ReceiptView, error) {
	f.asked = id
	return authority.ReceiptView{Receipt: curfew.Receipt{ID: id, Scope: "all", AcknowledgedAt: now, WorstCaseAt: now}}, f.err
}
func (f *fake) ReceiptByToken(_ context.Context, text string, id curfew.ID) (authority.ReceiptView, error) {
	f.asked = [2]any{text, id}
	return authority.ReceiptView{Receipt: curfew.Receipt{ID: id, Scope: "all", AcknowledgedAt: now, WorstCaseAt: now}}, f.err
}
func (f *fake) Sessions(_ context.Context, _ curfew.Actor, filter authority.SessionFilter, page authority.Page[authority.SessionKey]) (authority.List[curfew.Standing, authority.SessionKey], time.Time, error) {
	f.asked = [2]any{filter, page}
	return authority.List[curfew.Standing, authority.SessionKey]{Items: []curfew.Standing{standing()},
		Next: &authority.SessionKey{LastActiveAt: now.Truncate(time.Microsecond), ID: session}}, now, f.err
}
func (f *fake) RevokeSession(_ context.Context, _ curfew.Actor, _ curfew.Origin, id curfew.ID) error {
	f.asked = id
	return f.err
}
func (f *fake) RevokeUserSessions(_ context.Context, _ curfew.Actor, _ curfew.Origin, id curfew.ID) (int, error) {
	f.asked = id
	return 1, f.err
}
func (f *fake) AuditEvents(_ context.Context, _ curfew.Actor, filter authority.AuditFilter, page authority.Page[int64]) (authority.List[audit.Event, int64], error) {
	f.asked = filter
	return authority.List[audit.Event, int64]{Items: f.events}, f.err
}
func (f *fake) ExportAudit(_ context.Context, _ curfew.Actor, filter authority.AuditFilter, each func(audit.Event) error) error {
	f.asked = filter
	for _, e := range f.events {
		if err := each(e); err != nil {
			return err
		}
	}
	if f.eventsThenFail || len(f.events) == 0 {
		return f.err
	}
	return nil
}
func (f *fake) Users(_ context.Context, _ curfew.Actor, page authority.Page[authority.UserKey]) (authority.List[authority.UserView, authority.UserKey], error) {
	f.asked = page
	return authority.List[authority.UserView, authority.UserKey]{}, f.err
}
func (f *fake) UpdateUser(_ context.Context, _ curfew.Actor, _ curfew.Origin, id curfew.ID, change authority.UserChange) (authority.UserView, error) {
	f.asked = change
	return authority.UserView{}, f.err
}
func (f *fake) CreateResetLink(_ context.Context, _ curfew.Actor, _ curfew.Origin, id curfew.ID) (authority.NewResetLink, error) {
	f.asked = id
	return authority.NewResetLink{}, f.err
}
func (f *fake) CreateInvite(_ context.Context, _ curfew.Actor, _ curfew.Origin, email string, _ curfew.Role) (authority.NewInvite, error) {
	return authority.NewInvite{}, f.err
}
func (f *fake) Invites(context.Context, curfew.Actor, authority.Page[authority.InviteKey]) (authority.List[curfew.Invite, authority.InviteKey], error) {
	return authority.List[curfew.Invite, authority.InviteKey]{}, f.err
}
func (f *fake) DeleteInvite(context.Context, curfew.Actor, curfew.Origin, curfew.ID) error {
	return f.err
}
func (f *fake) Me(context.Context, curfew.Actor) (authority.UserView, error) {
	return authority.UserView{User: curfew.User{Version: f.version}}, f.err
}
func (f *fake) RenameMe(_ context.Context, _ curfew.Actor, _ curfew.Origin, name string, v *int64) (authority.UserView, error) {
	f.asked = conditional{name, v}
	return authority.UserView{}, f.err
}
func (f *fake) ChangePassword(_ context.Context, _ curfew.Actor, _ curfew.Origin, _, _ string) error {
	return f.err
}
func (f *fake) MySessions(_ context.Context, _ curfew.Actor, status authority.SessionStatus, _ authority.Page[authority.SessionKey]) (authority.List[curfew.Standing, authority.SessionKey], time.Time, error) {
	f.asked = status
	return authority.List[curfew.Standing, authority.SessionKey]{}, now, f.err
}
func (f *fake) RevokeMySession(context.Context, curfew.Actor, curfew.Origin, curfew.ID) error {
	return f.err
}
func (f *fake) RevokeMyOtherSessions(context.Context, curfew.Actor, curfew.Origin) (int, error) {
	return 2, f.err
}
func (f *fake) Ready(context.Context) error { return f.err }

// config is a plain https set-up around a fake.
func config(f *fake) httpapi.Config {
	return httpapi.Config{
		Authority: f, PublicURL: "https://auth.example.com", SecureCookies: true,
		JWKS: func(time.Time) any { return map[string]any{"keys": []any{}} },
		Now:  func() time.Time { return now }, Log: slog.New(slog.DiscardHandler), Version: "1.2.3",
	}
}

func newAPI(t testing.TB, c httpapi.Config) *httpapi.API {
	t.Helper()
	api, err := httpapi.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return api
}

// call sends one request. Headers are "Name: value"; a body without a
// Content-Type among them is sent as JSON, "-" as its value sends none.
func call(t testing.TB, h http.Handler, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, target, reader)
	r.Host = "auth.example.com"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		if value == "-" {
			r.Header.Del(name)
			continue
		}
		if name == "Content-Type" {
			r.Header.Del(name)
		}
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const bearer = "Authorization: Bearer good"

// decode reads a JSON answer.
func decode(t testing.TB, w *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	var members map[string]any
	if err := json.NewDecoder(bytes.NewReader(w.Body.Bytes())).Decode(&members); err != nil {
		t.Fatalf("the answer is no JSON: %v\n%s", err, w.Body)
	}
	return members
}

// wantProblem checks that an answer is the problem document of a type.
func wantProblem(t testing.TB, w *httptest.ResponseRecorder, status int, kind string) map[string]any {
	t.Helper()
	if w.Code != status || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Fatalf("got %d %s %s, want the problem %s with %d", w.Code, w.Header().Get("Content-Type"), w.Body, kind, status)
	}
	p := decode(t, w)
	if p["type"] != "/problems/"+kind || p["status"] != float64(status) || p["title"] == "" || p["detail"] == "" ||
		p["instance"] != w.Header().Get("X-Request-Id") {
		t.Fatalf("got the problem %v, want %s", p, kind)
	}
	return p
}

var errBug = errors.New("a bug")

func newErr(c httpapi.Config) (*httpapi.API, error) { return httpapi.New(c) }

func newRequest(method, target, body string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = "127.0.0.1:8080"
	r.Header.Set("Content-Type", "application/json")
	return r
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func (f *fake) Introspect(_ context.Context, token string) (authority.Introspected, bool, error) {
	f.asked = token
	return authority.Introspected{Standing: standing(), TokenID: other, Issuer: "https://auth.example.com", Audience: "https://auth.example.com",
		IssuedAt: now, ExpiresAt: now.Add(time.Minute)}, true, f.err
}
func (f *fake) RevokeToken(_ context.Context, _ curfew.Actor, _ curfew.Origin, token string) (curfew.Standing, error) {
	f.asked = token
	return standing(), f.err
}
