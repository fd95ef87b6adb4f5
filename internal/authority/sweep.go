package authority

import (
	"context"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

const (
	// sweepChunk is how many sessions one transaction of the sweeper stamps.
	sweepChunk = 500
	// sweepDelay leaves a raise alone until every statement that began before
	// it has ended.
	sweepDelay = time.Minute
	// throttleChunk is how many throttles one transaction looks at.
	throttleChunk = 1000
	// epochMemory is how long the reason of a raised epoch is kept at least.
	epochMemory = time.Hour
)

// Sweep does all that the sweeper does, without a pause. It returns how many
// sessions it stamped.
func (a *Authority) Sweep(ctx context.Context) (stamped int, err error) {
	stamped, err = a.SweepSessions(ctx, always)
	if err == nil {
		_, err = (&ThrottleSweep{Store: a.Store, Now: a.now}).Pass(ctx, always)
	}
	return stamped, err
}

// SweepSessions stamps sessions that a raised epoch ended with the time and
// reason of their end, a few at a time, then forgets the raises that are needed
// no more. Nothing waits for it. Before that it applies limits where whoever began
// to apply them did not come to the end. It returns how many sessions it stamped or
// ended.
func (a *Authority) SweepSessions(ctx context.Context, turn Turn) (stamped int, err error) {
	var accounts []curfew.ID
	now := a.now()
	if stamped, err = a.finishClamps(ctx, turn, now); err != nil {
		return stamped, err
	}
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		accounts, err = r.RaisedAccounts(ctx)
		return err
	})
	if err != nil {
		return stamped, err
	}
	for _, id := range accounts {
		n, err := a.sweepAccount(ctx, turn, id, now)
		stamped += n
		if err != nil {
			return stamped, err
		}
	}
	return stamped, a.Store.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx Tx) error {
		return tx.ForgetEpochs(ctx, now.Add(-epochMemory))
	})
}

// sweepAccount stamps all dead sessions of an account, and then takes its
// raises as worked through.
func (a *Authority) sweepAccount(ctx context.Context, turn Turn, id curfew.ID, now time.Time) (stamped int, err error) {
	var last curfew.ID
	for {
		if err := turn(ctx); err != nil {
			return stamped, err
		}
		var dead []curfew.Standing
		if err := a.Store.View(ctx, func(ctx context.Context, r Reader) (err error) {
			dead, err = r.Unstamped(ctx, id, last, sweepChunk)
			return err
		}); err != nil {
			return stamped, err
		}
		if len(dead) == 0 {
			break
		}
		last = dead[len(dead)-1].Session.ID
		if err := a.Store.InTx(ctx, id, func(ctx context.Context, tx Tx) error { return stamp(ctx, tx, dead) }); err != nil {
			return stamped, err
		}
		stamped += len(dead)
	}
	return stamped, a.Store.InTx(ctx, id, func(ctx context.Context, tx Tx) error {
		return tx.MarkSwept(ctx, id, now.Add(-sweepDelay), now)
	})
}

// stamp marks sessions with the raise that ended them. One that had expired
// before keeps its deadline as its end, which is earlier than the mark.
func stamp(ctx context.Context, tx Tx, dead []curfew.Standing) error {
	for _, st := range dead {
		raise, known := st.FirstRaise()
		if !known {
			continue // its reason is lost; it is over all the same
		}
		if err := tx.StampSession(ctx, st.Session.AccountID, st.Session.ID, raise); err != nil {
			return err
		}
	}
	return nil
}

// ThrottleSweep forgets throttles that hold nobody up any more. One goroutine
// uses it.
type ThrottleSweep struct {
	Store Store
	Now   func() time.Time

	after []byte // where the last pass was cut short, nil to begin
}

// Pass forgets what is due, along the key, and returns how many that were.
func (s *ThrottleSweep) Pass(ctx context.Context, turn Turn) (forgotten int, err error) {
	now := s.Now()
	for {
		if err := turn(ctx); err != nil {
			return forgotten, err
		}
		var last []byte
		var looked int
		if err := s.Store.View(ctx, func(ctx context.Context, r Reader) (err error) {
			last, looked, err = r.ThrottleKeys(ctx, s.after, throttleChunk)
			return err
		}); err != nil {
			return forgotten, err
		}
		if looked == 0 {
			s.after = nil
			return forgotten, nil
		}
		if err := s.Store.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx Tx) error {
			n, err := tx.ForgetThrottles(ctx, s.after, last, now)
			forgotten += n
			return err
		}); err != nil {
			return forgotten, err
		}
		if s.after = last; looked < throttleChunk {
			s.after = nil
			return forgotten, nil
		}
	}
}
