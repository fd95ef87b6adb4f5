package bench

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// WriteTable writes the report as text for people. "-" stands for what is
// unknown or does not apply.
func (r Report) WriteTable(w io.Writer) error {
	var b strings.Builder
	if r.Database != "" {
		fmt.Fprintf(&b, "%s\n", r.Database)
	}
	fmt.Fprintf(&b, "%d clients, %d sessions; the median of %d runs of %s s after %s s of warm-up\n\n",
		r.Clients, r.Sessions, r.RunsEach, short(r.RunSeconds), short(r.Warmup))
	r.writeCases(&b)
	r.writeMemory(&b)
	r.writeLimits(&b)
	b.WriteString(`
req/s and latencies: right answers only, percentiles within 0.4 %, maximum exact.
A rate after @ is that of an open loop: latencies count from when a request was due.
errors and 503s: of all runs. us/req: CPU for each right answer. commits, flushes:
what the database counted for each; reading transactions are commits too.
of fsync, of Ed25519: req/s divided by the machine's rate. of limit: by that of its
limit, measured just before each run; the median of those ratios.
`)
	r.writeTargets(&b)
	r.writeComplaints(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) writeCases(b *strings.Builder) {
	rates := [][]string{{"case", "req/s", "all runs", "p50 ms", "p90 ms", "p99 ms", "max ms", "errors", "503s"}}
	costs := [][]string{{"case", "server us/req", "database us/req", "client us/req", "RSS MiB", "peak MiB"}}
	ratios := [][]string{{"case", "of limit", "of fsync", "of Ed25519", "commits/req", "flushes/req", "WAL B/req"}}
	for _, c := range r.Cases {
		m := c.Median
		least, most := slices.MinFunc(c.Runs, byRate), slices.MaxFunc(c.Runs, byRate)
		rates = append(rates, []string{
			c.title(), thousands(m.PerSecond), thousands(least.PerSecond) + ".." + thousands(most.PerSecond),
			millis(m.P50), millis(m.P90), millis(m.P99), millis(m.Max),
			strconv.FormatInt(c.Errors, 10), strconv.FormatInt(c.Refused, 10),
		})
		costs = append(costs, []string{
			c.title(), known(m.ServerCPU, 0), known(m.DatabaseCPU, 0), known(m.GeneratorCPU, 0),
			mebibytes(m.Resident), mebibytes(m.PeakResident),
		})
		ratios = append(ratios, []string{
			c.title(), known(c.PerLimit, 2), known(c.PerFsync, 2), known(c.PerSignature, 2),
			known(m.Commits, 3), known(m.Flushes, 3), known(m.WALBytes, 0),
		})
	}
	align(b, rates)
	b.WriteByte('\n')
	align(b, costs)
	b.WriteByte('\n')
	align(b, ratios)
}

// title names a row.
func (c *Case) title() string {
	title := c.Name
	if c.Part != "" {
		title += ", " + c.Part
	}
	if c.Rate > 0 {
		title += " @" + thousands(math.Round(c.Rate))
	}
	if c.InStore > 0 {
		title += " of " + thousands(float64(c.InStore))
	}
	return title
}

func (r *Report) writeMemory(b *strings.Builder) {
	if len(r.Memory) == 0 {
		return
	}
	rows := [][]string{{"sessions in the store", "started MiB", "worked MiB", "peak MiB"}}
	for _, f := range r.Memory {
		rows = append(rows, []string{thousands(float64(f.InStore)), mebibytes(f.Started), mebibytes(f.Worked), mebibytes(f.Peak)})
	}
	b.WriteByte('\n')
	align(b, rows)
}

func (r *Report) writeLimits(b *strings.Builder) {
	fmt.Fprintf(b, "\nThis machine in the same run (%s/%s, %d CPUs, %s), one core unless it says more\n",
		r.Machine.OS, r.Machine.Arch, r.Machine.CPUs, r.Machine.Go)
	fsync := "fsync of 4 KiB"
	if r.Limits.Dir != "" {
		fsync += " in " + r.Limits.Dir
	}
	rows := [][]string{
		{fsync, perSecond(r.Limits.Fsync)},
		{"Ed25519 signature", perSecond(r.Limits.Ed25519)},
		{"Ed25519 verification", perSecond(r.Limits.Ed25519Verify)},
		{"HMAC-SHA256 of 400 bytes", perSecond(r.Limits.HMAC)},
		{"SHA-256 of 32 bytes", perSecond(r.Limits.SHA256)},
		{"argon2id, all cores", perSecond(r.Limits.Argon2id)},
		{"bare net/http, JSON in and out, all cores", perSecond(r.Limits.HTTP)},
	}
	for _, c := range r.Cases {
		for i := range c.limitCount() {
			var rates []float64
			for _, round := range c.Rounds {
				rates = append(rates, round[i].PerSecond)
			}
			slices.Sort(rates)
			rows = append(rows, []string{c.Rounds[0][i].Name + ", beside " + c.title(), perSecond(rates[(len(rates)-1)/2])})
		}
	}
	align(b, rows)
}

// limitCount is how many limits each round of the case has.
func (c *Case) limitCount() int {
	if len(c.Rounds) == 0 {
		return 0
	}
	return len(c.Rounds[0])
}

func (r *Report) writeTargets(b *strings.Builder) {
	if len(r.Targets) == 0 {
		return
	}
	rows := [][]string{{"target (2 cores for server, database and clients)", "wanted", "measured", "ratio", ""}}
	for _, t := range r.Targets {
		bound, verdict := "at least ", "missed"
		if t.AtMost {
			bound = "at most "
		}
		if t.Holds {
			verdict = "holds"
		}
		rows = append(rows, []string{t.Name, bound + figure(t.Want) + t.Unit, figure(t.Measured) + t.Unit, figure(t.Ratio), verdict})
	}
	b.WriteByte('\n')
	align(b, rows)
}

func (r *Report) writeComplaints(b *strings.Builder) {
	if r.Limits.Spread > quietSpread {
		fmt.Fprintf(b, "The machine was not quiet: before and after, its signature rate differed %s times.\n",
			known(r.Limits.Spread, 1))
	}
	for _, c := range r.Cases {
		if c.Errors > 0 {
			fmt.Fprintf(b, "%s: %d errors, the first: %s\n", c.title(), c.Errors, c.FirstError)
		}
		if c.Reconnects > 0 {
			fmt.Fprintf(b, "%s: %d connections had to be replaced\n", c.title(), c.Reconnects)
		}
	}
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

func perSecond(f float64) string {
	if f == 0 {
		return "-"
	}
	return thousands(f) + "/s"
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

// figure is f with as much as matters, and no zeros for nothing.
func figure(f float64) string {
	if f >= 1000 {
		return thousands(f)
	}
	decimals := 2
	if f >= 10 {
		decimals = 1
	}
	s := strconv.FormatFloat(f, 'f', decimals, 64)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
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

func mebibytes(n int64) string { return known(float64(n)/(1<<20), 1) }

func known(f float64, decimals int) string {
	if f == 0 {
		return "-"
	}
	return strconv.FormatFloat(f, 'f', decimals, 64)
}

func short(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
