package store

import (
	"context"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

const webhookColumns = `id, url, events, sealed, previous_sealed, previous_until, created_at, updated_at, disabled_at, disabled_reason, expired_until`

func scanWebhook(scan func(...any) error) (w curfew.Webhook, err error) {
	var events string
	err = scan(idInto{&w.ID}, &w.URL, &events, &w.Sealed, &w.PreviousSealed, timeInto{&w.PreviousUntil}, timeInto{&w.CreatedAt},
		timeInto{&w.UpdatedAt}, timeInto{&w.DisabledAt}, &w.DisabledReason, timeInto{&w.ExpiredUntil})
	for word := range strings.FieldsSeq(events) {
		w.Events = append(w.Events, curfew.EventType(word))
	}
	return w, err
}

var (
	selectWebhook  = statement(`SELECT ` + webhookColumns + ` FROM webhooks WHERE id = $1`)
	selectWebhooks = statement(`SELECT ` + webhookColumns + ` FROM webhooks ORDER BY id`)
	insertWebhook  = statement(`INSERT INTO webhooks (id, url, events, sealed, created_at, updated_at, expired_until) VALUES ($1, $2, $3, $4, $5, $5, $5)`)
	updateWebhook  = statement(`UPDATE webhooks SET url = $2, events = $3, sealed = $4, previous_sealed = $5, previous_until = $6,
 updated_at = $7, disabled_at = $8, disabled_reason = $9, expired_until = $10 WHERE id = $1`)
	deleteWebhook = statement(`DELETE FROM webhooks WHERE id = $1`)
	// Two nodes may have told of what expired: the later time stays.
	toldExpired = statement(`UPDATE webhooks SET expired_until = $2 WHERE id = $1 AND expired_until < $2`)
)

func (c conn) Webhook(ctx context.Context, id curfew.ID) (curfew.Webhook, error) {
	return one(c.row(ctx, selectWebhook, id[:]), scanWebhook)
}

func (c conn) Webhooks(ctx context.Context) (all []curfew.Webhook, err error) {
	err = c.each(ctx, selectWebhooks, func(scan func(...any) error) error {
		w, err := scanWebhook(scan)
		all = append(all, w)
		return err
	})
	return all, err
}

func eventWords(events []curfew.EventType) string {
	words := make([]string, len(events))
	for i, e := range events {
		words[i] = string(e)
	}
	return strings.Join(words, " ")
}

func (c conn) InsertWebhook(ctx context.Context, w curfew.Webhook) error {
	_, err := c.exec(ctx, insertWebhook, w.ID[:], w.URL, eventWords(w.Events), w.Sealed, micros(w.CreatedAt))
	return err
}

func (c conn) UpdateWebhook(ctx context.Context, w curfew.Webhook) (bool, error) {
	n, err := c.exec(ctx, updateWebhook, w.ID[:], w.URL, eventWords(w.Events), w.Sealed, w.PreviousSealed, micros(w.PreviousUntil),
		micros(w.UpdatedAt), micros(w.DisabledAt), w.DisabledReason, micros(w.ExpiredUntil))
	return n > 0, err
}

func (c conn) DeleteWebhook(ctx context.Context, id curfew.ID) (bool, error) {
	n, err := c.exec(ctx, deleteWebhook, id[:])
	return n > 0, err
}

func (c conn) ToldExpired(ctx context.Context, id curfew.ID, until time.Time) error {
	_, err := c.exec(ctx, toldExpired, id[:], micros(until))
	return err
}
