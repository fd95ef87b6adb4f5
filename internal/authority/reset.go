package authority

import (
	"context"
	"crypto/subtle"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/token"
)

// resetLife is how long the link to a new password works (ASVS 6.4.1).
const resetLife = time.Hour

// CreateResetLink makes a link by which a person of the account sets a new
// password, for an owner to pass on. It is shown once and never stored.
func (a *Authority) CreateResetLink(ctx context.Context, actor curfew.Actor, from curfew.Origin, userID curfew.ID) (out NewResetLink, err error) {
	now := a.now()
	err = a.Store.InTx(ctx, actor.AccountID, func(ctx context.Context, tx Tx) error {
		if _, err := caller(ctx, tx, actor, now, curfew.RoleOwner); err != nil {
			return err
		}
		user, err := tx.User(ctx, actor.AccountID, userID)
		switch {
		case err != nil:
			return notFound(err, "person")
		case user.ID == actor.UserID: // or a session that somebody got hold of would be worth the password (ASVS 6.2.3)
			return curfew.NewError(curfew.KindInvalidRequest, "Nobody makes such a link for themselves. Change your password with the current one, or ask for a link by mail or from another owner.")
		case user.Disabled(): // the link would not work, and nobody would know why
			return curfew.NewError(curfew.KindInvalidRequest, "This person may not sign in. Enable them first, then make the link.")
		case user.PasswordHash == "":
			return curfew.NewError(curfew.KindNoPassword, "This person signs in without a password that is kept here.")
		}
		if account, err := tx.Account(ctx, actor.AccountID); err != nil {
			return err
		} else if account.NoLocalSignIn {
			return curfew.NewError(curfew.KindInvalidRequest, "The people of this account sign in in the product: no password is set here.")
		}
		if out, err = a.issueReset(ctx, tx, now, user, actor.UserID); err != nil {
			return err
		}
		return write(ctx, tx, from, now, event{account: user.AccountID, action: audit.UserResetLinkCreate, actor: by(actor),
			resource: "user", id: user.ID, details: detail("expires_at", out.ExpiresAt)})
	})
	return out, err
}

// issueReset makes a person's link to a new password, in place of any other.
func (a *Authority) issueReset(ctx context.Context, tx Tx, now time.Time, user curfew.User, maker curfew.ID) (NewResetLink, error) {
	link, hash := token.NewLink(token.LinkReset, user.AccountID, user.ID)
	reset := curfew.Reset{AccountID: user.AccountID, UserID: user.ID, SecretHash: hash,
		CreatedAt: now, CreatedBy: maker, ExpiresAt: now.Add(resetLife), UserEpoch: user.SessionEpoch}
	return NewResetLink{URL: a.PublicURL + "/reset#token=" + link, ExpiresAt: reset.ExpiresAt}, tx.InsertReset(ctx, reset)
}

// Reset tells the holder of a link whose password it is for, and spends nothing.
func (a *Authority) Reset(ctx context.Context, from curfew.Origin, link string) (ResetView, error) {
	gate, err := a.passAddress(ctx, from, "reset")
	if err != nil {
		return ResetView{}, err
	}
	open, err := a.openReset(ctx, from, link)
	if err != nil {
		return ResetView{}, err
	}
	return ResetView{Name: open.user.Name, Email: open.user.Email, ExpiresAt: open.reset.ExpiresAt}, a.refund(ctx, gate)
}

// openedReset is a link to a new password that works, and whose it is.
type openedReset struct {
	reset   curfew.Reset
	user    curfew.User
	maker   curfew.User // zero for a link that was asked for by mail
	account curfew.Account
}

