package demo

import (
	"context"
	"sync/atomic"
	"time"
)

// Clock is the clock of a server that is being filled: behind the real one,
// and catching up with it scene by scene. It never goes back.
type Clock struct {
	real   func() time.Time
	behind atomic.Int64
}

// NewClock makes a clock that is as far behind as the plan begins.
func NewClock(real func() time.Time) *Clock {
	c := &Clock{real: real}
	c.behind.Store(int64(Span + time.Hour))
	return c
}

// Now is the time of the scene.
func (c *Clock) Now() time.Time { return c.real().Add(-time.Duration(c.behind.Load())) }

// Store is the same time, as that of the store.
func (c *Clock) Store(context.Context) (time.Time, error) { return c.Now(), nil }

// catchUp moves the clock to a time before the real one, unless it is later
// already.
func (c *Clock) catchUp(ago time.Duration) { c.behind.Store(min(c.behind.Load(), int64(ago))) }

// pass lets time go by within a scene.
func (c *Clock) pass(d time.Duration) { c.behind.Store(max(0, c.behind.Load()-int64(d))) }
