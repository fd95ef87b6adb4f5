package server

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/pgserver/pgtest"
)

// hooked is a node with a clock that the test moves, and an endpoint that is
// told of events.
type hooked struct {
	*node
	offset   *atomic.Int64
	receiver *receiver
	hook     curfew.Webhook
}

// receiver is an endpoint, which verifies what it is told by the library of
// Standard Webhooks.
type receiver struct {
	*httptest.Server
	t *testing.T

	mu     sync.Mutex
	secret string
	answer func(call int) (status int, header map[string]string)
	calls  int
	got    []message
}

type message struct {
	id     string
	at     time.Time
	status int
	body   struct {
		Type string
		Data struct {
			Session struct{ ID string }
			Reason  string
		}
	}
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{t: t, answer: func(int) (int, map[string]string) { return 204, nil }}
	r.Server = httptest.NewServer(http.HandlerFunc(r.take))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) take(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	verifier, err := standard.NewWebhook(r.secret)
	if err == nil { // its clock may be another than the test's
		err = verifier.VerifyIgnoringTimestamp(body, request.Header)
	}
	if err != nil || request.Header.Get("Content-Type") != "application/json" {
		r.t.Errorf("not verified: %v", err)
	}
	m := message{id: request.Header.Get("webhook-id"), at: time.Now()}
	if err := json.Unmarshal(body, &m.body); err != nil {
		r.t.Error(err)
	}
	status, header := r.answer(r.calls)
	for name, value := range header {
		w.Header().Set(name, value)
	}
	r.calls++
	m.status = status
	r.got = append(r.got, m)
	w.WriteHeader(status)
}

// wait waits until there were n messages.
func (r *receiver) wait(n int) []message {
	r.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		r.mu.Lock()
		got := append([]message(nil), r.got...)
		r.mu.Unlock()
		if len(got) >= n {
			return got
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("%d messages, want %d", len(got), n)
		}
	}
}

func (r *receiver) answers(f func(call int) (int, map[string]string)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer, r.calls = f, 0
}

// eachEngine runs a test with settings of both engines.
func eachEngine(t *testing.T, test func(t *testing.T, c config.Config)) {
	t.Run("SQLite", func(t *testing.T) { test(t, settings(t)) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, onPostgres(t, pgtest.Database(t))) })
}

func startHooked(t *testing.T, c config.Config, events ...string) *hooked {
	t.Helper()
	h := &hooked{offset: new(atomic.Int64), receiver: newReceiver(t)}
	c.WebhookAllow = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	c.Signup = config.SignupOpen
	h.start(t, c)
	var err error
	h.receiver.mu.Lock()
	defer h.receiver.mu.Unlock()
	h.hook, h.receiver.secret, err = h.authority.CreateWebhook(t.Context(), curfew.Actor{Type: curfew.ActorService}, curfew.Origin{},
		authority.NewWebhook{URL: h.receiver.URL + "/secret-path", Events: events})
	must(t, err)
	return h
}

// start starts a server over the settings' data.
func (h *hooked) start(t *testing.T, c config.Config) {
	t.Helper()
	log, lines := newLog()
	now := func() time.Time { return time.Now().Add(time.Duration(h.offset.Load())) }
	s := New(Config{Settings: c, Version: "v0.0.0-test", Log: log, Now: now, StoreClock: func(context.Context) (time.Time, error) { return now(), nil }})
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
		if lines.count("secret-path") > 0 {
			t.Error("the log holds the path of an endpoint")
		}
	})
	must(t, s.Start(t.Context()))
	h.node = &node{Server: s, t: t, http: http.DefaultClient}
}

func (h *hooked) signUp(name string) curfew.Session {
	h.t.Helper()
	g, err := h.authority.SignUp(h.t.Context(), curfew.Origin{}, authority.SignUp{AccountName: name, Name: "Ada", Email: name + "@acme.example", Password: "a quite long phrase"})
	must(h.t, err)
	return g.Standing.Session
}

func (h *hooked) end(s curfew.Session) {
	h.t.Helper()
	_, err := h.authority.EndSession(h.t.Context(), s.AccountID, s.ID)
	must(h.t, err)
}

func (h *hooked) pass(d time.Duration) { h.offset.Add(int64(d)) }

// deliveries are those to the endpoint, the newest first.
func (h *hooked) deliveries() []curfew.Delivery {
	h.t.Helper()
	all, err := h.authority.Deliveries(h.t.Context(), h.hook.ID, authority.DeliveryFilter{Limit: 100})
	must(h.t, err)
	return all
}

// settles waits until a delivery is over.
func (h *hooked) settles(outcome curfew.Outcome) curfew.Delivery {
	h.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if d := h.deliveries()[0]; !d.FinishedAt.IsZero() {
			if d.Outcome != outcome {
				h.t.Fatalf("the delivery is %s, want %s", d.Outcome, outcome)
			}
			return d
		}
		if time.Now().After(deadline) {
			h.t.Fatal("the delivery is not over")
		}
	}
}
