package authority

import (
	"context"
	"errors"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// deliveriesKept is for how long what was delivered, or could not be, is shown,
// and can be replayed.
const deliveriesKept = 30 * 24 * time.Hour

// DeliveryRetention forgets deliveries that are over for long, and all of an
// endpoint that is none any more. One goroutine uses it.
type DeliveryRetention struct {
	Store Store
	Now   func() time.Time
}

// Pass removes what is due, and returns how many deliveries that were.
func (d *DeliveryRetention) Pass(ctx context.Context, turn Turn) (removed int, err error) {
	before := d.Now().Add(-deliveriesKept)
	for after := curfew.ZeroID; ; {
		if err := turn(ctx); err != nil {
			return removed, err
		}
		var known bool
		err := d.Store.View(ctx, func(ctx context.Context, r Reader) (err error) {
			if after, err = r.NextToldWebhook(ctx, after); err != nil {
				return err
			}
			_, err = r.Webhook(ctx, after)
			known = err == nil
			return ignoreNotFound(err)
		})
		if errors.Is(err, curfew.ErrNotFound) {
			break
		}
		if err != nil {
			return removed, err
		}
		below := firstIDAfter(before)
		if !known {
			below = firstIDAfter(d.Now())
		}
		n, err := d.webhook(ctx, turn, after, below, !known)
		removed += n
		if err != nil {
			return removed, err
		}
	}
	return removed, d.Store.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx Tx) error {
		_, err := tx.ForgetAttempts(ctx, before)
		return err
	})
}

// webhook forgets the deliveries to one endpoint of events below an id: those
// that are over, or all.
func (d *DeliveryRetention) webhook(ctx context.Context, turn Turn, id, below curfew.ID, all bool) (removed int, err error) {
	for {
		if err := turn(ctx); err != nil {
			return removed, err
		}
		var last curfew.ID
		var looked int
		if err := d.Store.View(ctx, func(ctx context.Context, r Reader) (err error) {
			last, looked, err = r.OldDeliveries(ctx, id, below, all, retentionChunk)
			return err
		}); err != nil || looked == 0 {
			return removed, err
		}
		if err := d.Store.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx Tx) error {
			n, err := tx.ForgetDeliveries(ctx, id, last, all)
			removed += n
			return err
		}); err != nil {
			return removed, err
		}
		if looked < retentionChunk {
			return removed, nil
		}
	}
}

// Deliveries lists what an endpoint was told, newest first.
func (a *Authority) Deliveries(ctx context.Context, webhookID curfew.ID, filter DeliveryFilter) (all []curfew.Delivery, err error) {
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		if _, err := r.Webhook(ctx, webhookID); err != nil {
			return noWebhook(err)
		}
		all, err = r.Deliveries(ctx, webhookID, filter)
		return err
	})
	return all, err
}

// Attempts gives what came of a delivery so far.
func (a *Authority) Attempts(ctx context.Context, key curfew.DeliveryKey) (all []curfew.Attempt, err error) {
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		all, err = r.Attempts(ctx, key)
		return err
	})
	return all, err
}

// FindDeliveries gives the deliveries of an event, to every endpoint.
func (a *Authority) FindDeliveries(ctx context.Context, event curfew.ID) (found []curfew.Delivery, err error) {
	hooks, err := a.Webhooks(ctx)
	if err != nil {
		return nil, err
	}
	before := event
	for i := len(before) - 1; i >= 0; i-- {
		if before[i]++; before[i] != 0 {
			break
		}
	}
	for _, w := range hooks {
		some, err := a.Deliveries(ctx, w.ID, DeliveryFilter{From: event, Before: before, Limit: 1})
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	return found, nil
}

// Replay begins deliveries anew that are over, and returns how many those were.
// A running server makes them at once.
func (a *Authority) Replay(ctx context.Context, deliveries []curfew.Delivery) (replayed int, err error) {
	now := a.now()
	for _, d := range deliveries {
		var again bool
		if err := a.Store.InTx(ctx, d.AccountID, func(ctx context.Context, tx Tx) (err error) {
			again, err = tx.ReplayDelivery(ctx, d.DeliveryKey, now)
			return err
		}); err != nil {
			return replayed, err
		}
		if again {
			replayed++
		}
	}
	return replayed, nil
}

// FirstEventAfter is an id above those of all events of before a time, and not
// above those of after it: what DeliveryFilter takes.
func FirstEventAfter(t time.Time) curfew.ID { return firstIDAfter(t.Add(-time.Millisecond)) }
