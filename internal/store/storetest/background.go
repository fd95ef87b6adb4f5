package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/token"
)

const day = 24 * time.Hour

// node is a node's claim to the background work of the tests.
func (w *World) node() *authority.Lease {
	return &authority.Lease{Store: w.Store, Now: w.Clock.Now, Name: "test", Holder: curfew.NewID(w.Clock.Now()), Term: 2 * time.Minute}
}

// claim asks for a lease and fails the test unless that is answered as wanted.
func (w *World) claim(l *authority.Lease, want bool) {
	w.T.Helper()
	held, err := l.Hold(bg)
	must(w.T, err)
	if held != want || l.Held() != want {
		w.T.Fatalf("held %v (%v), want %v", held, l.Held(), want)
	}
}

func leases(t *testing.T, open Open) {
	scenario(t, open, "one of two has it, and the other takes over when it has lapsed", func(w *World) {
		a, b := w.node(), w.node()
		w.claim(a, true)
		w.claim(b, false)
		w.Clock.Add(time.Minute)
		w.claim(a, true) // renewed
		w.Clock.Add(90 * time.Second)
		w.claim(b, false)
		w.Clock.Add(30*time.Second - µs)
		w.claim(b, false)
		w.Clock.Add(µs)
		if a.Held() {
			w.T.Error("held beyond its end")
		}
		w.claim(b, true)
		w.claim(a, false)
	})
	scenario(t, open, "it is asked for again only when half of it is over", func(w *World) {
		a := w.node()
		w.claim(a, true)
		stop := w.Tap.Statements()
		w.Clock.Add(time.Minute - µs)
		w.claim(a, true)
		if ran := stop(); len(ran) != 0 {
			w.T.Errorf("ran %q", ran)
		}
		stop = w.Tap.Statements()
		w.Clock.Add(µs)
		w.claim(a, true)
		if ran := stop(); len(ran) == 0 {
			w.T.Error("not renewed")
		}
	})
	scenario(t, open, "given back, it is free at once; names do not meet", func(w *World) {
		a, b, other := w.node(), w.node(), w.node()
		other.Name = "another"
		w.claim(a, true)
		w.claim(other, true)
		must(w.T, b.Release(bg)) // it has none to give back
		w.claim(b, false)
		must(w.T, a.Release(bg))
		if a.Held() {
			w.T.Error("held after it was given back")
		}
		w.claim(b, true)
		w.claim(other, true)
		w.Clock.Add(time.Minute)
		must(w.T, a.Release(bg)) // twice, and it is another's
		w.claim(b, true)
	})
	scenario(t, open, "of many at once one gets it", func(w *World) {
		for range 5 {
			var got atomic.Int32
			nodes := []*authority.Lease{w.node(), w.node(), w.node(), w.node(), w.node(), w.node()}
			together(len(nodes), func(i int) {
				held, err := nodes[i].Hold(bg)
				if err != nil {
					w.T.Error(err)
				}
				if held {
					got.Add(1)
				}
			})
			if got.Load() != 1 {
				w.T.Errorf("%d nodes hold it", got.Load())
			}
			w.Clock.Add(2 * time.Minute)
		}
	})
	scenario(t, open, "an answer that is lost is none, and the same node gets it again", func(w *World) {
		a, b := w.node(), w.node()
		w.Tap.Watch(func(c Call) error {
			if c.Op == OpCommitted {
				return errInjected
			}
			return nil
		})
		if held, err := a.Hold(bg); held || err == nil || a.Held() {
			w.T.Errorf("held %v, %v", held, err)
		}
		w.Tap.Watch(nil)
		w.claim(b, false) // it is taken, though nobody knows
		w.claim(a, true)
		w.Tap.Watch(func(c Call) error {
			if c.Op == OpBegin {
				return errInjected
			}
			return nil
		})
		w.claim(a, true) // nothing is asked for yet
		w.Clock.Add(time.Minute)
		if held, err := a.Hold(bg); held || err == nil || a.Held() {
			w.T.Errorf("unsure, and held %v, %v", held, err)
		}
	})
}

