package bench

import "testing"

func judged(t *testing.T, r Report, name string) (Target, bool) {
	t.Helper()
	for _, target := range r.judge() {
		if target.Name == name {
			return target, true
		}
	}
	return Target{}, false
}

func TestTargets(t *testing.T) {
	r := Report{Database: "SQLite, synchronous FULL", Cases: []Case{
		{Name: "refresh", Median: Result{PerSecond: 5000, P99: 99, ServerCPU: 200, DatabaseCPU: 40}, PerLimit: 0.3,
			Runs: []Result{{PerSecond: 5000}}, Rounds: []Round{{{"UPDATE per commit, 16 connections", 16_000}, {"pgbench, the same, 16 connections", 12_500}}}},
		{Name: "refresh", Rate: 2500, Median: Result{PerSecond: 2500, P99: 15}},
		{Name: "session", Median: Result{PerSecond: 12_000}},
		{Name: "everyone", Runs: []Result{{Max: 50}, {Max: 101}, {Max: 60}}},
		{Name: "size", Median: Result{PerSecond: 8000}}, {Name: "size", Median: Result{PerSecond: 6000}},
		{Name: "start", Median: Result{PerSecond: 2600}}, {Name: "start", Part: "of new people", Median: Result{PerSecond: 1}},
		{Name: "storm", Part: partAlone, Runs: []Result{{P99: 4}, {P99: 2}, {P99: 0}}},
		{Name: "storm", Part: partStormed, Runs: []Result{{P99: 6}, {P99: 5}, {P99: 9}}},
	}, Memory: []Footprint{{Worked: 40}, {Worked: 43}}}
	check := func(name string, measured float64, holds bool) {
		t.Helper()
		got, ok := judged(t, r, name)
		if !ok || got.Measured != measured || got.Holds != holds || got.Ratio != measured/got.Want {
			t.Errorf("%s: %+v, %t", name, got, ok)
		}
	}
	check("refresh", 5000, false)
	check("CPU of server and database for a refresh", 240, true)
	check("refresh at half the rate, p99", 15, true)
	check("session", 12_000, false)
	check("start by a service", 2600, true)
	check("refresh in a storm of starts of refresh alone, p99", 1.5, true)
	check("sign everyone out, slowest", 101, false)
	check("memory, full store of empty one", 1.075, true)
	for _, name := range []string{"refresh of pgbench's UPDATE per commit", "refresh, largest store of smallest", "login of argon2id"} {
		if got, ok := judged(t, r, name); ok {
			t.Errorf("%s is judged: %+v", name, got)
		}
	}

	r.Database = "PostgreSQL 15.18, fsync on"
	check("refresh of pgbench's UPDATE per commit", 0.4, false)
	check("session", 12_000, true)
	check("refresh, largest store of smallest", 0.75, false)

	r.Database = ""
	if got := r.judge(); got != nil {
		t.Errorf("a server of somebody else's is judged: %+v", got)
	}
}
