package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/pgserver/pgtest"
)

// TestAtOncePrepares has PostgreSQL read what is written at once, in the combinations
// that are unlike each other, and holds the parameters of each to what is given for them.
func TestAtOncePrepares(t *testing.T) {
	chain := testChain(t)
	db := openAt(t, Options{URL: migratedDatabase(t, chain), Chain: chain})
	rows := func(n int) *untold {
		told := telling{Telling: curfew.Telling{Body: says("{}")}}
		return &untold{began: make([]curfew.Session, n), stamps: make([]loginStamp, n), revoked: make([]revokedSession, n), events: make([]audit.Sealed, n),
			heads: make([]movedHead, n), tellings: append(make([]telling, 0, n), []telling{told, told}[:n]...), claims: make([]claim, n)}
	}
	check := func(name string, number func(part int) int) {
		var parts chosen
		given := 0
		for i, part := range atOnceParts {
			n := number(i)
			if n == 0 {
				continue
			}
			_, columns, err := part.rows(conn{db: db}, rows(n))
			if err != nil {
				t.Fatal(err)
			}
			parts[i], given = []*query{part.one, part.many}[n-1], given+len(columns)
		}
		text := parts.atOnce().text
		taken := map[string]bool{}
		for _, p := range parameter.FindAllString(text, -1) {
			taken[p] = true
		}
		if len(taken) != given || !taken["$"+strconv.Itoa(given)] {
			t.Errorf("%s: %d parameters for %d values", name, len(taken), given)
		}
		for pool := range db.pools() {
			stmt, err := pool.PrepareContext(t.Context(), text)
			if err != nil {
				t.Errorf("%s: %v\n%s", name, err, text)
				break
			}
			_ = stmt.Close()
		}
	}
	for part := range atOnceParts {
		for n := 1; n <= 2; n++ {
			check(fmt.Sprintf("part %d by %d", part, n), func(i int) int {
				if i == part {
					return n
				}
				return 0
			})
		}
	}
	check("a row of each", func(int) int { return 1 })
	check("many of each", func(int) int { return 2 })
	check("a row and many in turn", func(i int) int { return 1 + i%2 })
	check("many and a row in turn", func(i int) int { return 2 - i%2 })
}

// everyStore are empty stores that write what ends a transaction in their own ways.
func everyStore(t *testing.T) map[string]Options {
	chain := testChain(t)
	return map[string]Options{
		"SQLite":         {Path: filepath.Join(t.TempDir(), "curfew.db"), Chain: chain},
		"PostgreSQL":     {URL: pgtest.Database(t), Chain: chain},
		"accounts apart": {URL: pgtest.Database(t), Chain: chain, NoBatch: true},
	}
}

// TestWhoIsTold holds what is handed over after a commit to the deliveries that the
// transaction has written, each once.
func TestWhoIsTold(t *testing.T) {
	for name, o := range everyStore(t) {
		t.Run(name, func(t *testing.T) {
			db := openAt(t, o)
			account := seedAccount(t, db, 1, "ada@acme.example")[0].AccountID
			var mu sync.Mutex
			handed := map[curfew.DeliveryKey]int{}
			db.OnTold(func(keys []curfew.DeliveryKey) {
				mu.Lock()
				defer mu.Unlock()
				for _, key := range keys {
					handed[key]++
				}
			})
			now := time.Now().UTC().Truncate(time.Microsecond)
			hooks := []curfew.ID{curfew.NewID(now), curfew.NewID(now), curfew.NewID(now)}
			inTx := func(fn func(ctx context.Context, tx authority.Tx) error) {
				t.Helper()
				if err := db.InTx(t.Context(), account, fn); err != nil {
					t.Fatal(err)
				}
			}
			event := func(kind curfew.EventType) curfew.Telling {
				return curfew.Telling{AccountID: account, ID: curfew.NewID(now), Type: kind, Subject: account, OccurredAt: now, Body: says(`{"a":"b"}`)}
			}
			before, one, two, three := event(curfew.EventSessionStarted), event(curfew.EventSessionStarted), event(curfew.EventSessionEnded), event(curfew.EventPolicyUpdated)
			tell := func(events ...curfew.Telling) {
				t.Helper()
				inTx(func(ctx context.Context, tx authority.Tx) error {
					for _, e := range events {
						if err := tx.Tell(ctx, e); err != nil {
							return err
						}
					}
					return nil
				})
			}
			want := map[curfew.DeliveryKey]int{}
			expect := func(e curfew.Telling, to ...curfew.ID) {
				for _, hook := range to {
					want[curfew.DeliveryKey{AccountID: account, EventID: e.ID, WebhookID: hook}]++
				}
			}
			tell(before, two) // whom nobody is told of yet
			two = event(curfew.EventSessionEnded)
			inTx(func(ctx context.Context, tx authority.Tx) error {
				var errs []error
				for i, events := range [][]curfew.EventType{curfew.EventTypes, {curfew.EventSessionStarted, curfew.EventSessionEnded}, {curfew.EventPolicyUpdated}} {
					errs = append(errs, tx.InsertWebhook(ctx, curfew.Webhook{ID: hooks[i], URL: "https://hooks.example", Events: events, Sealed: []byte{1}, CreatedAt: now, UpdatedAt: now, ExpiredUntil: now}))
				}
				return errors.Join(errs...)
			})
			tell(before)
			expect(before, hooks[0], hooks[1])
			tell(before, one, two, one, three)
			expect(one, hooks[0], hooks[1])
			expect(two, hooks[0], hooks[1])
			expect(three, hooks[0], hooks[2])
			if !maps.Equal(handed, want) {
				t.Errorf("handed over were\n%v\nwant\n%v", handed, want)
			}
		})
	}
}

