package verify

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff spaces out attempts: twice as long after each failure, up to most, and
// with jitter, so that not all verifiers return at once.
type backoff struct {
	first, most, now time.Duration
}

func (b *backoff) next() time.Duration {
	b.now = min(max(2*b.now, b.first), b.most)
	return jitter(b.now)
}

func (b *backoff) reset() { b.now = 0 }

// jitter is between half of d and d.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d/2+1) }

// pause waits, and reports whether to go on.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
