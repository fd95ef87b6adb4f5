package storetest

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
)

// clamping is the applying of limits to running sessions, which is done in parts.
func clamping(t *testing.T, open Open) {
	scenario(t, open, "part after part, each session once", func(w *World) {
		people := w.people(5)
		w.Clock.Add(20 * time.Minute)
		people = append(people, w.people(2)...)
		now := w.Clock.Now()
		limits := policy.Effective{IdleMinutes: 15, AbsoluteMinutes: 60}
		ended, parts := 0, 0
		for after := (curfew.ID{}); ; parts++ {
			var part authority.Clamped
			w.Tx(func(ctx context.Context, tx authority.Tx) (err error) {
				part, err = tx.ClampSome(ctx, w.Acme.ID(), after, limits, 7, now, 3)
				return err
			})
			if len(part.Ended) > 3 {
				w.T.Errorf("%d ended in a part of 3", len(part.Ended))
			}
			if ended += len(part.Ended); part.Last == nil {
				break
			}
			after = *part.Last
		}
		if parts != 2 || ended != 6 { // of 8 sessions; the owner's first is one of those
			w.T.Errorf("%d parts more than one, %d ended", parts, ended)
		}
		for i, p := range people {
			if i < 5 {
				w.Ended(p, curfew.ReasonPolicyTightened, now)
			} else if s := w.Stands(p).Session; s.IdleMinutes != 15 || s.PolicyVersion != 7 {
				w.T.Errorf("not shortened: %+v", s)
			}
		}
		w.Tx(func(ctx context.Context, tx authority.Tx) error { // once more, and it finds nothing to do
			part, err := tx.ClampSome(ctx, w.Acme.ID(), curfew.ID{}, limits, 7, now, 100)
			if len(part.Ended)+len(part.EndingSoon) > 0 || part.Last != nil {
				w.T.Errorf("again: %+v", part)
			}
			return err
		})
	})
	scenario(t, open, "what was begun holds, and the sweeper goes on", func(w *World) {
		idle, busy, other := w.SignIn(w.Acme.Owner.Email), w.SignIn(w.Acme.Owner.Email), w.SignIn(w.Acme.Owner.Email)
		w.Clock.Add(15 * time.Minute) // their last tokens are still alive
		owner := w.MustRefresh(w.Acme.Owner, "")
		w.NewEvents(w.Acme.ID())
		begun := w.Clock.Now()
		w.interrupted(owner, setAll(15, 60))
		if version := w.WantActions(w.Acme.ID(), audit.AccountSessionPolicyUpdate); len(version) != 1 {
			w.T.Errorf("audited %v", version)
		}
		w.Alive(idle) // as far as the store can see
		w.Clock.Add(time.Minute)
		_, err := w.Refresh(busy.RefreshToken, "") // but nobody goes on under other limits
		w.WantKind(err, curfew.KindSessionRevoked, curfew.ReasonPolicyTightened)
		_, err = w.Sweep(bg)
		must(w.T, err)
		// As of the moment at which it was begun, not of that at which it was done.
		w.Ended(idle, curfew.ReasonPolicyTightened, begun)
		w.Ended(other, curfew.ReasonPolicyTightened, begun)
		if s := w.Stands(owner).Session; s.IdleMinutes != 15 || s.AbsoluteMinutes != 60 {
			w.T.Errorf("not shortened: %+v", s)
		}
		told := w.Logged()
		for _, p := range []Person{idle, busy, other} {
			if !slices.ContainsFunc(told, func(r curfew.Revocation) bool { return r.SessionID == p.Session() && r.At.IsZero() }) {
				w.T.Errorf("verifiers are not told of %s: %+v", p.Session(), told)
			}
		}
		w.WantActions(w.Acme.ID())
		stamped, err := w.Sweep(bg)
		if err != nil || stamped != 0 {
			w.T.Errorf("again: %d, %v", stamped, err)
		}
	})
	scenario(t, open, "the next change of the policy finishes it first, and the same one is told once", func(w *World) {
		idle, long := w.SignIn(w.Acme.Owner.Email), w.SignIn(w.Acme.Owner.Email)
		w.Clock.Add(20 * time.Minute)
		owner := w.MustRefresh(w.Acme.Owner, "")
		long = w.MustRefresh(long, "")
		w.NewEvents(w.Acme.ID())
		begun := w.Clock.Now()
		w.interrupted(owner, setAll(15, 60))
		w.Clock.Add(time.Second)
		w.limits(w.Acme, 600, 1200)
		w.Ended(idle, curfew.ReasonPolicyTightened, begun)
		if s := w.Stands(long).Session; s.IdleMinutes != 15 || s.AbsoluteMinutes != 60 {
			w.T.Errorf("not shortened before the policy became longer: %+v", s)
		}
		w.WantActions(w.Acme.ID(), audit.AccountSessionPolicyUpdate, audit.AccountSessionPolicyUpdate)

		w.interrupted(owner, setAll(15, 60))
		s, err := w.SetPolicy(bg, owner.Actor(), Origin, setAll(15, 60))
		must(w.T, err)
		if s.SessionCount != 2 {
			w.T.Errorf("%d sessions are counted when it is done", s.SessionCount)
		}
		w.WantActions(w.Acme.ID(), audit.AccountSessionPolicyUpdate)
	})
}

// interrupted changes the policy while nothing can be committed after the change
// itself, as when a node dies there.
func (w *World) interrupted(owner Person, in authority.SetPolicy) {
	w.T.Helper()
	var commits atomic.Int32
	w.Tap.Watch(func(c Call) error {
		if c.Op == OpCommit && commits.Add(1) > 1 {
			return errInjected
		}
		return nil
	})
	_, err := w.SetPolicy(bg, owner.Actor(), Origin, in)
	w.Tap.Watch(nil)
	w.WantKind(err, curfew.KindUnavailable)
}
