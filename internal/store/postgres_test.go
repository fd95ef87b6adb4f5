package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
	"testing"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/pgserver/pgtest"
	"github.com/curfew-auth/curfew/internal/store/storetest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// postgresForTest opens a migrated store in a database of its own.
func postgresForTest(t *testing.T, chain *audit.Chain, wrap func(driver.Connector) driver.Connector) authority.Store {
	t.Helper()
	return openAt(t, Options{URL: migratedDatabase(t, chain), Chain: chain, Wrap: wrap, MaxConns: 8})
}

// migratedDatabase is a database with the schema and nothing else.
func migratedDatabase(t *testing.T, chain *audit.Chain) string {
	t.Helper()
	return pgtest.Recycled(t, "migrated", func(url string) error {
		db, err := Open(context.Background(), Options{URL: url, Chain: chain})
		if err != nil {
			return err
		}
		return errors.Join(db.Migrate(context.Background()), db.Close())
	}, "TRUNCATE "+strings.Join(tables(), ", "))
}

// tables are all tables of ours.
func tables() (all []string) {
	for _, classified := range []map[string]string{tenantTables, otherTables} {
		for name := range classified {
			if name != "goose_db_version" {
				all = append(all, name)
			}
		}
	}
	return all
}

func TestPostgres(t *testing.T) { storetest.Run(t, postgresForTest) }
