package bench

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestBuckets(t *testing.T) {
	last := -1
	for v := time.Duration(0); v < 2*time.Minute; v += 1 + v/1000 {
		b := bucketOf(v)
		if b != last && b != last+1 && v > 0 {
			t.Fatalf("%d is in bucket %d after %d", v, b, last)
		}
		last = b
		if got := middleOf(b); math.Abs(float64(got-v)) > 0.004*float64(v) {
			t.Fatalf("%d is shown as %d", v, got)
		}
		if back := bucketOf(middleOf(b)); back != b {
			t.Fatalf("the middle of bucket %d is in %d", b, back)
		}
	}
	for v, want := range map[time.Duration]int{
		-1: 0, 0: 0, 255: 255, 256: 256, 257: 256, 511: 383, 512: 384,
		1<<37 - 1: lastBucket, 1 << 37: lastBucket, math.MaxInt64: lastBucket,
	} {
		if got := bucketOf(v); got != want {
			t.Errorf("%d is in bucket %d, want %d", v, got, want)
		}
	}
}

func TestQuantile(t *testing.T) {
	var h histogram
	if h.quantile(0.5) != 0 {
		t.Error("a quantile without samples")
	}
	for v := range 100 {
		h.record(time.Duration(v + 1)) // below 256 every value has its bucket
	}
	for q, want := range map[float64]time.Duration{0: 1, 0.001: 1, 0.5: 50, 0.501: 51, 0.9: 90, 0.99: 99, 0.991: 100, 1: 100} {
		if got := h.quantile(q); got != want {
			t.Errorf("quantile %v is %d, want %d", q, got, want)
		}
	}

	var one histogram
	one.record(1_000_003)
	for _, q := range []float64{0, 0.5, 1} {
		if got := one.quantile(q); math.Abs(float64(got)-1_000_003) > 4000 || got > 1_000_003 {
			t.Errorf("of one sample, quantile %v is %d", q, got)
		}
	}

	var huge histogram
	huge.record(time.Hour)
	if got := huge.quantile(0.5); got != time.Hour {
		t.Errorf("an hour is shown as %s", got)
	}
}

func TestQuantileAgainstSortedSamples(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var parts [3]histogram
	var samples []time.Duration
	for i := range 10_000 {
		d := time.Duration(math.Exp(random.NormFloat64()*2) * 1e6)
		samples = append(samples, d)
		parts[i%3].record(d)
	}
	var h histogram
	for i := range parts {
		h.add(&parts[i])
	}
	slices.Sort(samples)
	for _, q := range []float64{0.01, 0.5, 0.9, 0.99, 0.999} {
		want := samples[int(math.Ceil(q*float64(len(samples))))-1]
		if got := h.quantile(q); math.Abs(float64(got-want)) > 0.004*float64(want) {
			t.Errorf("quantile %v is %s, want %s", q, got, want)
		}
	}
	if h.max != samples[len(samples)-1] || h.count != 10_000 {
		t.Errorf("max %s, count %d", h.max, h.count)
	}
}
