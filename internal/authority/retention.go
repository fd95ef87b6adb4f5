package authority

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
)

const (
	// retentionChunk is how many rows one transaction of retention looks at.
	retentionChunk = 500
	// retentionLook is how many accounts are looked at together for one that
	// has something old.
	retentionLook = 200
)

// walk goes over all accounts with something old, and remembers between passes
// where it was.
type walk struct {
	after *curfew.ID // the last account that was worked through
}

// pass goes on where the last pass ended. look finds accounts after an id;
// work works through one. When all were seen the next pass begins anew.
func (w *walk) pass(ctx context.Context, turn Turn, look func(after *curfew.ID) (Look, error), work func(curfew.ID) error) error {
	for {
		if err := turn(ctx); err != nil {
			return err
		}
		found, err := look(w.after)
		if err != nil {
			return err
		}
		for _, id := range found.Old {
			if err := work(id); err != nil {
				return err
			}
			w.after = &id
		}
		if w.after = found.Last; w.after == nil {
			return nil
		}
	}
}

// SessionRetention removes sessions that ended long ago. What they left in the
// audit log stays, and whoever still presents a token of one is told, as for
// any unknown token, to sign in again. One goroutine uses it.
type SessionRetention struct {
	Store Store
	Now   func() time.Time
	// Keep is how long a session is kept after its end.
	Keep time.Duration

	walk  walk
	at    curfew.ID // the account that the last pass was cut short in
	after curfew.ID // and the last of its sessions that was looked at
}

// Pass removes what is due, and returns how many sessions that were. A session
// cannot have ended before it began, and its id tells when that was; so only
// sessions as old as that are looked at, along the key.
func (s *SessionRetention) Pass(ctx context.Context, turn Turn) (removed int, err error) {
	by := s.Now().Add(-s.Keep)
	below := firstIDAfter(by)
	err = s.walk.pass(ctx, turn, func(after *curfew.ID) (found Look, err error) {
		err = s.Store.View(ctx, func(ctx context.Context, r Reader) error {
			found, err = r.AccountsWithOldSessions(ctx, after, below, retentionLook)
			return err
		})
		return found, err
	}, func(id curfew.ID) error {
		if s.at != id {
			s.at, s.after = id, curfew.ZeroID
		}
		for {
			if err := turn(ctx); err != nil {
				return err
			}
			more, n, err := s.chunk(ctx, id, below, by)
			removed += n
			if err != nil || !more {
				return err
			}
		}
	})
	return removed, err
}

// chunk looks at some sessions, and removes those that are due. The statement
// that removes judges for itself, so it does no harm if another node does the
// same.
func (s *SessionRetention) chunk(ctx context.Context, id, below curfew.ID, by time.Time) (more bool, removed int, err error) {
	var found OldSessions
	if err := s.Store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		found, err = r.OldSessions(ctx, id, s.after, below, by, retentionChunk)
		return err
	}); err != nil {
		return false, 0, err
	}
	if found.Over > 0 {
		if err := s.Store.InTx(ctx, id, func(ctx context.Context, tx Tx) (err error) {
			removed, err = tx.DeleteSessions(ctx, id, s.after, found.Last, by)
			return err
		}); err != nil {
			return false, 0, err
		}
	}
	if found.Looked > 0 {
		s.after = found.Last
	}
	return found.Looked == retentionChunk, removed, nil
}

// firstIDAfter is an id above those of all that began by a time, and not above
// those of what began a millisecond later.
func firstIDAfter(t time.Time) (id curfew.ID) {
	next := curfew.NewID(t.Add(time.Millisecond))
	copy(id[:], next[:6])
	return id
}

// AuditRetention removes the oldest events of audit logs, and leaves an anchor
// in their place, from which the rest of each chain verifies. One goroutine
// uses it.
type AuditRetention struct {
	Store Store
	Now   func() time.Time
	Chain *audit.Chain
	// Keep is how long an event is kept.
	Keep time.Duration

	walk walk
}

// Pass removes what is due, and returns how many events that were. Events that
// do not verify stay where they are, for somebody to look at: to remove them
// would make good what was done to them. It goes on with the other accounts,
// and its error then names the first of those.
func (a *AuditRetention) Pass(ctx context.Context, turn Turn) (removed int, err error) {
	by := a.Now().Add(-a.Keep)
	var broken error
	err = a.walk.pass(ctx, turn, func(after *curfew.ID) (found Look, err error) {
		err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
			found, err = r.AccountsWithOldAudit(ctx, after, by, retentionLook)
			return err
		})
		return found, err
	}, func(id curfew.ID) error {
		for {
			if err := turn(ctx); err != nil {
				return err
			}
			more, n, err := a.chunk(ctx, id, by)
			removed += n
			if b, ok := errors.AsType[*brokenLog](err); ok {
				if broken == nil {
					broken = b
				}
				return nil
			}
			if err != nil || !more {
				return err
			}
		}
	})
	if err == nil {
		err = broken
	}
	return removed, err
}

