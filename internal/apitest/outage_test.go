package apitest

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/store/storetest"
)

var errBroken = errors.New("disk I/O error at /var/lib/canary.db: SELECT canary FROM users")

// breaks lets the store fail from now on, or no more.
func (w *world) breaks(when func(storetest.Call) bool) {
	if when == nil {
		w.tap.Watch(nil)
		return
	}
	w.tap.Watch(func(c storetest.Call) error {
		if when(c) {
			return errBroken
		}
		return nil
	})
}

func everything(storetest.Call) bool { return true }

// TestStoreDown: without its store the server says so, acknowledges nothing,
// and goes on when the store is back.
func TestStoreDown(t *testing.T) {
	t.Parallel()
	w := start(t, throttled, withMail)
	x := w.things(w.ada, w.ada, w.bob.id)
	state, events := w.state(), len(w.ada.actions())
	needsNone := []string{"getHealth", "getKeySet", "getServerMetadata"}
	w.breaks(everything)
	for _, op := range operations {
		a := w.ada.send(op.method, x.in(op.path), x.body(op.body))
		if slices.Contains(needsNone, op.id) {
			a.Status(200)
			continue
		}
		a.Problem(503, "unavailable").Sets().Lacks("canary", "disk", "I/O")
	}
	// A sign-out that could not be committed keeps the cookie, to be repeated.
	token := w.bob.token()
	w.bob.as("").Post(logout, nil).Problem(503, "unavailable").Sets()
	w.bob.as("").Get("/api/v1/auth/session").Problem(503, "unavailable").Sets()
	w.bob.refresh(nil).Problem(503, "unavailable").Sets()
	w.holding("nonsense").refresh(nil).Problem(401, "invalid-token").Sets("-curfew_refresh") // that needs no store
	w.program().Post(logout, nil).Status(204)                                                // there is nothing to end
	w.program().Get("/docs").Status(200)
	w.program().Get(me).Problem(401, "unauthenticated")
	if w.bob.token() != token {
		t.Error("the cookie is gone")
	}
	if !strings.Contains(w.log.String(), "disk I/O error") {
		t.Error("the operator is not told why")
	}
	w.breaks(nil)
	w.program().Get("/readyz").Status(200)
	if w.state() != state || len(w.ada.actions()) != events {
		t.Error("something was done that was not acknowledged")
	}
	w.bob.as("").Post(logout, nil).Status(204).Sets("-curfew_refresh")
	w.holding(token).refresh(nil).Problem(401, "session-revoked").Because("logout")
}

// refunds are the operations that give an attempt back after they were done, by
// a transaction of its own: a good answer stands whether that works or not.
var refunds = map[string]bool{"signIn": true, "openPortal": true, "acceptInvite": true, "changePassword": true, "resetPassword": true}

// TestEveryCallToTheStoreMayFail fails the first call that an operation makes
// to the store, then the second, and so on. An answer other than 503 would be
// a lie, and nothing may be left behind.
func TestEveryCallToTheStoreMayFail(t *testing.T) {
	t.Parallel()
	for _, op := range operations {
		if op.method == "GET" && op.id != "getSession" && op.id != "exportAuditEvents" && op.id != "getSecurity" {
			continue
		}
		t.Run(op.id, func(t *testing.T) {
			t.Parallel()
			w := start(t, throttled, func(s *setup) {
				s.authority.AccessTokenTTL = 12 * time.Hour
				if op.id == "forgotPassword" {
					withMail(s)
				}
			})
			x := w.things(w.ada, w.ada, w.bob.id)
			caller := w.ada.client
			if op.who == anyone {
				caller = w.program()
			}
			// Whatever is done is audited with it, and stays to be seen: the
			// rest is looked at now and then.
			owner := w.ada
			if op.id == "openPortal" { // which leads into a product's account
				owner = w.begin(w.somebody(), "ada", nil)
			}
			newest := func() string { return owner.events("?limit=1").column("id")[0] }
			traces := func() (all string) {
				for _, path := range []string{security, users, invites} {
					all += string(owner.Get(path).Status(200).body)
				}
				return all
			}
			last := newest()
			before := traces()
			for n := int64(1); ; n += stride {
				if n > 200 {
					t.Fatal("it never succeeds")
				}
				if op.id != "openPortal" { // whose link lives for a minute
					w.clock.pass(minute) // so that the throttle lets it try again
				}
				var calls atomic.Int64
				w.breaks(func(c storetest.Call) bool { return c.Op != storetest.OpCommitted && calls.Add(1) == n })
				a := caller.send(op.method, x.in(op.path), x.body(op.body))
				w.breaks(nil)
				if calls.Load() < n {
					a.Status(op.status)
					return
				}
				if a.StatusCode == op.status && refunds[op.id] && newest() != last {
					return // it was done and audited before: from here on the attempt is given back
				}
				if a.StatusCode != 503 {
					a.fail("want 503 when call %d fails", n)
				}
				a.Problem(503, "unavailable").Sets()
				if op.method != "GET" && (newest() != last || n%5 == 0 && traces() != before) {
					t.Fatalf("something was left behind when call %d failed", n)
				}
			}
		})
	}
}

// TestLostCommit: the store committed and could not say so. A refresh finds
// its own mark and answers; a revocation answers 503, and repeating it is
// right.
func TestLostCommit(t *testing.T) {
	t.Parallel()
	w := start(t)
	lost := func(c storetest.Call) bool { return c.Op == storetest.OpCommitted }
	p := w.signInBody("bob@acme.example")
	var once atomic.Bool
	w.breaks(func(c storetest.Call) bool { return lost(c) && once.CompareAndSwap(false, true) })
	next := p.refresh(obj{"refresh_token": p.refreshToken}).Status(200).Equal(map[string]any{"session.generation": 2}).JSON().str("refresh_token")
	w.breaks(lost)
	p.Post(logout, obj{"refresh_token": next}).Problem(503, "unavailable").Sets()
	w.breaks(nil)
	p.as("").Post(logout, obj{"refresh_token": next}).Status(204)
	p.refresh(obj{"refresh_token": next}).Problem(401, "session-revoked").Because("logout")
	if n := len(w.ada.events("?action=session.logout").at("items").list()); n != 1 {
		t.Errorf("%d sign-outs are audited", n)
	}
}
