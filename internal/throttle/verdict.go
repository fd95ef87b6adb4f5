package throttle

import (
	"slices"
	"time"
)

// Verdict is what to do with a sign-in.
type Verdict struct {
	OK         bool
	RetryAfter time.Duration // when not OK: until no bucket refuses
	Delay      time.Duration // when OK: how long to hold back the answer
	TATs       []int64       // to be stored where they differ, one for each bucket
}

// Judge charges a sign-in to all its buckets or, when one of them refuses, to
// none: who is turned away adds nothing to the delay of others. The numbers
// stored for the buckets come in the same order, 0 for a bucket not stored.
func Judge(buckets []Bucket, tats []int64, now time.Time) Verdict {
	v := Verdict{OK: true, TATs: slices.Clone(tats)}
	for i, b := range buckets {
		if b.OnlyDelays() {
			continue
		}
		if tat, retryAfter, ok := b.Limit.Allow(tats[i], now); !ok {
			v.OK = false
			v.RetryAfter = max(v.RetryAfter, retryAfter)
			v.TATs[i] = tat
		}
	}
	if !v.OK {
		return v
	}
	for i, b := range buckets {
		if b.OnlyDelays() {
			v.TATs[i] = b.Limit.Count(tats[i], now)
			v.Delay = max(v.Delay, b.Limit.Delay(v.TATs[i], now))
		} else {
			v.TATs[i], _, _ = b.Limit.Allow(tats[i], now)
		}
	}
	return v
}

// Refund gives back to all its buckets what Judge charged, and returns the
// numbers to be stored: those it is given are what is stored by now.
func Refund(buckets []Bucket, tats []int64, now time.Time) []int64 {
	refunded := make([]int64, len(buckets))
	for i, b := range buckets {
		refunded[i] = b.Limit.Refund(tats[i], now)
	}
	return refunded
}
