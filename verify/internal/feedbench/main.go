// Command feedbench measures how revocations reach verifiers: real servers as
// processes, verifiers of this module in this one, all on this machine.
//
//	go run ./internal/feedbench               # everything, under 4 minutes
//	go run ./internal/feedbench -only spread -databases postgres -for 3s
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/curfew-auth/curfew/verify/internal/rig"
)

// settings are what can be asked for.
type settings struct {
	databases []string
	only      []string
	verifiers int
	whole     int
	rate      float64
	window    time.Duration
	large     int
	rounds    int
	streams   int
	refreshes float64
	programs  string
}

func (s *settings) wants(part string) bool { return len(s.only) == 0 || slices.Contains(s.only, part) }

func main() {
	var s settings
	words := func(into *[]string) func(string) error {
		return func(text string) error { *into = strings.Split(text, ","); return nil }
	}
	s.databases = []string{"sqlite", "postgres"}
	flag.Func("databases", "sqlite, postgres, or both: `LIST` (default both)", words(&s.databases))
	flag.Func("only", "of spread, everyone, load, library: `LIST` (default all)", words(&s.only))
	flag.IntVar(&s.verifiers, "verifiers", 200, "how many verifiers follow the feed")
	flag.IntVar(&s.whole, "whole", 20, "how many of them are whole ones, while sessions are ended one by one")
	flag.Float64Var(&s.rate, "rate", 1000, "revocations a second")
	flag.DurationVar(&s.window, "for", 8*time.Second, "how long, for each figure that takes its time")
	flag.IntVar(&s.large, "large", 100_000, "sessions of the account that is signed out")
	flag.IntVar(&s.rounds, "rounds", 3, "how often what is short is measured")
	flag.IntVar(&s.streams, "streams", 500, "how many streams one node serves beside refreshes")
	flag.Float64Var(&s.refreshes, "refreshes", 500, "refreshes a second beside those")
	flag.StringVar(&s.programs, "programs", "", "`folder` with programs that were built before")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, "feedbench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings) (err error) {
	dir, err := os.MkdirTemp("", "curfew-feedbench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	programs := rig.At(s.programs)
	if s.programs == "" {
		if programs, err = rig.Build(dir, "./cmd/curfew", "./internal/pgserver/postgres-test", "./internal/bench/bench-fill"); err != nil {
			return err
		}
	}
	began := time.Now()
	t := new(table)
	defer func() { // also what was measured before something failed
		fmt.Println()
		t.write(os.Stdout)
		fmt.Printf("\nIt took %s.\n", time.Since(began).Round(time.Second))
	}()
	for _, database := range s.databases {
		if err := measure(ctx, s, programs, database, t); err != nil {
			return fmt.Errorf("%s: %w", database, err)
		}
	}
	if s.wants("library") {
		say("the library's own benchmarks")
		if err := library(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// measure measures over one kind of database.
func measure(ctx context.Context, s settings, programs rig.Programs, database string, t *table) error {
	for _, part := range []struct {
		name     string
		nodes    int
		fillings []filling
		do       func(context.Context, settings, *stage, *table) error
	}{
		{"spread", 2, []filling{{"small", owners, 1, 2 + int(s.rate*s.window.Seconds())/owners}}, spread},
		{"everyone", 2, []filling{{"large", s.rounds, max(s.large/sessionsEach, 1), sessionsEach}}, everyone},
		{"load", 1, []filling{{"small", owners, 1, 1 + (walkers+endings(s))/owners + 1}}, load},
	} {
		if !s.wants(part.name) {
			continue
		}
		say("%s: %s", database, part.name)
		nodes := part.nodes
		if database == "sqlite" {
			nodes = 1
		}
		st, err := newStage(ctx, programs, database, nodes, part.fillings)
		if err == nil {
			err = part.do(ctx, s, st, t)
		}
		if err := errors.Join(err, st.close()); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

// endings is how many sessions load ends at most.
func endings(s settings) int {
	return int(float64(aside)*s.window.Seconds()) * (2*max(s.rounds, 2) + 1)
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
