package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/wire"
)

// WebhookVerbs are the verbs about endpoints that are told of events.
type WebhookVerbs interface {
	CreateWebhook(ctx context.Context, actor curfew.Actor, from curfew.Origin, in authority.NewWebhook) (w curfew.Webhook, secret string, err error)
	Webhooks(ctx context.Context) ([]curfew.Webhook, error)
	UpdateWebhook(ctx context.Context, actor curfew.Actor, from curfew.Origin, id curfew.ID, in authority.WebhookChange) (curfew.Webhook, error)
	RotateWebhookSecret(ctx context.Context, actor curfew.Actor, from curfew.Origin, id curfew.ID) (w curfew.Webhook, secret string, err error)
	DeleteWebhook(ctx context.Context, actor curfew.Actor, from curfew.Origin, id curfew.ID) error
}

const webhooksPath = "/api/v1/service/webhooks"

func (a *API) registerWebhooks() {
	op := func(id, method, path, summary, description string) operation {
		return operation{ID: id, Method: method, Path: path, Tag: tagServices, Need: service, Scope: curfew.ScopeWebhooksWrite,
			Summary: summary, Description: description}
	}
	create := op("createWebhook", http.MethodPost, webhooksPath, "Add a webhook",
		"Has an endpoint told of events, from now on, signed as Standard Webhooks. Its secret is shown this once.")
	create.Status = http.StatusCreated
	register(a, create, a.createWebhook)
	register(a, op("listWebhooks", http.MethodGet, webhooksPath, "List webhooks", "Lists all endpoints, oldest first."), a.listWebhooks)
	register(a, op("updateWebhook", http.MethodPatch, webhooksPath+"/{id}", "Change a webhook",
		"Changes where an endpoint is, which events it is told of, or whether it is told at all. Members that are absent stay as they are."), a.updateWebhook)
	register(a, op("rotateWebhookSecret", http.MethodPost, webhooksPath+"/{id}/rotate-secret", "Give a webhook a new secret",
		"Makes a secret that signs from now on. For 24 hours the one before it signs too."), a.rotateWebhookSecret)
	register(a, op("deleteWebhook", http.MethodDelete, webhooksPath+"/{id}", "Remove a webhook",
		"Has an endpoint told of nothing any more, also of what it was not told of yet."), a.deleteWebhook)
}

func (a *API) createWebhook(ctx context.Context, actor curfew.Actor, from curfew.Origin, in *struct{ Body wire.WebhookRequest }) (*struct{ Body wire.NewWebhook }, error) {
	w, secret, err := a.Authority.CreateWebhook(ctx, actor, from, authority.NewWebhook{URL: in.Body.URL, Events: in.Body.Events})
	if err != nil {
		return nil, err
	}
	return &struct{ Body wire.NewWebhook }{wire.NewWebhook{ID: w.ID.String(), URL: w.URL, Events: eventNames(w.Events), Secret: secret}}, nil
}

func (a *API) listWebhooks(ctx context.Context, _ curfew.Actor, _ curfew.Origin, _ *empty) (*struct{ Body wire.WebhookList }, error) {
	all, err := a.Authority.Webhooks(ctx)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body wire.WebhookList }{wire.WebhookList{Items: make([]wire.Webhook, len(all))}}
	for i, w := range all {
		out.Body.Items[i] = webhookOf(w, a.Now())
	}
	return out, nil
}

func webhookOf(w curfew.Webhook, now time.Time) wire.Webhook {
	out := wire.Webhook{ID: w.ID.String(), URL: w.URL, Events: eventNames(w.Events), Disabled: w.Disabled(),
		CreatedAt: wire.At(w.CreatedAt), UpdatedAt: wire.At(w.UpdatedAt)}
	if w.Disabled() {
		out.DisabledReason = &w.DisabledReason
	}
	if now.Before(w.PreviousUntil) {
		until := wire.At(w.PreviousUntil)
		out.PreviousValidUntil = &until
	}
	return out
}

// eventNames are events as they travel.
func eventNames(names []curfew.EventType) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = string(name)
	}
	return out
}

type webhookPatchIn struct {
	ID   string `path:"id" doc:"The id."`
	Body wire.WebhookPatch
}

func (a *API) updateWebhook(ctx context.Context, actor curfew.Actor, from curfew.Origin, in *webhookPatchIn) (*struct{ Body wire.Webhook }, error) {
	id, err := pathID(in.ID)
	if err != nil {
		return nil, err
	}
	change := authority.WebhookChange{Events: in.Body.Events}
	var refused []curfew.FieldError
	if in.Body.URL.Null {
		refused = append(refused, curfew.FieldError{Field: "url", Detail: "url must be a URL"})
	} else if in.Body.URL.Set {
		change.URL = &in.Body.URL.Value
	}
	if in.Body.Disabled.Null {
		refused = append(refused, curfew.FieldError{Field: "disabled", Detail: "disabled must be true or false"})
	} else if in.Body.Disabled.Set {
		change.Disabled = &in.Body.Disabled.Value
	}
	if len(refused) > 0 {
		return nil, curfew.InvalidFields(refused)
	}
	w, err := a.Authority.UpdateWebhook(ctx, actor, from, id, change)
	if err != nil {
		return nil, err
	}
	return &struct{ Body wire.Webhook }{webhookOf(w, a.Now())}, nil
}

func (a *API) rotateWebhookSecret(ctx context.Context, actor curfew.Actor, from curfew.Origin, in *idIn) (*struct{ Body wire.WebhookSecret }, error) {
	id, err := pathID(in.ID)
	if err != nil {
		return nil, err
	}
	w, secret, err := a.Authority.RotateWebhookSecret(ctx, actor, from, id)
	if err != nil {
		return nil, err
	}
	return &struct{ Body wire.WebhookSecret }{wire.WebhookSecret{Secret: secret, PreviousValidUntil: wire.At(w.PreviousUntil)}}, nil
}

func (a *API) deleteWebhook(ctx context.Context, actor curfew.Actor, from curfew.Origin, in *idIn) (*empty, error) {
	id, err := pathID(in.ID)
	if err != nil {
		return nil, err
	}
	return done(a.Authority.DeleteWebhook(ctx, actor, from, id))
}