// start puts sessions of the owner into an account that began at a time, past
// the authority, and gives them in the order in which they began.
func (w *World) start(tenant *Tenant, n int, at time.Time, change func(i int, s *curfew.Session)) (all []curfew.Session) {
	w.T.Helper()
	for i := range n {
		id := curfew.NewID(at)
		s := curfew.Session{AccountID: tenant.ID(), ID: id, UserID: tenant.Owner.User(), SecretHash: token.NewRefresh(tenant.ID(), id).SecretHash(),
			Generation: 1, PolicyVersion: 1, StartedAt: at, AuthTime: at, LastActiveAt: at, IdleMinutes: 60, AbsoluteMinutes: 120,
			IdleExpiresAt: at.Add(time.Hour), AbsoluteExpiresAt: at.Add(2 * time.Hour), AMR: []string{"pwd"}}
		if change != nil {
			change(i, &s)
		}
		all = append(all, s)
	}
	w.Tx(func(ctx context.Context, tx authority.Tx) error {
		for _, s := range all {
			if ok, err := tx.InsertSession(ctx, s); err != nil || !ok {
				return fmt.Errorf("born %v: %w", ok, err)
			}
			if s.RevokedAt.IsZero() {
				continue
			}
			if _, err := tx.RevokeSession(ctx, s.AccountID, s.ID, curfew.ReasonOwnerSession, s.RevokedAt); err != nil {
				return err
			}
		}
		return nil
	})
	return all
}

// there reports whether a session is still kept.
func (w *World) there(s curfew.Session) bool {
	w.T.Helper()
	_, err := w.Store.Standing(bg, s.AccountID, s.ID)
	if err != nil && !errors.Is(err, curfew.ErrNotFound) {
		w.T.Fatal(err)
	}
	return err == nil
}

