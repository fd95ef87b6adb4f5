package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// queued lets a leader's transaction of the log's lane be held while calls arrive
// behind it in their order, lets all go on, and gives what became of them.
func (w *World) queued(hook func(Call) error, calls ...func() error) []error {
	w.T.Helper()
	held, release := w.hold(hook)
	defer w.Tap.Watch(nil)
	errs := make([]error, len(calls))
	var wg sync.WaitGroup
	wg.Go(func() {
		must(w.T, w.Store.InLog(bg, w.Acme.ID(), func(context.Context, authority.Tx) error { return nil }))
	})
	<-held
	for i, call := range calls {
		wg.Go(func() { errs[i] = call() })
		time.Sleep(time.Millisecond) // so that they stand in this order
	}
	time.Sleep(20 * time.Millisecond) // as in gathered
	release()
	wg.Wait()
	return errs
}

// tally is how many statements were run, and transactions committed.
type tally struct{ statements, commits atomic.Int32 }

func (n *tally) hook(c Call) error {
	switch {
	case c.Statement():
		n.statements.Add(1)
	case c.Op == OpCommit:
		n.commits.Add(1)
	}
	return nil
}

// laned: what ends sessions is committed together, and none of it can tell.
func laned(t *testing.T, open Open) {
	scenario(t, open, "what waits is committed together, of whatever account", func(w *World) {
		w.otherMayChange = true
		var commits, heads atomic.Int32
		held, release := w.hold(func(c Call) error {
			if c.Op == OpCommit {
				commits.Add(1)
			}
			if c.Statement() && len(c.SQL) > 14 && c.SQL[:14] == "UPDATE writers" {
				heads.Add(1)
			}
			return nil
		})
		const n = 50
		before := len(w.Logged())
		errs := make([]error, n+1)
		var wg sync.WaitGroup
		call := func(i int) {
			account := []curfew.ID{w.Acme.ID(), w.Other.ID()}[i%2]
			wg.Go(func() { errs[i] = w.Store.InLog(bg, account, logging(account, curfew.NewID(w.Clock.Now()))) })
		}
		call(0)
		<-held
		for i := 1; i <= n; i++ {
			call(i)
		}
		time.Sleep(20 * time.Millisecond) // as in gathered
		release()
		wg.Wait()
		w.Tap.Watch(nil)
		must(w.T, errors.Join(errs...))
		if commits.Load() > 10 || heads.Load() > commits.Load() {
			w.T.Errorf("%d commits and %d numberings for %d transactions", commits.Load(), heads.Load(), n)
		}
		if got := len(w.Logged()) - before; got != n+1 {
			w.T.Errorf("%d entries, want %d", got, n+1)
		}
	})
	scenario(t, open, "endings that wait are as they would be one by one", func(w *World) {
		w.otherMayChange = true
		acme, other := w.Acme.Owner, w.Other.Owner
		second := w.SignIn(acme.Email)
		var ending []Person
		for i := range 3 {
			ending = append(ending, w.Settle(w.Acme, "Bob", fmt.Sprintf("bob%d@acme.example", i), curfew.RoleMember, 1)...)
			ending = append(ending, w.Settle(w.Other, "Oda", fmt.Sprintf("oda%d@other.example", i), curfew.RoleMember, 1)...)
		}
		w.NewLogged()
		w.NewEvents(w.Acme.ID())
		w.NewEvents(w.Other.ID())
		end := func(by, p Person) func() error {
			return func() error { return w.RevokeSession(bg, by.Actor(), Origin, p.Session()) }
		}
		errs := w.queued(nil,
			end(acme, ending[0]), end(other, ending[1]), end(second, ending[2]), end(other, ending[3]),
			end(acme, ending[0]),                         // a second time
			end(acme, ending[1]),                         // of another account
			end(acme, second),                            // its owner's next one is refused:
			end(second, ending[4]), end(acme, ending[4]), // and somebody else's is not
			end(other, ending[5]),
		)
		for i, err := range errs {
			switch i {
			case 5:
				w.WantKind(err, curfew.KindNotFound)
			case 7:
				w.WantKind(err, curfew.KindSessionRevoked)
			default:
				must(w.T, err)
			}
		}
		for _, p := range append(ending, second) {
			w.Ended(p, curfew.ReasonOwnerSession, w.Clock.Now())
		}
		w.Alive(acme)
		w.Alive(other)
		w.WantActions(w.Acme.ID(), audit.SessionRevoke, audit.SessionRevoke, audit.SessionRevoke, audit.SessionRevoke)
		w.WantActions(w.Other.ID(), audit.SessionRevoke, audit.SessionRevoke, audit.SessionRevoke)
		if got := w.NewLogged(); len(got) != 8 {
			w.T.Errorf("%d entries were logged, want one for each answer without an error: %+v", len(got), got)
		}
	})
	scenario(t, open, "an ending that is refused after it has written undoes nobody's", func(w *World) {
		w.otherMayChange = true
		refusal := curfew.NewError(curfew.KindForbidden, "not today")
		people := append(w.folk(3), w.Settle(w.Other, "Oda", "oda@other.example", curfew.RoleMember, 1)...)
		end := func(by, p Person) func() error {
			return func() error { return w.RevokeSession(bg, by.Actor(), Origin, p.Session()) }
		}
		errs := w.queued(nil, end(w.Acme.Owner, people[0]),
			func() error {
				return w.Store.InLog(bg, w.Acme.ID(), func(ctx context.Context, tx authority.Tx) error {
					if _, err := tx.SessionStanding(ctx, w.Acme.ID(), people[1].Session()); err != nil {
						return err
					}
					_, err := tx.RevokeSession(ctx, w.Acme.ID(), people[1].Session(), curfew.ReasonOperator, w.Clock.Now())
					return errors.Join(err, refusal)
				}, people[1].Session())
			},
			end(w.Acme.Owner, people[2]), end(w.Other.Owner, people[3]))
		if !errors.Is(errs[1], refusal) {
			w.T.Errorf("%v", errs[1])
		}
		must(w.T, errors.Join(errs[0], errs[2], errs[3]))
		w.Alive(people[1])
		for _, p := range []Person{people[0], people[2], people[3]} {
			w.Ended(p, curfew.ReasonOwnerSession, w.Clock.Now())
		}
	})
	scenario(t, open, "one of those that wait sees what another one did", func(w *World) {
		people := w.folk(2)
		id := w.Acme.ID()
		var active []int
		var events []audit.Action
		count := func() error {
			return w.Store.InLog(bg, id, func(ctx context.Context, tx authority.Tx) error {
				n, err := tx.ActiveSessions(ctx, id, people[0].User(), w.Clock.Now())
				list, err2 := tx.AuditList(ctx, id, authority.AuditFilter{}, authority.Page[int64]{Limit: 1})
				active, events = append(active, n), append(events, list.Items[0].Action)
				return errors.Join(err, err2)
			})
		}
		raise := func() error {
			_, err := w.RevokeUserSessions(bg, w.Acme.Owner.Actor(), Origin, people[1].User())
			return err
		}
		end := func(p Person) func() error {
			return func() error { return w.RevokeSession(bg, w.Acme.Owner.Actor(), Origin, p.Session()) }
		}
		w.NewLogged()
		must(w.T, errors.Join(w.queued(nil, end(people[0]), count, raise, end(people[1]))...))
		if len(active) == 0 || active[len(active)-1] != 0 || events[len(events)-1] != audit.SessionRevoke {
			w.T.Errorf("seen were %d sessions, and %v as the newest event", active, events)
		}
		w.Ended(people[1], curfew.ReasonOwnerUser, w.Clock.Now())
		if got := w.NewLogged(); len(got) != 3 {
			w.T.Errorf("logged %+v", got)
		}
	})
}

