package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/store/storetest"
)

// template is a database file that was just migrated, made once: copying it is
// quicker than migrating anew for every test. All worlds have one secret, so
// what is sealed in it holds in all of them.
var template struct {
	once sync.Once
	file []byte
	err  error
}

func migrated(chain *audit.Chain) ([]byte, error) {
	template.once.Do(func() {
		template.file, template.err = func() ([]byte, error) {
			folder, err := os.MkdirTemp("", "curfew")
			if err != nil {
				return nil, err
			}
			defer os.RemoveAll(folder)
			path := filepath.Join(folder, "curfew.db")
			db, err := Open(context.Background(), Options{Path: path, Chain: chain})
			if err != nil {
				return nil, err
			}
			if err := errors.Join(db.Migrate(context.Background()), db.Close()); err != nil {
				return nil, err
			}
			return os.ReadFile(path)
		}()
	})
	return template.file, template.err
}

func sqliteForTest(t *testing.T, chain *audit.Chain, wrap func(driver.Connector) driver.Connector) authority.Store {
	t.Helper()
	path := filepath.Join(t.TempDir(), "curfew.db")
	file, err := migrated(chain)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
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
