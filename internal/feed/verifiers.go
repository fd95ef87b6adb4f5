package feed

import (
	"context"
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

// Heard notes what a verifier said. It is kept within a second, with what
// others said meanwhile.
func (h *Hub) Heard(v curfew.Verifier) {
	v.HeardAt = h.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.receipts.knows(v.ID) && !h.newcomers.admit(v.HeardAt) {
		return
	}
	if _, known := h.heard[v.ID]; known || len(h.heard) < mostVerifiers {
		h.heard[v.ID] = v
	}
	h.receipts.hear(v)
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

// keysEvery is how often the service keys of open streams are looked at. What that
// finds may be half a second old, and a revoked key has a second at most.
const keysEvery = 250 * time.Millisecond

// sweepKeys ends the streams that are not allowed any more.
func (h *Hub) sweepKeys(ctx context.Context) {
	h.mu.Lock()
	open := slices.Collect(maps.Keys(h.streams))
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, s := range open {
		err := s.allowed(ctx)
		switch {
		case err == nil || s.ended.Err() != nil:
		case curfew.KindOf(err) == curfew.KindUnavailable || ctx.Err() != nil:
			return // the store is away, which reading reports
		default:
			h.Observer.StreamCut(CutKey)
			s.cut(errKey)
		}
	}
}
