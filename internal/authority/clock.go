package authority

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// Clock is time that never goes back: the greatest of the wall clock and what
// was used before, by this process or, through heartbeats in the store, by any
// node before it. A wall clock that is set back can so revive no session.
type Clock struct {
	wall  func() time.Time
	floor atomic.Int64 // Unix microseconds
}

// NewClock makes a clock over a wall clock.
func NewClock(wall func() time.Time) *Clock { return &Clock{wall: wall} }

// Now is the time to decide by: UTC, whole microseconds.
func (c *Clock) Now() time.Time {
	wall := c.wall().UnixMicro()
	for {
		floor := c.floor.Load()
		if wall <= floor {
			return time.UnixMicro(floor).UTC()
		}
		if c.floor.CompareAndSwap(floor, wall) {
			return time.UnixMicro(wall).UTC()
		}
	}
}

// Raise lets the clock be no earlier than t.
func (c *Clock) Raise(t time.Time) {
	for {
		floor := c.floor.Load()
		if t.UnixMicro() <= floor || c.floor.CompareAndSwap(floor, t.UnixMicro()) {
			return
		}
	}
}

// Apart is how far the wall clock and another clock, that of the store, are
// from each other or, if that is more, how far the wall clock has fallen back
// behind what was used before.
func (c *Clock) Apart(other time.Time) time.Duration {
	wall := c.wall()
	apart := wall.Sub(other).Abs()
	return max(apart, time.UnixMicro(c.floor.Load()).Sub(wall))
}

// Heartbeat records in the store that this node is alive now. It stands in a
// line of the node's own: everybody who signs in stands in the installation's.
func (a *Authority) Heartbeat(ctx context.Context, node curfew.ID) error {
	return a.Store.InTx(ctx, node, func(ctx context.Context, tx Tx) error { return tx.Heartbeat(ctx, node, a.now()) })
}

// Farewell records in the store that this node stops.
func (a *Authority) Farewell(ctx context.Context, node curfew.ID) error {
	return a.Store.InTx(ctx, node, func(ctx context.Context, tx Tx) error { return tx.Farewell(ctx, node, a.now()) })
}
