package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
)

// shop is a product that signs people in itself.
var shop = curfew.Actor{Type: curfew.ActorService, ServiceKeyID: curfew.ID{1}, Name: "shop"}

// begin starts a session for somebody who is known.
func (w *World) begin(account, user, key string) (authority.Granted, error) {
	return w.StartSession(bg, shop, Origin, authority.ServiceStart{Account: account, User: user, Key: key, AMR: []string{"pwd"}, IP: Origin.IP, UserAgent: Origin.UserAgent})
}

// introduce is begin for somebody who may not be known.
func (w *World) introduce(account, user, key string) (authority.Granted, error) {
	return w.StartSession(bg, shop, Origin, authority.ServiceStart{Account: account, User: user, Key: key, AMR: []string{"pwd"}, IP: Origin.IP, UserAgent: Origin.UserAgent,
		UserName: "New " + user, Email: user + "@shop.example", Role: curfew.RoleMember})
}

// shops are accounts of a product with people, by its ids.
func (w *World) shops(accounts, people int) (ids []curfew.ID) {
	w.T.Helper()
	for a := range accounts {
		account, _, err := w.PutAccount(bg, shop, Origin, fmt.Sprint("shop-", a), authority.PutAccount{Name: fmt.Sprint("Shop ", a)})
		must(w.T, err)
		for p := range people {
			_, _, err := w.PutUser(bg, shop, Origin, account.ExternalID, fmt.Sprint("p", p),
				authority.PutUser{Name: fmt.Sprint("Person ", p), Email: fmt.Sprintf("p%d@shop.example", p), Role: curfew.RoleMember})
			must(w.T, err)
		}
		w.NewEvents(account.ID)
		ids = append(ids, account.ID)
	}
	return ids
}

// startsWaiting lets a leader's start be held while n others arrive behind it, lets
// all go on, and gives what became of those.
func (w *World) startsWaiting(hook func(Call) error, n int, start func(i int) (authority.Granted, error)) (granted []authority.Granted, errs []error) {
	w.T.Helper()
	granted, errs = make([]authority.Granted, n), make([]error, n)
	held, release := w.hold(hook)
	defer w.Tap.Watch(nil)
	var wg sync.WaitGroup
	wg.Go(func() {
		_, err := w.begin("shop-0", "p0", "")
		must(w.T, err)
	})
	<-held
	for i := range n {
		wg.Go(func() { granted[i], errs[i] = start(i) })
	}
	time.Sleep(20 * time.Millisecond) // as in gathered
	release()
	wg.Wait()
	return granted, errs
}

// idsAreKnown lets what was read of an account's id hold, so that starts begin with
// their transaction.
func idsAreKnown(c *authority.Config) { c.Elapsed = func() time.Duration { return 0 } }

// living counts the sessions of starts that can be refreshed, each once.
func (w *World) living(granted []authority.Granted) int {
	w.T.Helper()
	sessions := map[curfew.ID]bool{}
	for i, g := range granted {
		if g.RefreshToken == "" {
			continue
		}
		if _, err := w.Refresh(g.RefreshToken, fmt.Sprint("attempt-of-start-", i)); err == nil {
			sessions[g.Standing.Session.ID] = true
		}
	}
	return len(sessions)
}

// started counts the events of starts in accounts since they were last looked at.
func (w *World) started(accounts []curfew.ID) (n int) {
	w.T.Helper()
	for _, id := range accounts {
		for _, e := range w.NewEvents(id) {
			if e.Action == audit.SessionStart {
				n++
			}
		}
	}
	return n
}

