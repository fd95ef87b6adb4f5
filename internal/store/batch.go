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
// together: group commit. Nobody lingers: a lone call runs at once. Accounts
// take turns, so that one with many calls does not hold up another.
type batcher[C any] struct {
	batching[C]

	mu      sync.Mutex
	some    sync.Cond // a line has come to stand in the ring, or closed is set
	lines   map[curfew.ID]*line[C]
	first   *line[C] // the ring of lines whose turn will come
	last    *line[C]
	waiting int
	closed  bool
	counted Queue
	done    sync.WaitGroup
}

// batching says how calls are put together.
type batching[C any] struct {
	run func([]C)
	// workers is how many batches run at once.
	workers int
	// most is how many calls a batch has at most.
	most int
	// apart keeps accounts apart: a batch has calls of one account, which is in
	// no other batch meanwhile.
	apart bool
}

// line is what waits of one account, oldest first.
type line[C any] struct {
	account curfew.ID
	calls   []C
	next    *line[C]
}

func newBatcher[C any](how batching[C]) *batcher[C] {
	b := &batcher[C]{batching: how, lines: map[curfew.ID]*line[C]{}}
	b.some.L = &b.mu
	for range how.workers {
		b.done.Go(b.work)
	}
	return b
}

// submit hands a call in, or refuses it: no queue grows beyond its bound.
func (b *batcher[C]) submit(account curfew.ID, call C) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return curfew.Unavailable(errors.New("store: closed"))
	}
	l, known := b.lines[account]
	switch {
	case b.waiting >= maxWaiting, known && len(l.calls) >= maxWaiting-b.waiting:
		// No account has more than the room that is left for all others: one
		// alone takes half of it, and two together two thirds.
		b.counted.Refused++
		return curfew.Unavailable(errBusy)
	case !known:
		l = &line[C]{account: account}
		b.lines[account] = l
		b.enqueue(l)
	}
	l.calls = append(l.calls, call)
	b.waiting++
	return nil
}

// enqueue puts a line to the end of the ring.
func (b *batcher[C]) enqueue(l *line[C]) {
	l.next = nil
	if b.first == nil {
		b.first = l
	} else {
		b.last.next = l
	}
	b.last = l
	b.some.Signal()
}

func (b *batcher[C]) dequeue() *line[C] {
	l := b.first
	b.first = l.next
	return l
}

func (b *batcher[C]) work() {
	batch := make([]C, 0, b.most)
	for {
		calls, from := b.gather(batch)
		if len(calls) == 0 {
			return
		}
		b.run(calls)
		clear(calls)
		if b.apart {
			b.release(from)
		}
	}
}

// gather waits for calls and takes those of the next batch; none when the
// batcher is closed and nothing waits for this worker any more.
func (b *batcher[C]) gather(batch []C) (calls []C, from *line[C]) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.first == nil {
		if b.closed {
			return nil, nil
		}
		b.some.Wait()
	}
	if b.apart {
		from = b.dequeue()
		n := min(len(from.calls), b.most)
		batch = append(batch, from.calls[:n]...)
		from.calls = from.calls[n:]
	}
	for !b.apart && b.first != nil && len(batch) < b.most {
		l := b.dequeue()
		batch = append(batch, l.calls[0])
		l.calls = l.calls[1:]
		b.stand(l)
	}
	b.waiting -= len(batch)
	b.counted.Calls += uint64(len(batch))
	b.counted.Batches++
	return batch, from
}

func (b *batcher[C]) stats() Queue {
	b.mu.Lock()
	defer b.mu.Unlock()
	q := b.counted
	q.Waiting = b.waiting
	return q
}

// stand has a line wait for its next turn, or forgets it when it is empty.
func (b *batcher[C]) stand(l *line[C]) {
	if len(l.calls) > 0 {
		b.enqueue(l)
	} else {
		delete(b.lines, l.account)
	}
}

func (b *batcher[C]) release(l *line[C]) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stand(l)
}

// close runs what waits and returns when it is done.
func (b *batcher[C]) close() {
	b.mu.Lock()
	b.closed = true
	b.some.Broadcast()
	b.mu.Unlock()
	b.done.Wait()
}

// answer is the way back of a call's result: what the call has come to is in it
// until it is given, and then belongs to the caller. The caller may stop waiting; the
// call itself goes on.
type answer[T any] struct {
	result result[T]
	given  chan struct{}
}

type result[T any] struct {
	value T
	err   error
}

func newAnswer[T any]() answer[T] { return answer[T]{given: make(chan struct{})} }

// give gives the result.
func (a *answer[T]) give() { close(a.given) }

// fail gives an error in the place of the result.
func (a *answer[T]) fail(err error) {
	a.result = result[T]{err: err}
	a.give()
}

func (a *answer[T]) wait(ctx context.Context) (T, error) {
	select {
	case <-a.given:
		return a.result.value, a.result.err
	case <-ctx.Done():
		var zero T
		return zero, curfew.Unavailable(ctx.Err())
	}
}
