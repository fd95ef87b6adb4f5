// Package storetest is what a storage engine must pass to be supported: the
// rules of sessions through the real authority on the real engine, with two
// accounts in every test, so that a lost WHERE shows, and with real races.
package storetest

import (
	"context"
	"database/sql/driver"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/device"
	"github.com/curfew-auth/curfew/internal/password"
	"github.com/curfew-auth/curfew/internal/policy"
	"github.com/curfew-auth/curfew/internal/token"
)

// Open opens an empty, migrated store for one test, and closes it after. wrap
// stands between database/sql and the engine's driver.
type Open func(t *testing.T, chain *audit.Chain, wrap func(driver.Connector) driver.Connector) authority.Store

// Clock is a clock that only the test moves.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now is the time that the test has set.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Add moves the clock, also back.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Set puts the clock to a time.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// World is an installation with two accounts, for one test.
type World struct {
	*authority.Authority
	T     testing.TB
	Clock *Clock
	Tap   *Tap
	Seen  *Counters
	Chain *audit.Chain
	Keys  authority.Keys
	Ring  *token.KeyRing
	Codec *token.RefreshCodec
	// Acme is the account under test; Other must never be touched by it: when
	// the test is over it must be as it was, unless the test said so.
	Acme, Other *Tenant

	otherMayChange bool
	marks          map[curfew.ID]int
	cursor         curfew.Cursor // where the log was last read
}

// Tenant is an account with its first owner signed in.
type Tenant struct {
	Owner Person
}

// ID is the account's.
func (t *Tenant) ID() curfew.ID { return t.Owner.Standing.User.AccountID }

// Person is somebody who is signed in, with the tokens of one session.
type Person struct {
	authority.Granted
	Email string
}

// Actor is the person as the authority knows them after a look at a token.
func (p Person) Actor() curfew.Actor {
	u := p.Standing.User
	return curfew.Actor{Type: curfew.ActorUser, AccountID: u.AccountID, UserID: u.ID, SessionID: p.Standing.Session.ID,
		Role: u.Role, Name: u.Name, Email: u.Email}
}

// Session is the id of the person's session.
func (p Person) Session() curfew.ID { return p.Standing.Session.ID }

// User is the id of the person.
func (p Person) User() curfew.ID { return p.Standing.User.ID }

// Password is everybody's.
const Password = "correct horse battery staple"

