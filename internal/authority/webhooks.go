package authority

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/token"
)

const (
	// MaxWebhooks is how many endpoints an installation has at most: each has
	// workers of its own, and its row of every event.
	MaxWebhooks = 20
	// webhookOverlap is how long an endpoint's previous secret signs too; of two
	// rotations within it, the oldest of the three ends at once.
	webhookOverlap = 24 * time.Hour
	// maxWebhookURL is how many bytes the URL of an endpoint has at most.
	maxWebhookURL = 2048
)

// NewWebhook is an endpoint that a service has told of events.
type NewWebhook struct {
	URL    string
	Events []string
}

// WebhookChange changes an endpoint; nil leaves as it is.
type WebhookChange struct {
	URL      *string
	Events   []string
	Disabled *bool
}

// CreateWebhook adds an endpoint, and returns the text of its secret, which is
// shown this once. It is refused, as an invalid request, where there are
// MaxWebhooks already.
func (a *Authority) CreateWebhook(ctx context.Context, actor curfew.Actor, from curfew.Origin, in NewWebhook) (w curfew.Webhook, secret string, err error) {
	now := a.now()
	w = curfew.Webhook{ID: curfew.NewID(now), CreatedAt: now, UpdatedAt: now, ExpiredUntil: now}
	var f fields
	w.URL = a.webhookURL(&f, in.URL)
	w.Events = f.events(in.Events)
	if err := f.err(); err != nil {
		return w, "", err
	}
	drawn := token.NewWebhookSecret()
	w.Sealed = a.Secrets.SealWebhookSecret(w.ID, drawn)
	err = a.Store.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx Tx) error {
		all, err := tx.Webhooks(ctx)
		if err != nil {
			return err
		}
		if len(all) >= MaxWebhooks {
			return curfew.Invalid("url", fmt.Sprintf("there are %d webhooks already: delete one first", MaxWebhooks))
		}
		if err := tx.InsertWebhook(ctx, w); err != nil {
			return err
		}
		return writeWebhook(ctx, tx, from, now, audit.WebhookCreate, by(actor), w)
	})
	return w, drawn.Text(), err
}

// webhookURL judges where an endpoint is, as far as its text tells.
func (a *Authority) webhookURL(f *fields, text string) string {
	switch {
	case len(text) > maxWebhookURL:
		f.add("url", fmt.Sprintf("url must be at most %d bytes", maxWebhookURL))
	case a.JudgeWebhookURL == nil:
		f.add("url", "url cannot be judged here")
	default:
		if err := a.JudgeWebhookURL(text); err != nil {
			f.add("url", "url "+err.Error())
		}
	}
	return text
}

// events reads the names of events: each once, in the order of the documentation.
func (f *fields) events(names []string) (events []curfew.EventType) {
	for _, name := range names {
		if !slices.Contains(curfew.EventTypes, curfew.EventType(name)) {
			f.add("events", "events must be of "+eventNames())
			return nil
		}
	}
	for _, e := range curfew.EventTypes {
		if slices.Contains(names, string(e)) {
			events = append(events, e)
		}
	}
	if len(events) == 0 {
		f.add("events", "events must name at least one of "+eventNames())
	}
	return events
}

func eventNames() string {
	names := make([]string, len(curfew.EventTypes))
	for i, e := range curfew.EventTypes {
		names[i] = string(e)
	}
	return strings.Join(names, ", ")
}

// writeWebhook audits what became of an endpoint. A path may be a secret, so of
// its URL only the host is told.
func writeWebhook(ctx context.Context, tx Tx, from curfew.Origin, now time.Time, action audit.Action, actor *audit.Actor, w curfew.Webhook) error {
	details := detail("host", hostOf(w.URL)).Set("events", w.Events).Set("disabled", w.Disabled())
	return write(ctx, tx, from, now, event{account: curfew.ZeroID, action: action, actor: actor, resource: "webhook", id: w.ID, details: details})
}

func hostOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return u.Host
}

// Webhooks lists all endpoints, oldest first.
func (a *Authority) Webhooks(ctx context.Context) (all []curfew.Webhook, err error) {
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		all, err = r.Webhooks(ctx)
		return err
	})
	return all, err
}

// changeWebhook changes an endpoint in a transaction of its own, and audits it
// where fn says so.
func (a *Authority) changeWebhook(ctx context.Context, actor *audit.Actor, from curfew.Origin, id curfew.ID, action audit.Action, fn func(w *curfew.Webhook, now time.Time) (changed bool, err error)) (w curfew.Webhook, err error) {
	now := a.now()
	err = a.Store.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx Tx) error {
		if w, err = tx.Webhook(ctx, id); err != nil {
			return noWebhook(err)
		}
		if changed, err := fn(&w, now); err != nil || !changed {
			return err
		}
		w.UpdatedAt = now
		if _, err := tx.UpdateWebhook(ctx, w); err != nil {
			return err
		}
		return writeWebhook(ctx, tx, from, now, action, actor, w)
	})
	return w, err
}

