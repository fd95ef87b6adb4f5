package faults

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/verify/internal/rig"
)

var (
	programs rig.Programs
	// without is why there are none.
	without error
)

// prebuilt names a folder in the environment with the programs, where they are
// not to be built.
const prebuilt = "CURFEW_TEST_PROGRAMS"

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if testing.Short() {
		without = errors.New("it takes seconds")
		return m.Run()
	}
	if flag.Lookup("test.parallel").Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		// Most of the time the tests wait, for what takes its time.
		_ = flag.Set("test.parallel", "6")
	}
	dir := os.Getenv(prebuilt)
	if dir != "" {
		programs = rig.At(dir)
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "curfew-faults-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	programs, err = rig.Build(dir, "./cmd/curfew", "./internal/pgserver/postgres-test")
	if errors.Is(err, rig.ErrAlone) {
		without = err
	} else if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// slow is for tests of processes: they take seconds, most of which they wait.
func slow(t *testing.T) {
	t.Helper()
	if without != nil {
		t.Skip(without)
	}
	t.Parallel()
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually polls until something holds.
func eventually(t *testing.T, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s in vain for %s", limit, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// newNode is a node that is not started yet.
func newNode(t *testing.T, settings ...string) *rig.Node {
	t.Helper()
	n, err := programs.NewNode(t.TempDir(), settings...)
	check(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the end of the log of %s:\n%s", n.Addr, events(n.Log()))
		}
		n.Close()
	})
	return n
}

// events is a log without its requests.
func events(log string) string {
	var kept strings.Builder
	for line := range strings.Lines(log) {
		if !strings.Contains(line, `"msg":"request"`) {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

func startNode(t *testing.T, settings ...string) *rig.Node {
	t.Helper()
	n := newNode(t, settings...)
	check(t, n.Start())
	return n
}

func startPostgres(t *testing.T) *rig.Postgres {
	t.Helper()
	p, err := programs.StartPostgres(false)
	check(t, err)
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func newNetwork(t *testing.T, to string) *rig.Network {
	t.Helper()
	n, err := rig.NewNetwork(to)
	check(t, err)
	t.Cleanup(n.Close)
	return n
}
