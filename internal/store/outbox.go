package store

import (
	"context"
	"errors"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

const deliveryColumns = `account_id, id, webhook_id, type, subject, created_at, body, attempts, tries, due_at, finished_at, outcome`

func scanDelivery(scan func(...any) error) (d curfew.Delivery, err error) {
	err = scan(idInto{&d.AccountID}, idInto{&d.EventID}, idInto{&d.WebhookID}, &d.Type, idInto{&d.Subject}, timeInto{&d.CreatedAt}, &d.Body,
		&d.Attempts, &d.Tries, timeInto{&d.DueAt}, timeInto{&d.FinishedAt}, &d.Outcome)
	return d, err
}

var (
	// One statement whether anybody wants to know or not: an installation without
	// webhooks looks into an empty table. An event that was told already, as of a
	// session that expired, is left as it is.
	tellWebhooks = statement(tellHead + `, (SELECT a.audit_seq FROM accounts a WHERE a.id = $1)` + tellTail)
	// Where it is known how far the account's audit log goes.
	tellWebhooksAt = statement(tellHead + tellSeq + tellTail)
	anyWebhook     = statement(`SELECT count(*) FROM webhooks WHERE disabled_at IS NULL`)

	// A delivery is claimed by whoever moves its time on, and only the first of
	// those of its subject that are not over. The first try is due whatever the
	// clocks of two nodes say.
	claimDelivery = statement(`UPDATE outbox SET attempts = attempts + 1, tries = tries + 1, due_at = $5, watch_at = $6
 WHERE account_id = $1 AND id = $2 AND webhook_id = $3 AND finished_at IS NULL AND (due_at <= $4 OR tries = 0)
 AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.account_id = $1 AND e.webhook_id = $3 AND e.subject = outbox.subject
  AND e.finished_at IS NULL AND (e.seq < outbox.seq OR e.seq = outbox.seq AND e.id < outbox.id))
 RETURNING ` + deliveryColumns)
	selectDelivery = statement(`SELECT ` + deliveryColumns + ` FROM outbox WHERE account_id = $1 AND id = $2 AND webhook_id = $3`)
	// The first that is not over of those about a subject.
	firstInOrder = statement(`SELECT e.id FROM outbox e WHERE e.account_id = $1 AND e.webhook_id = $2 AND e.subject = $3 AND e.finished_at IS NULL
 ORDER BY e.seq, e.id LIMIT 1`)
	retryDelivery  = statement(`UPDATE outbox SET due_at = $4, watch_at = $5 WHERE account_id = $1 AND id = $2 AND webhook_id = $3 AND finished_at IS NULL`)
	finishDelivery = statement(`UPDATE outbox SET watch_at = NULL, finished_at = $4, outcome = $5
 WHERE account_id = $1 AND id = $2 AND webhook_id = $3 AND finished_at IS NULL`)
	replayDelivery = statement(`UPDATE outbox SET due_at = $4, watch_at = $4, finished_at = NULL, outcome = '', tries = 0
 WHERE account_id = $1 AND id = $2 AND webhook_id = $3 AND finished_at IS NOT NULL`)
	insertAttempt = statement(`INSERT INTO outbox_attempts (account_id, event_id, webhook_id, number, at, milliseconds, status, error)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (account_id, event_id, webhook_id, number) DO NOTHING`)
	selectAttempts = statement(`SELECT account_id, event_id, webhook_id, number, at, milliseconds, status, error FROM outbox_attempts
 WHERE account_id = $1 AND event_id = $2 AND webhook_id = $3 ORDER BY number`)

	lastOverdue = statement(`SELECT watch_at FROM outbox WHERE watch_at <= $1 ORDER BY watch_at LIMIT 1 OFFSET $2`)
	// Whoever moves the time on looks after it: of several nodes one. What has
	// waited for long is looked at less often.
	takeOverdue = statement(`UPDATE outbox SET watch_at = CAST($2 AS bigint) + CAST($3 AS bigint) + (CAST($2 AS bigint) - created_at) / 8 WHERE watch_at <= $1 RETURNING account_id, id, webhook_id`)

	selectDeliveries = statement(`SELECT ` + deliveryColumns + ` FROM outbox
 WHERE webhook_id = $1 AND id < $2 AND id >= $3 AND ($4 = '' OR outcome = $5) ORDER BY id DESC, account_id LIMIT $6`)
	selectBacklog = statement(`SELECT webhook_id, count(*), min(created_at) FROM outbox WHERE watch_at IS NOT NULL GROUP BY webhook_id`)

	waitingDeliveries = statement(`SELECT id FROM outbox WHERE webhook_id = $1 AND id > $2 AND finished_at IS NULL ORDER BY id LIMIT $3`)
	// Who claims one moves its time on, so of those that were tried only what is
	// due long ago or not soon is nobody's at this moment.
	dropDeliveries = statement(`UPDATE outbox SET watch_at = NULL, finished_at = $4, outcome = $6
 WHERE webhook_id = $1 AND id > $2 AND id <= $3 AND finished_at IS NULL AND (tries = 0 OR due_at > $5 OR due_at <= $7)`)

	nextToldWebhook = statement(`SELECT webhook_id FROM outbox WHERE webhook_id > $1 ORDER BY webhook_id LIMIT 1`)
	oldDeliveries   = statement(`SELECT id FROM outbox WHERE webhook_id = $1 AND id < $2 AND (finished_at IS NOT NULL OR $3 = 1) ORDER BY id LIMIT $4`)
	forgetDelivery  = statement(`DELETE FROM outbox WHERE webhook_id = $1 AND id <= $2 AND (finished_at IS NOT NULL OR $3 = 1)`)
	forgetAttempts  = statement(`DELETE FROM outbox_attempts WHERE at < $1`)
)

const (
	tellHead = `INSERT INTO outbox (account_id, id, webhook_id, type, subject, created_at, due_at, watch_at, body, seq)
 SELECT $1, $2, w.id, $3, $4, $5, $5, $6, $7`
	tellSeq   = `, CAST($10 AS bigint)`
	tellWhere = ` WHERE w.disabled_at IS NULL AND replace(w.events, $8, '') <> w.events AND w.expired_until < $9
 ON CONFLICT (account_id, id, webhook_id) DO NOTHING`
	tellTail      = ` FROM webhooks w` + tellWhere + tellReturning
	tellReturning = ` RETURNING webhook_id`
)

// handOver is how long who commits an event, or is to make an attempt, has for
// it, before somebody else looks after it.
const handOver = 3 * time.Second

// OnTold has fn called with the deliveries of each transaction, after its
// commit: a short cut. It comes before any use.
func (db *DB) OnTold(fn func([]curfew.DeliveryKey)) { db.onTold.Store(&fn) }

// Tell writes the deliveries of an event; at the end of the transaction, where
// its account's place in the log is known.
func (c conn) Tell(ctx context.Context, e curfew.Telling) error {
	if c.later != nil && c.later.heads[e.AccountID] != nil {
		c.later.tellings = append(c.later.tellings, telling{e, c.later.heads[e.AccountID].next.Seq})
		*c.wrote = true
		return nil
	}
	return c.tellOne(ctx, tellWebhooks, e)
}

// telling is an event that is yet to be told, and where it is in the order.
type telling struct {
	curfew.Telling
	seq int64
}

// tellAll writes the deliveries of events, unless nobody is told of anything.
func (c conn) tellAll(ctx context.Context, all []telling) error {
	if len(all) == 0 {
		return nil
	}
	hooks := 0
	if err := c.row(ctx, anyWebhook).Scan(&hooks); err != nil || hooks == 0 {
		return err
	}
	for _, t := range all {
		if err := c.tellOne(ctx, tellWebhooksAt, t.Telling, t.seq); err != nil {
			return err
		}
	}
	return nil
}

func (c conn) tellOne(ctx context.Context, q *query, e curfew.Telling, seq ...any) error {
	body, err := e.Body()
	if err != nil {
		return err
	}
	return c.each(ctx, q, func(scan func(...any) error) error {
		key := curfew.DeliveryKey{AccountID: e.AccountID, EventID: e.ID}
		if err := scan(idInto{&key.WebhookID}); err != nil {
			return err
		}
		c.handsOver(key)
		return nil
	}, append([]any{e.AccountID[:], e.ID[:], string(e.Type), e.Subject[:], micros(e.OccurredAt), micros(c.watchAt(e)), body, string(e.Type), micros(notUntil(e))}, seq...)...)
}

// handsOver notes a delivery for whoever makes it in this process.
func (c conn) handsOver(key curfew.DeliveryKey) {
	if c.told != nil {
		*c.told = append(*c.told, key)
	}
}

// watchAt is when an event's deliveries are looked after, should nobody have made them.
func (c conn) watchAt(e curfew.Telling) time.Time {
	if c.db.onTold.Load() == nil {
		return e.OccurredAt
	}
	return c.db.now().Add(handOver)
}

// notUntil is by when whoever is told of an event must not have been told of such before.
func notUntil(e curfew.Telling) time.Time {
	if e.Type == curfew.EventSessionExpired {
		return e.OccurredAt
	}
	return farFuture
}

func (c conn) ClaimDelivery(ctx context.Context, key curfew.DeliveryKey, now, until time.Time) (curfew.Delivery, error) {
	return one(c.row(ctx, claimDelivery, key.AccountID[:], key.EventID[:], key.WebhookID[:], micros(now), micros(until), micros(until.Add(handOver))), scanDelivery)
}

func (c conn) Delivery(ctx context.Context, key curfew.DeliveryKey) (curfew.Delivery, error) {
	return one(c.row(ctx, selectDelivery, key.AccountID[:], key.EventID[:], key.WebhookID[:]), scanDelivery)
}

func (c conn) FirstInOrder(ctx context.Context, accountID, webhookID, subject curfew.ID) (id curfew.ID, err error) {
	return one(c.row(ctx, firstInOrder, accountID[:], webhookID[:], subject[:]), func(scan func(...any) error) (id curfew.ID, err error) {
		return id, scan(idInto{&id})
	})
}

func (c conn) RetryDelivery(ctx context.Context, key curfew.DeliveryKey, at time.Time) error {
	_, err := c.exec(ctx, retryDelivery, key.AccountID[:], key.EventID[:], key.WebhookID[:], micros(at), micros(at.Add(handOver)))
	return err
}

func (c conn) FinishDelivery(ctx context.Context, key curfew.DeliveryKey, outcome curfew.Outcome, now time.Time) (bool, error) {
	n, err := c.exec(ctx, finishDelivery, key.AccountID[:], key.EventID[:], key.WebhookID[:], micros(now), string(outcome))
	return n > 0, err
}

func (c conn) ReplayDelivery(ctx context.Context, key curfew.DeliveryKey, now time.Time) (bool, error) {
	n, err := c.exec(ctx, replayDelivery, key.AccountID[:], key.EventID[:], key.WebhookID[:], micros(now))
	return n > 0, err
}

func (c conn) InsertAttempt(ctx context.Context, a curfew.Attempt) error {
	_, err := c.exec(ctx, insertAttempt, a.AccountID[:], a.EventID[:], a.WebhookID[:], a.Number, micros(a.At), a.Milliseconds, a.Status, a.Error)
	return err
}

func (c conn) Attempts(ctx context.Context, key curfew.DeliveryKey) (all []curfew.Attempt, err error) {
	err = c.each(ctx, selectAttempts, func(scan func(...any) error) error {
		var a curfew.Attempt
		err := scan(idInto{&a.AccountID}, idInto{&a.EventID}, idInto{&a.WebhookID}, &a.Number, timeInto{&a.At}, &a.Milliseconds, &a.Status, &a.Error)
		all = append(all, a)
		return err
	}, key.AccountID[:], key.EventID[:], key.WebhookID[:])
	return all, err
}

func (c conn) AnyOverdue(ctx context.Context, by time.Time, limit int) (upTo time.Time, err error) {
	scan := func(scan func(...any) error) (t time.Time, err error) { return t, scan(timeInto{&t}) }
	first, err := one(c.row(ctx, lastOverdue, micros(by), 0), scan)
	if err != nil {
		return first, err
	}
	last, err := one(c.row(ctx, lastOverdue, micros(by), limit-1), scan)
	if errors.Is(err, curfew.ErrNotFound) {
		return by, nil // fewer than that
	}
	return last, err
}

func (c conn) TakeOverdue(ctx context.Context, by, now time.Time, again time.Duration) (keys []curfew.DeliveryKey, err error) {
	err = c.each(ctx, takeOverdue, func(scan func(...any) error) error {
		var k curfew.DeliveryKey
		err := scan(idInto{&k.AccountID}, idInto{&k.EventID}, idInto{&k.WebhookID})
		keys = append(keys, k)
		return err
	}, micros(by), micros(now), again.Microseconds())
	return keys, err
}

func (c conn) Deliveries(ctx context.Context, webhookID curfew.ID, filter authority.DeliveryFilter) (all []curfew.Delivery, err error) {
	before := filter.Before
	if before.IsZero() {
		before = curfew.LastID
	}
	which, outcome := "", ""
	if filter.Outcome != nil {
		which, outcome = "one", string(*filter.Outcome)
	}
	err = c.each(ctx, selectDeliveries, func(scan func(...any) error) error {
		d, err := scanDelivery(scan)
		all = append(all, d)
		return err
	}, webhookID[:], before[:], filter.From[:], which, outcome, filter.Limit)
	return all, err
}

func (c conn) Backlogs(ctx context.Context) ([]curfew.Backlog, error) {
	return c.backlogs(ctx, selectBacklog)
}

func (c conn) backlogs(ctx context.Context, q *query, args ...any) (all []curfew.Backlog, err error) {
	err = c.each(ctx, q, func(scan func(...any) error) error {
		var b curfew.Backlog
		err := scan(idInto{&b.WebhookID}, &b.Waiting, timeInto{&b.Oldest})
		all = append(all, b)
		return err
	}, args...)
	return all, err
}

func (c conn) NextToldWebhook(ctx context.Context, after curfew.ID) (curfew.ID, error) {
	return one(c.row(ctx, nextToldWebhook, after[:]), func(scan func(...any) error) (id curfew.ID, err error) {
		return id, scan(idInto{&id})
	})
}

func (c conn) OldDeliveries(ctx context.Context, webhookID, below curfew.ID, all bool, limit int) (last curfew.ID, looked int, err error) {
	err = c.each(ctx, oldDeliveries, func(scan func(...any) error) error {
		looked++
		return scan(idInto{&last})
	}, webhookID[:], below[:], bit(all), limit)
	return last, looked, err
}

func (c conn) WaitingDeliveries(ctx context.Context, webhookID, after curfew.ID, limit int) (last curfew.ID, looked int, err error) {
	err = c.each(ctx, waitingDeliveries, func(scan func(...any) error) error {
		looked++
		return scan(idInto{&last})
	}, webhookID[:], after[:], limit)
	return last, looked, err
}

func (c conn) DropDeliveries(ctx context.Context, webhookID, after, upTo curfew.ID, now, soon time.Time) (int, error) {
	n, err := c.exec(ctx, dropDeliveries, webhookID[:], after[:], upTo[:], micros(now), micros(soon), string(curfew.OutcomeTooMany),
		micros(now.Add(now.Sub(soon))))
	return int(n), err
}

func (c conn) ForgetDeliveries(ctx context.Context, webhookID, upTo curfew.ID, all bool) (int, error) {
	n, err := c.exec(ctx, forgetDelivery, webhookID[:], upTo[:], bit(all))
	return int(n), err
}

func (c conn) ForgetAttempts(ctx context.Context, before time.Time) (int, error) {
	n, err := c.exec(ctx, forgetAttempts, micros(before))
	return int(n), err
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