// Origin is where the tests' requests come from.
var Origin = curfew.Origin{RequestID: "req-1", IP: netip.MustParseAddr("192.0.2.7").String(),
	UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"}

// Bounds are the operator's defaults.
var Bounds = policy.Bounds{Idle: policy.Range{Min: 15, Max: 43200, Default: 10080}, Absolute: policy.Range{Min: 60, Max: 129600, Default: 20160}}

// secret is the installation's, previousSecret the one that it replaced.
var secret, previousSecret = []byte("a secret of the tests, 32 bytes or more"), []byte("an older secret of the tests, 32 bytes or more")

// Grace is the grace period unless a test sets another.
const Grace = 30 * time.Second

// NewWorld builds an installation on a store. change may alter the
// configuration before it is used.
func NewWorld(t *testing.T, open Open, change ...func(*authority.Config)) *World {
	t.Helper()
	ctx := context.Background()
	w := &World{T: t, Clock: &Clock{now: time.Date(2026, 3, 2, 9, 0, 0, 123456000, time.UTC)},
		Tap: new(Tap), Seen: new(Counters), Ring: new(token.KeyRing), marks: map[curfew.ID]int{}, cursor: curfew.Cursor{}}
	secrets, err := token.NewSecrets(secret, previousSecret)
	must(t, err)
	w.Codec = token.NewRefreshCodec(secrets)
	w.Chain, err = audit.NewChain(func(id byte) ([32]byte, bool) { return secrets.Key(token.PurposeAudit, id) }, secrets.KeyID())
	must(t, err)
	store := open(t, w.Chain, w.Tap.Wrap)
	store.(Log).SetClock(w.Clock.Now)
	signer, err := token.NewSigner(w.Ring, "http://127.0.0.1:8080", "http://127.0.0.1:8080")
	must(t, err)
	verifier, err := token.NewVerifier(w.Ring, "http://127.0.0.1:8080", "http://127.0.0.1:8080", token.DefaultCacheSize)
	must(t, err)
	hasher, err := password.New(password.Config{MemoryKiB: 8, Passes: 1, Queue: 1000})
	must(t, err)
	config := authority.Config{
		Store: store, Now: w.Clock.Now, Observer: w.Seen, Bounds: Bounds, Signup: authority.SignupOpen, ThrottleOff: true,
		PublicURL: "http://127.0.0.1:8080", AccessTokenTTL: 5 * time.Minute, RefreshGrace: Grace,
		Secrets: secrets, Signer: signer, Verifier: verifier, Passwords: hasher,
		PasswordRules: password.Policy{MinLength: 15}, ParseDevice: device.Parse,
		Sleep: func(context.Context, time.Duration) error { return nil },
	}
	for _, c := range change {
		c(&config)
	}
	w.Authority, err = authority.New(config)
	must(t, err)
	w.Keys = authority.Keys{Store: store, Secrets: secrets, Alg: token.AlgEdDSA}
	// The key is older than anything that a clock set back may ask for.
	must(t, w.Keys.Ensure(ctx, w.Clock.Now().Add(-time.Hour)))
	loaded, err := w.Keys.Load(ctx, w.Clock.Now())
	must(t, err)
	must(t, w.Ring.Replace(loaded))
	if config.Signup == authority.SignupFirst {
		return w // the test makes the accounts, or tries to
	}
	w.Acme, w.Other = w.SignUp("Acme", "Ada Owner", "ada@acme.example"), w.SignUp("Other", "Oleg Owner", "oleg@other.example")
	before := w.all(w.Other.ID())
	t.Cleanup(func() {
		w.Tap.Watch(nil)
		if !w.otherMayChange && !reflect.DeepEqual(before, w.all(w.Other.ID())) {
			t.Error("the other account was touched")
		}
		w.CheckChains()
	})
	return w
}

// scenario is a test in a world of its own.
func scenario(t *testing.T, open Open, name string, fn func(w *World), change ...func(*authority.Config)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { fn(NewWorld(t, open, change...)) })
}

