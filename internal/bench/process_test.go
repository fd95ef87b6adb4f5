package bench

import (
	"os"
	"runtime"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	const stat = "4711 (a) b (c)) S 1 4711 4711 0 -1 4194560 1 2 3 4 250 75 8 9 20 0 7 0 100 200 300\n"
	if got := parseStat(stat); got != cpuClock(3250*time.Millisecond) {
		t.Errorf("got %s", time.Duration(got))
	}
	for _, bad := range []string{"", "4711 (a) S 1", "4711 (a) S 1 2 3 4 5 6 7 8 9 10 x 12 13"} {
		if got := parseStat(bad); got >= 0 {
			t.Errorf("%q: got %d", bad, got)
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

func TestCPUClockSince(t *testing.T) {
	for _, test := range []struct{ start, end, want cpuClock }{{1, 5, 4}, {-1, 5, -1}, {1, -1, -1}} {
		if got := test.end.since(test.start); got != test.want {
			t.Errorf("from %d to %d: %d", test.start, test.end, got)
		}
	}
}
