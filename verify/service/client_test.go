package service

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const testKey = "cfk_secret"

// asked is a request as it arrived.
type asked struct {
	method, path, body string
	header             http.Header
}

// stand is a server that answers in turn, the last answer for ever, and the client
// of it.
type stand struct {
	*Client
	slept []time.Duration

	mu       sync.Mutex
	received []asked
}

// asked are the requests that arrived, in their order.
func (s *stand) asked() []asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.received)
}

type reply struct {
	status int
	body   string
	header map[string]string
	cut    bool // no answer at all
}

func newStand(t *testing.T, replies ...reply) *stand {
	t.Helper()
	s := new(stand)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.received = append(s.received, asked{r.Method, r.URL.RequestURI(), string(body), r.Header})
		reply := replies[min(len(s.received), len(replies))-1]
		s.mu.Unlock()
		if reply.cut {
			panic(http.ErrAbortHandler)
		}
		for name, value := range reply.header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(reply.status)
		_, _ = io.WriteString(w, reply.body)
	}))
	t.Cleanup(server.Close)
	client, err := New(Config{URL: server.URL + "/", Key: testKey})
	if err != nil {
		t.Fatal(err)
	}
	client.sleep = func(ctx context.Context, d time.Duration) error {
		s.slept = append(s.slept, d)
		return ctx.Err()
	}
	s.Client = client
	return s
}

func TestNewJudgesItsSettings(t *testing.T) {
	for url, words := range map[string]string{
		"": "URL is missing", "login.example.com": "not an http", "ftp://login.example.com": "not an http", "https://": "not an http",
		"https://login.example.com?x=1": "not an http", "https://u:p@login.example.com": "not an http", "http://login.example.com": "in the clear",
	} {
		if _, err := New(Config{URL: url, Key: testKey}); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%q: %v", url, err)
		}
	}
	for _, key := range []string{"", "secret", "cfk_a b", "cfk_a\n"} {
		_, err := New(Config{URL: "https://login.example.com", Key: key})
		if err == nil || !strings.Contains(err.Error(), "service-keys create") || key != "" && strings.Contains(err.Error(), key) {
			t.Errorf("%q: %v", key, err)
		}
	}
	for _, good := range []Config{{URL: "https://login.example.com"}, {URL: "http://127.0.0.1:8080"}, {URL: "http://localhost"}, {URL: "http://[::1]:1"},
		{URL: "http://curfew.internal", PlainHTTP: true}} {
		good.Key = testKey
		if _, err := New(good); err != nil {
			t.Errorf("%s: %v", good.URL, err)
		}
	}
}