func sessionRetention(t *testing.T, open Open) {
	keep := func(w *World) *authority.SessionRetention {
		return &authority.SessionRetention{Store: w.Store, Now: w.Clock.Now, Keep: 30 * day}
	}
	removes := func(w *World, r *authority.SessionRetention, want int) {
		w.T.Helper()
		n, err := r.Pass(bg, always)
		must(w.T, err)
		if n != want {
			w.T.Errorf("removed %d, want %d", n, want)
		}
	}
	scenario(t, open, "from its end, whatever ended it, to the microsecond", func(w *World) {
		born := w.Clock.Now()
		ends := w.start(w.Acme, 4, born, func(i int, s *curfew.Session) {
			switch i {
			case 0: // idle, after one hour
			case 1: // absolute and idle, after two
				s.IdleExpiresAt, s.AbsoluteExpiresAt = born.Add(2*time.Hour), born.Add(2*time.Hour)
			case 2:
				s.RevokedAt = born.Add(3 * time.Hour)
				s.IdleExpiresAt, s.AbsoluteExpiresAt = born.Add(400*day), born.Add(400*day)
			case 3: // lives on
				s.IdleExpiresAt, s.AbsoluteExpiresAt = born.Add(400*day), born.Add(400*day)
			}
		})
		r := keep(w)
		for i := range 3 {
			w.Clock.Set(born.Add(30*day + time.Duration(i+1)*time.Hour - µs))
			removes(w, r, 0)
			if !w.there(ends[i]) {
				w.T.Errorf("session %d went early", i)
			}
			w.Clock.Add(µs)
			removes(w, r, 1)
			if w.there(ends[i]) {
				w.T.Errorf("session %d was kept", i)
			}
		}
		w.Clock.Add(300 * day)
		if removes(w, r, 2); !w.there(ends[3]) { // the two owners' own sessions, long expired
			w.T.Error("one that lives was removed")
		}
		w.otherMayChange = true
	})
	scenario(t, open, "whoever presents a token of a removed session is told to sign in again, and nothing else changes", func(w *World) {
		p := w.Acme.Owner
		events := len(w.Events(w.Acme.ID()))
		w.Clock.Add(200 * day)
		w.otherMayChange = true
		removes(w, keep(w), 2)
		_, err := w.Refresh(p.RefreshToken, "")
		w.WantKind(err, curfew.KindInvalidToken)
		_, err = w.Security(bg, p.Actor())
		w.WantKind(err, curfew.KindInvalidToken)
		must(w.T, w.SignOut(bg, Origin, authority.SignOut{Token: p.RefreshToken}))
		if n := len(w.Events(w.Acme.ID())); n != events {
			w.T.Errorf("%d events, want %d", n, events)
		}
		q := w.SignIn(p.Email)
		w.Alive(q)
		w.CheckChains()
	})
	scenario(t, open, "more than a chunk, paused and gone on with, and by two nodes at once", func(w *World) {
		born := w.Clock.Now()
		old := w.start(w.Acme, 1201, born, nil)
		alive := w.start(w.Acme, 3, born, func(_ int, s *curfew.Session) {
			s.IdleExpiresAt, s.AbsoluteExpiresAt = born.Add(400*day), born.Add(400*day)
		})
		w.Clock.Add(60 * day)
		w.otherMayChange = true
		young := w.start(w.Acme, 2, w.Clock.Now(), nil)
		enough := errors.New("enough")
		r, removed := keep(w), 0
		for pass := 0; ; pass++ {
			turns := 0
			n, err := r.Pass(bg, func(context.Context) error {
				if turns++; turns > 2 {
					return enough
				}
				return nil
			})
			if removed += n; n > 1000 {
				w.T.Fatalf("a pass of two turns removed %d", n)
			}
			if err == nil {
				break
			}
			if !errors.Is(err, enough) || pass > 20 {
				w.T.Fatalf("pass %d: %v", pass, err)
			}
		}
		if removed != 1201+2 {
			w.T.Errorf("removed %d", removed)
		}
		again := w.start(w.Acme, 1000, born, nil)
		var total atomic.Int32
		together(4, func(int) {
			n, err := keep(w).Pass(bg, always)
			if err != nil {
				w.T.Error(err)
			}
			total.Add(int32(n))
		})
		if total.Load() != 1000 {
			w.T.Errorf("four nodes removed %d", total.Load())
		}
		for _, s := range append(old[:3], again[:3]...) {
			if w.there(s) {
				w.T.Error("one that is due was kept")
			}
		}
		for _, s := range append(alive, young...) {
			if !w.there(s) {
				w.T.Error("one that is not due was removed")
			}
		}
	})
	scenario(t, open, "a session that a bulk ending ended is marked first, and counts from then", func(w *World) {
		w.start(w.Acme, 2, w.Clock.Now(), func(_ int, s *curfew.Session) {
			s.IdleExpiresAt, s.AbsoluteExpiresAt = s.StartedAt.Add(400*day), s.StartedAt.Add(400*day)
		})
		_, err := w.RevokeSessions(bg, w.Acme.Owner.Actor(), Origin, authority.ScopeAll)
		must(w.T, err)
		w.otherMayChange = true
		w.Clock.Add(30 * day)
		removes(w, keep(w), 0)
		_, err = w.Sweep(bg)
		must(w.T, err)
		removes(w, keep(w), 3)
	})
	scenario(t, open, "the look at other accounts' sessions costs a step of the key, not a reading of all", func(w *World) {
		w.start(w.Acme, 3, w.Clock.Now(), nil)
		statements := w.Tap.Statements()
		removes(w, keep(w), 0)
		if ran := statements(); len(ran) != 1 {
			w.T.Errorf("nothing is old, and ran %d statements: %q", len(ran), ran)
		}
	})
}