// startsTogether: starts by services are committed together, and none can tell.
func startsTogether(t *testing.T, open Open) {
	const accounts, people, n = 3, 4, 40
	scenario := func(name string, fn func(w *World)) { scenario(t, open, name, fn, idsAreKnown) }
	anywhere := func(w *World) func(i int) (authority.Granted, error) {
		return func(i int) (authority.Granted, error) {
			return w.begin(fmt.Sprint("shop-", i%accounts), fmt.Sprint("p", i/accounts%people), fmt.Sprint("key-", i))
		}
	}
	scenario("starts that wait are as they would be one by one", func(w *World) {
		ids := w.shops(accounts, people)
		w.Clock.Add(time.Second)
		var seen tally
		granted, errs := w.startsWaiting(seen.hook, n, anywhere(w))
		must(w.T, errors.Join(errs...))
		if seen.commits.Load() > 12 {
			w.T.Errorf("%d commits for %d starts", seen.commits.Load(), n)
		}
		for i, g := range granted {
			st, err := w.Store.Standing(bg, ids[i%accounts], g.Standing.Session.ID)
			must(w.T, err)
			if st.User.ExternalID != "" || st.User.Name != fmt.Sprint("Person ", i/accounts%people) || st.User.LastLoginAt != w.Clock.Now() ||
				st.Session.IP != Origin.IP || fmt.Sprint(st.Session.AMR) != "[pwd]" || st.Session.SecretHash != g.Standing.Session.SecretHash {
				w.T.Errorf("start %d: %+v", i, st)
			}
		}
		// A name that was used is of nobody else, and nobody is made for it.
		_, err := w.introduce("shop-1", "ghost", "key-1")
		w.WantKind(err, curfew.KindInvalidRequest)
		must(w.T, w.Store.View(bg, func(ctx context.Context, r authority.Reader) error {
			if _, err := r.UserOf(ctx, ids[1], "ghost"); !errors.Is(err, curfew.ErrNotFound) {
				w.T.Errorf("whose start was refused: %v", err)
			}
			return nil
		}))
		if got := w.living(granted); got != n {
			w.T.Errorf("%d sessions live, want %d", got, n)
		}
		if got := w.started(ids); got != n+1 {
			w.T.Errorf("%d events, want %d", got, n+1)
		}
		w.CheckChains()
		// Each is kept under its name, and repeated by it.
		again, err := w.begin("shop-1", "p0", "key-1")
		w.WantKind(err, curfew.KindIdempotencySpent)
		if again.RefreshToken != "" {
			w.T.Error("a start whose token was used was repeated")
		}
	})
	// Two starts for each of some who are new, between those for people who are known.
	newcomers := func(w *World) func(i int) (authority.Granted, error) {
		return func(i int) (authority.Granted, error) {
			if i%2 == 0 {
				return anywhere(w)(i)
			}
			return w.introduce(fmt.Sprint("shop-", i%accounts), fmt.Sprint("new-", i/12), fmt.Sprint("key-", i))
		}
	}
	scenario("starts that wait make people, each once", func(w *World) {
		ids := w.shops(accounts, people)
		w.Clock.Add(time.Second)
		var seen tally
		granted, errs := w.startsWaiting(seen.hook, n, newcomers(w))
		must(w.T, errors.Join(errs...))
		if seen.commits.Load() > 12 {
			w.T.Errorf("%d commits for %d starts", seen.commits.Load(), n)
		}
		made, asked := map[curfew.ID]int{}, map[string]bool{}
		for i, g := range granted {
			st, err := w.Store.Standing(bg, ids[i%accounts], g.Standing.Session.ID)
			must(w.T, err)
			name := fmt.Sprint("Person ", i/accounts%people)
			if i%2 == 1 {
				name = fmt.Sprint("New new-", i/12)
				made[st.User.ID] = 1
				asked[fmt.Sprint(i%accounts, name)] = true
			}
			if st.User.Name != name || st.User.LastLoginAt != w.Clock.Now() || st.User.Role != curfew.RoleMember {
				w.T.Errorf("start %d: %+v", i, st.User)
			}
		}
		created := map[curfew.ID]int{}
		for _, id := range ids {
			for _, e := range w.NewEvents(id) {
				if e.Action == audit.UserCreate {
					created[e.ResourceID]++
				}
			}
		}
		if want := len(asked); len(made) != want || !maps.Equal(made, created) {
			w.T.Errorf("%d people were made, want %d, and audited were %v", len(made), want, created)
		}
		if got := w.living(granted); got != n {
			w.T.Errorf("%d sessions live, want %d", got, n)
		}
		w.CheckChains()
	})
	scenario("of starts under one name that wait one is made", func(w *World) {
		ids := w.shops(1, 2)
		granted, errs := w.startsWaiting(nil, 12, func(int) (authority.Granted, error) { return w.begin("shop-0", "p1", "once") })
		must(w.T, errors.Join(errs...))
		for _, g := range granted {
			if g.Standing.Session.ID != granted[0].Standing.Session.ID {
				w.T.Fatal("two sessions were started under one name")
			}
		}
		if got := w.living(granted); got != 1 {
			w.T.Errorf("%d sessions live", got)
		}
		if got := w.started(ids); got != 2 {
			w.T.Errorf("%d starts in the log, want 2", got)
		}
		// Another start under that name is none, also where it waits with the first.
		_, errs = w.startsWaiting(nil, 8, func(i int) (authority.Granted, error) { return w.begin("shop-0", fmt.Sprint("p", i%2), "another") })
		refused := 0
		for _, err := range errs {
			if err != nil {
				w.WantKind(err, curfew.KindInvalidRequest)
				refused++
			}
		}
		if refused != 4 {
			w.T.Errorf("%d were refused, want 4", refused)
		}
	})
	scenario("who may not sign in takes nobody along", func(w *World) {
		ids := w.shops(accounts, people)
		no := true
		_, _, err := w.PutUser(bg, shop, Origin, "shop-1", "p2", authority.PutUser{Name: "Person 2", Email: "p2@shop.example", Role: curfew.RoleMember, Disabled: &no})
		must(w.T, err)
		w.started(ids)
		granted, errs := w.startsWaiting(nil, n, anywhere(w))
		refused := 0
		for i, err := range errs {
			if off := i%accounts == 1 && i/accounts%people == 2; off != (err != nil) {
				w.T.Errorf("start %d: %v", i, err)
			} else if off {
				w.WantKind(err, curfew.KindInvalidRequest)
				refused++
			}
		}
		if got := w.living(granted); got != n-refused || refused == 0 {
			w.T.Errorf("%d sessions live, %d were refused", got, refused)
		}
		if got := w.started(ids); got != n-refused+1 {
			w.T.Errorf("%d events", got)
		}
		w.CheckChains()
	})
	for _, what := range []string{"INSERT INTO users", "INSERT INTO sessions", "UPDATE users SET last_login_at", "INSERT INTO audit_events", "UPDATE accounts SET audit_seq", "INSERT INTO idempotency_keys"} {
		scenario("what fails for all is done for each: "+what, func(w *World) {
			ids := w.shops(accounts, people)
			var seen atomic.Int32
			which, start := int32(2), anywhere // the first is the leader's,
			switch {
			case strings.Contains(what, "idempotency"):
				which = 1 // which has no name
			case what == "INSERT INTO users":
				which, start = 1, newcomers // whose person is known
			}
			granted, errs := w.startsWaiting(func(c Call) error {
				if c.Statement() && strings.Contains(c.SQL, what) && seen.Add(1) == which {
					return errors.New("no")
				}
				return nil
			}, n, start(w))
			if seen.Load() < which {
				w.T.Fatal("nothing failed")
			}
			lost := 0 // one that was alone
			for _, err := range errs {
				if err != nil {
					w.WantKind(err, curfew.KindUnavailable)
					lost++
				}
			}
			if got := w.living(granted); got != n-lost || lost > 1 {
				w.T.Errorf("%d sessions live, %d were lost", got, lost)
			}
			if got := w.started(ids); got != n-lost+1 {
				w.T.Errorf("%d events", got)
			}
			w.CheckChains()
		})
	}
	for _, action := range []policy.LimitAction{policy.RefuseNew, policy.EvictOldest} {
		scenario("starts that wait never exceed the limit: "+string(action), func(w *World) {
			w.shops(1, 2)
			limit := 2
			actor := shop
			account, err := w.ServiceAccount(bg, actor, "shop-0")
			must(w.T, err)
			_, err = w.SetPolicy(bg, account, Origin, authority.SetPolicy{Limit: policy.LimitChange{MaxSessionsPerUser: policy.Edit{Set: true, Value: &limit}, SessionLimitAction: action}})
			must(w.T, err)
			granted, errs := w.startsWaiting(nil, 16, func(i int) (authority.Granted, error) { return w.begin("shop-0", "p1", fmt.Sprint("key-", i)) })
			refused := 0
			for _, err := range errs {
				if err != nil {
					w.WantKind(err, curfew.KindSessionLimit)
					refused++
				}
			}
			if got := w.living(granted); got != limit {
				w.T.Errorf("%d sessions live, want %d", got, limit)
			}
			if want := map[policy.LimitAction]int{policy.RefuseNew: 16 - limit}[action]; refused != want {
				w.T.Errorf("%d were refused, want %d", refused, want)
			}
			w.CheckChains()
		})
	}
}