// everything calls each method once, with ids that need encoding.
var everything = []struct {
	name, method, path, body string
	again                    bool
	call                     func(ctx context.Context, c *Client) error
}{
	{"PutAccount", "PUT", "/api/v1/service/accounts/a:b%20c", `{"name":"Acme"}`, true,
		func(ctx context.Context, c *Client) error {
			_, err := c.PutAccount(ctx, "a:b c", PutAccount{Name: "Acme"})
			return err
		}},
	{"PutUser", "PUT", "/api/v1/service/accounts/a/users/u%2F1", `{"name":"Ada","email":"ada@example.com","role":"owner","disabled":false}`, true,
		func(ctx context.Context, c *Client) error {
			_, err := c.PutUser(ctx, "a", "u/1", PutUser{Name: "Ada", Email: "ada@example.com", Role: Owner, Disabled: new(bool)})
			return err
		}},
	{"StartSession", "POST", "/api/v1/service/sessions",
		`{"account":{"external_id":"a","name":"Acme"},"user":{"external_id":"u","role":"member"},"amr":["pwd"],"auth_time":"2026-03-02T09:00:00Z","ip":"192.0.2.7"}`, true,
		func(ctx context.Context, c *Client) error {
			_, err := c.StartSession(ctx, StartSession{Account: StartAccount{ExternalID: "a", Name: "Acme"}, User: StartUser{ExternalID: "u", Role: Member},
				AMR: []string{"pwd"}, AuthTime: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), IP: "192.0.2.7"})
			return err
		}},
	{"ListSessions", "GET", "/api/v1/service/accounts/a/sessions?cursor=c%3D&limit=7&status=all&user=u", "", true,
		func(ctx context.Context, c *Client) error {
			_, err := c.ListSessions(ctx, "a", ListSessions{User: "u", Status: All, Limit: 7, Cursor: "c="})
			return err
		}},
	{"EndSession", "DELETE", "/api/v1/service/accounts/a/sessions/s", "", true,
		func(ctx context.Context, c *Client) error { return c.EndSession(ctx, "a", "s") }},
	{"RevokeSessions", "POST", "/api/v1/service/accounts/a/revoke-sessions", `{"scope":"all","reason":"Breach"}`, false,
		func(ctx context.Context, c *Client) error {
			_, err := c.RevokeSessions(ctx, "a", RevokeSessions{Reason: "Breach"})
			return err
		}},
	{"RevokeSessions of the others", "POST", "/api/v1/service/accounts/a/revoke-sessions", `{"scope":"others","keep_user":"u"}`, false,
		func(ctx context.Context, c *Client) error {
			_, err := c.RevokeSessions(ctx, "a", RevokeSessions{KeepUser: "u"})
			return err
		}},
	{"RevokeUserSessions", "POST", "/api/v1/service/accounts/a/users/u/revoke-sessions", `{"reason":"Left"}`, false,
		func(ctx context.Context, c *Client) error {
			_, err := c.RevokeUserSessions(ctx, "a", "u", "Left")
			return err
		}},
	{"Security", "GET", "/api/v1/service/accounts/a/security", "", true,
		func(ctx context.Context, c *Client) error { _, err := c.Security(ctx, "a"); return err }},
	{"UpdateSecurity", "PATCH", "/api/v1/service/accounts/a/security", `{"idle_minutes":15,"absolute_minutes":null,"apply_to":"all_sessions"}`, false,
		func(ctx context.Context, c *Client) error {
			_, err := c.UpdateSecurity(ctx, "a", UpdateSecurity{IdleMinutes: To(15), AbsoluteMinutes: Default[int](), ApplyTo: AllSessions})
			return err
		}},
	{"Bounds", "GET", "/api/v1/service/accounts/a/bounds", "", true,
		func(ctx context.Context, c *Client) error { _, err := c.Bounds(ctx, "a"); return err }},
	{"UpdateBounds", "PATCH", "/api/v1/service/accounts/a/bounds", `{"idle_minutes_max":60,"max_sessions_per_user_max":null}`, false,
		func(ctx context.Context, c *Client) error {
			_, err := c.UpdateBounds(ctx, "a", UpdateBounds{IdleMinutesMax: To(60), MaxSessionsPerUserMax: Default[int]()})
			return err
		}},
	{"PortalLink", "POST", "/api/v1/service/portal-links", `{"account":"a","user":"u","return_url":"https://app.example.com/"}`, false,
		func(ctx context.Context, c *Client) error {
			_, err := c.PortalLink(ctx, PortalLink{Account: "a", User: "u", ReturnURL: "https://app.example.com/"})
			return err
		}},
	{"Introspect", "POST", "/oauth2/introspect", "token=cfr_x%2B", true,
		func(ctx context.Context, c *Client) error { _, err := c.Introspect(ctx, "cfr_x+"); return err }},
	{"Revoke", "POST", "/oauth2/revoke", "token=cfr_x%2B", true, func(ctx context.Context, c *Client) error { return c.Revoke(ctx, "cfr_x+") }},
	{"Webhooks", "GET", "/api/v1/service/webhooks", "", true,
		func(ctx context.Context, c *Client) error { _, err := c.Webhooks(ctx); return err }},
	{"CreateWebhook", "POST", "/api/v1/service/webhooks", `{"url":"https://app.example.com/","events":["session.ended"]}`, false,
		func(ctx context.Context, c *Client) error {
			_, err := c.CreateWebhook(ctx, "https://app.example.com/", EventSessionEnded)
			return err
		}},
	{"UpdateWebhook", "PATCH", "/api/v1/service/webhooks/w", `{"disabled":false}`, false,
		func(ctx context.Context, c *Client) error {
			_, err := c.UpdateWebhook(ctx, "w", UpdateWebhook{Disabled: new(bool)})
			return err
		}},
	{"DeleteWebhook", "DELETE", "/api/v1/service/webhooks/w", "", true,
		func(ctx context.Context, c *Client) error { return c.DeleteWebhook(ctx, "w") }},
	{"RotateWebhookSecret", "POST", "/api/v1/service/webhooks/w/rotate-secret", "", false,
		func(ctx context.Context, c *Client) error { _, err := c.RotateWebhookSecret(ctx, "w"); return err }},
}

