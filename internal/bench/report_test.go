package bench

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/store/yardstick"
)

var update = flag.Bool("update", false, "write the golden files anew")

func testReport() Report {
	limits := Limits{Fsync: 4677.4, Dir: "/var/lib/curfew", Ed25519: 31_200, Ed25519Verify: 13_200, HMAC: 990_000, SHA256: 11_700_000,
		Argon2id: 70.4, HTTP: 41_693, Spread: 2.04}
	var refresh []Result
	for _, rate := range []float64{8340, 7901.6, 8192.4} {
		refresh = append(refresh, Result{
			Requests: uint64(rate * 5), PerSecond: rate, P50: 7.8125, P90: 11.04, P99: 15.02, Max: 131.4,
			ServerCPU: 178.4, GeneratorCPU: 18.6, Resident: 51 << 20, PeakResident: 55<<20 + 1<<19,
		})
	}
	refresh[1].Errors, refresh[1].FirstError, refresh[1].Reconnects = 3, "refresh went from generation 7 to 9", 2
	refresh[2].Refused = 12
	session := []Result{{Requests: 77_640, PerSecond: 15_528, P50: 4.1, P90: 6.2, P99: 9.94, Max: 22.35}}
	login := []Result{
		{Requests: 300, PerSecond: 60.06, P50: 1066, P90: 1102.4, P99: 1190, Max: 1201.5},
		{Requests: 290, PerSecond: 58, P50: 1100, P90: 1150, P99: 1200, Max: 1300},
	}
	paced := summarizeBy(benchCases[0], []Result{
		{Requests: 20_480, PerSecond: 4096, P50: 1.2, P90: 2.2, P99: 4.4, Max: 12.5, Lag99: 0.2, ServerCPU: 190, DatabaseCPU: 61},
		{Requests: 20_480, PerSecond: 4096, P50: 1.1, P90: 2.1, P99: 3.3, Max: 15.5, Lag99: 0.3, ServerCPU: 191, DatabaseCPU: 62},
		{Requests: 20_479, PerSecond: 4095.8, P50: 1.3, P90: 2.3, P99: 5.5, Max: 11.5, Lag99: 0.4, ServerCPU: 192, DatabaseCPU: 63},
	}, byP99)
	paced.Rate = 4096.2
	everyone := summarize(benchCase{name: "everyone"}, []Result{{Requests: 1, PerSecond: 20, P50: 50, P90: 50, P99: 50, Max: 50.2}})
	everyone.InStore, everyone.Clients = 100_000, 1
	storm := summarize(benchCase{name: "fairness"}, []Result{{Requests: 40_000, PerSecond: 8000, P99: 50}})
	storm.Part = "the storm"
	report := Report{
		Database:  "PostgreSQL 15.18, fsync on",
		StartedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Machine:   Machine{OS: "linux", Arch: "amd64", CPUs: 2, Go: "go1.26.0"},
		Clients:   64, Sessions: 128, RunsEach: 3, RunSeconds: 5, Warmup: 0.5,
		Limits: limits,
		Cases: []Case{
			summarize(benchCases[0], refresh),
			summarize(benchCases[1], session),
			summarize(benchCases[2], login),
			paced, everyone, storm,
		},
		Memory: []Footprint{{InStore: 200, Started: 29 << 20, Worked: 40 << 20, Peak: 41 << 20}, {InStore: 1_000_000, Started: 29 << 20, Worked: 44<<20 + 1<<18, Peak: 45 << 20}},
	}
	report.Cases[0].against([]Round{
		{{"UPDATE per commit, 16 connections", 10_000}, {"pgbench, the same, 16 connections", 9_000}},
		{{"UPDATE per commit, 16 connections", 11_000}, {"pgbench, the same, 16 connections", 9_500}},
		{{"UPDATE per commit, 16 connections", 9_000}, {"pgbench, the same, 16 connections", 10_500}},
	})
	report.relate()
	return report
}

func TestReport(t *testing.T) {
	bare := testReport()
	bare.Limits = Limits{Ed25519: 31_200, Ed25519Verify: 13_200, HMAC: 990_000, SHA256: 11_700_000, Argon2id: 70, HTTP: 41_693}
	bare.Database, bare.Cases, bare.Memory, bare.Targets = "", nil, nil, nil
	for name, write := range map[string]func(*bytes.Buffer) error{
		"table.golden": func(b *bytes.Buffer) error { return testReport().WriteTable(b) },
		"json.golden":  func(b *bytes.Buffer) error { return testReport().WriteJSON(b) },
		"bare.golden":  func(b *bytes.Buffer) error { return bare.WriteTable(b) },
	} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := write(&got); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("got\n%s\nwant\n%s", &got, want)
			}
		})
	}
}

