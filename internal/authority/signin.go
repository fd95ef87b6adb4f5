package authority

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// maxStarts is how often a sign-in starts over because what authenticated the
// person changed while it was checked.
const maxStarts = 3

func ignoreNotFound(err error) error {
	if errors.Is(err, curfew.ErrNotFound) {
		return nil
	}
	return err
}

func invalidCredentials() error {
	return curfew.NewError(curfew.KindInvalidCredentials, "The email address or the password is not right.")
}

// PublicConfig is what a sign-in page must know before anyone is signed in.
func (a *Authority) PublicConfig(ctx context.Context) (PublicConfig, error) {
	var any bool
	err := a.Store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		any, err = r.AnyAccount(ctx)
		return err
	})
	return PublicConfig{
		SignupAllowed: a.Signup == SignupOpen || a.Signup == SignupFirst && !any,
		SetupNeeded:   !any, PasswordMin: a.PasswordRules.MinLength, IdleMinutesDefault: a.Bounds.Idle.Default,
		MailEnabled: a.Mailer != nil,
	}, err
}

// SignUp creates an account and its owner, and signs the owner in.
func (a *Authority) SignUp(ctx context.Context, from curfew.Origin, in SignUp) (Granted, error) {
	if config, err := a.PublicConfig(ctx); err != nil {
		return Granted{}, err
	} else if !config.SignupAllowed {
		return Granted{}, signupClosed()
	}
	// Charged and not given back: nobody makes accounts by the hundred.
	if _, err := a.passAddress(ctx, from, "signup"); err != nil {
		return Granted{}, err
	}
	account, owner, err := a.newAccount(ctx, in.AccountName, in.Name, in.Email, in.Password)
	if err != nil {
		return Granted{}, err
	}
	now := account.CreatedAt
	var s started
	err = a.Store.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx Tx) error {
		if err := a.stillOpen(ctx, tx); err != nil {
			return err
		}
		if err := insertAccount(ctx, tx, from, account, owner, person(owner)); err != nil {
			return err
		}
		s, err = a.start(ctx, tx, from, now, birth{user: owner})
		if err == nil && !s.born {
			err = errors.New("authority: the first session of a new account was refused")
		}
		return err
	})
	if err == nil {
		err = a.endCookieSession(ctx, from, now, in.Cookie)
	}
	return a.signedIn(s, "", now, err)
}

// stillOpen looks once more, alone, whether an account may be created.
func (a *Authority) stillOpen(ctx context.Context, tx Tx) error {
	if a.Signup != SignupFirst {
		return nil
	}
	// Taking the bucket's row lets no two first sign-ups look at once.
	if _, err := tx.Throttle(ctx, sha256.Sum256([]byte("first sign-up"))); err != nil {
		return err
	}
	any, err := tx.AnyAccount(ctx)
	if err == nil && any {
		err = signupClosed()
	}
	return err
}

func signupClosed() error {
	return curfew.NewError(curfew.KindSignupClosed, "New accounts cannot be created here. Ask an owner of your account for an invitation.")
}

// newAccount judges what a new account and its owner are made of, and makes
// them, not yet stored.
func (a *Authority) newAccount(ctx context.Context, accountName, name, email, password string) (curfew.Account, curfew.User, error) {
	var f fields
	accountName = f.name("account_name", accountName)
	name = f.name("name", name)
	email = f.email("email", email)
	f.check(a.PasswordRules.Check("password", password, email, name, accountName))
	if err := f.err(); err != nil {
		return curfew.Account{}, curfew.User{}, err
	}
	hash, err := a.Passwords.Hash(ctx, password)
	if err != nil {
		return curfew.Account{}, curfew.User{}, err
	}
	now := a.now()
	account := curfew.Account{ID: curfew.NewID(now), Name: accountName, CreatedAt: now}
	return account, curfew.User{AccountID: account.ID, ID: curfew.NewID(now), Name: name, Email: email,
		Role: curfew.RoleOwner, PasswordHash: hash, CreatedAt: now, Version: 1}, nil
}

// insertAccount stores a new account with its first owner.
func insertAccount(ctx context.Context, tx Tx, from curfew.Origin, account curfew.Account, owner curfew.User, actor *audit.Actor) error {
	if err := tx.InsertAccount(ctx, account); err != nil {
		return err
	}
	if err := write(ctx, tx, from, account.CreatedAt, event{account: account.ID, action: audit.AccountCreate, actor: actor,
		resource: "account", id: account.ID, details: detail("name", account.Name)}); err != nil {
		return err
	}
	return insertUser(ctx, tx, from, account.CreatedAt, owner, actor)
}

// insertUser stores a new person with a login name of their own.
func insertUser(ctx context.Context, tx Tx, from curfew.Origin, now time.Time, user curfew.User, actor *audit.Actor) error {
	free, err := tx.InsertUser(ctx, user, loginName(user.Email))
	if err != nil {
		return err
	}
	if !free {
		return emailTaken()
	}
	return write(ctx, tx, from, now, event{account: user.AccountID, action: audit.UserCreate, actor: actor,
		resource: "user", id: user.ID, details: detail("name", user.Name).Set("email", user.Email).Set("role", string(user.Role))})
}

func emailTaken() error {
	return curfew.NewError(curfew.KindEmailTaken, "Somebody with this email address is there already.")
}

// check takes over what a password rule says.
func (f *fields) check(err error) {
	var e *curfew.Error
	if errors.As(err, &e) {
		*f = append(*f, e.Fields...)
	}
}

