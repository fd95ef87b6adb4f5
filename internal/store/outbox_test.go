package store

import (
	"context"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// fillOutbox writes deliveries in every state, with text that is hard to copy.
func fillOutbox(ctx context.Context, tx authority.Tx, account curfew.ID) error {
	for _, text := range hostile {
		hook := curfew.Webhook{ID: curfew.NewID(copyTime), URL: text, Events: curfew.EventTypes, Sealed: []byte{0, 255}, CreatedAt: copyTime, UpdatedAt: copyTime, ExpiredUntil: copyTime}
		if err := tx.InsertWebhook(ctx, hook); err != nil {
			return err
		}
		told := curfew.Telling{AccountID: account, ID: curfew.NewID(copyTime), Type: curfew.EventSessionEnded, Subject: curfew.NewID(copyTime), OccurredAt: copyTime, Body: says(text)}
		if err := tx.Tell(ctx, told); err != nil {
			return err
		}
		key := curfew.DeliveryKey{AccountID: account, EventID: told.ID, WebhookID: hook.ID}
		if err := tx.InsertAttempt(ctx, curfew.Attempt{DeliveryKey: key, Number: 1, At: copyTime, Status: 500, Error: text}); err != nil {
			return err
		}
		if _, err := tx.FinishDelivery(ctx, key, curfew.OutcomeFailed, copyTime); err != nil {
			return err
		}
		hook.PreviousSealed, hook.PreviousUntil, hook.DisabledAt, hook.DisabledReason = hook.Sealed, copyTime, copyTime, curfew.DisabledGone
		if _, err := tx.UpdateWebhook(ctx, hook); err != nil {
			return err
		}
	}
	// One that is told of events, and one delivery that is on its way.
	hook := curfew.Webhook{ID: curfew.NewID(copyTime), URL: "https://hooks.example", Events: curfew.EventTypes, Sealed: []byte{1}, CreatedAt: copyTime, UpdatedAt: copyTime, ExpiredUntil: copyTime}
	if err := tx.InsertWebhook(ctx, hook); err != nil {
		return err
	}
	return tx.Tell(ctx, curfew.Telling{AccountID: account, ID: curfew.NewID(copyTime), Type: curfew.EventPolicyUpdated, Subject: account, OccurredAt: copyTime, Body: says("{}")})
}

// says is a body that is there already.
func says(text string) func() (string, error) { return func() (string, error) { return text, nil } }
