package authority

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

const (
	// expiredDelay is how long after its deadline a session is told of as
	// expired: a refresh that came in time may take 15 seconds to be stored, at a
	// node whose clock is 2 behind; nothing moves the deadline any more then.
	expiredDelay = 20 * time.Second
	expiredChunk = 200
)

// ExpiredTeller tells webhooks of sessions that expired. It looks for those
// whose deadline has passed since it looked last, account by account; what it
// told already is not told again, so it may be cut short, and done by two nodes
// at once. One goroutine uses it.
type ExpiredTeller struct {
	Store Store
	Now   func() time.Time

	walk     walk
	from, by time.Time // of the pass that was cut short; zero to begin anew
}

// Pass tells of what expired, and returns how many sessions that were. Where no
// webhook wants to know it does nothing.
func (e *ExpiredTeller) Pass(ctx context.Context, turn Turn) (told int, err error) {
	hooks, err := e.wanting(ctx)
	if err != nil || len(hooks) == 0 {
		return 0, err
	}
	if e.walk.after == nil {
		e.from, e.by = hooks[0].ExpiredUntil, e.Now().Add(-expiredDelay)
		for _, w := range hooks {
			if w.ExpiredUntil.Before(e.from) {
				e.from = w.ExpiredUntil
			}
		}
	}
	if !e.from.Before(e.by) {
		return 0, nil
	}
	from, by := e.from, e.by
	err = e.walk.pass(ctx, turn, func(after *curfew.ID) (found Look, err error) {
		err = e.Store.View(ctx, func(ctx context.Context, r Reader) error {
			found, err = r.AccountsWithExpired(ctx, after, from, by, retentionLook)
			return err
		})
		return found, err
	}, func(id curfew.ID) error {
		n, err := e.account(ctx, turn, id, from, by)
		told += n
		return err
	})
	if err != nil {
		return told, err
	}
	return told, e.Store.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx Tx) error {
		for _, w := range hooks {
			if err := tx.ToldExpired(ctx, w.ID, by); err != nil {
				return err
			}
		}
		return nil
	})
}

func (e *ExpiredTeller) wanting(ctx context.Context) (hooks []curfew.Webhook, err error) {
	err = e.Store.View(ctx, func(ctx context.Context, r Reader) error {
		all, err := r.Webhooks(ctx)
		hooks = nil
		for _, w := range all {
			if w.Wants(curfew.EventSessionExpired) {
				hooks = append(hooks, w)
			}
		}
		return err
	})
	return hooks, err
}

// account tells of the sessions of one account, a few at a time.
func (e *ExpiredTeller) account(ctx context.Context, turn Turn, id curfew.ID, from, by time.Time) (told int, err error) {
	for last, more := curfew.ZeroID, true; more; {
		if err := turn(ctx); err != nil {
			return told, err
		}
		var found []curfew.Standing
		if err := e.Store.View(ctx, func(ctx context.Context, r Reader) (err error) {
			found, err = r.Expired(ctx, id, last, from, by, expiredChunk)
			return err
		}); err != nil {
			return told, err
		}
		if len(found) == 0 {
			return told, nil
		}
		last, more = found[len(found)-1].Session.ID, len(found) == expiredChunk
		if err := e.Store.InTx(ctx, id, func(ctx context.Context, tx Tx) error { return tellExpired(ctx, tx, found, by) }); err != nil {
			return told, err
		}
		told += len(found)
	}
	return told, nil
}

// tellExpired tells of those of the sessions that a deadline ended, and nothing
// before it.
func tellExpired(ctx context.Context, tx Tx, found []curfew.Standing, now time.Time) error {
	for _, st := range found {
		end, over := st.End(now)
		if !over || !end.Expired() {
			continue
		}
		s := st.Session
		e := curfew.Telling{AccountID: s.AccountID, ID: expiredID(s.ID, end.At), Type: curfew.EventSessionExpired, Subject: s.ID, OccurredAt: end.At}
		if err := tell(ctx, tx, e, toldEnd{Account: toldID{s.AccountID.String()}, User: toldID{s.UserID.String()}, Session: toldID{s.ID.String()},
			Reason: end.Reason, EndedAt: moment(end.At)}); err != nil {
			return err
		}
	}
	return nil
}

// expiredID is the id of the event of a session's expiry: the same whoever tells
// of it, and however often.
func expiredID(session curfew.ID, at time.Time) curfew.ID {
	id := curfew.NewID(at)
	sum := sha256.Sum256(append([]byte("session.expired "), session[:]...))
	copy(id[6:], sum[:])
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id
}
