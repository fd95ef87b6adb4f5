package bench

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Report is what [Run] found. A figure that is 0 where that makes no sense,
// such as memory, was not to be had; JSON leaves it out.
type Report struct {
	StartedAt  time.Time `json:"started_at"`
	Machine    Machine   `json:"machine"`
	Clients    int       `json:"clients"`
	Sessions   int       `json:"sessions"`
	RunsEach   int       `json:"runs"`
	RunSeconds float64   `json:"run_seconds"`
	Warmup     float64   `json:"warmup_seconds"`
	Limits     Limits    `json:"limits"`
	Cases      []Case    `json:"cases"`
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
	// Median is the run with the median rate, the lower one of two.
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
	PerFsync     float64  `json:"per_fsync,omitzero"`
	PerSignature float64  `json:"per_signature,omitzero"`
	Runs         []Result `json:"runs"`

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
	// Errors counts wrong and missing answers, warm-up included.
	Errors int64 `json:"errors"`
	// Refused counts answers of 503 with Retry-After, which is obeyed.
	Refused int64 `json:"refused"`
	// Reconnects counts connections that had to be replaced.
	Reconnects int64  `json:"reconnects"`
	FirstError string `json:"first_error,omitzero"`
	// ServerCPU and GeneratorCPU are microseconds of CPU for each request.
	ServerCPU    float64 `json:"server_cpu_us,omitzero"`
	GeneratorCPU float64 `json:"generator_cpu_us,omitzero"`
	// Resident and PeakResident are bytes of the server's memory after the
	// run; the peak is that of the whole life of the process.
	Resident     int64 `json:"server_resident_bytes,omitzero"`
	PeakResident int64 `json:"server_peak_resident_bytes,omitzero"`
}

func newResult(t *tally, reconnects int64, d time.Duration, server, self cpuClock, m memory) Result {
	ms := func(q float64) float64 { return float64(t.latency.quantile(q)) / 1e6 }
	r := Result{
		Requests:     t.latency.count,
		PerSecond:    float64(t.latency.count) / d.Seconds(),
		P50:          ms(0.50),
		P90:          ms(0.90),
		P99:          ms(0.99),
		Max:          float64(t.latency.max) / 1e6,
		Errors:       t.errors,
		Refused:      t.refused,
		Reconnects:   reconnects,
		Resident:     m.resident,
		PeakResident: m.peak,
	}
	if t.firstError != nil {
		r.FirstError = t.firstError.Error()
	}
	if n := float64(r.Requests); n > 0 {
		r.ServerCPU = max(float64(server), 0) / 1e3 / n
		r.GeneratorCPU = max(float64(self), 0) / 1e3 / n
	}
	return r
}

func summarize(c benchCase, runs []Result) Case {
	out := Case{Name: c.name, Runs: runs, commits: c.commits}
	for _, r := range runs {
		out.Errors += r.Errors
		out.Refused += r.Refused
		out.Reconnects += r.Reconnects
		out.FirstError = orDefault(out.FirstError, r.FirstError)
	}
	sorted := slices.SortedStableFunc(slices.Values(runs), byRate)
	out.Median = sorted[(len(sorted)-1)/2]
	return out
}

// relate divides the rates by the machine's limits.
func (r *Report) relate() {
	for i := range r.Cases {
		c := &r.Cases[i]
		if !c.commits {
			continue
		}
		if r.Limits.Fsync > 0 {
			c.PerFsync = c.Median.PerSecond / r.Limits.Fsync
		}
		c.PerSignature = c.Median.PerSecond / r.Limits.Ed25519
	}
}

func byRate(a, b Result) int { return cmp.Compare(a.PerSecond, b.PerSecond) }

