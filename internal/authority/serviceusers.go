package authority

import (
	"context"
	"errors"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// PutUser is a person as a product knows them.
type PutUser struct {
	Name, Email string
	Role        curfew.Role
	// Disabled is nil where the product says nothing of it: it stays as it is.
	Disabled *bool
}

// PutUser makes the person of a product's own id, or changes them, and reports
// whether they were made. Who is demoted or disabled is signed out everywhere.
// Such a person has no password here, and shares their address with whoever has
// it elsewhere.
func (a *Authority) PutUser(ctx context.Context, actor curfew.Actor, from curfew.Origin, account, externalID string, in PutUser) (user curfew.User, created bool, err error) {
	var f fields
	f.externalID("user", externalID)
	in.Name, in.Email = f.name("name", in.Name), f.email("email", in.Email)
	f.role("role", in.Role)
	if err := f.err(); err != nil {
		return user, false, err
	}
	if actor, err = a.ServiceAccount(ctx, actor, account); err != nil {
		return user, false, err
	}
	now := a.now()
	put := func(ctx context.Context, tx Tx, mayEnd bool) (postponed bool, err error) {
		user, err = tx.UserOf(ctx, actor.AccountID, externalID)
		if created = errors.Is(err, curfew.ErrNotFound); created {
			user = curfew.User{AccountID: actor.AccountID, ID: curfew.NewID(now), ExternalID: externalID, CreatedAt: now, Version: 1}
			return false, insertServiceUser(ctx, tx, actor, from, now, &user, in)
		}
		if err != nil || in.takesAway(user) && !mayEnd {
			return true, err
		}
		return false, changeServiceUser(ctx, tx, actor, from, now, &user, in)
	}
	// Only what ends sessions goes the way of endings, on which all wait for all.
	postponed := false
	err = a.Store.InTx(ctx, actor.AccountID, func(ctx context.Context, tx Tx) error {
		postponed, err = put(ctx, tx, false)
		return err
	})
	if err == nil && postponed {
		err = a.Store.InLog(ctx, actor.AccountID, func(ctx context.Context, tx Tx) error {
			_, err := put(ctx, tx, true)
			return err
		})
	}
	return user, created, err
}

// takesAway reports whether a person loses what they have.
func (in PutUser) takesAway(user curfew.User) bool {
	return user.Role == curfew.RoleOwner && in.Role != curfew.RoleOwner || !user.Disabled() && in.Disabled != nil && *in.Disabled
}

// insertServiceUser stores a new person of a product, without a login name.
func insertServiceUser(ctx context.Context, tx Tx, actor curfew.Actor, from curfew.Origin, now time.Time, user *curfew.User, in PutUser) error {
	user.Name, user.Email, user.Role = in.Name, in.Email, in.Role
	if _, err := tx.InsertUser(ctx, *user, ""); err != nil {
		return err
	}
	if err := write(ctx, tx, from, now, event{account: user.AccountID, action: audit.UserCreate, actor: by(actor), resource: "user", id: user.ID,
		details: detail("name", user.Name).Set("email", user.Email).Set("role", string(user.Role)).Set("external_id", user.ExternalID)}); err != nil {
		return err
	}
	if in.Disabled == nil || !*in.Disabled {
		return nil
	}
	user.DisabledAt = now
	if err := tx.SetUserDisabled(ctx, user.AccountID, user.ID, now); err != nil {
		return err
	}
	return write(ctx, tx, from, now, event{account: user.AccountID, action: audit.UserDisable, actor: by(actor), resource: "user", id: user.ID})
}

// changeServiceUser makes a person what the product says they are.
func changeServiceUser(ctx context.Context, tx Tx, actor curfew.Actor, from curfew.Origin, now time.Time, user *curfew.User, in PutUser) error {
	if user.Name != in.Name || user.Email != in.Email {
		if err := tx.SetUserDetails(ctx, user.AccountID, user.ID, in.Name, in.Email); err != nil {
			return err
		}
		details := &audit.Details{}
		if user.Name != in.Name {
			details.Set("old", user.Name).Set("new", in.Name)
		}
		if user.Email != in.Email {
			details.Set("old_email", user.Email).Set("new_email", in.Email)
		}
		if err := write(ctx, tx, from, now, event{account: user.AccountID, action: audit.UserUpdate, actor: by(actor), resource: "user",
			id: user.ID, details: details}); err != nil {
			return err
		}
	}
	if err := changeUser(ctx, tx, actor, from, now, *user, UserChange{Role: &in.Role, Disabled: in.Disabled}); err != nil {
		return err
	}
	changed, err := tx.User(ctx, user.AccountID, user.ID)
	*user = changed
	return err
}
