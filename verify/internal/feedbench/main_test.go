package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/verify/internal/rig"
)

// TestMeasure measures a little of everything, so that the command works when
// somebody wants figures. It holds nobody to any: but what counts mistakes must
// count none.
func TestMeasure(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	programs, err := rig.Build(t.TempDir(), "./cmd/curfew", "./internal/bench/bench-fill")
	if errors.Is(err, rig.ErrAlone) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	s := settings{verifiers: 6, whole: 3, rate: 40, window: time.Second, large: 100, rounds: 1, streams: 5, refreshes: 40}
	var figures table
	if err := measure(t.Context(), s, programs, "sqlite", &figures); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	figures.write(&text)
	t.Logf("\n%s", text.String())
	faultless := 0
	for _, r := range figures.rows {
		if r.target == "0" || r.target == "1" || r.target == "0; 0" {
			if faultless++; !r.holds {
				t.Errorf("%s: %s, want %s", r.what, r.got, r.target)
			}
		}
	}
	if faultless != 3 || len(figures.rows) < 15 {
		t.Errorf("%d figures, of which %d count mistakes", len(figures.rows), faultless)
	}
}

func TestNumbers(t *testing.T) {
	d := durations{5, 1, 4, 2, 3}.sorted()
	if d.at(.5) != 3 || d.at(1) != 5 || d.at(0) != 1 || (durations{}).at(.5) != 0 {
		t.Error(d)
	}
	if median([]int{9, 1, 5}) != 5 || median([]float64(nil)) != 0 {
		t.Error("the median")
	}
	for d, want := range map[time.Duration]string{12: "12 ns", 3500: "3.5 us", 4 * time.Millisecond: "4 ms", 25 * time.Second: "25s"} {
		if got := text(d); got != want {
			t.Errorf("%d: %s, want %s", d, got, want)
		}
	}
	if binary("01a21c09-565e-77d1-b977-bd8c29190c37") == binary("01a21c09-565e-77d1-b977-bd8c29190c38") || binary("ff000000-0000-0000-0000-000000000000")[0] != 0xff {
		t.Error("ids")
	}
}

// TestTheLibraryHasWhatIsMeasured: benchmarks are found by their names.
func TestTheLibraryHasWhatIsMeasured(t *testing.T) {
	out, err := goTest(t.Context(), "-list", "^(Benchmark(Repeated|New|Bare)|"+memoryTest+")$")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"BenchmarkRepeated", "BenchmarkNew", "BenchmarkBare", memoryTest} {
		if !strings.Contains(out, name+"\n") {
			t.Errorf("%s is not there:\n%s", name, out)
		}
	}
}