// TestRequests: each method asks for its operation, proves itself, and puts nothing
// else on the wire.
func TestRequests(t *testing.T) {
	for _, op := range everything {
		s := newStand(t, reply{status: 200, body: "{}"})
		if err := op.call(t.Context(), s.Client); err != nil {
			t.Errorf("%s: %v", op.name, err)
			continue
		}
		got := s.asked()[0]
		if got.method != op.method || got.path != op.path || got.body != op.body || got.header.Get("Authorization") != "Bearer "+testKey {
			t.Errorf("%s asked %+v", op.name, got)
		}
		media := ""
		switch {
		case strings.HasPrefix(op.path, "/oauth2/"):
			media = "application/x-www-form-urlencoded"
		case op.body != "":
			media = "application/json"
		}
		if got.header.Get("Content-Type") != media {
			t.Errorf("%s sends %s", op.name, got.header.Get("Content-Type"))
		}
	}
}

// TestAttempts: what may be sent again is, as often as it makes sense; nothing else
// ever is.
func TestAttempts(t *testing.T) {
	busy := reply{status: 503, body: `{"type":"/problems/unavailable","detail":"Wait."}`, header: map[string]string{"Retry-After": "2"}}
	for _, op := range everything {
		for name, first := range map[string]reply{"busy": busy, "cut": {cut: true}, "bad gateway": {status: 502, body: "<html>"}, "too many": {status: 429, body: "{}"}} {
			s := newStand(t, first, reply{status: 200, body: "{}"})
			err := op.call(t.Context(), s.Client)
			want := 1
			if op.again {
				want = 2
			}
			if len(s.asked()) != want || (err == nil) != op.again {
				t.Errorf("%s, %s: asked %d times: %v", op.name, name, len(s.asked()), err)
			}
			if name == "busy" && op.again && (len(s.slept) != 1 || s.slept[0] < 2*time.Second) {
				t.Errorf("%s slept %v", op.name, s.slept)
			}
			if op.name == "StartSession" && s.asked()[0].header.Get("Idempotency-Key") != s.asked()[1].header.Get("Idempotency-Key") {
				t.Error("a start is sent again under another key")
			}
		}
		for _, status := range []int{400, 401, 403, 404, 409, 412, 422, 500, 302} {
			s := newStand(t, reply{status: status, body: `{"type":"/problems/x"}`, header: map[string]string{"Location": "/elsewhere"}})
			if err := op.call(t.Context(), s.Client); err == nil || len(s.asked()) != 1 {
				t.Errorf("%s: %d was asked for %d times: %v", op.name, status, len(s.asked()), err)
			}
		}
	}
	s := newStand(t, busy)
	if _, err := s.Security(t.Context(), "a"); !IsType(err, TypeUnavailable) || len(s.asked()) != attempts {
		t.Errorf("%d attempts: %v", len(s.asked()), err)
	}
	far := newStand(t, reply{status: 503, body: "{}", header: map[string]string{"Retry-After": "3600"}})
	if _, _ = far.Security(t.Context(), "a"); slices.Max(far.slept) > maxWait {
		t.Errorf("it slept %v", far.slept)
	}
}

func TestStartsHaveKeysOfTheirOwn(t *testing.T) {
	s := newStand(t, reply{status: 201, body: "{}"})
	for _, key := range []string{"", "", "mine"} {
		if _, err := s.StartSession(t.Context(), StartSession{IdempotencyKey: key}); err != nil {
			t.Fatal(err)
		}
	}
	first, second, third := s.asked()[0].header.Get("Idempotency-Key"), s.asked()[1].header.Get("Idempotency-Key"), s.asked()[2].header.Get("Idempotency-Key")
	if len(first) < 22 || first == second || third != "mine" {
		t.Errorf("%q, %q, %q", first, second, third)
	}
}

