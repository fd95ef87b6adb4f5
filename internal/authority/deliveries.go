package authority

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/token"
)

// The life of a delivery. The outbox is the truth of what is to be delivered;
// whatever hands deliveries to workers may forget or repeat them. Whoever claims
// one is alone with it for a while, and only the first about its subject that is
// not over can be claimed: so what is about one session arrives in order.

const (
	// claimFor is how long who claimed a delivery is left alone with it: longer
	// than an attempt takes.
	claimFor = 20 * time.Second
	// leaveAlone is how long a delivery that was looked after is left alone at
	// least.
	leaveAlone = 30 * time.Second
	// overdueChunk is how many are looked after at a time.
	overdueChunk = 500
	// longestRetryAfter bounds what an endpoint asks for.
	longestRetryAfter = 12 * time.Hour
)

// retryPauses are what comes between the attempts at a delivery: three days in
// all, after which it has failed.
var retryPauses = []time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour,
	4 * time.Hour, 8 * time.Hour, 8 * time.Hour, 12 * time.Hour, 12 * time.Hour, 12 * time.Hour, 12 * time.Hour,
}

// retryPause is what comes after a number of tries that failed; false after the
// last. An endpoint that asks for a longer pause gets it, up to a bound.
func retryPause(tries int, asked time.Duration) (time.Duration, bool) {
	if tries > len(retryPauses) {
		return 0, false
	}
	pause := retryPauses[tries-1]
	pause += rand.N(pause / 10) // not all at once
	return max(pause, min(asked, longestRetryAfter)), true
}

// ClaimedDelivery is an attempt that the caller is to make, alone.
type ClaimedDelivery struct {
	curfew.Delivery
	URL string
	// Secrets sign it, the newest first.
	Secrets []token.WebhookSecret
}

// Claim is the answer to who wants to make an attempt.
type Claim struct {
	// Delivery is to be attempted; nil when there is nothing to do now.
	Delivery *ClaimedDelivery
	// Again is when to ask once more; 0 for never.
	Again time.Duration
	// Next is what can be claimed now because this delivery is over.
	Next *curfew.DeliveryKey
}

// ClaimDelivery claims a delivery for one attempt, which is to end, and to be
// settled, within 20 seconds: then another may claim it. A delivery to an
// endpoint that is disabled or gone is dropped.
func (a *Authority) ClaimDelivery(ctx context.Context, key curfew.DeliveryKey) (c Claim, err error) {
	now := a.now()
	err = a.Store.InTx(ctx, key.AccountID, func(ctx context.Context, tx Tx) error {
		c = Claim{}
		d, err := tx.ClaimDelivery(ctx, key, now, now.Add(claimFor))
		if errors.Is(err, curfew.ErrNotFound) {
			c.Again, err = whyNotClaimed(ctx, tx, key, now)
			return err
		}
		if err != nil {
			return err
		}
		w, err := tx.Webhook(ctx, key.WebhookID)
		if err != nil && !errors.Is(err, curfew.ErrNotFound) {
			return err
		}
		if err != nil || w.Disabled() {
			c.Next, err = finishDelivery(ctx, tx, d, curfew.OutcomeDropped, now)
			return err
		}
		c.Delivery = &ClaimedDelivery{Delivery: d, URL: w.URL}
		c.Delivery.Secrets, err = a.webhookSecrets(w, now)
		return err
	})
	return c, err
}

// whyNotClaimed says when to ask again for a delivery that could not be claimed.
// Who waits for another about the same subject need not: when that is over, this
// one is next.
func whyNotClaimed(ctx context.Context, tx Tx, key curfew.DeliveryKey, now time.Time) (again time.Duration, err error) {
	d, err := tx.Delivery(ctx, key)
	if err != nil || !d.FinishedAt.IsZero() {
		return 0, ignoreNotFound(err)
	}
	first, err := tx.FirstInOrder(ctx, key.AccountID, key.WebhookID, d.Subject)
	if err != nil || first != key.EventID {
		return 0, ignoreNotFound(err)
	}
	return max(d.DueAt.Sub(now), time.Second), nil
}

