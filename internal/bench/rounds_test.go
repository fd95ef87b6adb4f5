package bench

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/store/yardstick"
)

func TestParsePgbench(t *testing.T) {
	const out = `pgbench (15.18)
transaction type: /dev/stdin
number of clients: 16
latency average = 1.762 ms
initial connection time = 21.118 ms
tps = 9079.123456 (without initial connection time)
`
	if got, err := parsePgbench(out); err != nil || got != 9079.123456 {
		t.Errorf("%f, %v", got, err)
	}
	// Before version 14 there were two.
	if got, err := parsePgbench("tps = 1.5 (including connections establishing)\ntps = 2.5 (excluding connections establishing)\n"); err != nil || got != 2.5 {
		t.Errorf("%f, %v", got, err)
	}
	for _, bad := range []string{"", "tps = x (without)", "latency average = 1"} {
		if got, err := parsePgbench(bad); err == nil {
			t.Errorf("%q: %f", bad, got)
		}
	}
}

// TestAgainst: each run stands against the best of the round before it, and
// the median of the ratios counts, not the ratio of the medians.
func TestAgainst(t *testing.T) {
	c := Case{Runs: []Result{{PerSecond: 50}, {PerSecond: 90}, {PerSecond: 60}}}
	rounds := []Round{{{"a", 80}, {"b", 100}}, {{"a", 100}, {"b", 90}}, {{"a", 60}, {"b", 30}}}
	c.against(rounds[:2])
	if c.PerLimit != 0 || c.Rounds != nil {
		t.Errorf("with too few rounds: %+v", c)
	}
	c.against(rounds)
	if c.PerLimit != 0.9 || fmt.Sprint(c.Ratios) != "[0.5 0.9 1]" || len(c.Rounds) != 3 {
		t.Errorf("%+v", c)
	}
}

func TestLimitSource(t *testing.T) {
	var none limitSource
	for _, kind := range []limitKind{limitNone, limitUpdates} {
		if round, err := none.measure(t.Context(), kind, time.Hour); len(round) != 0 || err != nil {
			t.Errorf("%q without a database: %v, %v", kind, round, err)
		}
	}
	if err := none.close(); err != nil {
		t.Error(err)
	}
	round, err := none.measure(t.Context(), limitHashes, time.Millisecond)
	if err != nil || len(round) != 1 || round.best() <= 0 {
		t.Errorf("hashes: %v, %v", round, err)
	}

	updates, err := yardstick.OpenUpdates(t.Context(), yardstick.Target{Path: filepath.Join(t.TempDir(), "raw.db")}, 1)
	if err != nil {
		t.Fatal(err)
	}
	some := limitSource{updates: updates, conns: []int{1}}
	round, err = some.measure(t.Context(), limitUpdates, 10*time.Millisecond)
	if err != nil || len(round) != 1 || round.best() <= 0 || round[0].Name != "UPDATE per commit, 1 connection" {
		t.Errorf("updates: %v, %v", round, err)
	}
	if err := some.close(); err != nil {
		t.Error(err)
	}
}

// TestPasswordsIn: pgbench enters as Curfew does, and goes nowhere else.
func TestPasswordsIn(t *testing.T) {
	got := passwordsIn([]string{"HOME=/root", "PGPASSFILE=/etc/pgpass", "PGHOST=elsewhere", "PGPASSWORD=x"})
	if !slices.Equal(got, []string{"PGPASSFILE=/etc/pgpass", "PGPASSWORD=x"}) {
		t.Errorf("%q", got)
	}
	if none := passwordsIn([]string{"PGHOST=elsewhere"}); none == nil || len(none) > 0 {
		t.Errorf("%#v", none)
	}
}
