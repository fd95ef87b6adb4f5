package authority

import (
	"context"
	"crypto/subtle"
	"errors"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/token"
)

// inviteLife is how long an invitation's link works.
const inviteLife = 7 * 24 * time.Hour

// CreateInvite makes an invitation and its link, which is shown once and never
// stored.
func (a *Authority) CreateInvite(ctx context.Context, actor curfew.Actor, from curfew.Origin, email string, role curfew.Role) (NewInvite, error) {
	var f fields
	email = f.email("email", email)
	f.role("role", role)
	if err := f.err(); err != nil {
		return NewInvite{}, err
	}
	now := a.now()
	invite := curfew.Invite{AccountID: actor.AccountID, ID: curfew.NewID(now), Email: email, Role: role,
		CreatedAt: now, CreatedBy: actor.UserID, ExpiresAt: now.Add(inviteLife)}
	link, hash := token.NewLink(token.LinkInvite, invite.AccountID, invite.ID)
	invite.SecretHash = hash
	var account curfew.Account
	err := a.Store.InTx(ctx, actor.AccountID, func(ctx context.Context, tx Tx) error {
		if _, err := caller(ctx, tx, actor, now, curfew.RoleOwner); err != nil {
			return err
		}
		var err error
		if account, err = tx.Account(ctx, invite.AccountID); err != nil {
			return err
		}
		if account.NoLocalSignIn {
			return curfew.NewError(curfew.KindInvalidRequest, "The people of this account sign in in the product, and are added there: nobody is invited here.")
		}
		// Only of this account is it told who is there; elsewhere the link
		// itself will say so to whoever holds it.
		if accountID, _, err := tx.LoginName(ctx, loginName(email)); err == nil && accountID == actor.AccountID {
			return emailTaken()
		} else if ignoreNotFound(err) != nil {
			return err
		}
		if err := tx.InsertInvite(ctx, invite); err != nil {
			return err
		}
		return write(ctx, tx, from, now, event{account: invite.AccountID, action: audit.InviteCreate, actor: by(actor),
			resource: "invite", id: invite.ID, details: detail("email", email).Set("role", string(role))})
	})
	if err != nil {
		return NewInvite{}, err
	}
	made := NewInvite{Invite: invite, URL: a.PublicURL + "/invite#token=" + link}
	made.Mailed = a.mailInvitation(ctx, account, actor, made)
	return made, nil
}

// Invites lists the invitations that can still be accepted, newest first.
func (a *Authority) Invites(ctx context.Context, actor curfew.Actor, page Page[InviteKey]) (list List[curfew.Invite, InviteKey], err error) {
	now := a.now()
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		if _, err := caller(ctx, r, actor, now, curfew.RoleOwner); err != nil {
			return err
		}
		list, err = r.InviteList(ctx, actor.AccountID, now, page)
		return err
	})
	return list, err
}

// DeleteInvite takes an invitation back; its link is dead at once.
func (a *Authority) DeleteInvite(ctx context.Context, actor curfew.Actor, from curfew.Origin, id curfew.ID) error {
	now := a.now()
	return a.Store.InTx(ctx, actor.AccountID, func(ctx context.Context, tx Tx) error {
		if _, err := caller(ctx, tx, actor, now, curfew.RoleOwner); err != nil {
			return err
		}
		invite, err := tx.Invite(ctx, actor.AccountID, id)
		if err != nil {
			return notFound(err, "invitation")
		}
		deleted, err := tx.DeleteInvite(ctx, actor.AccountID, id)
		if err != nil {
			return err
		}
		if !deleted {
			return notFound(curfew.ErrNotFound, "invitation")
		}
		return write(ctx, tx, from, now, event{account: actor.AccountID, action: audit.InviteDelete, actor: by(actor),
			resource: "invite", id: id, details: detail("email", invite.Email)})
	})
}

// Invitation tells the holder of a link what it is for, and spends nothing.
func (a *Authority) Invitation(ctx context.Context, from curfew.Origin, link string) (Invitation, error) {
	gate, err := a.passAddress(ctx, from, "invite")
	if err != nil {
		return Invitation{}, err
	}
	invite, account, err := a.openInvite(ctx, from, link)
	if err != nil {
		return Invitation{}, err
	}
	return Invitation{AccountName: account.Name, Email: invite.Email, Role: invite.Role, ExpiresAt: invite.ExpiresAt}, a.refund(ctx, gate)
}

func linkInvalid() error {
	return curfew.NewError(curfew.KindLinkInvalid, "This link does not work: it was used, taken back, or is too old. Ask for a new one.")
}

