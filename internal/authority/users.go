package authority

import (
	"context"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// Users lists the account's people by name, to an owner.
func (a *Authority) Users(ctx context.Context, actor curfew.Actor, page Page[UserKey]) (list List[UserView, UserKey], err error) {
	now := a.now()
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		if _, err := caller(ctx, r, actor, now, curfew.RoleOwner); err != nil {
			return err
		}
		list, err = r.UserList(ctx, actor.AccountID, now, page)
		return err
	})
	return list, err
}

// UpdateUser changes a person's role, or disables or enables them. Who is
// demoted or disabled is signed out everywhere. An account keeps at least one
// enabled owner.
func (a *Authority) UpdateUser(ctx context.Context, actor curfew.Actor, from curfew.Origin, id curfew.ID, change UserChange) (view UserView, err error) {
	var f fields
	if change.Role != nil {
		f.role("role", *change.Role)
	}
	if err := f.err(); err != nil {
		return view, err
	}
	now := a.now()
	err = a.Store.InLog(ctx, actor.AccountID, func(ctx context.Context, tx Tx) error {
		if _, err := caller(ctx, tx, actor, now, curfew.RoleOwner); err != nil {
			return err
		}
		user, err := tx.User(ctx, actor.AccountID, id)
		if err != nil {
			return notFound(err, "person")
		}
		if err := changeUser(ctx, tx, actor, from, now, user, change); err != nil {
			return err
		}
		view, err = userView(ctx, tx, actor.AccountID, id, now)
		return err
	})
	return view, err
}

func changeUser(ctx context.Context, tx Tx, actor curfew.Actor, from curfew.Origin, now time.Time, user curfew.User, change UserChange) error {
	role := change.Role != nil && *change.Role != user.Role
	disabled := change.Disabled != nil && *change.Disabled != user.Disabled()
	loses := role && *change.Role == curfew.RoleMember || disabled && *change.Disabled

	// Of two owners who demote each other one is too late: the account's
	// transactions come one after the other. Nothing is written before a
	// refusal, which would undo what others commit in the same transaction. A
	// product knows who works where, and its accounts may have no owner at all.
	if loses && actor.Type != curfew.ActorService {
		if err := keepsAnOwner(ctx, tx, user); err != nil {
			return err
		}
	}
	if role {
		if err := write(ctx, tx, from, now, event{account: user.AccountID, action: audit.UserRoleChange, actor: by(actor), resource: "user",
			id: user.ID, details: detail("old", string(user.Role)).Set("new", string(*change.Role))}); err != nil {
			return err
		}
	}
	if disabled {
		action := audit.UserEnable
		if *change.Disabled {
			action = audit.UserDisable
		}
		if err := write(ctx, tx, from, now, event{account: user.AccountID, action: action, actor: by(actor), resource: "user", id: user.ID}); err != nil {
			return err
		}
	}
	if role {
		if err := tx.SetUserRole(ctx, user.AccountID, user.ID, *change.Role); err != nil {
			return err
		}
	}
	if disabled {
		at := time.Time{}
		if *change.Disabled {
			at = now
		}
		if err := tx.SetUserDisabled(ctx, user.AccountID, user.ID, at); err != nil {
			return err
		}
	}
	if !loses {
		return nil
	}
	reason := curfew.ReasonRoleChanged
	if disabled && *change.Disabled {
		reason = curfew.ReasonUserDisabled
	}
	_, err := endUser(ctx, tx, user.ID, Raising{At: now, Reason: reason, Actor: actor})
	return err
}

// keepsAnOwner refuses to take an account's last enabled owner away.
func keepsAnOwner(ctx context.Context, tx Tx, leaving curfew.User) error {
	owners, err := tx.Owners(ctx, leaving.AccountID)
	if err != nil {
		return err
	}
	others := 0
	for _, o := range owners {
		if o.ID != leaving.ID {
			others++
		}
	}
	if leaving.Role == curfew.RoleOwner && !leaving.Disabled() && others == 0 {
		return curfew.NewError(curfew.KindLastOwner, "This is the account's last owner. Make somebody else an owner first.")
	}
	return nil
}

func userView(ctx context.Context, r Reader, accountID, id curfew.ID, now time.Time) (view UserView, err error) {
	if view.User, err = r.User(ctx, accountID, id); err != nil {
		return view, err
	}
	view.SessionCount, err = r.ActiveSessions(ctx, accountID, id, now)
	return view, err
}

