package authority

import (
	"context"
	"time"
)

// leastStay is what the work of staying has, however late it comes.
const leastStay = 2 * time.Second

// staying is the context of work that is done also when the caller has gone away.
// The deadline of the request holds for it; but nobody keeps a trace from being
// left by taking their time before.
func staying(ctx context.Context) (context.Context, context.CancelFunc) {
	stays := context.WithoutCancel(ctx)
	deadline, has := ctx.Deadline()
	if !has {
		return stays, func() {}
	}
	within, release := context.WithTimeout(stays, leastStay)
	if least, _ := within.Deadline(); least.After(deadline) {
		return within, release
	}
	release()
	return context.WithDeadline(stays, deadline)
}
