package authority

import (
	"context"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// event describes what is about to be written to an account's audit log.
type event struct {
	account  curfew.ID
	action   audit.Action
	actor    *audit.Actor
	resource string
	id       curfew.ID
	details  *audit.Details
}

// by is an actor as the audit log keeps it.
func by(actor curfew.Actor) *audit.Actor {
	id := actor.UserID
	if actor.Type != curfew.ActorUser { // a service, or an operator who proved to be one by a key
		id = actor.ServiceKeyID
	}
	return &audit.Actor{Type: actor.Type, ID: id, Name: actor.Name, Email: actor.Email}
}

// person is a user who acts, as the audit log keeps it.
func person(u curfew.User) *audit.Actor {
	return &audit.Actor{Type: curfew.ActorUser, ID: u.ID, Name: u.Name, Email: u.Email}
}

// write appends an event in the transaction of what it tells.
func write(ctx context.Context, tx Tx, from curfew.Origin, now time.Time, e event) error {
	details := e.details
	if details == nil {
		details = &audit.Details{}
	}
	raw, err := details.JSON()
	if err != nil {
		return err
	}
	return tx.Audit(ctx, audit.Event{
		AccountID: e.account, ID: curfew.NewID(now), OccurredAt: now, Action: e.action, Actor: e.actor,
		ResourceType: e.resource, ResourceID: e.id,
		RequestID: from.RequestID, IP: from.IP, UserAgent: audit.CleanUserAgent(from.UserAgent), Details: raw,
	})
}

// refused writes the event of a refusal in a transaction of its own: what was
// refused changed nothing. It is written also when the caller has gone away, or
// a guess could be made without a trace.
func (a *Authority) refused(ctx context.Context, from curfew.Origin, now time.Time, e event) error {
	ctx, release := staying(ctx)
	defer release()
	return a.Store.InTx(ctx, e.account, func(ctx context.Context, tx Tx) error { return write(ctx, tx, from, now, e) })
}

// noted adds what whoever did it has to say, if anything.
func noted(details *audit.Details, note string) *audit.Details {
	if note != "" {
		details.Set("reason", note)
	}
	return details
}

// detail starts a list of details.
func detail(name string, value any) *audit.Details { return new(audit.Details).Set(name, value) }
