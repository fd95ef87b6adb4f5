package server

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// gate stands between the authority and its store. While it is shut nothing is
// written, because a decision would be stamped with a wrong time; while it is
// shut or the server drains, the node is not ready.
type gate struct {
	authority.Store
	shutBy   atomic.Pointer[error] // nil while open
	draining atomic.Bool
}

// shut refuses writes, for a reason that goes to the log.
func (g *gate) shut(reason error) { g.shutBy.Store(&reason) }

// open allows writes.
func (g *gate) open() { g.shutBy.Store(nil) }

// drain makes the node not ready for good; what is under way goes on.
func (g *gate) drain() { g.draining.Store(true) }

// retryShut is when a caller may try again: the clocks are compared as often.
const retryShut = beatEvery

func (g *gate) err() error {
	if reason := g.shutBy.Load(); reason != nil {
		return unavailable("The server's clock is not right. Try again in a moment.", *reason, retryShut)
	}
	return nil
}

var errDraining = errors.New("shutting down")

func unavailable(detail string, cause error, after time.Duration) error {
	return &curfew.Error{Kind: curfew.KindUnavailable, Detail: detail, Cause: cause, RetryAfter: after}
}

// InTx is part of authority.Store.
func (g *gate) InTx(ctx context.Context, accountID curfew.ID, fn func(context.Context, authority.Tx) error) error {
	if err := g.err(); err != nil {
		return err
	}
	return g.Store.InTx(ctx, accountID, fn)
}

// InStart is part of authority.Store.
func (g *gate) InStart(ctx context.Context, accountID curfew.ID, look authority.StartLook, fn func(context.Context, authority.Tx) error) error {
	if err := g.err(); err != nil {
		return err
	}
	return g.Store.InStart(ctx, accountID, look, fn)
}

// InLog is part of authority.Store.
func (g *gate) InLog(ctx context.Context, accountID curfew.ID, fn func(context.Context, authority.Tx) error, sessions ...curfew.ID) error {
	if err := g.err(); err != nil {
		return err
	}
	return g.Store.InLog(ctx, accountID, fn, sessions...)
}

// InBulk is part of authority.Store.
func (g *gate) InBulk(ctx context.Context, accountID curfew.ID, fn func(context.Context, authority.Tx) error) error {
	if err := g.err(); err != nil {
		return err
	}
	return g.Store.InBulk(ctx, accountID, fn)
}

// Rotate is part of authority.Store.
func (g *gate) Rotate(ctx context.Context, r authority.Rotation) (authority.Rotated, error) {
	if err := g.err(); err != nil {
		return authority.Rotated{}, err
	}
	return g.Store.Rotate(ctx, r)
}

// Ping is part of authority.Store; /readyz asks it.
func (g *gate) Ping(ctx context.Context) error {
	if g.draining.Load() {
		return unavailable("The server is shutting down.", errDraining, time.Second)
	}
	if err := g.err(); err != nil {
		return err
	}
	return g.Store.Ping(ctx)
}