func TestErrors(t *testing.T) {
	full := reply{status: 422, body: `{"type":"/problems/invalid-request","title":"Invalid request","status":422,"detail":"name is required","instance":"R1",
		"errors":[{"field":"name","detail":"name is required"}]}`}
	_, err := newStand(t, full).PutAccount(t.Context(), "a", PutAccount{})
	var refused *Error
	if !errors.As(err, &refused) || refused.Status != 422 || refused.Type != TypeInvalidRequest || refused.RequestID != "R1" ||
		len(refused.Fields) != 1 || refused.Fields[0].Field != "name" || err.Error() != "service: invalid-request (422): name is required" {
		t.Errorf("%#v", err)
	}
	_, err = newStand(t, reply{status: 403, body: `{"error":"insufficient_scope","type":"/problems/wrong-scope","scope":"tokens:introspect"}`}).Introspect(t.Context(), "x")
	if !errors.As(err, &refused) || refused.Type != TypeWrongScope || refused.Scope != "tokens:introspect" {
		t.Errorf("%#v", err)
	}
	for _, foreign := range []reply{{status: 404, body: "<html>"}, {status: 404, body: `{"type":"about:blank"}`}, {status: 404}} {
		_, err = newStand(t, foreign).Security(t.Context(), "a")
		if !errors.As(err, &refused) || refused.Type != "" || refused.Status != 404 || IsType(err, TypeNotFound) {
			t.Errorf("%#v", err)
		}
	}
	for _, body := range []string{"<html>", "", "[]"} {
		if _, err = newStand(t, reply{status: 200, body: body}).Security(t.Context(), "a"); err == nil || errors.As(err, new(*Error)) {
			t.Errorf("%q is taken for an answer: %v", body, err)
		}
	}
	if _, err = newStand(t, reply{status: 200, body: strings.Repeat(" ", maxAnswer+1)}).Security(t.Context(), "a"); err == nil {
		t.Error("an answer without an end is taken")
	}
	for _, id := range []string{"", ".", ".."} {
		s := newStand(t, reply{status: 200, body: "{}"})
		_, one := s.PutAccount(t.Context(), id, PutAccount{Name: "x"})
		_, two := s.PutUser(t.Context(), "a", id, PutUser{})
		if three := s.EndSession(t.Context(), "a", id); one == nil || two == nil || three == nil || len(s.asked()) > 0 {
			t.Errorf("%q names something else", id)
		}
	}
}

// TestNoSecretIsTold: neither the key nor a token is in any error.
func TestNoSecretIsTold(t *testing.T) {
	for _, bad := range []reply{{cut: true}, {status: 500, body: "no"}, {status: 401, body: `{"type":"/problems/invalid-token"}`}, {status: 200, body: "no"}} {
		s := newStand(t, bad)
		_, err := s.Introspect(t.Context(), "cfr_token")
		if text := err.Error(); strings.Contains(text, "cfr_token") || strings.Contains(text, testKey) {
			t.Errorf("%v", err)
		}
	}
}

func TestTimeAndCancellation(t *testing.T) {
	held := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-held }))
	t.Cleanup(func() { close(held); server.Close() })
	client, err := New(Config{URL: server.URL, Key: testKey, Timeout: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	client.sleep = func(context.Context, time.Duration) error { return nil }
	if _, err = client.Webhooks(t.Context()); !errors.Is(err, errNoAnswer) {
		t.Errorf("too slow: %v", err)
	}
	why := errors.New("the caller left")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err = client.Webhooks(ctx); !errors.Is(err, why) {
		t.Errorf("given up: %v", err)
	}
}

func TestVersions(t *testing.T) {
	s := newStand(t, reply{status: 200, body: `{"idle_minutes":15}`, header: map[string]string{"ETag": `"p7"`}})
	policy, err := s.Security(t.Context(), "a")
	if err != nil || policy.ETag != `"p7"` || *policy.IdleMinutes != 15 || policy.AbsoluteMinutes != nil {
		t.Fatalf("%+v, %v", policy, err)
	}
	if policy, err = s.UpdateSecurity(t.Context(), "a", UpdateSecurity{IfMatch: policy.ETag}); err != nil || policy.ETag != `"p7"` {
		t.Fatal(err)
	}
	if got := s.asked()[1]; got.header.Get("If-Match") != `"p7"` || got.body != "{}" {
		t.Errorf("%+v", got)
	}
}

func TestIntrospectionOfNothing(t *testing.T) {
	s := newStand(t, reply{status: 200, body: `{"active":false}`})
	in, err := s.Introspect(t.Context(), "x")
	if text, _ := json.Marshal(in); err != nil || in.Active || in.UserID != "" || !in.ExpiresAt.IsZero() {
		t.Errorf("%s, %v", text, err)
	}
}