// EndsTogether holds an engine on which each statement is a trip to a server to
// ending many sessions, of several accounts, by few; and to starting many.
func EndsTogether(t *testing.T, open Open) {
	scenario(t, open, "endings that wait are few statements", func(w *World) {
		w.otherMayChange = true
		var calls []func() error
		for i := range 10 {
			tenant := []*Tenant{w.Acme, w.Other}[i%2]
			p := w.Settle(tenant, "Bob", fmt.Sprintf("bob%d@acme.example", i), curfew.RoleMember, 1)[0]
			calls = append(calls, func() error { return w.RevokeSession(bg, tenant.Owner.Actor(), Origin, p.Session()) })
		}
		var seen tally
		must(w.T, errors.Join(w.queued(seen.hook, calls...)...))
		// The accounts are locked, sessions and what ends with them read, everything
		// written at once, and the log; the leader's last one is among them, and sometimes the writer's row.
		if got := int(seen.statements.Load()); seen.commits.Load() == 2 && got > 8 || got > 30 {
			w.T.Errorf("%d statements in %d transactions for %d endings", seen.statements.Load(), seen.commits.Load(), len(calls))
		}
	})
	scenario(t, open, "starts that wait are few statements", func(w *World) {
		w.shops(3, 4)
		var seen tally
		_, errs := w.startsWaiting(seen.hook, 30, func(i int) (authority.Granted, error) {
			return w.introduce(fmt.Sprint("shop-", i%3), fmt.Sprint("p", i), fmt.Sprint("key-", i))
		})
		must(w.T, errors.Join(errs...))
		// Accounts are locked, people and names looked for, people made, and everything
		// else written at once; the leader's are among them.
		if got := seen.statements.Load(); got > 4*seen.commits.Load() || seen.commits.Load() > 8 {
			w.T.Errorf("%d statements in %d transactions for %d starts", seen.statements.Load(), seen.commits.Load(), len(errs))
		}
	}, idsAreKnown)
	scenario(t, open, "what ends with sessions that end together ends with each", func(w *World) {
		w.otherMayChange = true
		var all []Person
		var calls []func() error
		for i := range 6 {
			tenant := []*Tenant{w.Acme, w.Other}[i%2]
			p := w.Settle(tenant, "Bob", fmt.Sprintf("bob%d@acme.example", i), curfew.RoleMember, 3) // the third goes on
			now := w.Now().UTC().Truncate(time.Microsecond)
			link := curfew.PortalLink{AccountID: tenant.ID(), ID: curfew.NewID(now), UserID: p[0].User(), CreatedAt: now,
				ExpiresAt: now.Add(time.Minute), TiedTo: p[0].Session()}
			must(w.T, w.Store.InTx(bg, tenant.ID(), func(ctx context.Context, tx authority.Tx) error {
				if err := tx.InsertPortalLink(ctx, link); err != nil {
					return err
				}
				_, err := tx.SpendPortalLink(ctx, link.AccountID, link.ID, p[1].Session(), now.Add(time.Hour), now)
				return err
			}))
			all = append(all, p...)
			calls = append(calls, func() error { return w.RevokeSession(bg, tenant.Owner.Actor(), Origin, p[0].Session()) })
		}
		must(w.T, errors.Join(w.queued(nil, calls...)...))
		w.WantAlive(all, 2, 5, 8, 11, 14, 17)
	})
}