// with is the same Authority with another configuration, on the same store.
func (w *World) with(change func(*authority.Config)) *World {
	w.T.Helper()
	config := w.Config
	change(&config)
	a, err := authority.New(config)
	must(w.T, err)
	other := *w
	other.Authority = a
	return &other
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// bg is the context of tests that end nothing early.
var bg = context.Background()

// View reads from the store.
func (w *World) View(fn func(ctx context.Context, r authority.Reader) error) {
	w.T.Helper()
	must(w.T, w.Store.View(bg, fn))
}

// Tx writes to the store past the authority.
func (w *World) Tx(fn func(ctx context.Context, tx authority.Tx) error) {
	w.T.Helper()
	must(w.T, w.Store.InTx(bg, curfew.ZeroID, fn))
}

// Stands reads a session as it is.
func (w *World) Stands(p Person) curfew.Standing {
	w.T.Helper()
	st, err := w.Store.Standing(bg, p.Standing.User.AccountID, p.Session())
	must(w.T, err)
	return st
}

// SignUp makes an account with its owner.
func (w *World) SignUp(account, name, email string) *Tenant {
	w.T.Helper()
	granted, err := w.Authority.SignUp(bg, Origin, authority.SignUp{AccountName: account, Name: name, Email: email, Password: Password})
	must(w.T, err)
	return &Tenant{Owner: Person{granted, email}}
}

// Invite makes an invitation and returns the token of its link.
func (w *World) Invite(tenant *Tenant, email string, role curfew.Role) (curfew.Invite, string) {
	w.T.Helper()
	invite, err := w.CreateInvite(bg, tenant.Owner.Actor(), Origin, email, role)
	must(w.T, err)
	return invite.Invite, w.tokenOf(invite.URL)
}

// tokenOf is the token of a link.
func (w *World) tokenOf(url string) string {
	w.T.Helper()
	_, link, found := strings.Cut(url, "#token=")
	if !found {
		w.T.Fatalf("no token in %q", url)
	}
	return link
}

// Join makes one more person in a tenant's account.
func (w *World) Join(tenant *Tenant, name, email string, role curfew.Role) Person {
	w.T.Helper()
	_, link := w.Invite(tenant, email, role)
	granted, err := w.AcceptInvite(bg, Origin, authority.AcceptInvite{Token: link, Name: name, Password: Password})
	must(w.T, err)
	return Person{granted, email}
}

// Settle makes a person with sessions, all in one transaction and past the
// authority: quicker than to invite them, for tests of what comes later.
func (w *World) Settle(tenant *Tenant, name, email string, role curfew.Role, sessions int) (people []Person) {
	w.T.Helper()
	now := w.Now().UTC()
	user := curfew.User{AccountID: tenant.ID(), ID: curfew.NewID(now), Name: name, Email: email, Role: role, CreatedAt: now}
	tokens := make([]token.Refresh, sessions)
	w.Tx(func(ctx context.Context, tx authority.Tx) error {
		owner, err := tx.User(ctx, tenant.ID(), tenant.Owner.User())
		if err != nil {
			return err
		}
		user.PasswordHash = owner.PasswordHash
		if _, err := tx.InsertUser(ctx, user, email); err != nil {
			return err
		}
		account, err := tx.Account(ctx, tenant.ID())
		if err != nil {
			return err
		}
		limits := w.Bounds.Resolve(policy.Policy{IdleMinutes: account.IdleMinutes, AbsoluteMinutes: account.AbsoluteMinutes})
		for i := range tokens {
			tokens[i] = token.NewRefresh(tenant.ID(), curfew.NewID(now))
			absolute := policy.AbsoluteDeadline(now, limits.AbsoluteMinutes)
			if _, err := tx.InsertSession(ctx, curfew.Session{AccountID: user.AccountID, ID: tokens[i].SessionID, UserID: user.ID,
				SecretHash: tokens[i].SecretHash(), Generation: 1, PolicyVersion: account.PolicyVersion, StartedAt: now, AuthTime: now, LastActiveAt: now,
				IdleMinutes: limits.IdleMinutes, AbsoluteMinutes: limits.AbsoluteMinutes, AbsoluteExpiresAt: absolute,
				IdleExpiresAt: policy.IdleDeadline(now, limits.IdleMinutes, absolute), AccountEpoch: account.SessionEpoch, AMR: []string{"pwd"}}); err != nil {
				return err
			}
		}
		return nil
	})
	for _, r := range tokens {
		st, err := w.Store.Standing(bg, r.AccountID, r.SessionID)
		must(w.T, err)
		people = append(people, Person{authority.Granted{Standing: st, RefreshToken: w.Codec.Encode(r), Now: now}, email})
	}
	return people
}

// TrySignIn asks for one more session of a person.
func (w *World) TrySignIn(email string) (Person, error) {
	granted, err := w.Authority.SignIn(bg, Origin, authority.SignIn{Email: email, Password: Password})
	return Person{granted, email}, err
}

// SignIn starts one more session of a person.
func (w *World) SignIn(email string) Person {
	w.T.Helper()
	p, err := w.TrySignIn(email)
	must(w.T, err)
	return p
}

// Refresh presents a token as a client would that names nothing.
func (w *World) Refresh(refreshToken, attempt string) (authority.Granted, error) {
	return w.Present(authority.Refresh{Token: refreshToken, Attempt: attempt})
}

// Present presents a token with all that a client may say.
func (w *World) Present(in authority.Refresh) (authority.Granted, error) {
	return w.Authority.Refresh(bg, Origin, in)
}

// MustRefresh rotates, and is the person with the new token.
func (w *World) MustRefresh(p Person, attempt string) Person {
	w.T.Helper()
	granted, err := w.Refresh(p.RefreshToken, attempt)
	must(w.T, err)
	if granted.RefreshToken == p.RefreshToken || !granted.Rotated {
		w.T.Fatal("the refresh did not rotate")
	}
	return Person{granted, p.Email}
}

// Decode reads a refresh token.
func (w *World) Decode(text string) token.Refresh {
	w.T.Helper()
	r, err := w.Codec.Decode(text)
	must(w.T, err)
	return r
}

// Named is a request of a client that names the token's own generation and
// session.
func (w *World) Named(refreshToken string) authority.Refresh {
	w.T.Helper()
	r := w.Decode(refreshToken)
	return authority.Refresh{Token: refreshToken, SessionID: &r.SessionID, Generation: &r.Generation}
}