// brokenLog says that an account's audit log does not verify where retention
// would cut it.
type brokenLog struct {
	account curfew.ID
	problem string
}

func (b *brokenLog) Error() string {
	return fmt.Sprintf("retention leaves the audit log of account %s as it is, because it does not verify: %s; see 'curfew audit verify'", b.account, b.problem)
}

// chunk removes some of an account's oldest events. The head of the chain is
// not touched, and the events are removed only while the anchor is where it
// was when they were read; so two nodes may do it at once.
func (a *AuditRetention) chunk(ctx context.Context, id curfew.ID, by time.Time) (more bool, removed int, err error) {
	var from, to audit.Head
	var broken *brokenLog
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		anchor, seal, err := r.AuditAnchor(ctx, id)
		if err != nil {
			return err
		}
		if problem, _ := anchorProblem(a.Chain, id, anchor, seal); problem != "" {
			broken = &brokenLog{id, problem}
			return nil
		}
		rows, err := r.AuditChain(ctx, id, anchor.Seq, retentionChunk)
		if err != nil {
			return err
		}
		due := 0
		for due < len(rows) && !rows[due].OccurredAt.After(by) {
			due++
		}
		from, to = anchor, anchor
		if due > 0 {
			to = audit.Head{Seq: rows[due-1].Seq, MAC: rows[due-1].MAC}
		}
		more = due == retentionChunk
		report, err := a.Chain.Verify(inMemory(rows[:due]), from, to)
		if err == nil && !report.OK() {
			broken = &brokenLog{id, report.Problem}
		}
		return err
	})
	switch {
	case err != nil:
		return false, 0, err
	case broken != nil:
		return false, 0, broken
	case to == from:
		return false, 0, nil
	}
	err = a.Store.InTx(ctx, id, func(ctx context.Context, tx Tx) (err error) {
		removed, err = tx.CutAudit(ctx, id, from.Seq, to)
		return err
	})
	return more && removed > 0, removed, err
}

// inMemory gives rows as a chain is read.
func inMemory(rows []audit.Sealed) func(yield func(audit.Sealed, error) bool) {
	return func(yield func(audit.Sealed, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// anchorProblem says why an anchor cannot be believed, "" if it can, and
// whether that is because of a missing key.
func anchorProblem(chain *audit.Chain, account curfew.ID, anchor audit.Head, seal audit.HeadSeal) (problem string, keyMissing bool) {
	switch {
	case chain.AnchorHolds(account, anchor, seal):
		return "", false
	case seal != audit.HeadSeal{} && !chain.HeadKeyKnown(seal):
		return fmt.Sprintf("the record of what retention removed is sealed with key %d, which this installation does not have: give the secret of that time as CURFEW_SECRET_PREVIOUS; if there was none, the record was changed", seal[0]), true
	default:
		return "the record of what retention removed is not sealed with our key: oldest rows were removed, or the record was changed", false
	}
}

// logChunk is how many entries of the revocation log one transaction removes:
// there may be very many, and they are small.
const logChunk = 2000

// LogRetention removes from the revocation log what matters no more. One
// goroutine uses it.
type LogRetention struct {
	Store Store
	Now   func() time.Time
}

// Pass removes what is due, and returns how many entries that were. A verifier
// may let tokens live on for a little, so entries are kept that much longer.
func (l *LogRetention) Pass(ctx context.Context, turn Turn) (removed int, err error) {
	by := l.Now().Add(-verifierLeeway)
	var writers []curfew.ID
	if err := l.Store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		writers, err = r.OldLogs(ctx, by)
		return err
	}); err != nil {
		return 0, err
	}
	for _, id := range writers {
		for more := true; more; {
			if err := turn(ctx); err != nil {
				return removed, err
			}
			var upTo int64
			var old int
			if err := l.Store.View(ctx, func(ctx context.Context, r Reader) (err error) {
				upTo, old, err = r.OldRevocations(ctx, id, by, logChunk)
				return err
			}); err != nil {
				return removed, err
			}
			if more = old == logChunk; old == 0 {
				break
			}
			if err := l.Store.InTx(ctx, id, func(ctx context.Context, tx Tx) error {
				n, err := tx.DeleteRevocations(ctx, id, upTo, by)
				removed += n
				return err
			}); err != nil {
				return removed, err
			}
		}
	}
	return removed, nil
}
