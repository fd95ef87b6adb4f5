// Package storetest is what a storage engine must pass to be supported: the
// rules of sessions through the real authority on the real engine, with two
// accounts in every test, so that a lost WHERE shows, and with real races.
package storetest

import (
	"context"
	"net/netip"
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

// Open opens an empty, migrated store for one test, and closes it after.
type Open func(t *testing.T, chain *audit.Chain) authority.Store

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
func (c *Clock) Set(t time.Time) { c.Add(t.Sub(c.Now())) }

// World is an installation with two accounts, for one test.
type World struct {
	*authority.Authority
	T     *testing.T
	Clock *Clock
	Chain *audit.Chain
	Keys  authority.Keys
	Ring  *token.KeyRing
	// Acme is the account under test; Other must never be touched by it.
	Acme, Other *Tenant
}

// Tenant is an account with its first owner signed in.
type Tenant struct {
	Owner Person
}

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

// Password is everybody's.
const Password = "correct horse battery staple"

// Origin is where the tests' requests come from.
var Origin = curfew.Origin{RequestID: "req-1", IP: netip.MustParseAddr("192.0.2.7").String(),
	UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"}

// Bounds are the operator's defaults.
var Bounds = policy.Bounds{Idle: policy.Range{Min: 15, Max: 43200, Default: 10080}, Absolute: policy.Range{Min: 60, Max: 129600, Default: 20160}}

// NewWorld builds an installation on a store. change may alter the
// configuration before it is used.
func NewWorld(t *testing.T, open Open, change ...func(*authority.Config)) *World {
	t.Helper()
	ctx := context.Background()
	clock := &Clock{now: time.Date(2026, 3, 2, 9, 0, 0, 123456000, time.UTC)}
	secrets, err := token.NewSecrets([]byte("a secret of the tests, 32 bytes or more"))
	must(t, err)
	chain, err := audit.NewChain(func(id byte) ([32]byte, bool) { return secrets.Key(token.PurposeAudit, id) }, secrets.KeyID())
	must(t, err)
	store := open(t, chain)
	ring := new(token.KeyRing)
	signer, err := token.NewSigner(ring, "http://127.0.0.1:8080", "http://127.0.0.1:8080")
	must(t, err)
	verifier, err := token.NewVerifier(ring, "http://127.0.0.1:8080", "http://127.0.0.1:8080", token.DefaultCacheSize)
	must(t, err)
	hasher, err := password.New(password.Config{MemoryKiB: 64, Passes: 1, Queue: 1000})
	must(t, err)
	config := authority.Config{
		Store: store, Now: clock.Now, Bounds: Bounds, Signup: authority.SignupOpen, ThrottleOff: true,
		PublicURL: "http://127.0.0.1:8080", AccessTokenTTL: 5 * time.Minute, RefreshGrace: 30 * time.Second,
		Secrets: secrets, Signer: signer, Verifier: verifier, Passwords: hasher,
		PasswordRules: password.Policy{MinLength: 15}, ParseDevice: device.Parse,
		Sleep: func(context.Context, time.Duration) error { return nil },
	}
	for _, c := range change {
		c(&config)
	}
	a, err := authority.New(config)
	must(t, err)
	keys := authority.Keys{Store: store, Secrets: secrets, Alg: token.AlgEdDSA}
	must(t, keys.Ensure(ctx, clock.Now()))
	loaded, err := keys.Load(ctx)
	must(t, err)
	must(t, ring.Replace(loaded))
	w := &World{Authority: a, T: t, Clock: clock, Chain: chain, Keys: keys, Ring: ring}
	w.Acme, w.Other = w.SignUp("Acme", "Ada Owner", "ada@acme.example"), w.SignUp("Other", "Oleg Owner", "oleg@other.example")
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// SignUp makes an account with its owner.
func (w *World) SignUp(account, name, email string) *Tenant {
	w.T.Helper()
	granted, err := w.Authority.SignUp(context.Background(), Origin, authority.SignUp{AccountName: account, Name: name, Email: email, Password: Password})
	must(w.T, err)
	return &Tenant{Owner: Person{granted, email}}
}

// Join makes one more person in a tenant's account.
func (w *World) Join(tenant *Tenant, name, email string, role curfew.Role) Person {
	w.T.Helper()
	ctx := context.Background()
	invite, err := w.CreateInvite(ctx, tenant.Owner.Actor(), Origin, email, role)
	must(w.T, err)
	_, link, _ := cutLink(invite.URL)
	granted, err := w.AcceptInvite(ctx, Origin, authority.AcceptInvite{Token: link, Name: name, Password: Password})
	must(w.T, err)
	return Person{granted, email}
}

// SignIn starts one more session of a person.
func (w *World) SignIn(email string) Person {
	w.T.Helper()
	granted, err := w.Authority.SignIn(context.Background(), Origin, authority.SignIn{Email: email, Password: Password})
	must(w.T, err)
	return Person{granted, email}
}

// Refresh presents a token as a client would that names nothing.
func (w *World) Refresh(refreshToken, attempt string) (authority.Granted, error) {
	return w.Authority.Refresh(context.Background(), Origin, authority.Refresh{Token: refreshToken, Attempt: attempt})
}

// WantKind fails the test unless err is of a kind and, where given, a reason.
func (w *World) WantKind(err error, kind curfew.Kind, reason ...curfew.Reason) {
	w.T.Helper()
	if curfew.KindOf(err) != kind || err == nil {
		w.T.Fatalf("got error %v, want kind %s", err, kind)
	}
	if len(reason) > 0 && ReasonOf(err) != reason[0] {
		w.T.Fatalf("got reason %q (%v), want %q", ReasonOf(err), err, reason[0])
	}
}

// CheckChains verifies every audit chain.
func (w *World) CheckChains() {
	w.T.Helper()
	for _, id := range []curfew.ID{w.Acme.Owner.Standing.User.AccountID, w.Other.Owner.Standing.User.AccountID, curfew.ZeroID} {
		report, err := w.VerifyAudit(context.Background(), w.Chain, id)
		must(w.T, err)
		if !report.OK() {
			w.T.Errorf("audit chain of %s: %s", id, report.Problem)
		}
	}
}
