package verify

import (
	"sync"
	"sync/atomic"
	"time"
)

// instant is one reading of this machine's clocks.
type instant struct {
	mono time.Duration // since the verifier was made; never goes back, may stand still while the machine sleeps
	wall int64         // Unix nanoseconds; may jump
}

// readClocks is the real one; tests have others.
func readClocks() func() instant {
	start := time.Now()
	return func() instant {
		now := time.Now()
		return instant{mono: now.Sub(start), wall: now.UnixNano()}
	}
}

// since is how long ago an instant was, at most: a machine that slept shows it
// only on its wall clock, one whose wall clock was set back only on the other.
func (i instant) since(earlier instant) time.Duration {
	return max(i.mono-earlier.mono, time.Duration(i.wall-earlier.wall))
}

// clock tells the authority's time: what its last answer said, and the monotonic
// time that has passed since. It never goes back.
//
// The expiry of tokens and the forgetting of revocations are judged by this one
// clock. So a revocation is never forgotten before the tokens that it speaks of
// have expired, however wrong the clock may be.
type clock struct {
	read func() instant

	mu   sync.Mutex // for those who set it
	base atomic.Pointer[clockBase]
}

type clockBase struct {
	server int64 // Unix microseconds
	at     time.Duration
	floor  int64 // what it told before it was set
}

func (b *clockBase) time(now instant) int64 {
	return max(b.floor, b.server+int64((now.mono-b.at)/time.Microsecond))
}

// server is the authority's time in Unix microseconds, once it is known.
func (c *clock) server(now instant) (int64, bool) {
	base := c.base.Load()
	if base == nil {
		return 0, false
	}
	return base.time(now), true
}

// set takes an answer's server time, which was read before now: an
// underestimate by the answer's way here. Where it is behind what was told
// already, the clock stands still until it has caught up.
func (c *clock) set(server int64, now instant) {
	c.mu.Lock()
	defer c.mu.Unlock()
	next := &clockBase{server: server, at: now.mono}
	if base := c.base.Load(); base != nil {
		next.floor = base.time(now)
	}
	c.base.Store(next)
}

// start is set for a clock that has not been set yet.
func (c *clock) start(server int64, now instant) {
	if c.base.Load() == nil {
		c.set(server, now)
	}
}
