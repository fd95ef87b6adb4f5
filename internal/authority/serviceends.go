package authority

import (
	"context"
	"errors"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// What a product sees and ends of the sessions of its accounts. Where an owner
// would do the same, it is the owner's use case that does it.

// ServiceSessions lists the sessions of a product's account, of one person of it
// where user is not "".
func (a *Authority) ServiceSessions(ctx context.Context, actor curfew.Actor, account, user string, status SessionStatus,
	page Page[SessionKey]) (list List[curfew.Standing, SessionKey], now time.Time, err error) {
	actor, err = a.ServiceAccount(ctx, actor, account)
	if err != nil {
		return list, now, err
	}
	filter := SessionFilter{Status: status}
	if user != "" {
		id, err := a.personOf(ctx, actor.AccountID, user)
		if err != nil {
			return list, now, err
		}
		filter.UserID = &id
	}
	return a.Sessions(ctx, actor, filter, page)
}

// personOf finds the person of a product's own id. What is found stays so: ids
// of people never change.
func (a *Authority) personOf(ctx context.Context, accountID curfew.ID, externalID string) (id curfew.ID, err error) {
	err = curfew.ErrNotFound
	if validExternalID(externalID) {
		err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
			user, err := r.UserOf(ctx, accountID, externalID)
			id = user.ID
			return err
		})
	}
	if errors.Is(err, curfew.ErrNotFound) {
		err = noSuchPerson()
	}
	return id, err
}

func noSuchPerson() error {
	return curfew.NewError(curfew.KindNotFound,
		"There is no person with this external id in the account. PUT /api/v1/service/accounts/{account}/users/{user} makes one.")
}

// ServiceRevocation ends many sessions of a product's account.
type ServiceRevocation struct {
	Scope Scope
	// KeepUser is the product's own id of the person whose sessions ScopeOthers
	// leaves alone.
	KeepUser string
	// Reason is the product's own word for the audit log.
	Reason string
}

// ServiceRevokeSessions ends every session of a product's account, or every one
// but those of a person, and returns how many were active.
func (a *Authority) ServiceRevokeSessions(ctx context.Context, actor curfew.Actor, from curfew.Origin, account string, in ServiceRevocation) (int, error) {
	var f fields
	switch {
	case in.Scope != ScopeAll && in.Scope != ScopeOthers:
		f.add("scope", "scope must be all or others")
	case in.Scope == ScopeOthers && in.KeepUser == "":
		f.add("keep_user", "keep_user is required where scope is others")
	case in.Scope == ScopeAll && in.KeepUser != "":
		f.add("keep_user", "keep_user is only for the scope others")
	}
	in.Reason = f.text("reason", in.Reason, maxReasonLength)
	if err := f.err(); err != nil {
		return 0, err
	}
	actor, err := a.ServiceAccount(ctx, actor, account)
	if err != nil {
		return 0, err
	}
	var keep curfew.ID
	if in.Scope == ScopeOthers {
		if keep, err = a.personOf(ctx, actor.AccountID, in.KeepUser); err != nil {
			return 0, err
		}
	}
	ended, err := a.revokeSessions(ctx, actor, from, in.Scope, keep, in.Reason)
	return ended.Count, err
}

// ServiceRevokeUserSessions ends every session of one person, and returns how
// many were active.
func (a *Authority) ServiceRevokeUserSessions(ctx context.Context, actor curfew.Actor, from curfew.Origin, account, user, reason string) (int, error) {
	var f fields
	reason = f.text("reason", reason, maxReasonLength)
	if err := f.err(); err != nil {
		return 0, err
	}
	actor, err := a.ServiceAccount(ctx, actor, account)
	if err != nil {
		return 0, err
	}
	id, err := a.personOf(ctx, actor.AccountID, user)
	if err != nil {
		return 0, err
	}
	return a.revokeUserSessions(ctx, actor, from, id, reason)
}
