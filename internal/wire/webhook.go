package wire

// WebhookRequest is an endpoint that is to be told of events.
type WebhookRequest struct {
	URL    string   `json:"url" doc:"Where events are sent: https, at most 2048 bytes, without a user, password or fragment. What it may not reach says CURFEW_WEBHOOK_ALLOW." example:"https://app.example.com/hooks/curfew"`
	Events []string `json:"events" doc:"Which events: session.started, session.ended, session.expired, policy.updated, sessions.revoked_bulk." example:"[\"session.ended\",\"sessions.revoked_bulk\"]"`
}

// WebhookPatch changes an endpoint.
type WebhookPatch struct {
	URL      Optional[string] `json:"url,omitzero" nullable:"false" doc:"Where events are sent from now on."`
	Events   []string         `json:"events,omitempty" doc:"Which events it is told of from now on."`
	Disabled Optional[bool]   `json:"disabled,omitzero" nullable:"false" doc:"Whether it is told of nothing. What happens while it is disabled it is not told of afterwards either."`
}

// Webhook is an endpoint that is told of events.
type Webhook struct {
	ID                 string   `json:"id" doc:"The endpoint's id." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	URL                string   `json:"url" doc:"Where events are sent." example:"https://app.example.com/hooks/curfew"`
	Events             []string `json:"events" doc:"Which events it is told of."`
	Disabled           bool     `json:"disabled" doc:"Whether it is told of nothing."`
	DisabledReason     *string  `json:"disabled_reason" enum:"request,gone" nullable:"true" doc:"request: somebody asked for it. gone: it answered 410. null while it is not disabled."`
	CreatedAt          Time     `json:"created_at" doc:"When it was made."`
	UpdatedAt          Time     `json:"updated_at" doc:"When it was last changed."`
	PreviousValidUntil *Time    `json:"previous_valid_until" nullable:"true" doc:"Until when the secret before this one signs too; null when it does not."`
}

// NewWebhook is an endpoint with its secret.
type NewWebhook struct {
	ID     string   `json:"id" doc:"The endpoint's id." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	URL    string   `json:"url" doc:"Where events are sent." example:"https://app.example.com/hooks/curfew"`
	Events []string `json:"events" doc:"Which events it is told of."`
	Secret string   `json:"secret" doc:"What signs its events. It is shown this once." example:"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"`
}

// WebhookList are all endpoints.
type WebhookList struct {
	Items      []Webhook `json:"items" doc:"The endpoints, oldest first."`
	NextCursor *string   `json:"next_cursor" nullable:"true" doc:"Always null: there are at most 20."`
}

// WebhookSecret is a new secret of an endpoint.
type WebhookSecret struct {
	Secret             string `json:"secret" doc:"What signs its events from now on. It is shown this once." example:"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"`
	PreviousValidUntil Time   `json:"previous_valid_until" doc:"Until when the secret before this one signs too."`
}