// webhookSecrets opens the secrets that sign for an endpoint.
func (a *Authority) webhookSecrets(w curfew.Webhook, now time.Time) (secrets []token.WebhookSecret, err error) {
	sealed := [][]byte{w.Sealed}
	if now.Before(w.PreviousUntil) {
		sealed = append(sealed, w.PreviousSealed)
	}
	for _, one := range sealed {
		secret, err := a.Secrets.OpenWebhookSecret(w.ID, one)
		if err != nil {
			return nil, err
		}
		secrets = append(secrets, secret)
	}
	return secrets, nil
}

// finishDelivery ends a delivery, and gives the next about its subject.
func finishDelivery(ctx context.Context, tx Tx, d curfew.Delivery, outcome curfew.Outcome, now time.Time) (next *curfew.DeliveryKey, err error) {
	if _, err := tx.FinishDelivery(ctx, d.DeliveryKey, outcome, now); err != nil {
		return nil, err
	}
	id, err := tx.FirstInOrder(ctx, d.AccountID, d.WebhookID, d.Subject)
	if err != nil {
		return nil, ignoreNotFound(err)
	}
	next = &curfew.DeliveryKey{AccountID: d.AccountID, EventID: id, WebhookID: d.WebhookID}
	return next, tx.RetryDelivery(ctx, *next, now)
}

// Sent is what came of an attempt.
type Sent struct {
	At         time.Time
	Took       time.Duration
	Status     int    // of the answer; 0 for none
	Error      string // "" for success
	RetryAfter time.Duration
	Gone       bool // the endpoint says that it is gone for good
}

// Settled is what becomes of a delivery after an attempt.
type Settled struct {
	Outcome curfew.Outcome
	Again   time.Duration
	Next    *curfew.DeliveryKey
}

// SettleDelivery writes what came of an attempt. What the caller did is done,
// so it is written also when the caller has to stop.
func (a *Authority) SettleDelivery(ctx context.Context, d curfew.Delivery, sent Sent) (s Settled, err error) {
	ctx, release := staying(ctx)
	defer release()
	now := a.now()
	if sent.Gone {
		if err := a.disableGone(ctx, d.WebhookID); err != nil && curfew.KindOf(err) != curfew.KindNotFound {
			return s, err
		}
	}
	pause, more := retryPause(d.Tries, sent.RetryAfter)
	err = a.Store.InTx(ctx, d.AccountID, func(ctx context.Context, tx Tx) (err error) {
		s = Settled{}
		if err := tx.InsertAttempt(ctx, curfew.Attempt{DeliveryKey: d.DeliveryKey, Number: d.Attempts, At: sent.At,
			Milliseconds: sent.Took.Milliseconds(), Status: sent.Status, Error: sent.Error}); err != nil {
			return err
		}
		switch {
		case sent.Error == "":
			s.Outcome = curfew.OutcomeDelivered
		case sent.Gone || !more:
			s.Outcome = curfew.OutcomeFailed
		default:
			s.Again = pause
			return tx.RetryDelivery(ctx, d.DeliveryKey, now.Add(pause))
		}
		s.Next, err = finishDelivery(ctx, tx, d, s.Outcome, now)
		return err
	})
	return s, err
}

// OverdueDeliveries gives deliveries that nobody looks after: because who was to
// do it was killed, or was another process. Of several nodes that ask one gets
// each. More says that there may be more.
func (a *Authority) OverdueDeliveries(ctx context.Context) (keys []curfew.DeliveryKey, more bool, err error) {
	now := a.now()
	var upTo time.Time
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		upTo, err = r.AnyOverdue(ctx, now, overdueChunk)
		return err
	})
	if err != nil {
		return nil, false, ignoreNotFound(err)
	}
	err = a.Store.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx Tx) (err error) {
		keys, err = tx.TakeOverdue(ctx, upTo, now, leaveAlone)
		return err
	})
	return keys, len(keys) >= overdueChunk, err
}

// Backlogs say how much waits for which endpoint.
func (a *Authority) Backlogs(ctx context.Context) (all []curfew.Backlog, err error) {
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		all, err = r.Backlogs(ctx)
		return err
	})
	return all, err
}
