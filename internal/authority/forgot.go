package authority

import (
	"context"
	"errors"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/throttle"
)

// Forgot has a link to a new password mailed to the person of an address.
// Whether there is such a person is looked at after the answer, so that neither
// the answer nor its time tells (ASVS 6.3.8).
func (a *Authority) Forgot(ctx context.Context, from curfew.Origin, email string) error {
	if a.Mailer == nil {
		return curfew.NewError(curfew.KindNotFound, "This installation sends no mail. Ask an owner of your account for a link to a new password.")
	}
	var f fields
	email = f.email("email", email)
	if err := f.err(); err != nil {
		return err
	}
	name := loginName(email)
	if err := a.passForgot(ctx, from, name); err != nil {
		return err
	}
	if !a.Mailer.Later(LetterReset, func(ctx context.Context) (Letter, error) { return a.writeReset(ctx, from, name) }) {
		return &curfew.Error{Kind: curfew.KindUnavailable, Detail: "Too much mail is waiting to be sent. Try again in a minute.",
			RetryAfter: time.Minute, Cause: errors.New("the mail queue is full")}
	}
	return nil
}

// passForgot charges a request by address and by name. Nothing is given back:
// there is no right answer that would prove the person.
func (a *Authority) passForgot(ctx context.Context, from curfew.Origin, name string) error {
	if a.ThrottleOff {
		return nil
	}
	verdict, err := a.charge(ctx, throttle.ForgotBuckets(a.throttleKey[:], address(from), name), a.now())
	if err != nil || verdict.OK {
		return err
	}
	// Under the zero account: whose name it is, is looked at after the answer.
	return alsoFailed(rateLimited(verdict.RetryAfter),
		a.auditThrottled(ctx, from, "request of "+a.nameDigest(name), a.unmailed(curfew.User{}, name, "throttled")))
}

// writeReset makes the link of a name's person and the letter that brings it.
// For a name that nobody has it does as much, and gives none. The letter goes
// to the stored address, never to what was typed.
func (a *Authority) writeReset(ctx context.Context, from curfew.Origin, name string) (letter Letter, err error) {
	cred, err := a.credential(ctx, name)
	if err != nil {
		return nil, err
	}
	about := cred.user.ID.String()
	if cred.user.ID.IsZero() {
		about = "name " + a.nameDigest(name)
	}
	now := a.now()
	ok, err := a.mayMail(ctx, resetMailLimit, LetterReset, about)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, a.auditThrottled(ctx, from, "mail to "+a.nameDigest(name), a.unmailed(cred.user, name, "too_many"))
	}
	err = a.Store.InTx(ctx, cred.user.AccountID, func(ctx context.Context, tx Tx) (err error) {
		letter = nil
		if cred.user.ID.IsZero() {
			return write(ctx, tx, from, now, a.unmailed(curfew.User{}, name, "unknown_login_name"))
		}
		user, err := tx.User(ctx, cred.user.AccountID, cred.user.ID)
		if err != nil {
			return err
		}
		account, err := tx.Account(ctx, user.AccountID)
		if err != nil {
			return err
		}
		if cause := unmailable(user, account); cause != "" {
			return write(ctx, tx, from, now, a.unmailed(user, name, cause))
		}
		link, err := a.issueReset(ctx, tx, now, user, curfew.ZeroID)
		if err != nil {
			return err
		}
		letter = ResetLetter{To: user.Email, Name: user.Name, AccountName: account.Name, URL: link.URL, ExpiresAt: link.ExpiresAt}
		return write(ctx, tx, from, now, event{account: user.AccountID, action: audit.UserPasswordResetRequest,
			resource: "user", id: user.ID, details: detail("mailed", true)})
	})
	if err != nil {
		return nil, err
	}
	return letter, nil
}

// unmailed is the event of a request that brought nobody a link. Of a name that
// nobody has only a keyed digest is kept.
func (a *Authority) unmailed(user curfew.User, name, cause string) event {
	e := event{account: user.AccountID, action: audit.UserPasswordResetRequest, details: detail("mailed", false).Set("cause", cause)}
	if user.ID.IsZero() {
		e.details.Set("login_name_digest", a.nameDigest(name))
	} else {
		e.resource, e.id = "user", user.ID
	}
	return e
}

// unmailable is why a person gets no link to a new password, or "".
func unmailable(user curfew.User, account curfew.Account) string {
	switch {
	case user.Disabled():
		return "disabled"
	case account.NoLocalSignIn:
		return localSignInOff
	case user.PasswordHash == "":
		return "no_password"
	default:
		return ""
	}
}