// TestNameTakenMeanwhile: a start whose name another node takes after the batch has
// looked for it undoes the batch, and finds that when each runs alone.
func TestNameTakenMeanwhile(t *testing.T) {
	chain := testChain(t)
	url := migratedDatabase(t, chain)
	here, there := openAt(t, Options{URL: url, Chain: chain}), openAt(t, Options{URL: url, Chain: chain})
	here.longest = time.Minute
	now := time.Now().UTC().Truncate(time.Microsecond)
	acme, other := seedAccount(t, here, 1, "ada@acme.example")[0], seedAccount(t, here, 1, "ada@other.example")[0]
	claim := func(db *DB, account, session curfew.ID, key byte, meanwhile func()) (prior curfew.Repeatable, err error) {
		look := authority.StartLook{User: "nobody", Key: [32]byte{key}}
		err = db.InStart(t.Context(), account, look, func(ctx context.Context, tx authority.Tx) error {
			prior, err = tx.Repeatable(ctx, look.Key)
			if !errors.Is(err, curfew.ErrNotFound) {
				return err
			}
			meanwhile()
			claimed, err := tx.ClaimRepeatable(ctx, curfew.Repeatable{ID: look.Key, AccountID: account, SessionID: session, MadeAt: now}, now.Add(-time.Hour))
			if err == nil && !claimed {
				err = errors.New("the name is taken")
			}
			return err
		})
		return prior, err
	}
	leading, lead := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		if _, err := claim(here, acme.AccountID, acme.SessionID, 1, func() { close(leading); <-lead }); err != nil {
			t.Errorf("the leader: %v", err)
		}
	})
	<-leading
	var once sync.Once
	priors, ran := [4]curfew.Repeatable{}, [4]int{}
	for i := range priors {
		all.Go(func() {
			var err error
			if priors[i], err = claim(here, acme.AccountID, acme.SessionID, byte(10+i), func() {
				ran[i]++
				once.Do(func() {
					if _, err := claim(there, other.AccountID, other.SessionID, 12, func() {}); err != nil {
						t.Errorf("the other node: %v", err)
					}
				})
			}); err != nil {
				t.Errorf("start %d: %v", i, err)
			}
		})
	}
	for here.starts.stats().Waiting < len(priors) {
		time.Sleep(time.Millisecond)
	}
	close(lead)
	all.Wait()
	for i, prior := range priors {
		if taken := prior.AccountID == other.AccountID; taken != (i == 2) {
			t.Errorf("start %d found %+v", i, prior)
		}
		if want := map[bool]int{true: 1, false: 2}[i == 2]; ran[i] != want {
			t.Errorf("start %d went on %d times, want %d", i, ran[i], want)
		}
	}
}

// TestPeopleMadeAreSeen: a start that makes somebody sees them by whatever it asks for, and
// they are stored as whoever was made by another transaction.
func TestPeopleMadeAreSeen(t *testing.T) {
	for name, o := range everyStore(t) {
		t.Run(name, func(t *testing.T) {
			db := openAt(t, o)
			account := seedAccount(t, db, 1, "ada@acme.example")[0].AccountID
			now := time.Now().UTC().Truncate(time.Microsecond)
			person := func(external string) curfew.User {
				return curfew.User{AccountID: account, ID: curfew.NewID(now), Name: "Éva " + external, Email: external + "@acme.example", Role: curfew.RoleOwner, CreatedAt: now, Version: 1, ExternalID: external}
			}
			plain, made := person("a"), person("b")
			if err := db.InTx(t.Context(), account, func(ctx context.Context, tx authority.Tx) error {
				_, err := tx.InsertUser(ctx, plain, "")
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if err := db.InStart(t.Context(), account, authority.StartLook{User: made.ExternalID}, func(ctx context.Context, tx authority.Tx) error {
				if _, _, err := tx.AccountAndUserOf(ctx, account, made.ExternalID); !errors.Is(err, curfew.ErrNotFound) {
					t.Errorf("before they are made: %v", err)
				}
				if _, err := tx.InsertUser(ctx, made, ""); err != nil {
					return err
				}
				a, u, err := tx.AccountAndUserOf(ctx, account, made.ExternalID)
				if err != nil || a.ID != account || u != made {
					t.Errorf("by their id of the product's: %+v, %+v, %v", a, u, err)
				}
				u, err = tx.User(ctx, account, made.ID)
				if err != nil || u != made {
					t.Errorf("by their id: %+v, %v", u, err)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if err := db.View(t.Context(), func(ctx context.Context, r authority.Reader) error {
				for _, want := range []curfew.User{plain, made} {
					if got, err := r.UserOf(ctx, account, want.ExternalID); err != nil || got != want {
						t.Errorf("%+v is stored as %+v, %v", want, got, err)
					}
				}
				list, err := r.UserList(ctx, account, now, authority.Page[authority.UserKey]{Limit: 10})
				if n := len(list.Items); err != nil || n != 3 || list.Items[1].User != plain || list.Items[2].User != made {
					t.Errorf("they are listed as %+v, %v", list.Items, err)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		})
	}
}
