package server

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// TestWebhooksAreDelivered: in order, signed, also by the secret before the one
// in force.
func TestWebhooksAreDelivered(t *testing.T) {
	eachEngine(t, func(t *testing.T, c config.Config) {
		h := startHooked(t, c, "session.started", "session.ended")
		s := h.signUp("acme")
		h.end(s)
		got := h.receiver.wait(2)
		if got[0].body.Type != "session.started" || got[1].body.Type != "session.ended" || got[1].body.Data.Reason != "operator" ||
			got[0].body.Data.Session.ID != s.ID.String() || got[1].body.Data.Session.ID != s.ID.String() || got[0].id == got[1].id {
			t.Errorf("told %v", got)
		}
		h.settles(curfew.OutcomeDelivered)

		// The endpoint has not heard of the new secret yet.
		_, next, err := h.authority.RotateWebhookSecret(t.Context(), curfew.Actor{Type: curfew.ActorService}, curfew.Origin{}, h.hook.ID)
		must(t, err)
		h.signUp("second")
		h.receiver.wait(3)
		h.receiver.mu.Lock()
		h.receiver.secret = next
		h.receiver.mu.Unlock()
		h.signUp("third")
		h.receiver.wait(4)
	})
}

// TestWebhookRetries: for three days, with pauses that grow; what comes after it
// about the same session waits, and other sessions do not.
func TestWebhookRetries(t *testing.T) {
	eachEngine(t, func(t *testing.T, c config.Config) {
		h := startHooked(t, c, "session.started", "session.ended")
		h.receiver.answers(func(int) (int, map[string]string) { return 500, nil })
		s := h.signUp("acme")
		h.receiver.wait(1)
		h.end(s)
		h.receiver.answers(func(int) (int, map[string]string) { return 200, nil })
		other := h.signUp("other")
		if got := h.receiver.wait(2); got[1].body.Data.Session.ID != other.ID.String() {
			t.Errorf("told %v: another session waited, or an event came before one of the same session", got)
		}
		h.pass(10 * time.Second)
		got := h.receiver.wait(4)
		if got[2].id != got[0].id || got[3].body.Type != "session.ended" || got[3].body.Data.Session.ID != s.ID.String() {
			t.Errorf("told %v", got)
		}

		h.receiver.answers(func(int) (int, map[string]string) { return 500, nil })
		began := h.offset.Load()
		h.signUp("third")
		n := 5
		for ; n < 30; n++ {
			h.receiver.wait(n)
			var d curfew.Delivery
			for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
				if attemptsOf(t, h, h.deliveries()[0]) == n-4 {
					d = h.deliveries()[0] // as it was settled
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("attempt %d is not settled", n-4)
				}
			}
			if !d.FinishedAt.IsZero() {
				break
			}
			h.pass(d.DueAt.Sub(h.data.Clock.Now()) + 4*time.Second)
		}
		d := h.settles(curfew.OutcomeFailed)
		if took := time.Duration(h.offset.Load() - began); took < 70*time.Hour || took > 90*time.Hour || d.Attempts < 10 {
			t.Errorf("given up after %d attempts in %s", d.Attempts, took)
		}
		attempts, err := h.authority.Attempts(t.Context(), d.DeliveryKey)
		must(t, err)
		if len(attempts) != d.Attempts || attempts[0].Status != 500 || attempts[0].Error != "answered 500" {
			t.Errorf("kept %v", attempts)
		}

		// Replayed, it is delivered.
		h.receiver.answers(func(int) (int, map[string]string) { return 200, nil })
		found, err := h.authority.FindDeliveries(t.Context(), d.EventID)
		must(t, err)
		if again, err := h.authority.Replay(t.Context(), found); err != nil || again != 1 {
			t.Fatalf("replayed %d, %v", again, err)
		}
		h.settles(curfew.OutcomeDelivered)
	})
}

func attemptsOf(t *testing.T, h *hooked, d curfew.Delivery) int {
	all, err := h.authority.Attempts(t.Context(), d.DeliveryKey)
	must(t, err)
	return len(all)
}

// TestWebhookGone: 410 is the end of an endpoint.
func TestWebhookGone(t *testing.T) {
	h := startHooked(t, settings(t), "session.started")
	h.receiver.answers(func(int) (int, map[string]string) { return 410, nil })
	h.signUp("acme")
	h.settles(curfew.OutcomeFailed)
	all, err := h.authority.Webhooks(t.Context())
	must(t, err)
	if !all[0].Disabled() || all[0].DisabledReason != curfew.DisabledGone {
		t.Errorf("the endpoint is %+v", all[0])
	}
}

