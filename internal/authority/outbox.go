package authority

import (
	"context"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// WebhookReader reads endpoints and what they were told of.
type WebhookReader interface {
	// Webhook is one endpoint; Webhooks are all, oldest first.
	Webhook(ctx context.Context, id curfew.ID) (curfew.Webhook, error)
	Webhooks(ctx context.Context) ([]curfew.Webhook, error)
	// Delivery is one delivery, over or not; Attempts what came of it so far.
	Delivery(ctx context.Context, key curfew.DeliveryKey) (curfew.Delivery, error)
	Attempts(ctx context.Context, key curfew.DeliveryKey) ([]curfew.Attempt, error)
	// FirstInOrder is the event that an endpoint has to be told of next, of
	// those about a subject.
	FirstInOrder(ctx context.Context, accountID, webhookID, subject curfew.ID) (curfew.ID, error)
	// AnyOverdue finds whether there are deliveries that somebody had to look
	// after by a time, and gives the time by which about limit of them were.
	AnyOverdue(ctx context.Context, by time.Time, limit int) (upTo time.Time, err error)
	// Deliveries lists those to an endpoint, newest first.
	Deliveries(ctx context.Context, webhookID curfew.ID, filter DeliveryFilter) ([]curfew.Delivery, error)
	// Backlogs say how much waits for which endpoint.
	Backlogs(ctx context.Context) ([]curfew.Backlog, error)
	// NextToldWebhook is the first endpoint after an id that deliveries are kept
	// of, whether or not it still is one. OldDeliveries looks at some of them, of
	// events below an id: those that are over, or all.
	NextToldWebhook(ctx context.Context, after curfew.ID) (curfew.ID, error)
	OldDeliveries(ctx context.Context, webhookID, below curfew.ID, all bool, limit int) (last curfew.ID, looked int, err error)
	// WaitingDeliveries looks at some of those to an endpoint that wait, of events
	// above an id: the oldest.
	WaitingDeliveries(ctx context.Context, webhookID, after curfew.ID, limit int) (last curfew.ID, looked int, err error)
	// AccountsWithExpired looks at most at limit accounts after an id, nil for
	// all, for sessions whose deadline passed after a time and by another.
	// Expired gives at most limit such sessions of one, after an id.
	AccountsWithExpired(ctx context.Context, after *curfew.ID, from, by time.Time, limit int) (Look, error)
	Expired(ctx context.Context, accountID, after curfew.ID, from, by time.Time, limit int) ([]curfew.Standing, error)
}

// WebhookTx changes endpoints, and writes what they are to be told of.
type WebhookTx interface {
	InsertWebhook(ctx context.Context, w curfew.Webhook) error
	// UpdateWebhook stores everything of an endpoint; false when there is none.
	UpdateWebhook(ctx context.Context, w curfew.Webhook) (bool, error)
	DeleteWebhook(ctx context.Context, id curfew.ID) (bool, error)
	// ToldExpired notes up to when an endpoint was told of what expired.
	ToldExpired(ctx context.Context, id curfew.ID, until time.Time) error

	// Tell writes a delivery for each endpoint that wants to know of an event.
	// One that was written before is left as it is.
	Tell(ctx context.Context, e curfew.Telling) error
	// ClaimDelivery counts an attempt at a delivery, and keeps others from it
	// until a time; ErrNotFound when it is over, not due or not the first in
	// order, or somebody else is at it.
	ClaimDelivery(ctx context.Context, key curfew.DeliveryKey, now, until time.Time) (curfew.Delivery, error)
	// RetryDelivery sets when the next attempt is due, FinishDelivery ends a
	// delivery, ReplayDelivery begins one anew that was over.
	RetryDelivery(ctx context.Context, key curfew.DeliveryKey, at time.Time) error
	FinishDelivery(ctx context.Context, key curfew.DeliveryKey, outcome curfew.Outcome, now time.Time) (bool, error)
	ReplayDelivery(ctx context.Context, key curfew.DeliveryKey, now time.Time) (bool, error)
	InsertAttempt(ctx context.Context, a curfew.Attempt) error
	// TakeOverdue gives the deliveries that somebody had to look after by a time,
	// and leaves them to the caller for a while.
	TakeOverdue(ctx context.Context, by, now time.Time, again time.Duration) ([]curfew.DeliveryKey, error)
	// DropDeliveries ends those to an endpoint that wait, of events above one id
	// and up to another, as too many. It leaves those whose next attempt is due
	// between now and soon: somebody may be at it.
	DropDeliveries(ctx context.Context, webhookID, after, upTo curfew.ID, now, soon time.Time) (int, error)
	// ForgetDeliveries drops those to an endpoint of events up to an id that are
	// over, or all; ForgetAttempts drops attempts of before a time.
	ForgetDeliveries(ctx context.Context, webhookID, upTo curfew.ID, all bool) (int, error)
	ForgetAttempts(ctx context.Context, before time.Time) (int, error)
}

// DeliveryFilter picks deliveries.
type DeliveryFilter struct {
	// Before and From bound their events' ids, Before without itself; zero for no
	// bound.
	Before, From curfew.ID
	// Outcome, when not nil, is that of all.
	Outcome *curfew.Outcome
	Limit   int
}
