package throttle

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	noon  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	limit = Limit{Burst: 3, Every: 10 * time.Second}
)

// tat is the number of a bucket that is used up for d from noon on.
func tat(d time.Duration) int64 { return noon.Add(d).UnixMicro() }

func TestAllow(t *testing.T) {
	const µs = time.Microsecond
	for _, test := range []struct {
		name       string
		tat        int64
		want       int64
		retryAfter time.Duration
		ok         bool
	}{
		{"never used", 0, tat(10 * time.Second), 0, true},
		{"long ago", tat(-time.Hour), tat(10 * time.Second), 0, true},
		{"just forgotten", tat(0), tat(10 * time.Second), 0, true},
		{"not quite forgotten", tat(µs), tat(10*time.Second + µs), 0, true},
		{"one used", tat(10 * time.Second), tat(20 * time.Second), 0, true},
		{"the last one", tat(20 * time.Second), tat(30 * time.Second), 0, true},
		{"a moment too early", tat(20*time.Second + µs), tat(20*time.Second + µs), µs, false},
		{"all used", tat(30 * time.Second), tat(30 * time.Second), 10 * time.Second, false},
		{"beyond what can be", tat(30*time.Second + µs), tat(30 * time.Second), 10 * time.Second, false},
		{"end of time", math.MaxInt64, tat(30 * time.Second), 10 * time.Second, false},
		{"beginning of time", math.MinInt64, tat(10 * time.Second), 0, true},
	} {
		got, retryAfter, ok := limit.Allow(test.tat, noon)
		if got != test.want || retryAfter != test.retryAfter || ok != test.ok {
			t.Errorf("%s: %d, %v, %v; want %d, %v, %v", test.name, got-tat(0), retryAfter, ok, test.want-tat(0), test.retryAfter, test.ok)
		}
	}
}

func TestRefund(t *testing.T) {
	for _, test := range []struct {
		name      string
		tat, want int64
	}{
		{"never used", 0, tat(0)},
		{"forgotten", tat(-time.Second), tat(0)},
		{"half forgotten", tat(5 * time.Second), tat(0)},
		{"one used", tat(10 * time.Second), tat(0)},
		{"two used", tat(20 * time.Second), tat(10 * time.Second)},
		{"all used", tat(30 * time.Second), tat(20 * time.Second)},
		{"end of time", math.MaxInt64, tat(50 * time.Second)},
		{"beginning of time", math.MinInt64, tat(0)},
	} {
		if got := limit.Refund(test.tat, noon); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got-tat(0), test.want-tat(0))
		}
	}
}