// TestWebhookRedirects are not followed, and Retry-After is heeded.
func TestWebhookRedirects(t *testing.T) {
	h := startHooked(t, settings(t), "session.started")
	h.receiver.answers(func(call int) (int, map[string]string) {
		if call == 0 {
			return 307, map[string]string{"Location": h.receiver.URL + "/elsewhere"}
		}
		return 503, map[string]string{"Retry-After": "3600"}
	})
	h.signUp("acme")
	h.receiver.wait(1)
	h.pass(10 * time.Second)
	h.receiver.wait(2)
	for deadline := time.Now().Add(20 * time.Second); attemptsOf(t, h, h.deliveries()[0]) < 2; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the second attempt is not settled")
		}
	}
	if pause := h.deliveries()[0].DueAt.Sub(h.data.Clock.Now()); pause < 59*time.Minute || pause > time.Hour {
		t.Errorf("the next attempt is due in %s", pause)
	}
}

// TestWebhookAfterRestart: what was not delivered when a server ended is, by the
// next one, though its queue was thrown away.
func TestWebhookAfterRestart(t *testing.T) {
	eachEngine(t, func(t *testing.T, c config.Config) {
		h := startHooked(t, c, "session.started")
		h.receiver.answers(func(int) (int, map[string]string) { return 500, nil })
		s := h.signUp("acme")
		h.receiver.wait(1)
		must(t, h.Stop())
		h.receiver.answers(func(int) (int, map[string]string) { return 200, nil })
		h.pass(time.Minute)
		c.WebhookAllow = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
		h.start(t, c)
		got := h.receiver.wait(2)
		if got[1].id != got[0].id || got[1].body.Data.Session.ID != s.ID.String() {
			t.Errorf("told %v", got)
		}
		h.settles(curfew.OutcomeDelivered)
	})
}

// TestWebhookOfAnotherProcess: what a command does beside the server is told too.
func TestWebhookOfAnotherProcess(t *testing.T) {
	c := settings(t)
	h := startHooked(t, c, "session.ended")
	s := h.signUp("acme")
	d, err := OpenData(t.Context(), h.Settings().Store, Access{Now: time.Now})
	must(t, err)
	defer func() { must(t, d.DB.Close()) }()
	a, err := d.Authority(h.Settings())
	must(t, err)
	_, err = a.EndSession(t.Context(), s.AccountID, s.ID)
	must(t, err)
	began := time.Now()
	h.receiver.wait(1)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("told after %s", took)
	}
}

// TestWebhookMayNotReach: an address that is not allowed any more.
func TestWebhookMayNotReach(t *testing.T) {
	c := settings(t)
	h := startHooked(t, c, "session.started")
	must(t, h.Stop())
	h.start(t, c) // which allows nothing
	s := h.signUp("acme")
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		if all := h.deliveries(); len(all) == 1 && attemptsOf(t, h, all[0]) == 1 {
			attempts, err := h.authority.Attempts(t.Context(), all[0].DeliveryKey)
			must(t, err)
			if attempts[0].Status != 0 || attempts[0].Error == "" || len(h.receiver.wait(0)) != 0 || all[0].AccountID != s.AccountID {
				t.Errorf("attempted %v", attempts)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("no attempt was made")
		}
	}
}

// TestDeadEndpointHoldsUpNoOther: more than all its workers wait for an answer
// that does not come.
func TestDeadEndpointHoldsUpNoOther(t *testing.T) {
	h := startHooked(t, settings(t), "session.started")
	stuck := make(chan struct{})
	dead := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stuck }))
	defer dead.Close()
	defer close(stuck)
	_, _, err := h.authority.CreateWebhook(t.Context(), curfew.Actor{Type: curfew.ActorService}, curfew.Origin{},
		authority.NewWebhook{URL: dead.URL, Events: []string{"session.started"}})
	must(t, err)
	start := func(user string) {
		_, err := h.authority.StartSession(t.Context(), curfew.Actor{Type: curfew.ActorService}, curfew.Origin{},
			authority.ServiceStart{Account: "acme", AccountName: "Acme", User: user, UserName: "Ada", Email: "ada@acme.example", Role: curfew.RoleOwner})
		must(t, err)
	}
	for range 40 {
		start("ada")
	}
	began := time.Now()
	h.receiver.wait(40)
	start("bob")
	h.receiver.wait(41)
	if took := time.Since(began); took > 9*time.Second { // the dead one's workers wait for 10
		t.Errorf("told after %s", took)
	}
}
