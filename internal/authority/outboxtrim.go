package authority

import (
	"context"
	"log/slog"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// MostDeliveriesWaiting is how many deliveries may wait for one endpoint: what a
// dead one is told in a few hours of a large installation, or in its three days
// of a small one.
const MostDeliveriesWaiting = 100_000

// DeliveryTrim drops the oldest deliveries that wait for an endpoint where there
// are too many: an endpoint that answers nobody would else fill the database for
// three days. What is dropped stays listed, with its own outcome, and can be
// replayed. One goroutine uses it.
type DeliveryTrim struct {
	Store Store
	Now   func() time.Time
	Log   *slog.Logger
	// Most is how many may wait for one endpoint.
	Most int64
}

// Pass drops what is too much, and returns how many deliveries that were.
func (d *DeliveryTrim) Pass(ctx context.Context, turn Turn) (dropped int, err error) {
	if err := turn(ctx); err != nil {
		return 0, err
	}
	var backlogs []curfew.Backlog
	if err := d.Store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		backlogs, err = r.Backlogs(ctx)
		return err
	}); err != nil {
		return 0, err
	}
	for _, b := range backlogs {
		if b.Waiting <= d.Most {
			continue
		}
		n, err := d.webhook(ctx, turn, b)
		if dropped += n; n > 0 {
			d.Log.WarnContext(ctx, "more deliveries wait for a webhook than are kept, and the oldest were dropped: 'curfew webhooks deliveries' lists them",
				"webhook", b.WebhookID.String(), "dropped", n)
		}
		if err != nil {
			return dropped, err
		}
	}
	return dropped, nil
}

// webhook drops the oldest of what waits for one endpoint, but for those that
// somebody is telling it of at this moment.
func (d *DeliveryTrim) webhook(ctx context.Context, turn Turn, b curfew.Backlog) (dropped int, err error) {
	after := firstIDAfter(b.Oldest.Add(-2 * time.Millisecond))
	for excess := int(b.Waiting - d.Most); dropped < excess; {
		if err := turn(ctx); err != nil {
			return dropped, err
		}
		var last curfew.ID
		var looked, n int
		if err := d.Store.View(ctx, func(ctx context.Context, r Reader) (err error) {
			last, looked, err = r.WaitingDeliveries(ctx, b.WebhookID, after, min(excess-dropped, retentionChunk))
			return err
		}); err != nil || looked == 0 {
			return dropped, err
		}
		now := d.Now()
		if err := d.Store.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx Tx) (err error) {
			n, err = tx.DropDeliveries(ctx, b.WebhookID, after, last, now, now.Add(claimFor+clocksApart))
			return err
		}); err != nil {
			return dropped, err
		}
		dropped, after = dropped+n, last
	}
	return dropped, nil
}