func TestDelay(t *testing.T) {
	for _, test := range []struct {
		name string
		tat  int64
		want time.Duration
	}{
		{"never used", 0, 0},
		{"one used", tat(10 * time.Second), 0},
		{"the burst used", tat(30 * time.Second), 0},
		{"half of one more", tat(35 * time.Second), MaxDelay / 6},
		{"one more", tat(40 * time.Second), MaxDelay / 3},
		{"twice the burst", tat(60 * time.Second), MaxDelay},
		{"beyond what can be", tat(61 * time.Second), MaxDelay},
		{"end of time", math.MaxInt64, MaxDelay},
		{"beginning of time", math.MinInt64, 0},
	} {
		if got := limit.Delay(test.tat, noon); got.Round(time.Microsecond) != test.want.Round(time.Microsecond) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

func TestCount(t *testing.T) {
	var stored int64
	for i := 1; i <= 10; i++ {
		stored = limit.Count(stored, noon)
		if want := tat(time.Duration(min(i, 6)) * 10 * time.Second); stored != want {
			t.Errorf("after %d: %d, want %d", i, stored-tat(0), want-tat(0))
		}
	}
	if got := limit.Count(math.MaxInt64, noon); got != tat(60*time.Second) {
		t.Errorf("at the end of time: %d", got-tat(0))
	}
}

// A clock that was an hour fast is forgotten as soon as it is right.
func TestClockSetBack(t *testing.T) {
	stored, _, _ := limit.Allow(0, noon.Add(time.Hour))
	stored, retryAfter, ok := limit.Allow(stored, noon)
	if ok || retryAfter > limit.Every {
		t.Errorf("ok = %v, after %v", ok, retryAfter)
	}
	if _, _, ok := limit.Allow(stored, noon.Add(retryAfter)); !ok {
		t.Error("still refused")
	}
}

func anyLimit(t *rapid.T) Limit {
	return Limit{
		Burst: rapid.IntRange(1, 40).Draw(t, "burst"),
		Every: time.Duration(rapid.IntRange(1, 90_000_000).Draw(t, "every")) * time.Microsecond,
	}
}

// In no window are more charges allowed than the burst and one for each Every.
func TestNeverMoreThanTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLimit(t)
		stored := rapid.Int64().Draw(t, "stored")
		now := noon
		var allowed []time.Time
		for range rapid.IntRange(1, 120).Draw(t, "tries") {
			// Often at once, sometimes after a few times Every.
			wait := rapid.Int64Range(-int64(l.Every), 3*int64(l.Every)).Draw(t, "wait")
			now = now.Add(max(0, time.Duration(wait))).Truncate(time.Microsecond)
			next, retryAfter, ok := l.Allow(stored, now)
			if ok {
				allowed = append(allowed, now)
			} else {
				if retryAfter <= 0 {
					t.Fatalf("refused, and after %v", retryAfter)
				}
				if _, _, early := l.Allow(next, now.Add(retryAfter-time.Microsecond)); early {
					t.Fatalf("allowed before %v", retryAfter)
				}
				if _, _, late := l.Allow(next, now.Add(retryAfter)); !late {
					t.Fatalf("refused after %v", retryAfter)
				}
			}
			stored = next
		}
		for i, from := range allowed {
			for j, to := range allowed[i:] {
				if most := l.Burst + int(to.Sub(from)/l.Every); j+1 > most {
					t.Fatalf("%d charges in %v, want at most %d", j+1, to.Sub(from), most)
				}
			}
		}
	})
}

// A bucket recovers in full: after burst times Every it is as if never used.
func TestRecovers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLimit(t)
		stored, _, _ := l.Allow(rapid.Int64().Draw(t, "stored"), noon)
		later := noon.Add(time.Duration(l.Burst) * l.Every)
		for i := range l.Burst {
			next, _, ok := l.Allow(stored, later)
			if !ok {
				t.Fatalf("only %d of %d", i, l.Burst)
			}
			stored = next
		}
	})
}

// What is charged and given back leaves no trace, whatever happens in between.
func TestRefundRestores(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLimit(t)
		used := rapid.IntRange(0, l.Burst-1).Draw(t, "used")
		stored := int64(0)
		for range used {
			stored, _, _ = l.Allow(stored, noon)
		}
		charged, _, ok := l.Allow(stored, noon)
		if !ok {
			t.Fatal("refused")
		}
		later := noon.Add(time.Duration(rapid.Int64Range(0, 2*int64(l.Every)).Draw(t, "later"))).Truncate(time.Microsecond)
		got := l.Refund(charged, later)
		if want := max(stored, later.UnixMicro()); got != want {
			t.Fatalf("%d left, want %d", got, want)
		}
		// The same for a bucket that only delays.
		if got, want := l.Refund(l.Count(stored, noon), later), max(stored, later.UnixMicro()); got != want {
			t.Fatalf("%d left, want %d", got, want)
		}
	})
}

// The more is used, the longer the delay, and never longer than MaxDelay.
func TestDelayGrows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLimit(t)
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		less, more := l.Delay(min(a, b), noon), l.Delay(max(a, b), noon)
		if less < 0 || less > more || more > MaxDelay {
			t.Fatalf("%v and %v", less, more)
		}
	})
}
