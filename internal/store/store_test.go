package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"testing"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/store/storetest"
)

// template is a database that was just migrated. All worlds have one secret, so
// what is sealed in it holds in all of them.
var template storetest.Template

func sqliteForTest(t *testing.T, chain *audit.Chain, wrap func(driver.Connector) driver.Connector) authority.Store {
	t.Helper()
	path := template.Copy(t, func(path string) error {
		db, err := Open(context.Background(), Options{Path: path, Chain: chain})
		if err != nil {
			return err
		}
		return errors.Join(db.Migrate(context.Background()), db.Close())
	})
	return openAt(t, Options{Path: path, Chain: chain, Wrap: wrap})
}

// openAt opens and migrates a database, and closes it after the test.
func openAt(t *testing.T, o Options) *DB {
	t.Helper()
	db, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := db.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return db
}

func TestSQLite(t *testing.T) { storetest.Run(t, sqliteForTest) }
