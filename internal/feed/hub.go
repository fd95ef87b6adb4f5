package feed

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// Log is what the hub needs of the store.
type Log interface {
	// RevocationsAfter reads at most limit entries that a cursor does not
	// cover, by writer and number, and of every writer that has entries or a
	// heartbeat the number of its last entry, all of one moment after the call
	// began, on the primary.
	RevocationsAfter(ctx context.Context, c curfew.Cursor, limit int) (entries []curfew.Revocation, heads curfew.Cursor, err error)
	// Fence writes this node's heartbeat, durably, and gives the number of every
	// writer's last entry, read from where that was written: it fails where the
	// store would lose what it acknowledges.
	Fence(ctx context.Context, now time.Time) (heads curfew.Cursor, err error)
}

// Config is what a Hub is made of. Log and Now must be set.
type Config struct {
	Log Log
	// Now is this node's time, which never goes back; Elapsed, of this process
	// when nil, knows no jumps.
	Now     func() time.Time
	Elapsed func() time.Duration
	// Ready, when not nil, says why this node may not vouch for anything now.
	Ready func() error
	// Reassert writes entries that the store has lost again, through the
	// store: sessions end once more, epochs are raised to at least the
	// remembered ones.
	Reassert func(ctx context.Context, lost []curfew.Revocation) error
	// RecordVerifiers keeps what verifiers said of themselves.
	RecordVerifiers func(ctx context.Context, heard []curfew.Verifier) error
	// Receipts, when not nil, are told which verifiers have applied what.
	Receipts Receipts
	Observer Observer     // nil for none
	Logger   *slog.Logger // nil for none

	// RingBytes is how many encoded bytes a reader may be behind.
	RingBytes int
	// PollEvery is how often the logs are read, more or less.
	PollEvery time.Duration
}

// Observer is told what happened, for metrics.
type Observer interface {
	// Polled and Fenced tell of one reading of the logs and of one fence.
	Polled(took time.Duration, err error)
	Fenced(took time.Duration, err error)
	// StreamCut tells why a stream was ended by this side: CutSlow or CutKey.
	StreamCut(why string)
	SnapshotSent()
	// WentBack tells that the store has lost what it had acknowledged.
	WentBack()
}

type noObserver struct{}

func (noObserver) Polled(time.Duration, error) {}
func (noObserver) Fenced(time.Duration, error) {}
func (noObserver) StreamCut(string)            {}
func (noObserver) SnapshotSent()               {}
func (noObserver) WentBack()                   {}

const (
	defaultRing  = 4 << 20
	defaultEvery = 100 * time.Millisecond
	// patience is how long the store may take for one answer, and a question
	// for the head.
	patience = 2 * time.Second
)

// Hub is one node's part of the feed. It is safe for concurrent use.
type Hub struct {
	Config
	asked  chan struct{} // a question for the head waits
	ending context.Context
	end    context.CancelFunc
	done   sync.WaitGroup

	mu      sync.Mutex
	memory  memory
	ring    ring
	out     handout
	streams map[*Stream]bool
	closed  bool

	round     *round // of questions that wait
	loaded    bool
	steady    steady
	jumped    error     // why the clock cannot be trusted, nil when it can
	polledAt  time.Time // of this machine, when everything was last read
	back      *wentBack // what the store has lost, nil for nothing
	suspects  suspects
	heard     map[curfew.ID]curfew.Verifier
	receipts  receiptBook
	newcomers newcomers
}

// New makes a hub; Start lets it read.
func New(c Config) (*Hub, error) {
	if c.Log == nil || c.Now == nil {
		return nil, errors.New("feed: the configuration is incomplete")
	}
	if c.Observer == nil {
		c.Observer = noObserver{}
	}
	if c.Elapsed == nil {
		began := time.Now()
		c.Elapsed = func() time.Duration { return time.Since(began) }
	}
	c.Logger = cmp.Or(c.Logger, slog.New(slog.DiscardHandler))
	c.RingBytes = cmp.Or(c.RingBytes, defaultRing)
	c.PollEvery = cmp.Or(c.PollEvery, defaultEvery)
	h := &Hub{Config: c, asked: make(chan struct{}, 1), memory: newMemory(), ring: ring{most: c.RingBytes}, out: handout{changed: make(chan struct{})},
		streams: map[*Stream]bool{}, heard: map[curfew.ID]curfew.Verifier{}, receipts: newReceiptBook(), steady: steady{elapsed: c.Elapsed}}
	h.ending, h.end = context.WithCancel(context.Background())
	return h, nil
}

