package feed

import (
	"maps"
	"slices"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// held is an entry in memory, in 48 bytes: there are as many as sessions ended
// in the last quarter of an hour.
type held struct {
	account, session curfew.ID
	until            int64 // Unix microseconds
	more             *more // nil for a session that is refused at once
}

// more is what few entries have.
type more struct {
	at, mintedBefore time.Time
	user             curfew.ID
	epoch            int64
	except           []curfew.ID
}

func hold(r *curfew.Revocation) held {
	h := held{account: r.AccountID, session: r.SessionID, until: r.Until.UnixMicro()}
	if !r.At.IsZero() || r.Epoch != 0 || !r.MintedBefore.IsZero() || !r.UserID.IsZero() {
		h.more = &more{at: r.At, mintedBefore: r.MintedBefore, user: r.UserID, epoch: r.Epoch, except: r.Except}
	}
	return h
}

// revocation is the entry again.
func (h held) revocation(writer curfew.ID, seq int64) curfew.Revocation {
	r := curfew.Revocation{Writer: writer, Seq: seq, AccountID: h.account, SessionID: h.session, Until: time.UnixMicro(h.until).UTC()}
	if m := h.more; m != nil {
		r.At, r.MintedBefore, r.UserID, r.Epoch, r.Except = m.at, m.mintedBefore, m.user, m.epoch, m.except
	}
	return r
}

// runLength is how many entries of a writer are dropped together.
const runLength = 512

// run is a part of a writer's log without gaps. What is in it never changes,
// so whoever has a copy of the run may read it at any time.
type run struct {
	first   int64
	entries []held
}

func (r run) last() int64 { return r.first + int64(len(r.entries)) - 1 }

// memory is every live entry of every writer. It is guarded by its owner.
type memory struct {
	// cursor is how far the logs were read, runs what is kept of them.
	cursor curfew.Cursor
	runs   map[curfew.ID][]run
	count  int
}

func newMemory() memory {
	return memory{cursor: curfew.Cursor{}, runs: map[curfew.ID][]run{}}
}

// add takes the next entry of a writer's log; false when it is known, or over.
func (m *memory) add(r *curfew.Revocation, now time.Time) bool {
	if r.Seq <= m.cursor[r.Writer] {
		return false
	}
	m.cursor[r.Writer] = r.Seq
	if !r.Until.After(now) {
		return false
	}
	runs := m.runs[r.Writer]
	if n := len(runs); n == 0 || runs[n-1].last()+1 != r.Seq || len(runs[n-1].entries) == runLength {
		runs = append(runs, run{first: r.Seq})
	}
	newest := &runs[len(runs)-1]
	newest.entries = append(newest.entries, hold(r))
	m.runs[r.Writer] = runs
	m.count++
	return true
}

// drop forgets what is over.
func (m *memory) drop(now time.Time) {
	for writer, runs := range m.runs {
		n := 0
		for n < len(runs) && runs[n].over(now) {
			m.count -= len(runs[n].entries)
			n++
		}
		switch {
		case n == len(runs):
			delete(m.runs, writer)
		case n > 0:
			m.runs[writer] = slices.Clone(runs[n:]) // so that the front is freed
		}
	}
}

// over reports whether every entry of a run is. A writer's entries end in the
// order in which they were written, as its clock never goes back.
func (r run) over(now time.Time) bool { return r.newest() <= now.UnixMicro() }

// newest is the until of the last entry.
func (r run) newest() int64 { return r.entries[len(r.entries)-1].until }

// known is the cursor of all that is kept: what a reader has who was handed
// everything.
func (m *memory) known() curfew.Cursor {
	c := make(curfew.Cursor, len(m.runs))
	for writer, runs := range m.runs {
		c[writer] = runs[len(runs)-1].last()
	}
	return c
}

// apart is more than the clocks of two nodes that write can be apart: each is
// at most 2 s from that of the store.
const apart = 5 * time.Second

// head is the cursor that a reader must have reached to know everything. A
// writer whose last entry is about to be over is left out: another node, whose
// clock is a little ahead, may hand it out no more.
func (m *memory) head(now time.Time) curfew.Cursor {
	c := make(curfew.Cursor, len(m.runs))
	for writer, runs := range m.runs {
		if last := runs[len(runs)-1]; last.newest() > now.Add(apart).UnixMicro() {
			c[writer] = last.last()
		}
	}
	return c
}

// view is what was in memory at a moment, to be read without a lock.
type view struct {
	runs  map[curfew.ID][]run
	count int
}

// after is everything that a cursor does not cover.
func (m *memory) after(c curfew.Cursor) view {
	v := view{runs: make(map[curfew.ID][]run, len(m.runs))}
	for writer, runs := range m.runs {
		known := c[writer]
		i, _ := slices.BinarySearchFunc(runs, known, func(r run, seq int64) int {
			if r.last() <= seq {
				return -1
			}
			return 1
		})
		if i == len(runs) {
			continue
		}
		rest := slices.Clone(runs[i:])
		if skip := known - rest[0].first + 1; skip > 0 {
			rest[0] = run{known + 1, rest[0].entries[skip:]}
		}
		for _, r := range rest {
			v.count += len(r.entries)
		}
		v.runs[writer] = rest
	}
	return v
}

// each calls fn for every entry that is not over, until it fails.
func (v view) each(now time.Time, fn func(h held) error) error {
	over := now.UnixMicro()
	for _, runs := range v.runs {
		for _, r := range runs {
			for _, h := range r.entries {
				if h.until <= over {
					continue
				}
				if err := fn(h); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// behind are the writers whose log in the store ends before what was read of
// it: with what the store says of them, 0 for those that it does not know
// though something of theirs is still alive.
func (m *memory) behind(asked, heads curfew.Cursor, now time.Time) curfew.Cursor {
	var lost curfew.Cursor
	for writer, seq := range asked {
		seq = min(seq, m.cursor[writer]) // it may have been forgotten meanwhile
		head, known := heads[writer]
		if !known {
			runs := m.runs[writer]
			if len(runs) == 0 || runs[len(runs)-1].newest() <= now.Add(apart).UnixMicro() {
				continue // pruned, by a node whose clock is a little ahead
			}
		}
		if head < seq {
			if lost == nil {
				lost = curfew.Cursor{}
			}
			lost[writer] = head
		}
	}
	return lost
}

// lost are the live entries that the store has lost.
func (m *memory) lost(behind curfew.Cursor, now time.Time) []curfew.Revocation {
	var all []curfew.Revocation
	for writer, head := range behind {
		for _, r := range m.runs[writer] {
			for i, h := range r.entries {
				if seq := r.first + int64(i); seq > head && h.until > now.UnixMicro() {
					all = append(all, h.revocation(writer, seq))
				}
			}
		}
	}
	return all
}

// forget takes what the store has lost out of memory: it was written again.
func (m *memory) forget(behind curfew.Cursor) {
	for writer, head := range behind {
		if m.cursor[writer] <= head {
			continue
		}
		var kept []run
		for _, r := range m.runs[writer] {
			m.count -= len(r.entries)
			if n := min(int64(len(r.entries)), head-r.first+1); n > 0 {
				r.entries = slices.Clip(r.entries[:n])
				m.count += len(r.entries)
				kept = append(kept, r)
			}
		}
		if m.runs[writer] = kept; len(kept) == 0 {
			delete(m.runs, writer)
		}
		if m.cursor[writer] = head; head == 0 {
			delete(m.cursor, writer)
		}
	}
}

// settle takes what the store says of all writers after everything was read:
// what it does not know any more, and of which nothing is kept, is forgotten.
func (m *memory) settle(heads curfew.Cursor) {
	for writer, seq := range heads {
		if seq > m.cursor[writer] {
			m.cursor[writer] = seq
		}
	}
	maps.DeleteFunc(m.cursor, func(writer curfew.ID, _ int64) bool {
		_, known := heads[writer]
		return !known && m.runs[writer] == nil
	})
}