// signedIn is the end of every way to a new session.
func (a *Authority) signedIn(s started, browser string, now time.Time, err error) (Granted, error) {
	if err != nil {
		return Granted{}, err
	}
	granted, err := a.grant(s.standing, a.refreshTokens.Encode(s.refresh), true, now)
	if err != nil {
		return Granted{}, err
	}
	granted.Browser = a.browser(browser, s.standing.User, now)
	a.Observer.SignedIn("ok")
	return granted, nil
}

// SignIn starts a session for a person with a password. A wrong password, an
// unknown address and a disabled person get one answer, after the same work.
func (a *Authority) SignIn(ctx context.Context, from curfew.Origin, in SignIn) (Granted, error) {
	var f fields
	if in.Email == "" {
		f.add("email", "email must not be empty")
	}
	if in.Password == "" {
		f.add("password", "password must not be empty")
	}
	if err := f.err(); err != nil {
		return Granted{}, err
	}
	name := loginName(in.Email)
	cred, err := a.credential(ctx, name)
	if err != nil {
		return Granted{}, err
	}
	gate, err := a.passGate(ctx, from, name, cred.user, in.Browser)
	if err != nil {
		return Granted{}, err
	}
	for range maxStarts {
		ok, err := a.Passwords.Verify(ctx, cred.user.PasswordHash, in.Password)
		if err != nil { // nothing was judged
			return Granted{}, alsoFailed(err, a.refund(ctx, gate))
		}
		if !ok || cred.user.Disabled() || cred.noLocalSignIn {
			return Granted{}, a.refuseStart(ctx, from, cred.user, name, ok)
		}
		now := a.now()
		b := birth{user: cred.user, accountEpoch: cred.accountEpoch}
		if in.ByCookie {
			b.cookie = in.Cookie
		}
		s, err := a.begin(ctx, cred.user.AccountID, nil, func(ctx context.Context, tx Tx, room bool) (started, error) {
			b.room = room
			return a.start(ctx, tx, from, now, b)
		})
		if err != nil { // the guess was right
			return Granted{}, alsoFailed(a.refusedByLimit(ctx, from, cred.user, name, err), a.refund(ctx, gate))
		}
		if s.born {
			a.passed(ctx, gate)
			if in.ByCookie {
				err = a.endCookieSession(ctx, from, now, in.Cookie)
			}
			a.mailSignIn(from, s.standing, in.Browser)
			return a.signedIn(s, in.Browser, now, err)
		}
		if cred, err = a.credential(ctx, name); err != nil {
			return Granted{}, err
		}
	}
	return Granted{}, curfew.Unavailable(errors.New("authority: the credential kept changing during a sign-in"))
}

// localSignInOff is why somebody is refused whose account's product keeps
// sign-in to itself.
const localSignInOff = "local_sign_in_off"

// credential is what a password is checked against: the person of a login
// name, and the account's epoch read in the same moment. The zero user stands
// for nobody.
type credential struct {
	user         curfew.User
	accountEpoch int64
	// noLocalSignIn says that the account's people sign in elsewhere.
	noLocalSignIn bool
}

// credential reads as much for a name that nobody has, so that the time tells
// nothing.
func (a *Authority) credential(ctx context.Context, name string) (cred credential, err error) {
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		accountID, userID, err := r.LoginName(ctx, name)
		nobody := errors.Is(err, curfew.ErrNotFound)
		if err != nil && !nobody {
			return err
		}
		user, err := r.User(ctx, accountID, userID)
		if err != nil && !nobody {
			return err
		}
		account, err := r.Account(ctx, accountID)
		if nobody {
			return ignoreNotFound(err)
		}
		cred = credential{user, account.SessionEpoch, account.NoLocalSignIn}
		return err
	})
	return cred, err
}

// refuseStart audits a refused sign-in, in the person's account, or under the
// zero account for an address that nobody has. It returns the one answer to all.
func (a *Authority) refuseStart(ctx context.Context, from curfew.Origin, user curfew.User, name string, rightPassword bool) error {
	cause := "wrong_password"
	switch {
	case user.ID.IsZero():
		cause = "unknown_login_name"
	case rightPassword && user.Disabled():
		cause = "disabled"
	case rightPassword:
		cause = localSignInOff
	}
	a.Observer.SignedIn("refused")
	return alsoFailed(invalidCredentials(), a.refused(ctx, from, a.now(), a.startRefusal(user, name, cause)))
}

// refusedByLimit audits a sign-in that the limit on a person's sessions refused.
func (a *Authority) refusedByLimit(ctx context.Context, from curfew.Origin, user curfew.User, name string, err error) error {
	if curfew.KindOf(err) != curfew.KindSessionLimit {
		return err
	}
	a.Observer.SignedIn("refused")
	return alsoFailed(err, a.refused(ctx, from, a.now(), a.startRefusal(user, name, "session_limit")))
}

// startRefusal is the event of a sign-in that was turned away. Of a name that
// nobody has only a keyed digest is kept: people type passwords there by mistake.
func (a *Authority) startRefusal(user curfew.User, name, cause string) event {
	e := event{account: user.AccountID, action: audit.SessionStartRefused, details: detail("cause", cause)}
	if user.ID.IsZero() {
		e.details.Set("login_name_digest", a.nameDigest(name))
	} else {
		e.resource, e.id = "user", user.ID
	}
	return e
}