func noWebhook(err error) error {
	if errors.Is(err, curfew.ErrNotFound) {
		return curfew.NewError(curfew.KindNotFound, "There is no such webhook.")
	}
	return err
}

// UpdateWebhook changes where an endpoint is, which events it is told of, or
// whether it is told at all.
func (a *Authority) UpdateWebhook(ctx context.Context, actor curfew.Actor, from curfew.Origin, id curfew.ID, in WebhookChange) (curfew.Webhook, error) {
	return a.changeWebhook(ctx, by(actor), from, id, audit.WebhookUpdate, func(w *curfew.Webhook, now time.Time) (bool, error) {
		before := *w
		var f fields
		if in.URL != nil {
			w.URL = a.webhookURL(&f, *in.URL)
		}
		if in.Events != nil {
			w.Events = f.events(in.Events)
		}
		if err := f.err(); err != nil {
			return false, err
		}
		if in.Disabled != nil && *in.Disabled != w.Disabled() {
			w.DisabledAt, w.DisabledReason = time.Time{}, ""
			if *in.Disabled {
				w.DisabledAt, w.DisabledReason = now, curfew.DisabledByRequest
			}
		}
		// What expired while nobody wanted to know is not told afterwards.
		if w.Wants(curfew.EventSessionExpired) && !before.Wants(curfew.EventSessionExpired) {
			w.ExpiredUntil = now
		}
		return w.URL != before.URL || !slices.Equal(w.Events, before.Events) || w.Disabled() != before.Disabled(), nil
	})
}

// RotateWebhookSecret gives an endpoint a new secret, and returns its text. The
// one in use so far signs too for a while.
func (a *Authority) RotateWebhookSecret(ctx context.Context, actor curfew.Actor, from curfew.Origin, id curfew.ID) (w curfew.Webhook, secret string, err error) {
	drawn := token.NewWebhookSecret()
	w, err = a.changeWebhook(ctx, by(actor), from, id, audit.WebhookRotate, func(w *curfew.Webhook, now time.Time) (bool, error) {
		w.PreviousSealed, w.PreviousUntil = w.Sealed, now.Add(webhookOverlap)
		w.Sealed = a.Secrets.SealWebhookSecret(w.ID, drawn)
		return true, nil
	})
	return w, drawn.Text(), err
}

// disableGone disables an endpoint that said that it is gone.
func (a *Authority) disableGone(ctx context.Context, id curfew.ID) error {
	actor := by(system(curfew.ZeroID))
	_, err := a.changeWebhook(ctx, actor, curfew.Origin{}, id, audit.WebhookDisable, func(w *curfew.Webhook, now time.Time) (bool, error) {
		if w.Disabled() {
			return false, nil
		}
		w.DisabledAt, w.DisabledReason = now, curfew.DisabledGone
		return true, nil
	})
	return err
}

// DeleteWebhook removes an endpoint; not found where there is none. What it was
// not told of yet it never is.
func (a *Authority) DeleteWebhook(ctx context.Context, actor curfew.Actor, from curfew.Origin, id curfew.ID) error {
	now := a.now()
	return a.Store.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx Tx) error {
		w, err := tx.Webhook(ctx, id)
		if err != nil {
			return noWebhook(err)
		}
		if _, err := tx.DeleteWebhook(ctx, id); err != nil {
			return err
		}
		return writeWebhook(ctx, tx, from, now, audit.WebhookDelete, by(actor), w)
	})
}

// ResealWebhooks seals secrets anew that were sealed under a previous secret of
// the installation, so that that one can be dropped. With nothing to do it
// writes nothing.
func (a *Authority) ResealWebhooks(ctx context.Context) error {
	stale := func(w curfew.Webhook) bool {
		return !a.Secrets.IsCurrent(w.Sealed) || w.PreviousSealed != nil && !a.Secrets.IsCurrent(w.PreviousSealed)
	}
	all, err := a.Webhooks(ctx)
	if err != nil || !slices.ContainsFunc(all, stale) {
		return err
	}
	return a.Store.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx Tx) error {
		all, err := tx.Webhooks(ctx)
		if err != nil {
			return err
		}
		for _, w := range all {
			if !stale(w) {
				continue
			}
			if err := errors.Join(a.reseal(w.ID, &w.Sealed), a.reseal(w.ID, &w.PreviousSealed)); err != nil {
				return fmt.Errorf("cannot open the secret of webhook %s: %w", w.ID, err)
			}
			if _, err := tx.UpdateWebhook(ctx, w); err != nil {
				return err
			}
		}
		return nil
	})
}

func (a *Authority) reseal(id curfew.ID, sealed *[]byte) error {
	if *sealed == nil {
		return nil
	}
	secret, err := a.Secrets.OpenWebhookSecret(id, *sealed)
	if err == nil {
		*sealed = a.Secrets.SealWebhookSecret(id, secret)
	}
	return err
}
