package pgserver

import (
	"context"
	"strings"
	"testing"
	"time"
)

func TestStandby(t *testing.T) {
	primary := started(t, Options{Sync: true})
	conn := connected(t, primary.URL("postgres"))
	do(t, conn, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (1)")
	standby, err := primary.Standby(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := standby.Close(); err != nil {
			t.Error(err)
		}
	})

	// It follows, and takes no writes.
	follower := connected(t, standby.URL("postgres"))
	if got := one(t, follower, "SELECT pg_is_in_recovery()::text"); got != "true" {
		t.Fatalf("in recovery: %s", got)
	}
	if _, err := follower.Exec(t.Context(), "INSERT INTO kept VALUES (2)"); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("a write on the standby: %v", err)
	}

	// A commit waits for it.
	if err := standby.Pause(); err != nil {
		t.Fatal(err)
	}
	committed := make(chan error, 1)
	go func() {
		_, err := conn.Exec(context.Background(), "INSERT INTO kept VALUES (2)")
		committed <- err
	}()
	select {
	case err := <-committed:
		t.Errorf("committed without the standby: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	if err := standby.Resume(); err != nil {
		t.Fatal(err)
	}
	if err := <-committed; err != nil {
		t.Fatal(err)
	}

	// What was committed is there when the standby takes over.
	do(t, conn, "INSERT INTO kept VALUES (3)")
	if err := primary.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := standby.Promote(t.Context()); err != nil {
		t.Fatal(err)
	}
	heir := connected(t, standby.URL("postgres"))
	if got := one(t, heir, "SELECT string_agg(n::text, ' ' ORDER BY n) FROM kept"); got != "1 2 3" {
		t.Errorf("kept %s", got)
	}
	// Nobody follows it, and it waits for nobody.
	do(t, heir, "INSERT INTO kept VALUES (4)")
	if err := standby.Promote(t.Context()); err == nil {
		t.Error("promoted twice")
	}
}

// TestStandbyOfAServerThatDoesNotWait: with a standby it waits for that.
func TestStandbyOfAServerThatDoesNotWait(t *testing.T) {
	primary := started(t, Options{})
	standby, err := primary.Standby(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := one(t, connected(t, primary.URL("postgres")), "SHOW synchronous_commit"); got != "on" {
		t.Errorf("synchronous_commit is %s", got)
	}
	if err := standby.Close(); err != nil {
		t.Error(err)
	}
}
