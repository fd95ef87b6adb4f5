package server

import (
	"context"
	"sync"
	"time"
)

// loop does a pass at regular intervals, from Start to Stop. Stop waits for
// the pass under way, whose context it ends. Starting or stopping twice does
// no harm, nor does stopping what was never started.
type loop struct {
	every time.Duration
	pass  func(context.Context)

	once   sync.Once
	cancel context.CancelFunc
	done   sync.WaitGroup
}

// Start begins; the first pass comes after the first interval.
func (l *loop) Start() {
	l.once.Do(func() {
		ctx, cancel := context.WithCancel(context.Background())
		l.cancel = cancel
		l.done.Go(func() { l.run(ctx) })
	})
}

// Stop ends the loop and waits until it has.
func (l *loop) Stop() {
	l.once.Do(func() {}) // a later Start begins nothing
	if l.cancel != nil {
		l.cancel()
	}
	l.done.Wait()
}

func (l *loop) run(ctx context.Context) {
	ticker := time.NewTicker(l.every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			l.pass(ctx)
		case <-ctx.Done():
			return
		}
	}
}
