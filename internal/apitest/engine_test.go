package apitest

import (
	"context"
	"database/sql/driver"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/pgserver/pgtest"
	"github.com/curfew-auth/curfew/internal/store"
	"github.com/curfew-auth/curfew/internal/store/storetest"
)

// engine is what keeps the data of the tests that are running.
var engine struct {
	name  string
	open  storetest.Open
	again bool // the tests have run on another one before
}

// once is for tests in which the engine has no part: they run on the first one.
func once(t *testing.T) {
	t.Helper()
	if engine.again {
		t.Skip("as on the engine before")
	}
}

var engines = map[string]storetest.Open{"sqlite": openSQLite, "postgres": openPostgres}

// onEngines says on which engines all tests run, one after the other:
// go test ./internal/apitest -engines postgres
var onEngines = flag.String("engines", "sqlite,postgres", "engines to run the tests on")

func TestMain(m *testing.M) { pgtest.Main(eachEngine{m}) }

// eachEngine runs all tests once on each engine.
type eachEngine struct{ pgtest.Runner }

func (e eachEngine) Run() (code int) {
	flag.Parse()
	for name := range strings.SplitSeq(*onEngines, ",") {
		open, known := engines[name]
		if !known {
			fmt.Fprintf(os.Stderr, "-engines: no engine has the name %q\n", name)
			return 2
		}
		engine.name, engine.open = name, open
		fmt.Println("on", name)
		code = max(code, e.Runner.Run())
		engine.again = true
	}
	return code
}

// migrated is a database that was just migrated. All worlds have one secret, so
// what is sealed in it holds in all of them.
var migrated storetest.Template

func openSQLite(t *testing.T, chain *audit.Chain, wrap func(driver.Connector) driver.Connector) authority.Store {
	t.Helper()
	path := migrated.Copy(t, func(path string) error { return migrate(store.Options{Path: path, Chain: chain}) })
	return open(t, store.Options{Path: path, Chain: chain, Wrap: wrap})
}

// openPostgres opens a database of the test's own.
func openPostgres(t *testing.T, chain *audit.Chain, wrap func(driver.Connector) driver.Connector) authority.Store {
	t.Helper()
	build := func(url string) error { return migrate(store.Options{URL: url, Chain: chain}) }
	const clean = `DO $$ BEGIN EXECUTE (
		SELECT 'TRUNCATE ' || string_agg(quote_ident(tablename), ', ') FROM pg_tables
		WHERE schemaname = 'public' AND tablename <> 'goose_db_version'); END $$`
	return open(t, store.Options{URL: pgtest.Recycled(t, "migrated", build, clean), Chain: chain, Wrap: wrap, MaxConns: 8})
}

func migrate(o store.Options) error {
	db, err := store.Open(context.Background(), o)
	if err != nil {
		return err
	}
	return errors.Join(db.Migrate(context.Background()), db.Close())
}

func open(t *testing.T, o store.Options) authority.Store {
	t.Helper()
	db, err := store.Open(context.Background(), o)
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	must(t, db.Migrate(context.Background()))
	return db
}
