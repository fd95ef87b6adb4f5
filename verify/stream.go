package verify

import (
	"context"
	"errors"
	"io"
	"mime"
	"sync"
	"time"
)

const (
	eventRevocation = "revocation"
	eventSnapshot   = "snapshot"

	// silence is how long a living stream says nothing at most: more than two of
	// its heartbeats.
	silence = 12 * time.Second
	// steady is how long a stream must have lasted for its end to be no reason
	// to wait longer before the next.
	steady = 5 * time.Second
)

// Why a stream was ended by this side, and what is done about it.
var (
	errSilent  = errors.New("the feed has said nothing for 12 seconds")
	errStalled = errors.New("the feed does not deliver what the authority says it should have: is there a proxy that holds back its answers?")
	errTooOld  = errors.New("the feed has gone on too far")
)

// follow keeps in step with the feed: a snapshot to begin with, then the stream,
// again and again. What is known stays known throughout.
func (v *Verifier) follow(ctx context.Context) {
	retry := backoff{first: 200 * time.Millisecond, most: 5 * time.Second}
	snapshot, stalls := true, 0
	for first := true; ctx.Err() == nil; first = false {
		if !first {
			v.health.reconnects.Add(1)
			v.event(Event{Kind: Reconnected})
		}
		if snapshot {
			err := v.takeSnapshot(ctx)
			v.health.note(troubleFeed, err)
			if err != nil {
				pause(ctx, retry.next())
				continue
			}
			snapshot = false
			v.state.synced()
		}
		began := v.clock.read()
		delivered, err := v.takeStream(ctx)
		if ctx.Err() != nil {
			return
		}
		if delivered {
			stalls = 0
		}
		if delivered || v.clock.read().mono-began.mono > steady {
			retry.reset()
		}
		v.health.note(troubleFeed, err)
		switch {
		case errors.Is(err, errStalled):
			// Once it may have been that connection. Twice, it is the way here:
			// then a snapshot, which is an answer of its own, brings the rest.
			stalls++
			snapshot = stalls > 1
		case errors.Is(err, errTooOld), errors.Is(err, errTooLong):
			snapshot = true
			pause(ctx, retry.next())
		default:
			pause(ctx, retry.next())
		}
	}
}

// takeStream applies what the stream brings until it ends, and says why it did
// and whether it brought anything.
func (v *Verifier) takeStream(ctx context.Context) (delivered bool, err error) {
	ctx, cut := context.WithCancelCause(ctx)
	defer cut(nil)
	defer v.stream.open(cut)()
	watchdog := time.AfterFunc(silence, func() { cut(errSilent) })
	defer watchdog.Stop()

	header := v.feedHeader()
	header.Set("Accept", "text/event-stream")
	header.Set("Accept-Encoding", "identity") // nothing that gathers before it sends
	header.Set("Last-Event-ID", v.resume())
	answer, err := v.feed(ctx, "stream", nil, header)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil { // a proxy may hold back even the beginning
			return false, cause
		}
		return false, err
	}
	defer answer.Body.Close()
	if kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type")); err != nil || kind != "text/event-stream" {
		return false, v.trouble(misfit, "does not answer with a stream: is its address right?")
	}
	v.health.note(troubleFeed, nil)
	v.health.connected.Store(true)
	defer v.health.connected.Store(false)

	events := newEventReader(&watched{answer.Body, watchdog})
	for {
		e, err := events.next()
		if err != nil {
			return delivered, v.ended(ctx, err)
		}
		if e.name == eventSnapshot {
			return delivered, errTooOld
		}
		if err := v.apply(e); err != nil {
			return delivered, err
		}
		delivered = true
		v.stream.deliver(v.clock.read())
	}
}

// ended is why a stream has ended.
func (v *Verifier) ended(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	switch {
	case errors.Is(err, errTooLong):
		return err
	case errors.Is(err, io.EOF):
		return v.trouble(0, "ended the feed")
	}
	return v.trouble(0, "broke off the feed: %s", reason(ctx, err))
}

// apply takes an event of the stream. Of a batch only the last has an id: what
// comes before is in force at once, and has been received only with that.
func (v *Verifier) apply(e serverEvent) error {
	switch e.name {
	case eventRevocation:
		entry, err := parseEntry(e.data)
		if err != nil {
			return err
		}
		v.revocations.add(&entry)
		v.tell(&entry)
		if entry.Epoch > 0 {
			defer v.nudge()
		}
	case "":
		if len(e.data) > 0 {
			return nil
		}
	default: // nothing that this version knows, so it proves nothing received
		return nil
	}
	if e.id != "" {
		v.applied(e.id)
	}
	return nil
}

// tell tells whoever measures.
func (v *Verifier) tell(e *entry) {
	if v.probe.Ended != nil && e.Session != nil {
		v.probe.Ended(*e.Session)
	}
	if v.probe.Raised != nil && e.Epoch > 0 {
		v.probe.Raised(*e.Account)
	}
}

// watched puts off a watchdog whenever a byte arrives.
type watched struct {
	from io.Reader
	dog  *time.Timer
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.from.Read(b)
	if n > 0 {
		w.dog.Reset(silence)
	}
	return n, err
}

// streamState is what others may know of the stream and do to it.
type streamState struct {
	mu   sync.Mutex
	cut  context.CancelCauseFunc // nil while there is none
	last instant                 // when it last brought anything
}

func (s *streamState) open(cut context.CancelCauseFunc) (closed func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = cut
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.cut = nil
	}
}

func (s *streamState) deliver(now instant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = now
}

// stall ends a stream that owes something for too long. One that brings other
// things meanwhile is late, and not stalled, until patience is over.
func (s *streamState) stall(now instant, patience time.Duration, owes time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cut == nil || owes < patience && now.mono-s.last.mono < stallAfter {
		return false
	}
	s.cut(errStalled)
	return true
}
