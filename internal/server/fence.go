package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/config"
)

// Fencing says which database went back in time.
type Fencing struct {
	// At is the database, with its secret.
	At config.Store
	// Cause goes to the audit log.
	Cause    string
	Now      func() time.Time
	Progress func(done, all int64)
}

// Fenced says what a fence did.
type Fenced struct {
	Accounts int64
	// MintedBefore is the time before which no access token is any good.
	MintedBefore time.Time
}

// Fence ends all that was granted on a database, which is older than what was
// granted. It may be run again, and must be when it does not come to its end:
// until then no server starts. Its errors are sentences for the operator.
func Fence(ctx context.Context, f Fencing) (fenced Fenced, err error) {
	f.At.DatabaseStatementTimeout = copyTimeout
	d, err := OpenData(ctx, f.At, Access{Migrate: true, Fence: true, Now: f.Now})
	if err != nil {
		return fenced, err
	}
	defer func() { err = errors.Join(err, d.DB.Close()) }()
	// In a copy that nobody has used the signs of life are the source's.
	copied, err := d.DB.IsCopy(ctx)
	if err != nil {
		return fenced, err
	}
	if !copied {
		if err := mustBeStopped(ctx, d.DB, f.At, f.Now()); err != nil {
			return fenced, err
		}
	}
	run := authority.Fencing{Store: d.DB, Clock: d.Clock, Cause: f.Cause, Progress: f.Progress,
		Latest: func() time.Time { return f.Now().Add(clockTolerance) }}
	if err := run.Check(ctx); err != nil {
		return fenced, err
	}
	begun, err := d.DB.BeginFence(ctx, d.Clock.Now())
	if err != nil {
		return fenced, fmt.Errorf("cannot fence %s: %w", f.At.Database(), err)
	}
	run.At = begun.At
	if fenced.Accounts, fenced.MintedBefore, err = run.Run(ctx); err != nil {
		return fenced, err
	}
	// A server that starts now must not find its clock too far behind.
	select {
	case <-time.After(min(fenced.MintedBefore.Sub(f.Now())-clockTolerance, time.Second)):
	case <-ctx.Done():
		return fenced, ctx.Err()
	}
	return fenced, d.DB.EndFence(ctx, begun, d.DB.WriterID())
}