// openReset is what a link leads to. One that does not work is audited: in the
// account of the person that it names, or under the zero account.
func (a *Authority) openReset(ctx context.Context, from curfew.Origin, link string) (o openedReset, err error) {
	now := a.now()
	accountID, userID, hash, parseErr := token.ParseLink(token.LinkReset, link)
	if parseErr == nil {
		err = a.Store.View(ctx, func(ctx context.Context, r Reader) (err error) {
			if o.reset, err = r.Reset(ctx, accountID, userID); err != nil {
				return ignoreNotFound(err)
			}
			if o.user, err = r.User(ctx, accountID, userID); err != nil {
				return err
			}
			if !o.reset.CreatedBy.IsZero() {
				if o.maker, err = r.User(ctx, accountID, o.reset.CreatedBy); err != nil {
					return err
				}
			}
			o.account, err = r.Account(ctx, accountID)
			return err
		})
	}
	if err != nil {
		return o, err
	}
	cause := "unknown_link"
	if parseErr == nil && !o.reset.UserID.IsZero() && subtle.ConstantTimeCompare(hash[:], o.reset.SecretHash[:]) == 1 {
		cause = o.broken(now)
	}
	if cause == "" {
		return o, nil
	}
	e := event{account: o.reset.AccountID, action: audit.AccessDenied, details: detail("operation", "reset").Set("cause", cause)}
	if !o.reset.UserID.IsZero() {
		e.resource, e.id = "user", o.reset.UserID
	}
	return o, alsoFailed(linkInvalid(), a.refused(ctx, from, now, e))
}

// broken is why a link that was the right one does not work any more, or "".
func (o openedReset) broken(now time.Time) string {
	switch {
	case !o.reset.UsedAt.IsZero():
		return "spent_link"
	case !now.Before(o.reset.ExpiresAt):
		return "late_link"
	case o.user.Disabled():
		return "disabled"
	case o.reset.UserEpoch != o.user.SessionEpoch:
		return "ended_link"
	case o.account.NoLocalSignIn:
		return localSignInOff
	case o.user.PasswordHash == "":
		return "no_password"
	case !o.reset.CreatedBy.IsZero() && (o.maker.Role != curfew.RoleOwner || o.maker.Disabled()):
		return "link_of_nobody"
	default:
		return ""
	}
}

// ResetPassword sets the password of a link's person, ends all their sessions
// (ASVS 7.4.3) and starts none. A refusal of the password does not spend the
// link.
func (a *Authority) ResetPassword(ctx context.Context, from curfew.Origin, link, password string) error {
	gate, err := a.passAddress(ctx, from, "reset-password")
	if err != nil {
		return err
	}
	open, err := a.openReset(ctx, from, link)
	if err != nil {
		return err
	}
	var f fields
	f.check(a.PasswordRules.Check("password", password, open.user.Email, open.user.Name, open.account.Name))
	if err := f.err(); err != nil {
		return alsoFailed(err, a.refund(ctx, gate))
	}
	hash, err := a.Passwords.Hash(ctx, password)
	if err != nil {
		return alsoFailed(err, a.refund(ctx, gate))
	}
	err = a.storeReset(ctx, from, open, hash)
	switch {
	case err == nil:
		a.passed(ctx, gate)
		a.mailPassword(from, open.account, open.user, true)
	case curfew.KindOf(err) == curfew.KindLinkInvalid: // it stopped working since it was looked at
		if _, again := a.openReset(ctx, from, link); again != nil {
			err = again // and audited
		}
	default: // the link was right
		err = alsoFailed(err, a.refund(ctx, gate))
	}
	return err
}

func (a *Authority) storeReset(ctx context.Context, from curfew.Origin, open openedReset, passwordHash string) error {
	user, now := open.user, a.now()
	return a.Store.InLog(ctx, user.AccountID, func(ctx context.Context, tx Tx) error {
		// The raise comes first: it locks the person, so that the link is held
		// against an epoch that nobody else raises meanwhile.
		actor := curfew.Actor{Type: curfew.ActorUser, AccountID: user.AccountID, UserID: user.ID}
		revoked, err := endUser(ctx, tx, user.ID, Raising{At: now, Reason: curfew.ReasonPasswordChanged, Actor: actor})
		if err != nil {
			return err
		}
		spent, err := tx.SpendReset(ctx, user.AccountID, user.ID, open.reset.SecretHash, now)
		if err != nil {
			return err
		}
		if !spent {
			return linkInvalid()
		}
		if err := tx.SetPassword(ctx, user.AccountID, user.ID, passwordHash); err != nil {
			return err
		}
		return write(ctx, tx, from, now, event{account: user.AccountID, action: audit.UserPasswordReset, actor: person(user),
			resource: "user", id: user.ID, details: detail("revoked_count", revoked).Set("link_by", open.reset.CreatedBy)})
	})
}
