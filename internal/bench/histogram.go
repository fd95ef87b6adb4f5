package bench

import (
	"math"
	"math/bits"
	"time"
)

// histogram counts durations in buckets whose width grows with the value, in
// the manner of HdrHistogram: 128 buckets for each power of two of
// nanoseconds. A percentile is the middle of its bucket and so within 0.4 % of
// the sample; the maximum is exact. Its size does not depend on how long a run
// takes. Durations above two minutes count as the last bucket.
type histogram struct {
	buckets [lastBucket + 1]uint64
	count   uint64
	max     time.Duration
}

const (
	subBits    = 7
	maxShift   = 29
	lastBucket = maxShift<<subBits + 2<<subBits - 1
)

func bucketOf(d time.Duration) int {
	v := uint64(max(d, 0))
	shift := max(bits.Len64(v)-subBits-1, 0)
	if shift > maxShift {
		return lastBucket
	}
	return shift<<subBits + int(v>>shift)
}

// middleOf is the middle of a bucket, rounded down.
func middleOf(bucket int) time.Duration {
	if bucket < 2<<subBits {
		return time.Duration(bucket)
	}
	shift := bucket>>subBits - 1
	low := (bucket - shift<<subBits) << shift
	return time.Duration(low + (1<<shift)/2)
}

func (h *histogram) record(d time.Duration) {
	h.buckets[bucketOf(d)]++
	h.count++
	h.max = max(h.max, d)
}

func (h *histogram) add(o *histogram) {
	for i, n := range o.buckets {
		h.buckets[i] += n
	}
	h.count += o.count
	h.max = max(h.max, o.max)
}

// quantile is the smallest sample that at least the share q of all samples
// does not exceed (nearest rank), as exactly as the buckets tell; 0 without
// samples.
func (h *histogram) quantile(q float64) time.Duration {
	if h.count == 0 {
		return 0
	}
	rank := max(uint64(math.Ceil(q*float64(h.count))), 1)
	var seen uint64
	for i, n := range h.buckets {
		if seen += n; seen >= rank && i < lastBucket {
			return min(middleOf(i), h.max)
		}
	}
	return h.max
}
