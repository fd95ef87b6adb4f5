package store

import (
	"context"
	"errors"
	"sync"

	"github.com/curfew-auth/curfew/internal/curfew"
)

const (
	// maxBatch is how many calls one transaction takes along.
	maxBatch = 256
	// maxWaiting is how many calls may wait; one more is refused at once.
	maxWaiting = 4096
)

var errBusy = errors.New("store: too many calls are waiting")

// batcher hands calls that arrive while a batch is at work to the next batch
// together: group commit. Nobody lingers: a lone call runs at once.
type batcher[C any] struct {
	calls chan C
	run   func([]C)
	done  chan struct{}

	mu     sync.RWMutex // held for reading while a call is handed in
	closed bool
}

func newBatcher[C any](run func([]C)) *batcher[C] {
	b := &batcher[C]{calls: make(chan C, maxWaiting), run: run, done: make(chan struct{})}
	go b.loop()
	return b
}

func (b *batcher[C]) loop() {
	defer close(b.done)
	batch := make([]C, 0, maxBatch)
	for call := range b.calls {
		batch = append(batch[:0], call)
	gather:
		for len(batch) < maxBatch {
			select {
			case more, ok := <-b.calls:
				if !ok {
					break gather
				}
				batch = append(batch, more)
			default:
				break gather
			}
		}
		b.run(batch)
		clear(batch)
	}
}

// submit hands a call in, or refuses it: the queue never grows beyond its bound.
func (b *batcher[C]) submit(call C) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.closed {
		return curfew.Unavailable(errors.New("store: closed"))
	}
	select {
	case b.calls <- call:
		return nil
	default:
		return curfew.Unavailable(errBusy)
	}
}

// close runs what waits and returns when it is done.
func (b *batcher[C]) close() {
	b.mu.Lock()
	if !b.closed {
		b.closed = true
		close(b.calls)
	}
	b.mu.Unlock()
	<-b.done
}

// answer is the way back of a call's result. The caller may stop waiting; the
// call itself goes on.
type answer[T any] chan result[T]

type result[T any] struct {
	value T
	err   error
}

func newAnswer[T any]() answer[T] { return make(answer[T], 1) }

func (a answer[T]) give(v T, err error) { a <- result[T]{v, err} }

func (a answer[T]) wait(ctx context.Context) (T, error) {
	select {
	case r := <-a:
		return r.value, r.err
	case <-ctx.Done():
		var zero T
		return zero, curfew.Unavailable(ctx.Err())
	}
}
