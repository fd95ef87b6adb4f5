package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/pgserver/pgtest"
	"github.com/curfew-auth/curfew/internal/token"
)

// each runs a test on each engine.
func each(t *testing.T, test func(*testing.T, *DB)) {
	t.Run("SQLite", func(t *testing.T) { test(t, openEmpty(t)) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, openAt(t, Options{URL: pgtest.Database(t), Chain: testChain(t)})) })
}

// refreshAt rotates sessions, together or one after the other.
func refreshAt(t *testing.T, db *DB, refreshes []token.Refresh, now time.Time, together bool) {
	t.Helper()
	var wg sync.WaitGroup
	for i, r := range refreshes {
		do := func() {
			_, err := db.Rotate(context.Background(), authority.Rotation{AccountID: r.AccountID, SessionID: r.SessionID, Generation: r.Generation,
				SecretHash: r.SecretHash(), Now: now, ActiveAt: now.Add(-time.Duration(i) * time.Second), Nonce: make([]byte, 16)})
			if err != nil {
				t.Error(err)
			}
			refreshes[i] = r.Successor()
		}
		if together {
			wg.Go(do)
		} else {
			do()
		}
	}
	wg.Wait()
}

// TestActivityHour: whatever writes the time of the last activity writes its
// hour, and pages of the active sessions go on over hours without a gap.
func TestActivityHour(t *testing.T) {
	each(t, func(t *testing.T, db *DB) {
		refreshes := seed(t, db, 60)
		now := time.Now().UTC()
		for round, some := range [][]token.Refresh{refreshes[10:50], refreshes[20:40], refreshes[30:35]} {
			for _, together := range []bool{false, true} {
				now = now.Add(25 * time.Minute)
				refreshAt(t, db, some, now, together)
				if round == 2 {
					now = now.Add(3 * time.Hour)
				}
			}
		}
		var wrong int
		if err := db.read.QueryRowContext(t.Context(), `SELECT count(*) FROM sessions WHERE activity_hour <> last_active_at / 3600000000`).Scan(&wrong); err != nil || wrong != 0 {
			t.Errorf("%d sessions are in another hour than their activity, %v", wrong, err)
		}
		var hours int
		if err := db.read.QueryRowContext(t.Context(), `SELECT count(DISTINCT activity_hour) FROM sessions`).Scan(&hours); err != nil || hours < 3 {
			t.Errorf("there are %d hours, %v", hours, err)
		}
		for _, limit := range []int{1, 7, 59, 60, 100} {
			pages := walkActive(t, db, refreshes[0].AccountID, now, limit)
			if len(pages) != 60 || !slices.IsSortedFunc(pages, func(a, b curfew.Session) int {
				if by := b.LastActiveAt.Compare(a.LastActiveAt); by != 0 {
					return by
				}
				return bytes.Compare(b.ID[:], a.ID[:])
			}) {
				t.Errorf("by %d: %d sessions, or not in order", limit, len(pages))
			}
		}
	})
}

// walkActive reads the list of an account's active sessions page by page.
func walkActive(t *testing.T, db *DB, account curfew.ID, now time.Time, limit int) (all []curfew.Session) {
	t.Helper()
	page := authority.Page[authority.SessionKey]{Limit: limit}
	for range 100 {
		var list authority.List[curfew.Standing, authority.SessionKey]
		err := db.View(t.Context(), func(ctx context.Context, r authority.Reader) (err error) {
			list, err = r.SessionList(ctx, account, now, authority.SessionFilter{Status: authority.SessionsActive}, page)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range list.Items {
			all = append(all, st.Session)
		}
		if list.Next == nil {
			return all
		}
		page.After = list.Next
	}
	t.Fatal("the list has no end")
	return nil
}

// TestPagesReadFewHours: of the active sessions of a large account, a page reads
// those of the hours that it is from.
func TestPagesReadFewHours(t *testing.T) {
	each(t, func(t *testing.T, db *DB) {
		refreshes := seed(t, db, 500)
		account, ctx, now := refreshes[0].AccountID, t.Context(), time.Now()
		for hour := range 10 {
			refreshAt(t, db, refreshes[50*hour:50*(hour+1)], now.Add(time.Duration(hour)*time.Hour), true)
		}
		text := "EXPLAIN QUERY PLAN "
		if db.dialect.analyze != "" {
			text = "EXPLAIN "
			if _, err := db.write.ExecContext(ctx, db.dialect.analyze); err != nil {
				t.Fatal(err)
			}
		}
		rows, err := db.read.QueryContext(ctx, text+selectSessions[authority.SessionsActive].text, account[:], int64(1), curfew.ZeroID[:],
			farFuture.UnixMicro(), curfew.ZeroID[:], 11, activityHour(farFuture))
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		var plan strings.Builder
		for rows.Next() {
			row := make([]any, len(columns))
			for i := range row {
				row[i] = &row[i]
			}
			if err := rows.Scan(row...); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&plan, row[len(row)-1])
		}
		if !strings.Contains(plan.String(), "sessions_by_activity") {
			t.Errorf("the plan is\n%s", plan.String())
		}
	})
}
