package feed

import (
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/routine"
)

// A store that went back in time has lost what it had acknowledged: after a
// failover to a standby that was behind, or over a backup that was put back
// beneath running nodes. What a node remembers is then written again before it
// vouches for anything.

// wentBack is what the store has lost.
type wentBack struct {
	behind curfew.Cursor
}

// storeWentBack notes what is gone and has it written again. The caller has the
// lock.
func (h *Hub) storeWentBack(behind curfew.Cursor, now time.Time) {
	if h.back != nil {
		return // it is being written
	}
	lost := h.memory.lost(behind, now)
	h.back = &wentBack{behind: behind}
	h.Observer.WentBack()
	h.Logger.Error("the database went back in time: revocations that it had acknowledged are gone; this node writes those that it remembers again, and vouches for nothing until then",
		"writers", len(behind), "revocations", len(lost))
	h.done.Go(func() { h.reassert(lost) })
}

// reassertEvery is how long after a failure it is tried again, reassertAtOnce
// how many entries are written in one go.
const (
	reassertEvery  = time.Second
	reassertAtOnce = 100
)

func (h *Hub) reassert(lost []curfew.Revocation) {
	trouble := routine.Trouble{Log: h.Logger, What: "writing revocations again"}
	total := len(lost)
	for len(lost) > 0 && h.Reassert != nil {
		some := lost[:min(len(lost), reassertAtOnce)]
		err := h.Reassert(h.ending, some)
		trouble.Report(h.ending, err)
		if err == nil {
			lost = lost[len(some):]
		} else if !h.wait(reassertEvery) {
			return
		}
		if h.ending.Err() != nil {
			return
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	// The next reading begins where the store is, and finds what was written.
	h.memory.forget(h.back.behind)
	h.back = nil
	h.Logger.Warn("the revocations that the database had lost are written again", "revocations", total)
}

// suspects are sessions whose refresh tokens, genuine by all that can be
// checked, are ahead of the store.
type suspects struct {
	session curfew.ID
	at      time.Time
	frozen  bool
}

// suspectWithin is how soon another session must follow.
const suspectWithin = time.Minute

// Ahead takes a session whose genuine refresh token is ahead of the store: it
// went back in time, or the secret leaked. One session alone proves nothing;
// when another one follows within a minute, this node vouches for nothing any
// more until it is started again.
func (h *Hub) Ahead(session curfew.ID) {
	now := h.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	another := !h.suspects.at.IsZero() && h.suspects.session != session && now.Sub(h.suspects.at) <= suspectWithin
	if another && !h.suspects.frozen {
		h.suspects.frozen = true
		h.Observer.WentBack()
		h.Logger.Error("refresh tokens of several sessions are ahead of the database: it went back in time, or the secret leaked; this node vouches for nothing until it is started again, after 'curfew fence'")
	}
	h.suspects.session, h.suspects.at = session, now
}
