package bench

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/store/yardstick"
)

func TestParseStat(t *testing.T) {
	const text = "4711 (a) b (c)) S 12 4711 4711 0 -1 4194560 1 2 3 4 250 75 8 9 20 0 7 0 100 200 300\n"
	want := stat{parent: 12, own: 3250 * time.Millisecond, collected: 170 * time.Millisecond}
	if got, ok := parseStat(text); !ok || got != want {
		t.Errorf("got %+v", got)
	}
	for _, bad := range []string{"", "4711 (a) S 1", "4711 (a) S 1 2 3 4 5 6 7 8 9 10 x 12 13 14"} {
		if got, ok := parseStat(bad); ok {
			t.Errorf("%q: got %+v", bad, got)
		}
	}
}

func TestParseStatus(t *testing.T) {
	got := parseStatus("Name:\tVmRSS\nVmHWM:\t   2048 kB\nVmRSS:\t   1024 kB\nThreads:\t7\n")
	if want := (memory{resident: 1 << 20, peak: 2 << 20}); got != want {
		t.Errorf("got %+v", got)
	}
	if got := parseStatus("VmRSS:\tx kB\nVmHWM\n"); got != (memory{}) {
		t.Errorf("got %+v", got)
	}
}

func TestProcess(t *testing.T) {
	if cpuTime(0) >= 0 || memoryOf(0) != (memory{}) {
		t.Error("process 0 is known")
	}
	if runtime.GOOS != "linux" {
		t.Skip("/proc is Linux's")
	}
	if cpuTime(os.Getpid()) < 0 {
		t.Error("no CPU time of this process")
	}
	if m := memoryOf(os.Getpid()); m.resident <= 0 || m.peak < m.resident {
		t.Errorf("memory %+v", m)
	}
}

// TestFamilyCPU: what a child used counts while it lives and after it ended.
func TestFamilyCPU(t *testing.T) {
	if familyCPU(0) >= 0 {
		t.Error("process 0 has a family")
	}
	if runtime.GOOS != "linux" {
		t.Skip("/proc is Linux's")
	}
	cmd := exec.Command("sh", "-c", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo; read line || true")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	alone := cpuTime(os.Getpid())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	child := cpuTime(cmd.Process.Pid)
	if s, ok := statOf(cmd.Process.Pid); !ok || s.parent != os.Getpid() || child < cpuClock(2*tick) {
		t.Fatalf("the child's parent is %d, and it used %s", s.parent, time.Duration(child))
	}
	if got := familyCPU(os.Getpid()); got < alone+child {
		t.Errorf("with a child at work: %s, want %s and %s", time.Duration(got), time.Duration(alone), time.Duration(child))
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := familyCPU(os.Getpid()); got < alone+child {
		t.Errorf("after the child's end: %s, want %s and %s", time.Duration(got), time.Duration(alone), time.Duration(child))
	}
}

func TestUsageSince(t *testing.T) {
	start := usage{server: 1, database: 2, generator: 3, counters: &yardstick.Counters{Commits: 5, Flushes: 6}}
	end := usage{server: 11, database: -1, generator: 33, counters: &yardstick.Counters{Commits: 55, Flushes: 66}, memory: memory{resident: 7}}
	got := end.since(start)
	if got.server != 10 || got.database != -1 || got.generator != 30 || *got.counters != (yardstick.Counters{Commits: 50, Flushes: 60}) || got.memory.resident != 7 {
		t.Errorf("got %+v", got)
	}
	if end.counters.Commits != 55 {
		t.Error("what was read is changed")
	}
	start.counters = nil
	if got := end.since(start); got.counters != nil {
		t.Errorf("counters without a start: %+v", got.counters)
	}
}

func TestCPUClockSince(t *testing.T) {
	for _, test := range []struct{ start, end, want cpuClock }{{1, 5, 4}, {-1, 5, -1}, {1, -1, -1}} {
		if got := test.end.since(test.start); got != test.want {
			t.Errorf("from %d to %d: %d", test.start, test.end, got)
		}
	}
}
