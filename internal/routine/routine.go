// Package routine holds the small parts that loops in the background share: to
// wait without outliving their context, and to say once that something fails.
package routine

import (
	"context"
	"log/slog"
	"time"
)

// Pause waits, or returns ctx's error when that ends first.
func Pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Trouble logs that something began to fail, and that it works again, rather
// than every failure. One goroutine uses it.
type Trouble struct {
	Log *slog.Logger
	// What is what may fail, as the beginning of a sentence: "reading the logs".
	What string

	failing bool
}

// Report takes the outcome of an attempt that ran under ctx.
func (t *Trouble) Report(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil: // the end of the loop, not of what it does
	case err != nil && !t.failing:
		t.failing = true
		t.Log.ErrorContext(ctx, t.What+" failed", "error", err.Error())
	case err == nil && t.failing:
		t.failing = false
		t.Log.InfoContext(ctx, t.What+" works again")
	}
}