// openInvite is the open invitation of a link. Any other link is audited: in
// the account of the invitation that it names, or under the zero account.
func (a *Authority) openInvite(ctx context.Context, from curfew.Origin, link string) (invite curfew.Invite, account curfew.Account, err error) {
	now := a.now()
	var maker curfew.User
	accountID, id, hash, parseErr := token.ParseLink(token.LinkInvite, link)
	if parseErr == nil {
		err = a.Store.View(ctx, func(ctx context.Context, r Reader) (err error) {
			if invite, err = r.Invite(ctx, accountID, id); err != nil {
				return ignoreNotFound(err)
			}
			if maker, err = r.User(ctx, accountID, invite.CreatedBy); err != nil {
				return err
			}
			account, err = r.Account(ctx, accountID)
			return err
		})
	}
	if err != nil {
		return invite, account, err
	}
	cause := ""
	switch {
	case parseErr != nil || invite.ID.IsZero() || subtle.ConstantTimeCompare(hash[:], invite.SecretHash[:]) != 1:
		cause = "unknown_link"
	case !invite.AcceptedAt.IsZero():
		cause = "spent_link"
	case !now.Before(invite.ExpiresAt):
		cause = "late_link"
	case maker.Role != curfew.RoleOwner || maker.Disabled():
		cause = "link_of_nobody"
	case account.NoLocalSignIn:
		cause = localSignInOff
	default:
		return invite, account, nil
	}
	e := event{account: invite.AccountID, action: audit.AccessDenied, details: detail("operation", "invite").Set("cause", cause)}
	if !invite.ID.IsZero() {
		e.resource, e.id = "invite", invite.ID
	}
	return invite, account, alsoFailed(linkInvalid(), a.refused(ctx, from, now, e))
}

// AcceptInvite makes the invited person, and signs them in. A refusal of the
// name, the password or the address does not spend the link.
func (a *Authority) AcceptInvite(ctx context.Context, from curfew.Origin, in AcceptInvite) (Granted, error) {
	gate, err := a.passAddress(ctx, from, "accept-invite")
	if err != nil {
		return Granted{}, err
	}
	invite, account, err := a.openInvite(ctx, from, in.Token)
	if err != nil {
		return Granted{}, err
	}
	var f fields
	name := f.name("name", in.Name)
	f.check(a.PasswordRules.Check("password", in.Password, invite.Email, name, account.Name))
	if err := f.err(); err != nil {
		return Granted{}, alsoFailed(err, a.refund(ctx, gate))
	}
	hash, err := a.Passwords.Hash(ctx, in.Password)
	if err != nil {
		return Granted{}, alsoFailed(err, a.refund(ctx, gate))
	}
	now := a.now()
	user := curfew.User{AccountID: invite.AccountID, ID: curfew.NewID(now), Name: name, Email: invite.Email,
		Role: invite.Role, PasswordHash: hash, CreatedAt: now, Version: 1}
	var s started
	err = a.Store.InTx(ctx, invite.AccountID, func(ctx context.Context, tx Tx) error {
		open, err := tx.AcceptInvite(ctx, invite.AccountID, invite.ID, now)
		if err != nil {
			return err
		}
		if !open {
			return linkInvalid()
		}
		if err := write(ctx, tx, from, now, event{account: invite.AccountID, action: audit.InviteAccept, actor: person(user),
			resource: "invite", id: invite.ID, details: detail("email", invite.Email).Set("role", string(invite.Role))}); err != nil {
			return err
		}
		if err := insertUser(ctx, tx, from, now, user, person(user)); err != nil {
			return err
		}
		// The link was checked in this very transaction, so the account's
		// epoch of now is the one that came with what authenticated.
		account, err := tx.Account(ctx, invite.AccountID)
		if err != nil {
			return err
		}
		if account.NoLocalSignIn {
			return linkInvalid()
		}
		s, err = a.start(ctx, tx, from, now, birth{user: user, accountEpoch: account.SessionEpoch})
		if err == nil && !s.born {
			err = errors.New("authority: the account's epoch moved in the middle of a transaction")
		}
		return err
	})
	switch {
	case err == nil:
		a.passed(ctx, gate)
		err = a.endCookieSession(ctx, from, now, in.Cookie)
	case curfew.KindOf(err) == curfew.KindLinkInvalid: // spent or taken back since it was looked at
		if _, _, again := a.openInvite(ctx, from, in.Token); again != nil {
			err = again // and audited
		}
	default: // the link was right
		err = alsoFailed(err, a.refund(ctx, gate))
	}
	return a.signedIn(s, "", now, err)
}
