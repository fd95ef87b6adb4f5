package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/store/storetest"
	"github.com/curfew-auth/curfew/internal/token"
)

func testChain(t testing.TB) *audit.Chain {
	t.Helper()
	secrets, err := token.NewSecrets([]byte("a secret of the tests, 32 bytes or more"))
	if err != nil {
		t.Fatal(err)
	}
	chain, err := audit.NewChain(func(id byte) ([32]byte, bool) { return secrets.Key(token.PurposeAudit, id) }, secrets.KeyID())
	if err != nil {
		t.Fatal(err)
	}
	return chain
}

// openOnly opens a database and neither migrates nor closes it.
func openOnly(t *testing.T, path string) *DB {
	t.Helper()
	db, err := Open(context.Background(), Options{Path: path, Chain: testChain(t)})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// content is a database's schema and its versions, in words.
func content(t *testing.T, db *DB) []string {
	t.Helper()
	all := names(t, db, `SELECT coalesce(sql, name) FROM sqlite_master ORDER BY name`)
	if slices.ContainsFunc(all, func(s string) bool { return len(s) > 30 }) {
		all = append(all, names(t, db, `SELECT CAST(version_id AS text) FROM goose_db_version ORDER BY id`)...)
	}
	return all
}

func TestMigrations(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "curfew.db")
	db := openOnly(t, path)
	if have, know, err := db.Versions(ctx); err != nil || have != 0 || know < 1 {
		t.Errorf("empty: have %d, know %d, %v", have, know, err)
	}
	if err := db.CheckCurrent(ctx); !errors.Is(err, ErrOlder) {
		t.Errorf("an empty database: %v, want ErrOlder", err)
	}
	if err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	first := content(t, db)
	have, know, err := db.Versions(ctx)
	if err != nil || have != know {
		t.Errorf("migrated: have %d, know %d, %v", have, know, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	again := openAt(t, Options{Path: path, Chain: testChain(t)}) // up again
	if second := content(t, again); !slices.Equal(first, second) {
		t.Errorf("migrating again changed\n%q to\n%q", first, second)
	}
	beside := openOnly(t, path)
	if err := beside.CheckCurrent(ctx); err != nil {
		t.Errorf("a command beside the server: %v", err)
	}
	if err := errors.Join(beside.Ping(ctx), beside.Close()); err != nil {
		t.Error(err)
	}
}

func TestNewerDatabaseIsNotTouched(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "curfew.db")
	db := openOnly(t, path)
	if err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)`, `CREATE TABLE of_the_future (x bigint)`,
		`DELETE FROM accounts WHERE name = ''`} {
		if _, err := db.write.ExecContext(ctx, text); err != nil {
			t.Fatal(err)
		}
	}
	before := content(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = openOnly(t, path)
	defer db.Close()
	for name, use := range map[string]func(context.Context) error{"Migrate": db.Migrate, "CheckCurrent": db.CheckCurrent} {
		if err := use(ctx); !errors.Is(err, ErrNewer) {
			t.Errorf("%s: %v, want ErrNewer", name, err)
		}
	}
	if after := content(t, db); !slices.Equal(before, after) {
		t.Errorf("changed %q to %q", before, after)
	}
	if n := len(names(t, db, `SELECT name FROM accounts`)); n != 0 {
		t.Errorf("%d rows were written", n)
	}
}

func TestTwoOpenersAtOnce(t *testing.T) {
	for range 2 {
		path := filepath.Join(t.TempDir(), "curfew.db")
		errs := make([]error, 4)
		start := make(chan struct{})
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() {
				<-start
				db, err := Open(context.Background(), Options{Path: path, Chain: testChain(t)})
				if err == nil {
					err = errors.Join(db.Migrate(context.Background()), db.Ping(context.Background()), db.Close())
				}
				errs[i] = err
			})
		}
		close(start)
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		db := openAt(t, Options{Path: path, Chain: testChain(t)})
		if n := names(t, db, `SELECT CAST(count(*) AS text) FROM accounts`); n[0] != "1" {
			t.Errorf("%s zero accounts", n[0])
		}
		versions := names(t, db, `SELECT CAST(version_id AS text) FROM goose_db_version`)
		if slices.Sort(versions); len(slices.Compact(slices.Clone(versions))) != len(versions) {
			t.Errorf("migrated twice: %v", versions)
		}
	}
}

func TestReadersCannotWrite(t *testing.T) {
	db := openEmpty(t)
	ctx := context.Background()
	for _, text := range []string{`UPDATE accounts SET name = 'x' WHERE id = x'00'`, `CREATE TABLE t (x bigint)`, `DELETE FROM throttles WHERE tat = 0`} {
		if _, err := db.read.ExecContext(ctx, text); err == nil {
			t.Errorf("done by a reader: %s", text)
		}
	}
	err := db.View(ctx, func(ctx context.Context, r authority.Reader) error {
		return r.(authority.Tx).RenameAccount(ctx, curfew.ZeroID, "x")
	})
	if curfew.KindOf(err) != curfew.KindUnavailable {
		t.Errorf("a write in a view: %v", err)
	}
}

func TestPragmas(t *testing.T) {
	db := openEmpty(t)
	for pool, want := range map[*sql.DB][2]string{db.write: {"wal", "0"}, db.read: {"wal", "1"}} {
		var mode, queryOnly string
		var synchronous, foreignKeys int
		for pragma, into := range map[string]any{"journal_mode": &mode, "query_only": &queryOnly, "synchronous": &synchronous, "foreign_keys": &foreignKeys} {
			if err := pool.QueryRow("PRAGMA " + pragma).Scan(into); err != nil {
				t.Fatal(err)
			}
		}
		if mode != want[0] || queryOnly != want[1] || synchronous != 2 || foreignKeys != 1 {
			t.Errorf("journal %s, query_only %s, synchronous %d, foreign keys %d", mode, queryOnly, synchronous, foreignKeys)
		}
	}
	now, err := db.Clock(context.Background())
	if err != nil || time.Since(now).Abs() > time.Minute {
		t.Errorf("the engine's clock says %v, %v", now, err)
	}
}

// TestRestartKeepsEverything closes and opens the database again and again in
// the middle of a session's life.
func TestRestartKeepsEverything(t *testing.T) {
	path := filepath.Join(t.TempDir(), "curfew.db")
	var chain *audit.Chain
	var last *DB
	w := storetest.NewWorld(t, func(t *testing.T, c *audit.Chain, _ func(driver.Connector) driver.Connector) authority.Store {
		chain = c
		db, err := Open(context.Background(), Options{Path: path, Chain: c})
		if err == nil {
			err = db.Migrate(context.Background())
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { // after the world's own checks
			if err := last.Close(); err != nil {
				t.Error(err)
			}
		})
		last = db
		return db
	})
	restart := func() {
		t.Helper()
		if err := w.Store.(*DB).Close(); err != nil {
			t.Fatal(err)
		}
		db, err := Open(context.Background(), Options{Path: path, Chain: chain})
		if err == nil {
			err = db.Migrate(context.Background())
		}
		if err != nil {
			t.Fatal(err)
		}
		last = db
		config := w.Config
		config.Store = db
		if w.Authority, err = authority.New(config); err != nil {
			t.Fatal(err)
		}
	}
	bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
	p := w.SignIn(w.Acme.Owner.Email)
	for i := range 4 {
		attempt := fmt.Sprintf("attempt-number-%d-of-4", i)
		next := w.MustRefresh(p, attempt)
		restart()
		again, err := w.Refresh(p.RefreshToken, attempt) // the answer was lost with the process
		if err != nil || again.RefreshToken != next.RefreshToken {
			t.Fatalf("after a restart: %v", err)
		}
		p = next
	}
	if _, err := w.RevokeSessions(context.Background(), p.Actor(), storetest.Origin, authority.ScopeOthers); err != nil {
		t.Fatal(err)
	}
	ended := w.Clock.Now()
	restart()
	w.Ended(bob, curfew.ReasonOwnerOthers, ended)
	p = w.MustRefresh(p, "")
	if err := w.SignOut(context.Background(), storetest.Origin, authority.SignOut{Token: p.RefreshToken}); err != nil {
		t.Fatal(err)
	}
	restart()
	w.Ended(p, curfew.ReasonLogout, ended)
}
