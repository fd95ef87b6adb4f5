package bench

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// signInParallel bounds sign-ins under way during set-up: enough to keep
	// the cores of a server busy, few enough for its queue.
	signInParallel = 8
	// signInTries is how often set-up repeats a sign-in that the server asks
	// to send later.
	signInTries = 10
)

// signIn gives every session slot that has no live session a new one.
func (r *runner) signIn(ctx context.Context) error {
	var total int
	for _, w := range r.workers {
		for _, s := range w.sessions {
			if !s.live {
				total++
			}
		}
	}
	if total == 0 {
		return nil
	}
	r.say("signing in %d sessions", total)

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	slots := make(chan struct{}, signInParallel)
	var done atomic.Int64
	var wg sync.WaitGroup
	for _, w := range r.workers {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			for _, s := range w.sessions {
				if s.live {
					continue
				}
				if err := w.signInPatiently(ctx, s); err != nil {
					cancel(err)
					return
				}
				if n := int(done.Add(1)); n*4/total != (n-1)*4/total {
					r.say("signed in %d of %d", n, total)
				}
			}
			// The connection belongs to the context of the set-up.
			w.client.close()
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// signInPatiently signs in and does as told when the server says "later".
func (w *worker) signInPatiently(ctx context.Context, s *session) error {
	for try := 1; ; try++ {
		err := w.login(ctx, s, time.Now())
		var later *refusal
		if err == nil || try == signInTries || !errors.As(err, &later) {
			return err
		}
		w.r.pause(ctx, later.wait)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}