func TestSummarize(t *testing.T) {
	runs := []Result{{PerSecond: 40}, {PerSecond: 10, FirstError: "x"}, {PerSecond: 30, FirstError: "y"}, {PerSecond: 20}}
	c := summarize(benchCases[0], runs)
	if c.Median.PerSecond != 20 || c.FirstError != "x" {
		t.Errorf("%+v", c)
	}
	if c.Runs[0].PerSecond != 40 {
		t.Error("the runs were reordered")
	}
	r := Report{Limits: Limits{Ed25519: 1000}, Cases: []Case{c, summarize(benchCases[1], runs)}}
	r.relate()
	if c := r.Cases[0]; c.PerSignature != 0.02 || c.PerFsync != 0 {
		t.Errorf("%+v", c)
	}
	if c := r.Cases[1]; c.PerSignature != 0 {
		t.Errorf("a ratio that means nothing: %+v", c)
	}
}

func TestMergeLimits(t *testing.T) {
	got := Limits{Fsync: 5, Dir: "d", Ed25519: 10, Ed25519Verify: 7, HMAC: 3, SHA256: 9, Argon2id: 2, HTTP: 6}.merge(
		Limits{Fsync: 4, Dir: "d", Ed25519: 30, Ed25519Verify: 6, HMAC: 2, SHA256: 10, Argon2id: 3, HTTP: 5})
	if want := (Limits{Fsync: 5, Dir: "d", Ed25519: 30, Ed25519Verify: 7, HMAC: 3, SHA256: 10, Argon2id: 3, HTTP: 6, Spread: 3}); got != want {
		t.Errorf("got %+v", got)
	}
}

func TestNewResult(t *testing.T) {
	var a, b tally
	at := time.Now()
	a.fail(errors.New("later"), at.Add(1))
	b.fail(errors.New("earlier"), at)
	b.fail(errors.New("last"), at.Add(2))
	b.refused = 4
	for range 10 {
		a.latency.record(time.Millisecond)
		b.latency.record(3 * time.Millisecond)
		b.lag.record(time.Microsecond)
	}
	a.done, b.done = 11, 9 // some of what was due was late
	var all tally
	all.add(&a)
	all.add(&b)
	got := newResult(&all, 5, 2*time.Second)
	got.charge(usage{server: cpuClock(8 * time.Millisecond), database: cpuClock(4 * time.Millisecond), generator: -1, memory: memory{resident: 7, peak: 8},
		counters: &yardstick.Counters{Commits: 10, Flushes: 4, WALBytes: 4000}}, 40)
	if got.Lag99 < 0.000996 || got.Lag99 > 0.001 {
		t.Errorf("lag %v", got.Lag99)
	}
	if got.P50 < 0.996 || got.P50 > 1.004 || got.P90 < 2.988 || got.P90 > 3 {
		t.Errorf("p50 %v, p90 %v", got.P50, got.P90)
	}
	got.P50, got.P90, got.P99, got.Lag99 = 0, 0, 0, 0
	want := Result{
		Requests: 20, PerSecond: 10, Max: 3, Errors: 3, Refused: 4, Reconnects: 5, FirstError: "earlier",
		ServerCPU: 200, DatabaseCPU: 100, Commits: 0.25, Flushes: 0.1, WALBytes: 100, Resident: 7, PeakResident: 8,
	}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	none := newResult(&tally{}, 0, time.Second)
	none.charge(usage{server: 5, generator: 5}, 0)
	if none != (Result{}) {
		t.Errorf("of nothing: %+v", none)
	}
}

func TestNumbers(t *testing.T) {
	for f, want := range map[float64]string{0: "0.0", 58.04: "58.0", 99.96: "100", 999.6: "1,000", 8192.4: "8,192", 11_700_000: "11,700,000"} {
		if got := thousands(f); got != want {
			t.Errorf("thousands(%v) = %s, want %s", f, got, want)
		}
	}
	for f, want := range map[float64]string{0.5: "0.5", 0.851: "0.85", 15: "15", 100: "100", 3.004: "3", 240: "240", 85.71: "85.7", 6000: "6,000"} {
		if got := figure(f); got != want {
			t.Errorf("figure(%v) = %s, want %s", f, got, want)
		}
	}
	for f, want := range map[float64]string{0.5: "0.50", 9.94: "9.94", 15.02: "15.0", 131.4: "131"} {
		if got := millis(f); got != want {
			t.Errorf("millis(%v) = %s, want %s", f, got, want)
		}
	}
}
