package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

// durations are many of them, for percentiles.
type durations []time.Duration

// at is the one below which a part of them is; they must be sorted.
func (d durations) at(part float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	return d[min(int(part*float64(len(d))), len(d)-1)]
}

func (d durations) sorted() durations {
	slices.Sort(d)
	return d
}

func median[T int | int64 | float64 | time.Duration](all []T) T {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

// table is what was measured, beside what is wanted.
type table struct {
	rows []row
}

type row struct {
	what, database, got, target string
	holds                       bool
}

// add notes a figure; "" for no target.
func (t *table) add(what, database, got, target string, holds bool) {
	t.rows = append(t.rows, row{what, database, got, target, holds})
	say("  %s: %s", what, got)
}

// below is add of a time that should be below another.
func (t *table) below(what, database string, got, target time.Duration) {
	t.add(what, database, text(got), "< "+text(target), got < target)
}

func text(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= time.Millisecond:
		return fmt.Sprintf("%.4g ms", float64(d)/1e6)
	case d >= time.Microsecond:
		return fmt.Sprintf("%.3g us", float64(d)/1e3)
	}
	return fmt.Sprintf("%d ns", d.Nanoseconds())
}

func (t *table) write(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "figure\tdatabase\tmeasured\ttarget\tholds")
	for _, r := range t.rows {
		holds := ""
		if r.target != "" {
			holds = map[bool]string{true: "yes", false: "NO"}[r.holds]
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.what, r.database, r.got, r.target, holds)
	}
	_ = w.Flush()
}

// resident is the memory of a process, 0 where that is not to be known.
func resident(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			var kib int64
			if _, err := fmt.Sscan(rest, &kib); err == nil {
				return kib << 10
			}
		}
	}
	return 0
}

// ownCPU is the processor time that this process has used.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// cpuOf is the processor time that another process has used.
func cpuOf(pid int) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	var user, system int64
	if len(fields) < 13 {
		return 0
	}
	_, _ = fmt.Sscan(fields[11], &user)
	_, _ = fmt.Sscan(fields[12], &system)
	return time.Duration(user+system) * 10 * time.Millisecond // the unit is the same on every Linux that Go runs on
}
