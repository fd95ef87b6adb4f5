package store

import (
	"context"
	"encoding/json"
	"math"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

const auditColumns = `account_id, seq, id, occurred_at, action, actor_type, actor_id, actor_name, actor_email,
 resource_type, resource_id, request_id, ip, user_agent, details, key_id, mac`

func scanAudit(scan func(...any) error) (row audit.Sealed, err error) {
	e := &row.Event
	var actor audit.Actor
	var details string
	err = scan(idInto{&e.AccountID}, &e.Seq, idInto{&e.ID}, timeInto{&e.OccurredAt}, &e.Action,
		&actor.Type, idInto{&actor.ID}, &actor.Name, &actor.Email, &e.ResourceType, idInto{&e.ResourceID},
		&e.RequestID, &e.IP, &e.UserAgent, &details, &row.KeyID, hashInto{&row.MAC})
	if actor.Type != "" {
		e.Actor = &actor
	}
	e.Details = json.RawMessage(details)
	return row, err
}

const insertAuditInto = `INSERT INTO audit_events (` + auditColumns + `)`

var (
	// nextAudit locks the head of the account's chain; no max(seq) + 1.
	nextAudit   = statement(`UPDATE accounts SET audit_seq = audit_seq + 1 WHERE id = $1 RETURNING audit_seq - 1, audit_mac, audit_seal`)
	setAudit    = statement(`UPDATE accounts SET audit_mac = $2, audit_seal = $3 WHERE id = $1`)
	insertAudit = statement(insertAuditInto + `
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`)
	selectAuditHead = statement(`SELECT a.audit_seq, a.audit_mac, a.audit_seal FROM accounts a WHERE a.id = $1`)

	selectAudit = statement(`SELECT ` + auditColumns + ` FROM audit_events
 WHERE account_id = $1 AND seq < $2 AND ($3 = '' OR action = $3) AND ($4 = 0 OR actor_id = $5)
 AND occurred_at >= $6 AND occurred_at < $7 ORDER BY seq DESC LIMIT $8`)
	selectAuditChain = statement(`SELECT ` + auditColumns + ` FROM audit_events
 WHERE account_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`)
)

// Audit appends an event to its account's chain, in this transaction.
func (c conn) Audit(ctx context.Context, e audit.Event) error {
	if c.auditLater(e) {
		return nil
	}
	var head audit.Head
	var seal, nextSeal audit.HeadSeal
	if err := c.row(ctx, nextAudit, e.AccountID[:]).Scan(&head.Seq, hashInto{&head.MAC}, sealInto{&seal}); err != nil {
		return err
	}
	mac, keyID, next := c.db.chain.Link(head, &e)
	if err := c.insertEvent(ctx, &audit.Sealed{Event: e, MAC: mac, KeyID: keyID}); err != nil {
		return err
	}
	// A head that was tampered with is never made good by what comes after it.
	if c.db.chain.HeadHolds(e.AccountID, head, seal) {
		nextSeal = c.db.chain.SealHead(e.AccountID, next)
	}
	_, err := c.exec(ctx, setAudit, e.AccountID[:], next.MAC[:], nextSeal[:])
	return err
}

func (c conn) insertEvent(ctx context.Context, e *audit.Sealed) error {
	actor := audit.Actor{}
	if e.Actor != nil {
		actor = *e.Actor
	}
	_, err := c.exec(ctx, insertAudit, e.AccountID[:], e.Seq, e.ID[:], micros(e.OccurredAt), string(e.Action),
		string(actor.Type), optionalID(actor.ID), actor.Name, actor.Email, e.ResourceType, optionalID(e.ResourceID),
		e.RequestID, e.IP, e.UserAgent, string(e.Details), e.KeyID, e.MAC[:])
	return err
}

func (c conn) AuditList(ctx context.Context, accountID curfew.ID, filter authority.AuditFilter, page authority.Page[int64]) (list authority.List[audit.Event, int64], err error) {
	before := int64(math.MaxInt64)
	if page.After != nil {
		before = *page.After
	}
	byActor, actorID := 0, curfew.ZeroID
	if filter.ActorID != nil {
		byActor, actorID = 1, *filter.ActorID
	}
	to := filter.To
	if to.IsZero() {
		to = farFuture
	}
	from := int64(math.MinInt64)
	if !filter.From.IsZero() {
		from = filter.From.UnixMicro()
	}
	err = c.each(ctx, selectAudit, func(scan func(...any) error) error {
		row, err := scanAudit(scan)
		list.Items = append(list.Items, row.Event)
		return err
	}, accountID[:], before, filter.Action, byActor, actorID[:], from, to.UnixMicro(), page.Limit+1)
	cut(&list, page.Limit, func(e audit.Event) int64 { return e.Seq })
	return list, err
}

// AuditHead is the newest event of an account's chain as the account knows it,
// and the seal on that.
func (c conn) AuditHead(ctx context.Context, accountID curfew.ID) (h audit.Head, seal audit.HeadSeal, err error) {
	_, err = one(c.row(ctx, selectAuditHead, accountID[:]), func(scan func(...any) error) (none struct{}, err error) {
		return none, scan(&h.Seq, hashInto{&h.MAC}, sealInto{&seal})
	})
	return h, seal, err
}

// AuditChain gives at most limit rows of an account's chain after seq, oldest
// first.
func (c conn) AuditChain(ctx context.Context, accountID curfew.ID, after int64, limit int) (rows []audit.Sealed, err error) {
	err = c.each(ctx, selectAuditChain, func(scan func(...any) error) error {
		row, err := scanAudit(scan)
		rows = append(rows, row)
		return err
	}, accountID[:], after, limit)
	return rows, err
}
