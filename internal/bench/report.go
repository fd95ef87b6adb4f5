package bench

import (
	"cmp"
	"encoding/json"
	"io"
	"slices"
	"time"
)

// Report is what [Run] found. A figure that is 0 where that makes no sense,
// such as memory, was not to be had; JSON leaves it out.
type Report struct {
	StartedAt time.Time `json:"started_at"`
	Machine   Machine   `json:"machine"`
	// Database is the engine under the server, "" for a server of somebody
	// else's.
	Database   string      `json:"database,omitzero"`
	Clients    int         `json:"clients"`
	Sessions   int         `json:"sessions"`
	RunsEach   int         `json:"runs"`
	RunSeconds float64     `json:"run_seconds"`
	Warmup     float64     `json:"warmup_seconds"`
	Limits     Limits      `json:"limits"`
	Cases      []Case      `json:"cases"`
	Memory     []Footprint `json:"memory,omitzero"`
	Targets    []Target    `json:"targets,omitzero"`
}

// Machine is where the generator ran.
type Machine struct {
	OS   string `json:"os"`
	Arch string `json:"arch"`
	CPUs int    `json:"cpus"`
	Go   string `json:"go"`
}

// Case is one case in all its runs.
type Case struct {
	Name string `json:"name"`
	// Part tells rows of one case apart, Rate is that of an open loop (0 is a
	// closed one), InStore how many sessions the store was filled with, and
	// Clients how many there were, where not the report's.
	Part    string  `json:"part,omitzero"`
	Rate    float64 `json:"open_loop_per_second,omitzero"`
	InStore int     `json:"sessions_in_store,omitzero"`
	Clients int     `json:"clients,omitzero"`
	// Median is the run with the median rate, the lower one of two; in an open
	// loop, where the rate is given, the run with the median p99.
	Median Result `json:"median"`
	// Errors, Refused and Reconnects are the sums of all runs.
	Errors     int64  `json:"errors"`
	Refused    int64  `json:"refused"`
	Reconnects int64  `json:"reconnects"`
	FirstError string `json:"first_error,omitzero"`
	// PerFsync and PerSignature are the median rate divided by the machine's
	// rates of fsync and of Ed25519 signatures on one core, for a case in
	// which each request needs one commit and one signature. More than 1 of
	// the first is owed to commits that carry several requests.
	PerFsync     float64 `json:"per_fsync,omitzero"`
	PerSignature float64 `json:"per_signature,omitzero"`
	// Rounds are the limits that the runs alternated with, Ratios each run's
	// rate divided by the best of its round, and PerLimit their median.
	Rounds   []Round   `json:"limits,omitzero"`
	Ratios   []float64 `json:"ratios,omitzero"`
	PerLimit float64   `json:"per_limit,omitzero"`
	Runs     []Result  `json:"runs"`

	commits bool // each request needs one commit and one signature
}

// Result is one run of a case. Latencies are in milliseconds.
type Result struct {
	Requests  uint64  `json:"requests"` // right answers within the measured time
	PerSecond float64 `json:"per_second"`
	P50       float64 `json:"p50_ms"`
	P90       float64 `json:"p90_ms"`
	P99       float64 `json:"p99_ms"`
	Max       float64 `json:"max_ms"`
	// Lag99 is, in an open loop, the p99 of how late the generator itself was
	// with a request for which a client was free. It is part of the latencies.
	Lag99 float64 `json:"generator_lag_p99_ms,omitzero"`
	// Errors counts wrong and missing answers, warm-up included.
	Errors int64 `json:"errors"`
	// Refused counts answers of 503 with Retry-After, which is obeyed.
	Refused int64 `json:"refused"`
	// Reconnects counts connections that had to be replaced.
	Reconnects int64  `json:"reconnects"`
	FirstError string `json:"first_error,omitzero"`
	// ServerCPU, DatabaseCPU (of all its processes) and GeneratorCPU are
	// microseconds of CPU for each request of the run.
	ServerCPU    float64 `json:"server_cpu_us,omitzero"`
	DatabaseCPU  float64 `json:"database_cpu_us,omitzero"`
	GeneratorCPU float64 `json:"generator_cpu_us,omitzero"`
	// Commits (reading transactions included), Flushes of the log, and WALBytes
	// are what the database counted for each request. Less than 1 of the first
	// two is owed to group commit.
	Commits  float64 `json:"commits,omitzero"`
	Flushes  float64 `json:"wal_syncs,omitzero"`
	WALBytes float64 `json:"wal_bytes,omitzero"`
	// Resident and PeakResident are bytes of the server's memory after the
	// run; the peak is that of the whole life of the process.
	Resident     int64 `json:"server_resident_bytes,omitzero"`
	PeakResident int64 `json:"server_peak_resident_bytes,omitzero"`
}

func newResult(t *tally, reconnects int64, d time.Duration) Result {
	ms := func(h *histogram, q float64) float64 { return float64(h.quantile(q)) / 1e6 }
	r := Result{
		Requests:   t.done,
		PerSecond:  float64(t.done) / d.Seconds(),
		P50:        ms(&t.latency, 0.50),
		P90:        ms(&t.latency, 0.90),
		P99:        ms(&t.latency, 0.99),
		Max:        float64(t.latency.max) / 1e6,
		Lag99:      ms(&t.lag, 0.99),
		Errors:     t.errors,
		Refused:    t.refused,
		Reconnects: reconnects,
	}
	if t.firstError != nil {
		r.FirstError = t.firstError.Error()
	}
	return r
}

// charge divides what was used by all requests of a run, of which there may be
// several results.
func (r *Result) charge(u usage, requests uint64) {
	r.Resident, r.PeakResident = u.memory.resident, u.memory.peak
	n := float64(requests)
	if n == 0 {
		return
	}
	each := func(c cpuClock) float64 { return max(float64(c), 0) / 1e3 / n }
	r.ServerCPU, r.DatabaseCPU, r.GeneratorCPU = each(u.server), each(u.database), each(u.generator)
	if c := u.counters; c != nil {
		r.Commits, r.Flushes, r.WALBytes = float64(c.Commits)/n, float64(c.Flushes)/n, float64(c.WALBytes)/n
	}
}

func summarize(c benchCase, runs []Result) Case { return summarizeBy(c, runs, byRate) }

// summarizeBy makes a case of its runs, in the order that decides which one is
// the median.
func summarizeBy(c benchCase, runs []Result, order func(a, b Result) int) Case {
	out := Case{Name: c.name, Runs: runs, commits: c.commits}
	for _, r := range runs {
		out.Errors += r.Errors
		out.Refused += r.Refused
		out.Reconnects += r.Reconnects
		out.FirstError = orDefault(out.FirstError, r.FirstError)
	}
	sorted := slices.SortedStableFunc(slices.Values(runs), order)
	out.Median = sorted[(len(sorted)-1)/2]
	return out
}

func byRate(a, b Result) int { return cmp.Compare(a.PerSecond, b.PerSecond) }
func byP99(a, b Result) int  { return cmp.Compare(a.P99, b.P99) }

// relate divides the rates by the machine's limits, and holds them against the
// targets.
func (r *Report) relate() {
	for i := range r.Cases {
		c := &r.Cases[i]
		if !c.commits || c.Rate > 0 {
			continue
		}
		if r.Limits.Fsync > 0 {
			c.PerFsync = c.Median.PerSecond / r.Limits.Fsync
		}
		c.PerSignature = c.Median.PerSecond / r.Limits.Ed25519
	}
	r.Targets = r.judge()
}

// WriteJSON writes the report as indented JSON.
func (r Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
