package feed

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

const (
	verifiersEvery = time.Second
	// mostVerifiers bounds what a holder of a key can make a node remember.
	mostVerifiers = 20000
	// A holder of a key can call itself a new verifier with every question. So
	// many of them are noted at once, and so many a second from then on; of more,
	// nothing is noted until they ask again.
	newVerifiersAtOnce = 2000
	newVerifiersEvery  = 200 * time.Millisecond
)

// ErrNotYours is a verifier that speaks with another service key than it has
// spoken with so far: it may not say what that one has applied.
var ErrNotYours = errors.New("feed: the verifier belongs to another service key")

// Heard notes what a verifier said with a service key. It is kept within a second,
// with what others said meanwhile.
func (h *Hub) Heard(key curfew.ID, v curfew.Verifier) error {
	v.HeardAt = h.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	before, known := h.receipts.said[v.ID]
	switch {
	case known && before.key != key && v.HeardAt.Sub(before.HeardAt) < heardFor:
		return ErrNotYours
	case !known && !h.newcomers.admit(v.HeardAt):
		return nil
	}
	if _, known := h.heard[v.ID]; known || len(h.heard) < mostVerifiers {
		h.heard[v.ID] = v
	}
	h.receipts.hear(key, v)
	return nil
}

// Lag is how many entries of what this node has read are not yet applied by who
// has come to a cursor; false for a text that is no cursor.
func (h *Hub) Lag(applied string) (entries int64, ok bool) {
	c := curfew.Cursor{}
	if applied != "" {
		var err error
		if c, err = ParseCursor(applied); err != nil {
			return 0, false
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for writer, runs := range h.memory.runs {
		last := runs[len(runs)-1].last()
		entries += max(last-max(c[writer], runs[0].first-1), 0)
	}
	return entries, true
}

// newcomers are the verifiers that were never heard of before.
type newcomers struct{ fullAt time.Time }

// admit reports whether one more may be noted.
func (n *newcomers) admit(now time.Time) bool {
	from := n.fullAt
	if from.Before(now) {
		from = now
	}
	if from.Sub(now) > (newVerifiersAtOnce-1)*newVerifiersEvery {
		return false
	}
	n.fullAt = from.Add(newVerifiersEvery)
	return true
}

func (h *Hub) recordVerifiers(ctx context.Context) {
	h.mu.Lock()
	if len(h.heard) == 0 || h.RecordVerifiers == nil || h.Ready != nil && h.Ready() != nil {
		h.mu.Unlock()
		return
	}
	all := make([]curfew.Verifier, 0, len(h.heard))
	for _, v := range h.heard {
		all = append(all, v)
	}
	clear(h.heard)
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	// What could not be kept is said anew in half a second.
	if err := h.RecordVerifiers(ctx, all); err != nil {
		h.Logger.Debug("recording the verifiers failed", "error", err.Error())
	}
}

const (
	// keysEvery is how often the service keys of open streams are looked at. What
	// that finds may be half a second old, and a revoked key has a second at most.
	keysEvery = 250 * time.Millisecond
	// keysWithin is how long a stream goes on while nobody can say whether its key
	// works. It brings nothing that is new then anyway.
	keysWithin = 10 * time.Second
)

// sweepKeys ends the streams that are not allowed any more.
func (h *Hub) sweepKeys(ctx context.Context) {
	h.mu.Lock()
	open := slices.Collect(maps.Keys(h.streams))
	h.mu.Unlock()
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	away := false // the store, which reading reports
	for _, s := range open {
		now := h.Elapsed()
		err := errUnjudged
		if !away {
			err = s.allowed(within)
		}
		switch {
		case s.ended.Err() != nil:
		case err == nil:
			s.judged = now
		case away || curfew.KindOf(err) == curfew.KindUnavailable || within.Err() != nil:
			if away = true; now-s.judged >= keysWithin && ctx.Err() == nil {
				h.Observer.StreamCut(CutKey)
				s.cut(errUnjudged)
			}
		default:
			h.Observer.StreamCut(CutKey)
			s.cut(errKey)
		}
	}
}
