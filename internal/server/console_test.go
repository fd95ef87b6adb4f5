package server

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/pgserver/pgtest"
)

// operator is a browser in front of the operator's page.
type operator struct {
	t      *testing.T
	url    string
	client *http.Client
}

func newOperator(t *testing.T, s *Server) *operator {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	client := &http.Client{Jar: jar, Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	return &operator{t, "http://" + s.AdminAddr(), client}
}

// ask gives the status, the place and the text of an answer.
func (o *operator) ask(method, path, host string, form url.Values) (status int, at, text string) {
	o.t.Helper()
	r, err := http.NewRequest(method, o.url+path, strings.NewReader(form.Encode()))
	must(o.t, err)
	r.Host = host
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := o.client.Do(r)
	must(o.t, err)
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	must(o.t, err)
	return response.StatusCode, response.Request.URL.RequestURI(), string(b)
}

func (o *operator) want(method, path string, form url.Values, status int, at string, words ...string) string {
	o.t.Helper()
	gotStatus, gotAt, text := o.ask(method, path, "", form)
	if gotStatus != status || gotAt != at {
		o.t.Errorf("%s %s: %d at %s, want %d at %s: %s", method, path, gotStatus, gotAt, status, at, text)
	}
	for _, w := range words {
		if !strings.Contains(text, w) {
			o.t.Errorf("%s %s: %q is not in %s", method, path, w, text)
		}
	}
	return text
}

// key makes a service key.
func key(t *testing.T, s *Server, scope curfew.Scope) (curfew.ServiceKey, string) {
	t.Helper()
	made, text, err := s.authority.CreateServiceKey(t.Context(), authority.NewServiceKey{Name: "Night shift", Scopes: []curfew.Scope{scope}})
	must(t, err)
	return made, text
}

const signInAt = "/operator/sign-in"

func TestOperatorsPage(t *testing.T) {
	onEngines(t, func(t *testing.T, c config.Config) {
		s, _ := newServer(t, c)
		must(t, s.Start(t.Context()))
		granted, err := s.authority.SignUp(t.Context(), curfew.Origin{}, authority.SignUp{AccountName: "Acme & Söhne", Name: "Ada", Email: "ada@acme.example", Password: "correct horse battery staple"})
		must(t, err)
		o := newOperator(t, s)
		o.want("GET", "/", nil, 200, signInAt, "Operator sign-in")
		made, text := key(t, s, curfew.ScopeOperator)
		_, other := key(t, s, curfew.ScopeSessionsRead)
		o.want("POST", signInAt, url.Values{"key": {text + "x"}}, 401, signInAt, "no service key that works")
		o.want("POST", signInAt, url.Values{"key": {other}}, 403, signInAt, "does not have the scope operator")
		if page := o.want("POST", signInAt, url.Values{"key": {text}}, 200, "/operator", "Acme &amp; Söhne", "Night shift"); strings.Contains(page, text) {
			t.Error("the key is on the page")
		}
		account := "/operator/accounts/" + granted.Standing.Account.ID.String()
		o.want("GET", "/operator?search=s%C3%B6hne", nil, 200, "/operator?search=s%C3%B6hne", account)
		o.want("GET", account, nil, 200, account, "ada@acme.example", "14 days", "session.start")
		o.want("GET", account+"/end-sessions", nil, 200, account+"/end-sessions", "1 live session ends at once")
		o.want("POST", account+"/end-sessions", url.Values{"reason": {"lost laptop"}}, 200, account, "Ended 1 live session.", "lost laptop", "<bdi>Night shift</bdi> (operator)")
		_, err = s.authority.Refresh(t.Context(), curfew.Origin{}, authority.Refresh{Token: granted.RefreshToken})
		if known, ok := err.(*curfew.Error); !ok || known.Reason != curfew.ReasonOperator {
			t.Errorf("the session: %v", err)
		}
		o.want("GET", "/operator/health", nil, 200, "/operator/health", "(this one)", "alive", map[bool]string{true: "SQLite 3.", false: "PostgreSQL 15"}[t.Name() == "TestOperatorsPage/sqlite"], "v0.0.0-test")
		wantInstallationEvents(t, s, audit.AccessDenied, audit.AccessDenied, audit.OperatorSignIn)

		// A key that is revoked opens nothing any more, a second later at most.
		_, _, err = s.authority.RevokeServiceKey(t.Context(), made.ID)
		must(t, err)
		revoked := time.Now()
		for {
			began := time.Now()
			_, at, _ := o.ask("GET", "/operator", "", nil)
			if at == signInAt+"?reason=key" {
				break
			}
			if began.Sub(revoked) > time.Second {
				t.Fatalf("%s after its end the key opens %s", began.Sub(revoked), at)
			}
			time.Sleep(10 * time.Millisecond)
		}
		o.want("GET", account, nil, 200, signInAt+"?to="+url.QueryEscape(account))
	})
}

// wantInstallationEvents holds the newest events of no account to actions, the
// oldest first, but for those of keys.
func wantInstallationEvents(t *testing.T, s *Server, want ...audit.Action) {
	t.Helper()
	var got []audit.Action
	must(t, s.authority.AccountAudit(t.Context(), curfew.ZeroID, authority.AuditFilter{}, func(e audit.Event) error {
		if e.ResourceType != "service_key" || e.Action == audit.OperatorSignIn {
			got = append([]audit.Action{e.Action}, got...)
		}
		if strings.Contains(string(e.Details), "cfk_") {
			t.Errorf("a key is in the audit log: %s", e.Details)
		}
		return nil
	}))
	if len(got) != len(want) {
		t.Fatalf("events: %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("events: %v, want %v", got, want)
		}
	}
}

// Guessing at keys is slowed down for one address, and so is nothing else.
func TestGuessingAtKeys(t *testing.T) {
	s, _ := newServer(t, settings(t))
	must(t, s.Start(t.Context()))
	o := newOperator(t, s)
	_, text := key(t, s, curfew.ScopeOperator)
	refused := 0
	for range 100 {
		status, _, _ := o.ask("POST", signInAt, "", url.Values{"key": {"cfk_guess"}})
		if status == 429 {
			refused++
		} else if status != 401 || refused > 5 { // while it goes on, an attempt may come back
			t.Fatalf("%d after %d refusals", status, refused)
		}
	}
	if refused < 60 {
		t.Errorf("%d of 100 were refused", refused)
	}
	status, _, page := o.ask("POST", signInAt, "", url.Values{"key": {text}})
	if status != 429 && status != 200 || status == 429 && !strings.Contains(page, "Too many keys") {
		t.Errorf("a good key meanwhile: %d", status)
	}
	_, err := s.authority.SignUp(t.Context(), curfew.Origin{IP: "127.0.0.1"}, authority.SignUp{AccountName: "Acme", Name: "Ada", Email: "ada@acme.example", Password: "correct horse battery staple"})
	must(t, err)
	_, err = s.authority.SignIn(t.Context(), curfew.Origin{IP: "127.0.0.1"}, authority.SignIn{Email: "ada@acme.example", Password: "correct horse battery staple"})
	must(t, err)
}

// The page answers to this machine's names, to addresses and to the name in the
// setting; metrics, unless on loopback, to any.
func TestOperatorsHost(t *testing.T) {
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	for _, tt := range []struct {
		addr, host    string
		page, metrics int
	}{
		{"127.0.0.1:9090", "127.0.0.1:9090", 204, 200},
		{"127.0.0.1:9090", "localhost:1234", 204, 200},
		{"127.0.0.1:9090", "[::1]:9090", 204, 200},
		{"127.0.0.1:9090", "evil.example:9090", 403, 403},
		{"0.0.0.0:9090", "192.0.2.7:9090", 204, 200},
		{":9090", "[2001:db8::1]:9090", 204, 200},
		{":9090", "localhost", 204, 200},
		{":9090", "curfew:9090", 403, 200},
		{":9090", "evil.example", 403, 200},
		{"admin.internal:9090", "Admin.internal:9090", 204, 200},
		{"admin.internal:9090", "admin.internal.evil.example:9090", 403, 200},
	} {
		h := newMetrics("test").admin(tt.addr, page, nil)
		for path, want := range map[string]int{"/operator": tt.page, "/operator/health": tt.page, "/metrics": tt.metrics} {
			if status := answered(t, h, tt.host, path); status != want {
				t.Errorf("at %s as %s: %s is %d, want %d", tt.addr, tt.host, path, status, want)
			}
		}
	}
}

// TestOpenListenerIsWarnedOf: the log says at the start what is open.
func TestOpenListenerIsWarnedOf(t *testing.T) {
	for addr, warned := range map[string]bool{"127.0.0.1:9090": false, "localhost:9090": false, "[::1]:9090": false, ":9090": true, "0.0.0.0:9090": true, "10.0.0.7:9090": true} {
		log, lines := newLog()
		warnOpen(log, addr)
		if got := lines.count("reads the metrics without a sign-in") == 1; got != warned {
			t.Errorf("%s: warned %t", addr, got)
		}
	}
}

// answered is what a handler answers to a host's path.
func answered(t *testing.T, h http.Handler, host, path string) int {
	t.Helper()
	answer, r := httptest.NewRecorder(), httptest.NewRequest("GET", path, nil)
	r.Host = host
	h.ServeHTTP(answer, r)
	return answer.Code
}

// While the database is away the page says so, and goes on when it is back.
func TestOperatorsPageWithoutDatabase(t *testing.T) {
	at := pgtest.Database(t)
	s, _ := newServer(t, onPostgres(t, at))
	must(t, s.Start(t.Context()))
	_, text := key(t, s, curfew.ScopeOperator)
	o, stranger := newOperator(t, s), newOperator(t, s)
	o.want("POST", signInAt, url.Values{"key": {text}}, 200, "/operator")
	u, err := url.Parse(at)
	must(t, err)
	name, root := u.Path[1:], pgtest.Server(t).URL("postgres")
	pgtest.Exec(t, root, "ALTER DATABASE "+name+" ALLOW_CONNECTIONS false", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"+name+"'")
	for _, path := range []string{"/operator", "/operator/health"} {
		o.want("GET", path, nil, 503, path, "The database does not answer", "This server", "v0.0.0-test")
	}
	stranger.want("GET", "/operator", nil, 200, signInAt)
	stranger.want("POST", signInAt, url.Values{"key": {text}}, 503, signInAt, "The database does not answer")
	pgtest.Exec(t, root, "ALTER DATABASE "+name+" ALLOW_CONNECTIONS true")
	o.want("GET", "/operator/health", nil, 200, "/operator/health", "Night shift")
}
