package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/store/storetest"
	"github.com/curfew-auth/curfew/internal/token"
)

// apartForTest opens a migrated store that keeps accounts apart.
func apartForTest(t *testing.T, chain *audit.Chain, wrap func(driver.Connector) driver.Connector) authority.Store {
	t.Helper()
	return openAt(t, Options{URL: migratedDatabase(t, chain), Chain: chain, Wrap: wrap, MaxConns: 8, NoBatch: true})
}

// TestPostgresApart runs what the batches take part in without them.
func TestPostgresApart(t *testing.T) {
	storetest.Run(t, apartForTest, "Tabs", "Batches", "Crossing", "Feed", "Lane", "Telling")
}

// Without batches, no statement of refreshes and reads is about more than one
// account, however many wait.
func TestApartNamesOneAccount(t *testing.T) {
	tap := new(storetest.Tap)
	db := apartForTest(t, testChain(t), tap.Wrap).(*DB)
	var refreshes []token.Refresh
	for range 3 {
		refreshes = append(refreshes, seed(t, db, 4)...)
	}
	stop := tap.Statements()
	var wg sync.WaitGroup
	errs := make([]error, len(refreshes))
	for i, r := range refreshes {
		wg.Go(func() {
			now := time.Now()
			_, err := db.Rotate(context.Background(), authority.Rotation{AccountID: r.AccountID, SessionID: r.SessionID,
				Generation: r.Generation, SecretHash: r.SecretHash(), Now: now, ActiveAt: now, Nonce: make([]byte, 16)})
			st, failed := db.Standing(context.Background(), r.AccountID, r.SessionID)
			if errs[i] = errors.Join(err, failed); failed == nil && st.Session.Generation != r.Generation+1 {
				t.Errorf("generation %d", st.Session.Generation)
			}
		})
	}
	wg.Wait()
	seen := stop()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 2*len(refreshes) {
		t.Errorf("%d statements for %d refreshes and as many reads", len(seen), len(refreshes))
	}
	for _, text := range seen {
		if text != rotateSession.text && text != selectStanding.text || strings.Contains(text, "unnest") {
			t.Errorf("a statement for many: %s", text)
		}
	}
	if _, err := db.Standing(context.Background(), refreshes[0].AccountID, curfew.NewID(time.Now())); !errors.Is(err, curfew.ErrNotFound) {
		t.Errorf("of a session that is not there: %v", err)
	}
}
