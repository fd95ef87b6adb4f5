package feed

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// Head says how far a reader must have come to know everything that was
// acknowledged before it asked.
type Head struct {
	Cursor string
	// ServerTime is the time by which this node judges what is over.
	ServerTime time.Time
}

// round is the questions that one fence answers.
type round struct {
	done chan struct{}
	head Head
	err  error
}

var (
	errClosed    = errors.New("the node is shutting down")
	errHangs     = errors.New("the store did not answer in time")
	errWentBack  = errors.New("the store has lost what it had acknowledged")
	errElsewhere = errors.New("the revocation log was read from a server that does not have all of it: is that an old primary?")
	errCrowded   = fmt.Errorf("more than %d processes have written to the revocation log within a quarter of an hour, which verifiers do not take: is a command that ends sessions run in a loop?", mostWriters)
	errSuspected = errors.New("refresh tokens are ahead of the store")
)

// mayVouch says why this node cannot say what is known. The caller has the lock.
func (h *Hub) mayVouch() error {
	switch {
	case h.closed:
		return errClosed
	case !h.loaded:
		return errStarting
	case h.back != nil:
		return errWentBack
	case h.suspects.frozen:
		return errSuspected
	case h.jumped != nil:
		return h.jumped
	case h.Ready != nil:
		return h.Ready()
	}
	return nil
}

// Head answers with a cursor that was read after a fence which began after this
// call. It is of kind unavailable where that cannot be had in time.
func (h *Hub) Head(ctx context.Context) (Head, error) {
	h.mu.Lock()
	if err := h.mayVouch(); err != nil {
		h.mu.Unlock()
		return Head{}, unavailable(err)
	}
	if h.round == nil {
		h.round = &round{done: make(chan struct{})}
	}
	mine := h.round
	h.mu.Unlock()
	select {
	case h.asked <- struct{}{}:
	default:
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-mine.done:
		return mine.head, mine.err
	case <-timer.C:
		return Head{}, unavailable(errHangs)
	case <-ctx.Done():
		return Head{}, unavailable(ctx.Err())
	case <-h.ending.Done():
		return Head{}, unavailable(errClosed)
	}
}

// answer fences, reads and answers the questions that came before.
func (h *Hub) answer(ctx context.Context) error {
	h.mu.Lock()
	mine := h.round
	h.round = nil
	h.mu.Unlock()
	if mine == nil {
		return nil
	}
	defer close(mine.done)
	heads, err := h.fence(ctx)
	if err == nil {
		err = h.poll(ctx)
	}
	if err == nil && !h.hasRead(heads) {
		err = errElsewhere
	}
	if err != nil {
		mine.err = unavailable(err)
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.mayVouch(); err != nil { // found out while reading
		mine.err = unavailable(err)
		return nil
	}
	head := h.memory.head(h.steady.now())
	if len(head) > mostWriters {
		mine.err = unavailable(errCrowded)
		return errCrowded
	}
	mine.head = Head{Cursor: EncodeCursor(head), ServerTime: h.Now()}
	return nil
}

// hasRead reports whether the logs were read as far as a fence says that they go.
// The reading may have reached another server than the fence: one that was the
// primary before, and does not know yet that it is none.
func (h *Hub) hasRead(heads curfew.Cursor) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.back != nil || Covers(h.memory.cursor, heads) // what went back vouches for nothing anyway
}

func (h *Hub) fence(ctx context.Context) (curfew.Cursor, error) {
	if h.Ready != nil {
		if err := h.Ready(); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	began := time.Now()
	heads, err := h.Log.Fence(ctx, h.Now())
	if h.ending.Err() == nil {
		h.Observer.Fenced(time.Since(began), err)
	}
	return heads, err
}

// refuseRound answers the questions that wait when nobody will.
func (h *Hub) refuseRound(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.round != nil {
		h.round.err = err
		close(h.round.done)
		h.round = nil
	}
}