// Me is the caller's own person.
func (a *Authority) Me(ctx context.Context, actor curfew.Actor) (view UserView, err error) {
	now := a.now()
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		if _, err := caller(ctx, r, actor, now, curfew.RoleMember); err != nil {
			return err
		}
		view, err = userView(ctx, r, actor.AccountID, actor.UserID, now)
		return err
	})
	return view, err
}

// RenameMe changes the caller's own name.
func (a *Authority) RenameMe(ctx context.Context, actor curfew.Actor, from curfew.Origin, name string, ifVersion *int64) (view UserView, err error) {
	var f fields
	name = f.name("name", name)
	if err := f.err(); err != nil {
		return view, err
	}
	now := a.now()
	err = a.Store.InTx(ctx, actor.AccountID, func(ctx context.Context, tx Tx) error {
		if _, err := caller(ctx, tx, actor, now, curfew.RoleMember); err != nil {
			return err
		}
		user, err := tx.User(ctx, actor.AccountID, actor.UserID)
		if err != nil {
			return err
		}
		if err := stale(ifVersion, user.Version); err != nil {
			return err
		}
		if user.Name != name {
			if err := tx.RenameUser(ctx, user.AccountID, user.ID, name); err != nil {
				return err
			}
			if err := write(ctx, tx, from, now, event{account: user.AccountID, action: audit.UserUpdate, actor: by(actor), resource: "user",
				id: user.ID, details: detail("old", user.Name).Set("new", name)}); err != nil {
				return err
			}
		}
		view, err = userView(ctx, tx, actor.AccountID, actor.UserID, now)
		return err
	})
	return view, err
}

// ChangePassword sets a new password after a look at the current one, and ends
// the person's other sessions (ASVS 6.2.3, 7.4.3).
func (a *Authority) ChangePassword(ctx context.Context, actor curfew.Actor, from curfew.Origin, current, next string) error {
	var user curfew.User
	var account curfew.Account
	err := a.Store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		if _, err = caller(ctx, r, actor, a.now(), curfew.RoleMember); err != nil {
			return err
		}
		if user, err = r.User(ctx, actor.AccountID, actor.UserID); err != nil {
			return err
		}
		account, err = r.Account(ctx, actor.AccountID)
		return err
	})
	if err != nil {
		return err
	}
	var f fields
	if current == "" {
		f.add("current_password", "current_password must not be empty")
	}
	f.check(a.PasswordRules.Check("new_password", next, user.Email, user.Name, account.Name))
	if err := f.err(); err != nil {
		return err
	}
	gate, err := a.passGate(ctx, from, loginName(user.Email), user, "")
	if err != nil {
		return err
	}
	ok, err := a.Passwords.Verify(ctx, user.PasswordHash, current)
	if err != nil {
		return alsoFailed(err, a.refund(ctx, gate))
	}
	if !ok {
		return alsoFailed(wrongCurrent(), a.refused(ctx, from, a.now(), event{account: user.AccountID, action: audit.AccessDenied, actor: by(actor),
			resource: "user", id: user.ID, details: detail("operation", "change-password").Set("cause", "wrong_current")}))
	}
	hash, err := a.Passwords.Hash(ctx, next)
	if err != nil {
		return alsoFailed(err, a.refund(ctx, gate))
	}
	err = a.storePassword(ctx, actor, from, user, hash)
	switch {
	case err == nil:
		a.passed(ctx, gate)
		a.mailPassword(from, account, user, false)
	case curfew.KindOf(err) == curfew.KindUnavailable: // the password was right
		err = alsoFailed(err, a.refund(ctx, gate))
	}
	return err
}

func wrongCurrent() error {
	return curfew.Invalid("current_password", "current_password is not right")
}

func (a *Authority) storePassword(ctx context.Context, actor curfew.Actor, from curfew.Origin, user curfew.User, hash string) error {
	now := a.now()
	return a.Store.InLog(ctx, user.AccountID, func(ctx context.Context, tx Tx) error {
		stored, err := tx.User(ctx, user.AccountID, user.ID)
		if err != nil {
			return err
		}
		if stored.PasswordHash != user.PasswordHash { // changed since it was checked
			return wrongCurrent()
		}
		if err := tx.SetPassword(ctx, user.AccountID, user.ID, hash); err != nil {
			return err
		}
		revoked, err := endUser(ctx, tx, user.ID, Raising{At: now, Reason: curfew.ReasonPasswordChanged, Actor: actor}, actor)
		if err != nil {
			return err
		}
		return write(ctx, tx, from, now, event{account: user.AccountID, action: audit.UserPasswordChange, actor: by(actor), resource: "user",
			id: user.ID, details: detail("revoked_count", revoked)})
	})
}
