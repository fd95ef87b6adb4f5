package feed

import (
	"context"
	"errors"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// Why a stream is ended by this side.
const (
	CutSlow = "slow"
	CutKey  = "key"
)

var (
	errSlow = errors.New("the reader of the stream is too slow")
	errKey  = errors.New("the service key of the stream is valid no more")

	errUnjudged = errors.New("it cannot be found out whether the service key of the stream is still valid")
)

const (
	// heartbeatEvery is how long a stream is silent at most.
	heartbeatEvery = 5 * time.Second
	// chunk is how much of a long beginning is written at once.
	chunk = 16 << 10
)

// Sink is where a stream goes.
type Sink interface {
	// Write sends at once, and gives up on a reader who takes nothing for long.
	Write(all ...[]byte) error
	// Interrupt lets Write under way, and every later one, fail.
	Interrupt()
}

// Stream is one reader's place in the feed.
type Stream struct {
	hub     *Hub
	allowed func(context.Context) error
	judged  time.Duration // when it was last found to be allowed, for sweepKeys alone
	next    int64         // the number of the batch to come
	// What it begins with: a snapshot, or what a cursor did not cover.
	snapshot *Snapshot
	missed   view
	at       time.Time // by which entries are over
	cursor   string

	ended context.Context
	cut   context.CancelCauseFunc
}

// Subscribe begins a stream after what the id of the last event says was
// received. allowed is asked now and then whether it may go on: an error other
// than of kind unavailable ends it. The stream must be run, or closed.
func (h *Hub) Subscribe(lastEventID string, allowed func(context.Context) error) (*Stream, error) {
	had, err := ParseCursor(lastEventID)
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed:
		return nil, unavailable(errClosed)
	case !h.loaded:
		return nil, unavailable(errStarting)
	}
	h.encode() // for those who are there: it is in what this one begins with
	s := &Stream{hub: h, allowed: allowed, judged: h.Elapsed(), next: h.ring.next()}
	s.ended, s.cut = context.WithCancelCause(context.Background())
	if err != nil || h.foreign(had) {
		snapshot := h.snapshot()
		s.snapshot = &snapshot
	} else {
		s.missed, s.at, s.cursor = h.memory.after(had), h.steady.now(), EncodeCursor(h.memory.known())
	}
	h.streams[s] = true
	return s, nil
}

// foreign reports whether a cursor names writers, and none that is known: it is
// of another installation, or so old that the difference is everything.
func (h *Hub) foreign(c curfew.Cursor) bool {
	for writer := range c {
		if _, known := h.memory.cursor[writer]; known {
			return false
		}
	}
	return len(c) > 0
}

// Run writes the stream until its end, and says why it ended.
func (s *Stream) Run(ctx context.Context, to Sink) error {
	defer s.leave()
	interrupted := make(chan struct{})
	stop := context.AfterFunc(s.ended, func() { defer close(interrupted); to.Interrupt() })
	defer func() { // before it leaves, which ends it too
		if !stop() {
			<-interrupted // the sink is the caller's again
		}
	}()
	if err := s.begin(ctx, to); err != nil {
		return err
	}
	silence := time.NewTimer(heartbeatEvery)
	defer silence.Stop()
	for {
		frames, changed, err := s.take()
		if err != nil {
			return err
		}
		if len(frames) > 0 {
			if err := to.Write(frames...); err != nil {
				return s.failed(ctx, err)
			}
			silence.Reset(heartbeatEvery)
			continue
		}
		select {
		case <-changed:
		case <-silence.C:
			if err := to.Write([]byte(":\n\n")); err != nil {
				return s.failed(ctx, err)
			}
			silence.Reset(heartbeatEvery)
		case <-s.ended.Done():
			return context.Cause(s.ended)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// take gives the batches that wait, and what to wait for when there are none.
func (s *Stream) take() (frames [][]byte, changed <-chan struct{}, err error) {
	if s.ended.Err() != nil {
		return nil, nil, context.Cause(s.ended)
	}
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	frames, ok := s.hub.ring.from(s.next)
	if !ok {
		s.hub.Observer.StreamCut(CutSlow)
		return nil, nil, errSlow
	}
	s.next += int64(len(frames))
	return frames, s.hub.out.changed, nil
}

// failed is why nothing more can be written: the reader went away, or took
// nothing for too long.
func (s *Stream) failed(ctx context.Context, err error) error {
	if s.ended.Err() != nil {
		return context.Cause(s.ended)
	}
	if ctx.Err() == nil {
		s.hub.Observer.StreamCut(CutSlow)
	}
	return err
}

// Close ends a stream that is not run.
func (s *Stream) Close() { s.leave() }

func (s *Stream) leave() {
	s.cut(nil)
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	delete(s.hub.streams, s)
}

// begin writes what the reader does not have.
func (s *Stream) begin(ctx context.Context, to Sink) error {
	// A comment tells at once that the stream is open, also through a proxy.
	if err := to.Write([]byte("retry: 1000\n\n")); err != nil {
		return s.failed(ctx, err)
	}
	write := func(b []byte) error {
		if s.ended.Err() != nil {
			return context.Cause(s.ended)
		}
		if err := to.Write(b); err != nil {
			return s.failed(ctx, err)
		}
		return nil
	}
	defer func() { s.snapshot, s.missed = nil, view{} }() // it is long, and lives no longer than needed
	if s.snapshot != nil {
		s.hub.Observer.SnapshotSent()
		return s.snapshot.event(write)
	}
	return s.missed.events(s.at, s.cursor, write)
}

// events writes entries as events, the last of them with an id.
func (v view) events(now time.Time, id string, write func([]byte) error) error {
	var b []byte
	var newest held // which waits, because the last one has the id
	any := false
	err := v.each(now, func(h held) error {
		if any {
			b = appendEvent(b, newest, "")
		}
		newest, any = h, true
		if len(b) < chunk {
			return nil
		}
		defer func() { b = b[:0] }()
		return write(b)
	})
	if err != nil || !any {
		return err
	}
	return write(appendEvent(b, newest, id))
}

// event writes the snapshot as one event with a line for every entry, so that
// no line is long.
func (s *Snapshot) event(write func([]byte) error) error {
	b, err := s.entries(append([]byte("event: snapshot\ndata: "), s.beginning()...), "\ndata: ", write)
	if err != nil {
		return err
	}
	return write(endEvent(append(b, "\ndata: ]}\n"...), s.Cursor))
}

// JSON writes the snapshot as one JSON object.
func (s *Snapshot) JSON(write func([]byte) error) error {
	b, err := s.entries(append(make([]byte, 0, chunk+1024), s.beginning()...), "", write)
	if err != nil {
		return err
	}
	s.observer.SnapshotSent()
	return write(append(b, "]}\n"...))
}

// entries appends all entries to b, each after lead, writes what has become
// long, and returns what is still to be written.
func (s *Snapshot) entries(b []byte, lead string, write func([]byte) error) ([]byte, error) {
	first := true
	err := s.view.each(s.now, func(h held) error {
		b = append(b, lead...)
		if !first {
			b = append(b, ',')
		}
		first = false
		if b = appendEntry(b, h); len(b) < chunk {
			return nil
		}
		defer func() { b = b[:0] }()
		return write(b)
	})
	return b, err
}

func (s *Snapshot) beginning() []byte {
	b := append([]byte(`{"cursor":"`), s.Cursor...) // base64url
	b = appendTime(append(b, `","server_time":`...), s.ServerTime)
	return append(b, `,"entries":[`...)
}
