package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// What retention needs: a cheap look at which accounts have something old, and
// removals by key. Each look and each removal is bounded by the caller, and
// each removal judges for itself what may go.

var (
	// The looks go over all accounts, a few at a time, with one step into the
	// key of the other table for each.
	accountsWithOldSessions = statement(`SELECT a.id, EXISTS (SELECT 1 FROM sessions s WHERE s.account_id = a.id AND s.id < $3)
 FROM accounts a WHERE a.id > $1 ORDER BY a.id LIMIT $2`)
	accountsWithOldAudit = statement(`SELECT a.id, (SELECT e.occurred_at FROM audit_events e WHERE e.account_id = a.id ORDER BY e.seq LIMIT 1) <= $3
 FROM accounts a WHERE a.id > $1 ORDER BY a.id LIMIT $2`)

	selectOldSessions = statement(`SELECT s.id, ` + endedBy + ` FROM sessions s
 WHERE s.account_id = $1 AND s.id > $2 AND s.id < $3 ORDER BY s.id LIMIT $5`)
	deleteSessions = statement(`DELETE FROM sessions WHERE account_id = $1 AND id > $2 AND id <= $3 AND ` + endedBy)

	selectAnchor = statement(`SELECT a.audit_anchor_seq, a.audit_anchor_mac, a.audit_anchor_seal FROM accounts a WHERE a.id = $1`)
	setAnchor    = statement(`UPDATE accounts SET audit_anchor_seq = $3, audit_anchor_mac = $4, audit_anchor_seal = $5
 WHERE id = $1 AND audit_anchor_seq = $2`)
	deleteAudit = statement(`DELETE FROM audit_events WHERE account_id = $1 AND seq > $2 AND seq <= $3`)
)

// endedBy holds for a session that was over at $4, by its own mark or a
// deadline. One that a raised epoch ended is marked by the sweeper first.
const endedBy = `(revoked_at <= $4 OR idle_expires_at <= $4 OR absolute_expires_at <= $4)`

func (c conn) AccountsWithOldSessions(ctx context.Context, after *curfew.ID, below curfew.ID, limit int) (authority.Look, error) {
	return c.look(ctx, accountsWithOldSessions, after, limit, below[:])
}

func (c conn) AccountsWithOldAudit(ctx context.Context, after *curfew.ID, by time.Time, limit int) (authority.Look, error) {
	return c.look(ctx, accountsWithOldAudit, after, limit, micros(by))
}

// look runs a look at no more than limit accounts after an id, nil for all: of
// each it reads whether it has what is looked for. What else the look takes comes
// as its third argument and on.
func (c conn) look(ctx context.Context, q *query, after *curfew.ID, limit int, what ...any) (found authority.Look, err error) {
	from := []byte{} // before every id, also the zero one
	if after != nil {
		from = after[:]
	}
	looked := 0
	err = c.each(ctx, q, func(scan func(...any) error) error {
		var id curfew.ID
		var has sql.NullBool
		if err := scan(idInto{&id}, &has); err != nil {
			return err
		}
		looked++
		if found.Last = &id; has.Bool {
			found.Old = append(found.Old, id)
		}
		return nil
	}, append([]any{from, limit}, what...)...)
	if looked < limit {
		found.Last = nil
	}
	return found, err
}

func (c conn) OldSessions(ctx context.Context, accountID, after, below curfew.ID, by time.Time, limit int) (chunk authority.OldSessions, err error) {
	err = c.each(ctx, selectOldSessions, func(scan func(...any) error) error {
		var over sql.NullBool // NULL while neither marked nor over
		if err := scan(idInto{&chunk.Last}, &over); err != nil {
			return err
		}
		chunk.Looked++
		if over.Bool {
			chunk.Over++
		}
		return nil
	}, accountID[:], after[:], below[:], micros(by), limit)
	return chunk, err
}

func (c conn) DeleteSessions(ctx context.Context, accountID, after, upTo curfew.ID, by time.Time) (int, error) {
	n, err := c.exec(ctx, deleteSessions, accountID[:], after[:], upTo[:], micros(by))
	return int(n), err
}

// AuditAnchor is the newest row that retention removed from an account's
// chain, and the seal on that; the zero head while nothing was removed.
func (c conn) AuditAnchor(ctx context.Context, accountID curfew.ID) (anchor audit.Head, seal audit.HeadSeal, err error) {
	_, err = one(c.row(ctx, selectAnchor, accountID[:]), func(scan func(...any) error) (none struct{}, err error) {
		var mac []byte
		err = scan(&anchor.Seq, &mac, sealInto{&seal})
		copy(anchor.MAC[:], mac)
		return none, err
	})
	return anchor, seal, err
}

// CutAudit moves an account's anchor on and removes the rows up to it, unless
// somebody else has moved it in the meantime.
func (c conn) CutAudit(ctx context.Context, accountID curfew.ID, from int64, to audit.Head) (int, error) {
	seal := c.db.chain.SealAnchor(accountID, to)
	if moved, err := c.exec(ctx, setAnchor, accountID[:], from, to.Seq, to.MAC[:], seal[:]); err != nil || moved == 0 {
		return 0, err
	}
	n, err := c.exec(ctx, deleteAudit, accountID[:], from, to.Seq)
	return int(n), err
}
