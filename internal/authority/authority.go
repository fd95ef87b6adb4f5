// Package authority holds the verbs of the product: one method per use case,
// each with one transaction and one now. It declares the Store that it needs;
// it knows neither SQL nor HTTP.
package authority

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/password"
	"github.com/curfew-auth/curfew/internal/policy"
	"github.com/curfew-auth/curfew/internal/token"
)

// Signup says who may create an account by POST /auth/signup.
type Signup string

// The settings of sign-up.
const (
	SignupFirst  Signup = "first" // only while no account exists
	SignupOpen   Signup = "open"
	SignupClosed Signup = "closed"
)

// Config is what an Authority is made of. Observer, Mailer, Elapsed, Sleep and Log
// may be left out.
type Config struct {
	Store Store
	// OneWriter says that all that writes to the store shares one connection.
	OneWriter bool
	Now       func() time.Time
	Log       *slog.Logger
	Observer  Observer

	Bounds policy.Bounds
	// PolicyReasonRequired asks for a reason where a policy goes beyond the
	// limits of NIST SP 800-63B-4 AAL2 (ASVS 7.1.1).
	PolicyReasonRequired bool
	Signup               Signup
	ThrottleOff          bool
	PublicURL            string
	// ReturnURLs are the addresses of products, each matched exactly, to which
	// the hosted pages lead back.
	ReturnURLs     []string
	AccessTokenTTL time.Duration
	// RefreshGrace is how long a rotated token is answered with its successor
	// once more; 0 is never (ASVS 10.4.5 to the letter).
	RefreshGrace time.Duration

	Secrets   *token.Secrets
	Signer    *token.Signer
	Verifier  *token.Verifier
	Passwords *password.Hasher
	// PasswordRules judge new passwords.
	PasswordRules password.Policy
	// ParseDevice reads a User-Agent header.
	ParseDevice func(userAgent string) curfew.Device
	// Mailer sends mail; nil where the installation sends none.
	Mailer Mailer
	// JudgeWebhookURL says what is wrong with the URL of a webhook, as the end of
	// a sentence that it begins; nil refuses all.
	JudgeWebhookURL func(url string) error
	// Elapsed is the time since some moment by a clock that nobody sets, for
	// what may be remembered for a while. Nil remembers nothing.
	Elapsed func() time.Duration
	// Sleep waits; tests replace it. Nil waits really.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Observer is told what happened, for metrics. Nothing depends on it.
type Observer interface {
	// Refreshed counts an outcome of a refresh: rotated, young, replayed,
	// reused, moved, expired, revoked, invalid, ahead, unavailable.
	Refreshed(outcome string)
	// SignedIn counts an outcome of a sign-in: ok, refused, throttled.
	SignedIn(outcome string)
	// Alarm counts what an operator must look at: generation_ahead.
	Alarm(kind string)
	// Ahead tells of a session whose genuine refresh token is ahead of the
	// store.
	Ahead(sessionID curfew.ID)
}

type noObserver struct{}

func (noObserver) Refreshed(string) {}
func (noObserver) SignedIn(string)  {}
func (noObserver) Alarm(string)     {}
func (noObserver) Ahead(curfew.ID)  {}

// Authority starts, refreshes, expires and ends sessions. It is safe for
// concurrent use.
type Authority struct {
	Config
	refreshTokens *token.RefreshCodec
	browsers      *token.BrowserCodec
	throttleKey   [32]byte
	// serviceKeys are those that were read just now, accountIDs the accounts of
	// products' own ids.
	serviceKeys    *recent[curfew.ID, curfew.ServiceKey]
	accountIDs     *recent[string, curfew.ID]
	serviceKeyUses *serviceKeyUses
	keyLooks       *keyLooks
	starts         *turnstile
	refreshes      lately // that there was one
}

// New makes an Authority.
func New(c Config) (*Authority, error) {
	if c.Store == nil || c.Now == nil || c.Secrets == nil || c.Signer == nil || c.Verifier == nil || c.Passwords == nil || c.ParseDevice == nil {
		return nil, errors.New("authority: the configuration is incomplete")
	}
	if c.Observer == nil {
		c.Observer = noObserver{}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Sleep == nil {
		c.Sleep = sleep
	}
	throttleKey, ok := c.Secrets.Key(token.PurposeLoginName, c.Secrets.KeyID())
	if !ok {
		return nil, errors.New("authority: the secret has no key for login names")
	}
	a := &Authority{
		Config:         c,
		refreshTokens:  token.NewRefreshCodec(c.Secrets),
		browsers:       token.NewBrowserCodec(c.Secrets),
		throttleKey:    throttleKey,
		serviceKeys:    newRecent[curfew.ID, curfew.ServiceKey](serviceKeyAge, maxServiceKeys),
		accountIDs:     newRecent[string, curfew.ID](accountAge, maxAccounts),
		serviceKeyUses: newServiceKeyUses(),
	}
	a.refreshes.elapsed = c.Elapsed
	a.starts = newStarts(c.OneWriter, func() bool { return a.refreshes.within(othersLately) })
	a.keyLooks = &keyLooks{read: a.ServiceKeys, elapsed: c.Elapsed}
	return a, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return curfew.Unavailable(ctx.Err())
	}
}

// now is the one reading of the clock that a use case works with: UTC, whole
// microseconds, as the store keeps it.
func (a *Authority) now() time.Time { return a.Now().UTC().Truncate(time.Microsecond) }

// caller reads the actor's session at this very moment (invariant: authority
// is never taken from the token) and refuses one that is over. For an owner's
// operation it refuses whoever is no owner. A service has no session: its key
// and scope were judged at the door, for all that an owner may do.
func caller(ctx context.Context, r Reader, actor curfew.Actor, now time.Time, need curfew.Role) (curfew.Standing, error) {
	if actor.Type == curfew.ActorService {
		return curfew.Standing{}, inAccount(actor)
	}
	st, err := r.SessionStanding(ctx, actor.AccountID, actor.SessionID)
	if errors.Is(err, curfew.ErrNotFound) {
		return st, invalidToken()
	}
	if err != nil {
		return st, err
	}
	return st, allowed(st, now, need)
}

// inAccount refuses a service for which nobody found the account that it acts
// in: that would be a mistake of ours.
func inAccount(service curfew.Actor) error {
	if service.ServiceKeyID.IsZero() || service.AccountID.IsZero() {
		return errors.New("authority: a service acts in no account")
	}
	return nil
}

// allowed judges a session that was read: alive, and of the role needed.
func allowed(st curfew.Standing, now time.Time, need curfew.Role) error {
	if end, over := st.End(now); over {
		return ended(end)
	}
	if need == curfew.RoleOwner && st.User.Role != curfew.RoleOwner {
		return forbidden()
	}
	return nil
}

func forbidden() error {
	return curfew.NewError(curfew.KindForbidden, "Only an owner of the account may do this.")
}

const detailInvalidToken = "The token is not valid. Sign in again."

// ended is the refusal of a session that is over.
func ended(end curfew.Ending) error {
	if end.Expired() {
		detail := "The session ended because nobody used it for as long as the account's policy allows. Sign in again."
		if end.Reason == curfew.ReasonAbsolute {
			detail = "The session reached the maximum length that the account's policy allows. Sign in again."
		}
		return &curfew.Error{Kind: curfew.KindSessionExpired, Detail: detail, Reason: end.Reason}
	}
	return &curfew.Error{Kind: curfew.KindSessionRevoked, Detail: "The session was ended. Sign in again.", Reason: end.Reason}
}

// notFound is the answer for an id of nobody and for one of another account
// alike.
func notFound(err error, what string) error {
	if errors.Is(err, curfew.ErrNotFound) {
		return curfew.NewError(curfew.KindNotFound, "There is no such "+what+" in this account.")
	}
	return err
}

// stale refuses a change of what the caller has not seen the latest of.
func stale(ifVersion *int64, version int64) error {
	if ifVersion != nil && *ifVersion != version {
		return curfew.NewError(curfew.KindStale, "Somebody changed this in the meantime. Read it again, then repeat your change.")
	}
	return nil
}

// alsoFailed adds what a second step failed with to the error of the first, and
// in front of it: a refusal that could not be written down is answered as the
// failure that it is.
func alsoFailed(err, second error) error {
	if second == nil {
		return err
	}
	return errors.Join(second, err)
}
