// Package probe lets the tests and measurements of this module look into a
// verifier while it works, and give it other clocks. Nobody else can: it is
// internal, and travels in the context that a verifier is made with.
package probe

import (
	"context"
	"time"
)

// Probe is what is wanted of one verifier.
type Probe struct {
	// Ended, if set, is called when the verifier has begun to refuse a session
	// that the stream told of.
	Ended func(session [16]byte)
	// Raised is Ended for a raised epoch of an account.
	Raised func(account [16]byte)
	// Clocks, if set, are read in place of this machine's: the time since some
	// moment, which never goes back, and the wall clock in Unix nanoseconds.
	Clocks func() (elapsed time.Duration, wall int64)
}

type key struct{}

// With puts a probe into a context.
func With(ctx context.Context, p *Probe) context.Context { return context.WithValue(ctx, key{}, p) }

// In is the probe of a context; one that wants nothing if there is none.
func In(ctx context.Context) *Probe {
	if p, ok := ctx.Value(key{}).(*Probe); ok && p != nil {
		return p
	}
	return &Probe{}
}