// WriteJSON writes the report as indented JSON.
func (r Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// WriteTable writes the report as text for people, in lines of about 80
// columns. "-" stands for what is unknown or does not apply.
func (r Report) WriteTable(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d clients, %d sessions, closed loop; the median of %d runs of %s s after %s s of warm-up\n\n",
		r.Clients, r.Sessions, r.RunsEach, short(r.RunSeconds), short(r.Warmup))

	rates := [][]string{{"case", "req/s", "all runs", "p50 ms", "p90 ms", "p99 ms", "max ms", "errors", "503s"}}
	costs := [][]string{{"case", "server us/req", "client us/req", "RSS MiB", "peak MiB", "of fsync", "of Ed25519"}}
	for _, c := range r.Cases {
		m := c.Median
		slowest, fastest := slices.MinFunc(c.Runs, byRate), slices.MaxFunc(c.Runs, byRate)
		rates = append(rates, []string{
			c.Name, thousands(m.PerSecond), thousands(slowest.PerSecond) + ".." + thousands(fastest.PerSecond),
			millis(m.P50), millis(m.P90), millis(m.P99), millis(m.Max),
			strconv.FormatInt(c.Errors, 10), strconv.FormatInt(c.Refused, 10),
		})
		costs = append(costs, []string{
			c.Name, known(m.ServerCPU, 0), known(m.GeneratorCPU, 0),
			known(float64(m.Resident)/(1<<20), 1), known(float64(m.PeakResident)/(1<<20), 1),
			known(c.PerFsync, 2), known(c.PerSignature, 2),
		})
	}
	align(&b, rates)
	b.WriteByte('\n')
	align(&b, costs)

	fmt.Fprintf(&b, "\nThis machine, one core, in the same run (%s/%s, %d CPUs, %s)\n",
		r.Machine.OS, r.Machine.Arch, r.Machine.CPUs, r.Machine.Go)
	fsync := "fsync of 4 KiB"
	if r.Limits.Dir != "" {
		fsync += " in " + r.Limits.Dir
	}
	perSecond := func(f float64) string {
		if f == 0 {
			return "-"
		}
		return thousands(f) + "/s"
	}
	align(&b, [][]string{
		{fsync, perSecond(r.Limits.Fsync)},
		{"Ed25519 signature", perSecond(r.Limits.Ed25519)},
		{"HMAC-SHA256 of 400 bytes", perSecond(r.Limits.HMAC)},
		{"SHA-256 of 32 bytes", perSecond(r.Limits.SHA256)},
	})

	b.WriteString(`
req/s and latencies: right answers only, percentiles within 0.4 %, maximum exact.
errors and 503s: of all runs. us/req: CPU of the process for each right answer.
of fsync, of Ed25519: req/s divided by the machine's rate below the table.
`)
	if r.Limits.Spread > quietSpread {
		fmt.Fprintf(&b, "The machine was not quiet: before and after, its signature rate differed %s times.\n",
			known(r.Limits.Spread, 1))
	}
	for _, c := range r.Cases {
		if c.Errors > 0 {
			fmt.Fprintf(&b, "%s: %d errors, the first: %s\n", c.Name, c.Errors, c.FirstError)
		}
		if c.Reconnects > 0 {
			fmt.Fprintf(&b, "%s: %d connections had to be replaced\n", c.Name, c.Reconnects)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// align writes rows with the first column to the left and the others to the
// right.
func align(b *strings.Builder, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		for i, cell := range row {
			fill := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				b.WriteString(cell + fill)
			} else {
				b.WriteString("  " + fill + cell)
			}
		}
		b.WriteByte('\n')
	}
}

// thousands is f as a whole number with commas; below 100 with one decimal.
func thousands(f float64) string {
	if f < 99.95 {
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	s := strconv.FormatInt(int64(math.Round(f)), 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// millis is f with about three digits that matter.
func millis(f float64) string {
	switch {
	case f < 10:
		return strconv.FormatFloat(f, 'f', 2, 64)
	case f < 100:
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	return strconv.FormatFloat(f, 'f', 0, 64)
}

func known(f float64, decimals int) string {
	if f == 0 {
		return "-"
	}
	return strconv.FormatFloat(f, 'f', decimals, 64)
}

func short(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
