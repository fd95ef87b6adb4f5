package service

import (
	"context"
	"net/http"
	"time"
)

// What webhooks are told of.
const (
	EventSessionStarted      = "session.started"
	EventSessionEnded        = "session.ended"
	EventSessionExpired      = "session.expired"
	EventPolicyUpdated       = "policy.updated"
	EventSessionsRevokedBulk = "sessions.revoked_bulk"
)

// Webhook is an endpoint that is told of events.
type Webhook struct {
	ID       string   `json:"id"`
	URL      string   `json:"url"`
	Events   []string `json:"events"`
	Disabled bool     `json:"disabled"`
	// DisabledReason is request or gone, "" while it is not disabled.
	DisabledReason string    `json:"disabled_reason"`
	CreatedAt      time.Time `json:"created_at"`
	UpdatedAt      time.Time `json:"updated_at"`
	// PreviousValidUntil is until when the secret before this one signs too.
	PreviousValidUntil *time.Time `json:"previous_valid_until"`
}

// NewWebhook is an endpoint with the secret that signs its events (Standard
// Webhooks). It is shown this once.
type NewWebhook struct {
	ID     string   `json:"id"`
	URL    string   `json:"url"`
	Events []string `json:"events"`
	Secret string   `json:"secret"` // whsec_...
}

const webhooksPath = "/api/v1/service/webhooks"

func webhookPath(id string) (string, error) {
	id, err := escaped(id)
	return webhooksPath + "/" + id, err
}

// Webhooks lists all endpoints, oldest first. Scope webhooks:write, as for all
// that follow.
func (c *Client) Webhooks(ctx context.Context) ([]Webhook, error) {
	var out struct {
		Items []Webhook `json:"items"`
	}
	_, err := c.call(ctx, request{method: http.MethodGet, path: webhooksPath, again: true}, &out)
	return out.Items, err
}

// CreateWebhook makes an endpoint.
func (c *Client) CreateWebhook(ctx context.Context, url string, events ...string) (NewWebhook, error) {
	var out NewWebhook
	body := struct {
		URL    string   `json:"url"`
		Events []string `json:"events"`
	}{url, events}
	_, err := c.call(ctx, request{method: http.MethodPost, path: webhooksPath, body: body}, &out)
	return out, err
}

// UpdateWebhook is a change of an endpoint; what is left out stays as it is.
type UpdateWebhook struct {
	URL      string   `json:"url,omitempty"`
	Events   []string `json:"events,omitempty"`
	Disabled *bool    `json:"disabled,omitempty"`
}

// UpdateWebhook changes an endpoint.
func (c *Client) UpdateWebhook(ctx context.Context, id string, in UpdateWebhook) (Webhook, error) {
	var out Webhook
	path, err := webhookPath(id)
	if err != nil {
		return out, err
	}
	_, err = c.call(ctx, request{method: http.MethodPatch, path: path, body: in}, &out)
	return out, err
}

// DeleteWebhook removes an endpoint.
func (c *Client) DeleteWebhook(ctx context.Context, id string) error {
	path, err := webhookPath(id)
	if err != nil {
		return err
	}
	_, err = c.call(ctx, request{method: http.MethodDelete, path: path, again: true}, nil)
	return err
}

// NewWebhookSecret is a secret that signs from now on. The one before it signs
// too until a time.
type NewWebhookSecret struct {
	Secret             string    `json:"secret"`
	PreviousValidUntil time.Time `json:"previous_valid_until"`
}

// RotateWebhookSecret gives an endpoint another secret.
func (c *Client) RotateWebhookSecret(ctx context.Context, id string) (NewWebhookSecret, error) {
	var out NewWebhookSecret
	path, err := webhookPath(id)
	if err != nil {
		return out, err
	}
	_, err = c.call(ctx, request{method: http.MethodPost, path: path + "/rotate-secret"}, &out)
	return out, err
}
