package jobs

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/pgserver/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestQueue: what is put in is done, also for an endpoint that was added later,
// and again where that was asked for.
func TestQueue(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		o := Options{Path: filepath.Join(t.TempDir(), "a folder#1", "jobs.db")}
		must(t, os.Mkdir(filepath.Dir(o.Path), 0o700))
		must(t, os.WriteFile(o.Path, []byte("what a process left that was killed"), 0o600))
		queue(t, o)
		info, err := os.Stat(o.Path)
		must(t, err)
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("the file's mode is %o", mode)
		}
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		o := Options{URL: pgtest.Database(t)}
		for range 2 { // again it changes nothing
			must(t, Migrate(t.Context(), o.URL))
		}
		queue(t, o)
	})
}

func queue(t *testing.T, o Options) {
	var mu sync.Mutex
	done := map[curfew.DeliveryKey]int{}
	o.Log = slog.New(slog.DiscardHandler)
	o.Work = func(_ context.Context, key curfew.DeliveryKey) (time.Duration, error) {
		mu.Lock()
		defer mu.Unlock()
		if done[key]++; done[key] == 1 {
			return time.Millisecond, nil
		}
		return 0, nil
	}
	id := func() curfew.ID { return curfew.NewID(time.Now()) }
	first, second := id(), id()
	q, err := Open(t.Context(), o, []curfew.ID{first})
	must(t, err)
	defer func() { must(t, q.Stop(context.Background())) }()
	for range 2 {
		must(t, q.Add(second))
	}
	keys := []curfew.DeliveryKey{{AccountID: id(), EventID: id(), WebhookID: first}, {AccountID: id(), EventID: id(), WebhookID: second}}
	must(t, q.Insert(t.Context(), keys))
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		mu.Lock()
		both := done[keys[0]] == 2 && done[keys[1]] == 2
		mu.Unlock()
		if both {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("done %v", done)
		}
	}
	must(t, q.Remove(t.Context(), second))
}

// TestLogIsQuiet: an outage is told of once a minute.
func TestLogIsQuiet(t *testing.T) {
	var text bytes.Buffer
	log := slog.New(newQuiet(slog.NewTextHandler(&text, nil)))
	log.Info("nothing")
	for range 3 {
		log.With("a", 1).Error("an outage")
	}
	if n := strings.Count(text.String(), "an outage"); n != 1 || strings.Contains(text.String(), "nothing") {
		t.Errorf("logged %s", &text)
	}
}
