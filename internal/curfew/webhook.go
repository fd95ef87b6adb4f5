package curfew

import (
	"slices"
	"time"
)

// EventType names what webhooks are told of.
type EventType string

// The events.
const (
	EventSessionStarted      EventType = "session.started"
	EventSessionEnded        EventType = "session.ended"
	EventSessionExpired      EventType = "session.expired"
	EventPolicyUpdated       EventType = "policy.updated"
	EventSessionsRevokedBulk EventType = "sessions.revoked_bulk"
)

// EventTypes lists every event.
var EventTypes = []EventType{EventSessionStarted, EventSessionEnded, EventSessionExpired, EventPolicyUpdated, EventSessionsRevokedBulk}

// Webhook is an endpoint of another service that is told of events. It belongs
// to the installation.
type Webhook struct {
	ID     ID
	URL    string
	Events []EventType
	// Sealed is the secret that signs, sealed under the installation's own.
	// PreviousSealed is the one before it, which signs too until PreviousUntil.
	Sealed         []byte
	PreviousSealed []byte
	PreviousUntil  time.Time // zero where there is none
	CreatedAt      time.Time
	UpdatedAt      time.Time
	DisabledAt     time.Time // zero while it is told of events
	DisabledReason string
	// ExpiredUntil is up to when sessions that expired were told of.
	ExpiredUntil time.Time
}

// Disabled reports whether the endpoint is told of nothing.
func (w Webhook) Disabled() bool { return !w.DisabledAt.IsZero() }

// Wants reports whether the endpoint is to be told of an event.
func (w Webhook) Wants(e EventType) bool { return !w.Disabled() && slices.Contains(w.Events, e) }

// Why an endpoint is disabled.
const (
	DisabledByRequest = "request" // somebody asked for it
	DisabledGone      = "gone"    // it answered 410
)

// Telling is an event that webhooks are to be told of.
type Telling struct {
	AccountID ID
	ID        ID
	Type      EventType
	// Subject is what it is about: a session, or the account itself. What is
	// about the same subject arrives in the order in which it happened.
	Subject    ID
	OccurredAt time.Time
	// Body gives the JSON that is sent; it may be asked where nobody is told, too.
	Body func() (string, error)
}

// DeliveryKey names the delivery of an event to an endpoint.
type DeliveryKey struct{ AccountID, EventID, WebhookID ID }

// Delivery is an event on its way to an endpoint.
type Delivery struct {
	DeliveryKey
	Type      EventType
	Subject   ID
	CreatedAt time.Time
	Body      string
	// Attempts counts all; Tries those of the present run, which begins anew
	// when it is replayed.
	Attempts, Tries int
	DueAt           time.Time // when the next attempt is due
	FinishedAt      time.Time // zero while it is not
	Outcome         Outcome
}

// Outcome is what became of a delivery.
type Outcome string

// The outcomes.
const (
	OutcomeWaiting   Outcome = ""                 // it is on its way
	OutcomeDelivered Outcome = "delivered"        // the endpoint has answered with success
	OutcomeFailed    Outcome = "failed"           // it was tried for as long as deliveries are
	OutcomeDropped   Outcome = "dropped"          // the endpoint was disabled meanwhile
	OutcomeTooMany   Outcome = "dropped_too_many" // it was among the oldest of too many that waited
)

// Attempt is one attempt at a delivery.
type Attempt struct {
	DeliveryKey
	Number       int
	At           time.Time
	Milliseconds int64
	Status       int    // of the answer; 0 for none
	Error        string // why it was none, or no success
}

// Backlog is what an endpoint has not been told of yet.
type Backlog struct {
	WebhookID ID
	Waiting   int64
	Oldest    time.Time // zero where nothing waits
}