// Start reads the logs and goes on reading. Where that does not work yet, what
// needs them is refused until it does.
func (h *Hub) Start() {
	_ = h.poll(h.ending) // it is tried again at once, and reported then
	h.done.Go(h.read)
	h.done.Go(func() { h.regularly(keysEvery, h.sweepKeys) })
	h.done.Go(func() { h.regularly(verifiersEvery, h.recordVerifiers) })
	if h.Receipts != nil {
		h.done.Go(h.followReceipts)
	}
}

// EndStreams ends every stream, and lets none begin. The readers come back to
// another node, or to this one when it is there again.
func (h *Hub) EndStreams() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for s := range h.streams {
		s.cut(errClosed)
	}
}

// Stop ends everything and waits for what was begun.
func (h *Hub) Stop() {
	h.EndStreams()
	h.end()
	h.done.Wait()
}

func (h *Hub) regularly(every time.Duration, do func(context.Context)) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			do(h.ending)
		case <-h.ending.Done():
			return
		}
	}
}

// Logged takes entries that this node's own writer has committed, in the order
// of their commits. It is a short cut: what does not follow on what was read is
// left for the next reading.
func (h *Hub) Logged(entries []curfew.Revocation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.loaded {
		return
	}
	next := maps.Clone(h.memory.cursor)
	follows := entries[:0:0]
	for _, r := range entries {
		if r.Seq == next[r.Writer]+1 {
			next[r.Writer]++
			follows = append(follows, r)
		}
	}
	h.publish(follows)
}

// publish takes entries into memory and hands out those that are new.
func (h *Hub) publish(entries []curfew.Revocation) {
	now := h.steady.now()
	for i := range entries {
		r := &entries[i]
		if !h.memory.add(r, now) {
			continue
		}
		if r.Epoch > 0 && r.UserID.IsZero() {
			h.receipts.poke() // somebody may want to know who has heard
		}
		h.handOut(hold(r))
	}
}

// Snapshot is everything that matters at a moment.
type Snapshot struct {
	Cursor     string
	ServerTime time.Time
	now        time.Time // by which entries are over
	view       view
	observer   Observer
}

var errStarting = errors.New("the revocation log was not read yet")

func unavailable(cause error) error {
	return &curfew.Error{Kind: curfew.KindUnavailable, RetryAfter: time.Second, Cause: cause,
		Detail: "This node cannot say now what was revoked. Try again in a moment."}
}

// Snapshot gives everything that matters now.
func (h *Hub) Snapshot() (Snapshot, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.loaded {
		return Snapshot{}, unavailable(errStarting)
	}
	return h.snapshot(), nil
}

func (h *Hub) snapshot() Snapshot {
	return Snapshot{Cursor: EncodeCursor(h.memory.known()), ServerTime: h.Now(), now: h.steady.now(), view: h.memory.after(nil), observer: h.Observer}
}

// Stats are the hub's numbers at a moment.
type Stats struct {
	Streams, Entries int
	Vouching         bool
	// Why is what keeps this node from vouching; nil while it may.
	Why error
	// Behind is how long ago everything was last read, 0 when it never was.
	Behind time.Duration
}

// Stats gives the numbers of now.
func (h *Hub) Stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := Stats{Streams: len(h.streams), Entries: h.memory.count, Why: h.mayVouch()}
	if h.loaded {
		if s.Behind = time.Since(h.polledAt); s.Behind >= patience && s.Why == nil {
			s.Why = errHangs
		}
	}
	s.Vouching = s.Why == nil
	return s
}

// Cursor is how far the logs were read.
func (h *Hub) Cursor() curfew.Cursor {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.memory.cursor)
}
