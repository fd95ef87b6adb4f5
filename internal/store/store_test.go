package store

import (
	"context"
	"database/sql/driver"
	"path/filepath"
	"testing"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/store/storetest"
)

func openSQLite(t *testing.T, chain *audit.Chain, wrap func(driver.Connector) driver.Connector) authority.Store {
	t.Helper()
	db, err := Open(context.Background(), Options{Path: filepath.Join(t.TempDir(), "curfew.db"), Chain: chain, Wrap: wrap})
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

func TestSQLite(t *testing.T) { storetest.Run(t, openSQLite) }
