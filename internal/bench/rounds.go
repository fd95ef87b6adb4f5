package bench

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/store/yardstick"
)

// limitKind names a limit that a case alternates with.
type limitKind string

const (
	limitNone    limitKind = ""
	limitUpdates limitKind = "updates"
	limitHashes  limitKind = "hashes"
)

// LimitRate is one limit, measured once.
type LimitRate struct {
	Name      string  `json:"name"`
	PerSecond float64 `json:"per_second"`
}

// Round is what was measured of a limit before one run of a case. The best of
// it is what the machine can do.
type Round []LimitRate

func (r Round) best() (best float64) {
	for _, l := range r {
		best = max(best, l.PerSecond)
	}
	return best
}

func (r Round) String() string {
	var parts []string
	for _, l := range r {
		parts = append(parts, l.Name+" "+thousands(l.PerSecond)+"/s")
	}
	return strings.Join(parts, ", ")
}

// limitSource measures the limits that cases alternate with. The zero one has
// hashes only.
type limitSource struct {
	updates *yardstick.Updates
	conns   []int
	pgbench string // the program; "" when it is not there
	environ []string
	url     string
}

// manyConns is the greater number of connections at which updates are
// measured; a few is fewConns.
const fewConns, manyConns = 16, 64

// open makes ready to measure updates on the database engine of a server.
func (l *limitSource) open(ctx context.Context, o *own) (err error) {
	where, err := o.spare(ctx, "raw")
	if err != nil {
		return err
	}
	if l.updates, err = yardstick.OpenUpdates(ctx, where, manyConns); err != nil {
		return err
	}
	l.conns, l.url = []int{1}, where.URL
	if where.Postgres() {
		l.conns = []int{fewConns, manyConns}
		l.pgbench, l.environ = o.pgbench(), passwordsIn(o.conf.Environ)
	}
	return nil
}

func (l *limitSource) close() error {
	if l.updates == nil {
		return nil
	}
	return l.updates.Close()
}

// measure gives a round, empty where the limit is not to be had; d is for each
// rate of it.
func (l *limitSource) measure(ctx context.Context, kind limitKind, d time.Duration) (round Round, err error) {
	add := func(name string, perSecond float64, failed error) {
		round, err = append(round, LimitRate{name, perSecond}), errors.Join(err, failed)
	}
	switch {
	case kind == limitHashes:
		perSecond, failed := hashRate(ctx, d)
		add(fmt.Sprintf("argon2id, %d at once", runtime.GOMAXPROCS(0)), perSecond, failed)
	case kind == limitUpdates && l.updates != nil:
		for _, conns := range l.conns {
			perSecond, failed := l.updates.Rate(ctx, conns, d)
			add(fmt.Sprintf("UPDATE per commit, %s", connections(conns)), perSecond, failed)
		}
		if l.pgbench != "" {
			perSecond, failed := runPgbench(ctx, l.pgbench, l.environ, l.url, fewConns, d)
			add(fmt.Sprintf("pgbench, the same, %s", connections(fewConns)), perSecond, failed)
		}
	}
	if err != nil {
		return nil, err
	}
	return round, nil
}

// pgbenchBeside is the program in a folder of PostgreSQL's, or in PATH.
func pgbenchBeside(folder string) string {
	for _, name := range []string{filepath.Join(folder, "pgbench"), "pgbench"} {
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	return ""
}

// passwordsIn is what of an environment tells programs of PostgreSQL's by what
// password they may enter, and nothing that decides where they go. It is never
// nil, which would be all of the environment.
func passwordsIn(environ []string) []string {
	found := []string{}
	for _, entry := range environ {
		if strings.HasPrefix(entry, "PGPASSFILE=") || strings.HasPrefix(entry, "PGPASSWORD=") {
			found = append(found, entry)
		}
	}
	return found
}

// runPgbench has pgbench do the updates, whole seconds long.
func runPgbench(ctx context.Context, program string, environ []string, address string, conns int, d time.Duration) (float64, error) {
	seconds := max(int(d.Round(time.Second)/time.Second), 1)
	cmd := exec.CommandContext(ctx, program, "--no-vacuum", "--protocol=prepared", "--client="+strconv.Itoa(conns), "--jobs=1",
		"--time="+strconv.Itoa(seconds), "--file=/dev/stdin", address)
	cmd.Stdin = strings.NewReader(yardstick.PgbenchScript)
	cmd.Env = environ
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("pgbench: %w: %s", err, lastLine(complaints.String()))
	}
	return parsePgbench(string(out))
}

// parsePgbench reads "tps = 9079.123456 (without initial connection time)".
func parsePgbench(out string) (float64, error) {
	for line := range strings.Lines(out) {
		rest, ok := strings.CutPrefix(line, "tps = ")
		if !ok || strings.Contains(rest, "including") {
			continue
		}
		number, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
		return strconv.ParseFloat(number, 64)
	}
	return 0, errors.New("pgbench said no rate")
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// against relates each run of a case to the round before it.
func (c *Case) against(rounds []Round) {
	if len(rounds) != len(c.Runs) || len(rounds) == 0 {
		return
	}
	c.Rounds = rounds
	ratios := make([]float64, len(rounds))
	for i, round := range rounds {
		ratios[i] = c.Runs[i].PerSecond / round.best()
	}
	c.Ratios = slices.Clone(ratios)
	slices.Sort(ratios)
	c.PerLimit = ratios[(len(ratios)-1)/2]
}

// of is the median of a case's rates divided by those limits of their rounds
// whose name begins so, 0 where there is none.
func (c *Case) of(limit string) float64 {
	var ratios []float64
	for i, round := range c.Rounds {
		for _, rate := range round {
			if strings.HasPrefix(rate.Name, limit) && rate.PerSecond > 0 {
				ratios = append(ratios, c.Runs[i].PerSecond/rate.PerSecond)
			}
		}
	}
	if len(ratios) == 0 {
		return 0
	}
	slices.Sort(ratios)
	return ratios[(len(ratios)-1)/2]
}

func connections(n int) string {
	if n == 1 {
		return "1 connection"
	}
	return strconv.Itoa(n) + " connections"
}
