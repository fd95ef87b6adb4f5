package verify

import (
	"bytes"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// revocations is what the authority has told of ended sessions and is not over
// yet. Memory depends on how many were ended in the last quarter of an hour, not
// on how many sessions there are.
type revocations struct {
	shards [32]revocationShard

	// How many there are of each kind, so that a kind that is absent costs
	// nothing to ask for.
	sessions, later, raised, spared atomic.Int64

	minted       sync.Mutex   // for those who change the two below
	mintedBefore atomic.Int64 // Unix microseconds; 0 for none
	mintedUntil  uint32
}

// revocationShard holds the entries whose id ends in the same bits.
type revocationShard struct {
	mu       sync.RWMutex
	sessions map[id]uint32 // refused, until the entry may be forgotten
	later    map[id]laterEnd
	raised   map[holder]raisedEpoch
	spared   map[holder][]sparingEpoch
	peak     int
}

// holder is an account or a person: whoever has an epoch.
type holder struct {
	id     id
	person bool
}

// laterEnd refuses a session from a moment on.
type laterEnd struct {
	at    int64 // Unix microseconds
	until uint32
}

// raisedEpoch refuses every session born under a lower epoch.
type raisedEpoch struct {
	epoch int64
	until uint32
}

// sparingEpoch refuses them but a few.
type sparingEpoch struct {
	raisedEpoch
	except []id // sorted: a person may have very many sessions
}

func (r *revocations) shard(i id) *revocationShard { return &r.shards[i[15]%32] }

// add notes an entry. Entries are facts: they are added to what is known, in
// whatever order and however often they come.
func (r *revocations) add(e *entry) {
	until := e.until()
	if e.MintedBefore != nil {
		r.minted.Lock()
		r.mintedBefore.Store(max(e.MintedBefore.UnixMicro(), r.mintedBefore.Load()))
		r.mintedUntil = max(until, r.mintedUntil)
		r.minted.Unlock()
		for i := range r.shards {
			r.shards[i].forgetLost(r, r.lost())
		}
	}
	if e.Account == nil {
		return
	}
	if e.Session != nil {
		r.shard(*e.Session).end(r, *e.Session, e.At, until)
	}
	if e.Epoch > 0 && until > r.lost() {
		of := holder{id: *e.Account}
		if e.User != nil {
			of = holder{id: *e.User, person: true}
		}
		r.shard(of.id).raise(r, of, e.Epoch, e.Except, until)
	}
}

// committedEarlier is how much earlier than its end an entry was committed, but
// for what clocks may be apart: the longest life of a token, and of a grace period.
const committedEarlier = 15*60 + 60

// lost is the end of the latest epoch that says nothing any more, 0 while there
// is none. Such a one was raised in a history that the authority has lost, as
// its database was put back to an earlier state: every token that it refuses was
// made before, and is refused for that. It may be above those of new sessions.
func (r *revocations) lost() uint32 {
	before := r.mintedBefore.Load()
	if before == 0 {
		return 0
	}
	return uint32(max(before/1e6+committedEarlier, 0))
}

// forgetLost drops the epochs of a lost history.
func (s *revocationShard) forgetLost(r *revocations, lost uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for of, e := range s.raised {
		if e.until <= lost {
			delete(s.raised, of)
			r.raised.Add(-1)
		}
	}
	for of := range s.spared {
		s.keep(r, of, func(e sparingEpoch) bool { return e.until > lost })
	}
}

func (s *revocationShard) end(r *revocations, session id, at *time.Time, until uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at == nil {
		if s.sessions == nil {
			s.sessions = map[id]uint32{}
		}
		before := len(s.sessions)
		s.sessions[session] = max(until, s.sessions[session])
		s.peak = max(s.peak, len(s.sessions))
		r.sessions.Add(int64(len(s.sessions) - before))
		return
	}
	if s.later == nil {
		s.later = map[id]laterEnd{}
	}
	next := laterEnd{at: at.UnixMicro(), until: until}
	if known, ok := s.later[session]; ok {
		next = laterEnd{at: min(next.at, known.at), until: max(next.until, known.until)}
	} else {
		r.later.Add(1)
	}
	s.later[session] = next
}

func (s *revocationShard) raise(r *revocations, of holder, epoch int64, except []id, until uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(except) > 0 {
		s.spare(r, of, sparingEpoch{raisedEpoch{epoch, until}, sorted(except)})
		return
	}
	known, ok := s.raised[of]
	if !ok {
		if s.raised == nil {
			s.raised = map[holder]raisedEpoch{}
		}
		r.raised.Add(1)
	}
	next := raisedEpoch{epoch: max(epoch, known.epoch), until: max(until, known.until)}
	s.raised[of] = next
	// What spares nobody says all that is said below it.
	s.keep(r, of, func(e sparingEpoch) bool { return e.epoch > next.epoch || e.until > next.until })
}

// spare notes a raised epoch with its exceptions, unless what is known already
// refuses as much for as long, and drops what it makes superfluous.
func (s *revocationShard) spare(r *revocations, of holder, e sparingEpoch) {
	if known := s.raised[of]; known.epoch >= e.epoch && known.until >= e.until {
		return
	}
	for _, known := range s.spared[of] {
		if known.epoch >= e.epoch && known.until >= e.until && within(known.except, e.except) {
			return
		}
	}
	s.keep(r, of, func(known sparingEpoch) bool {
		return known.epoch > e.epoch || known.until > e.until || !within(e.except, known.except)
	})
	if s.spared == nil {
		s.spared = map[holder][]sparingEpoch{}
	}
	s.spared[of] = append(s.spared[of], e)
	r.spared.Add(1)
}

// keep drops those of a holder's sparing epochs that are not to be kept.
func (s *revocationShard) keep(r *revocations, of holder, keep func(sparingEpoch) bool) {
	all := s.spared[of]
	if len(all) == 0 {
		return
	}
	kept := slices.DeleteFunc(all, func(e sparingEpoch) bool { return !keep(e) })
	r.spared.Add(int64(len(kept) - len(all)))
	if len(kept) == 0 {
		delete(s.spared, of)
	} else {
		s.spared[of] = kept
	}
}

func compareIDs(a, b id) int { return bytes.Compare(a[:], b[:]) }

func sorted(ids []id) []id { return slices.Compact(slices.SortedFunc(slices.Values(ids), compareIDs)) }

// within reports whether every id of a is in b; both are sorted.
func within(a, b []id) bool {
	for _, i := range a {
		at, found := slices.BinarySearchFunc(b, i, compareIDs)
		if !found {
			return false
		}
		b = b[at+1:]
	}
	return true
}

// refuses reports whether a token's session has ended by the given time, in Unix
// microseconds of the authority's clock.
func (r *revocations) refuses(t *opened, now int64) bool {
	return t.issuedAt*1e6 < r.mintedBefore.Load() ||
		r.sessions.Load()+r.later.Load() > 0 && r.shard(t.session).ended(t.session, now) ||
		r.raised.Load()+r.spared.Load() > 0 &&
			(r.shard(t.account).outgrown(holder{id: t.account}, t.accountEpoch, t.session) ||
				r.shard(t.user).outgrown(holder{id: t.user, person: true}, t.userEpoch, t.session))
}

func (s *revocationShard) ended(session id, now int64) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if _, ok := s.sessions[session]; ok {
		return true
	}
	end, ok := s.later[session]
	return ok && now >= end.at
}

func (s *revocationShard) outgrown(of holder, epoch int64, session id) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if epoch < s.raised[of].epoch {
		return true
	}
	for _, e := range s.spared[of] {
		if epoch < e.epoch {
			if _, spared := slices.BinarySearchFunc(e.except, session, compareIDs); !spared {
				return true
			}
		}
	}
	return false
}

// sweep forgets what is over: entries whose last token has expired by the clock
// that judges tokens, which is told in Unix seconds less the leeway.
func (r *revocations) sweep(now int64) {
	seconds := uint32(max(now, 0))
	for i := range r.shards {
		r.shards[i].sweep(r, seconds)
	}
	r.minted.Lock()
	defer r.minted.Unlock()
	if r.mintedUntil < seconds {
		r.mintedBefore.Store(0)
	}
}

func (s *revocationShard) sweep(r *revocations, now uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.sessions)
	for session, until := range s.sessions {
		if until < now {
			delete(s.sessions, session)
		}
	}
	r.sessions.Add(int64(len(s.sessions) - before))
	// A map does not shrink by itself; after a storm it would keep its memory.
	if s.peak > 1024 && len(s.sessions) < s.peak/4 {
		smaller := make(map[id]uint32, len(s.sessions))
		for session, until := range s.sessions {
			smaller[session] = until
		}
		s.sessions, s.peak = smaller, len(smaller)
	}
	for session, end := range s.later {
		if end.until < now {
			delete(s.later, session)
			r.later.Add(-1)
		}
	}
	for of, e := range s.raised {
		if e.until < now {
			delete(s.raised, of)
			r.raised.Add(-1)
		}
	}
	for of := range s.spared {
		s.keep(r, of, func(e sparingEpoch) bool { return e.until >= now })
	}
	if len(s.later)+len(s.raised)+len(s.spared) == 0 {
		s.later, s.raised, s.spared = nil, nil, nil
	}
}

// entries is how many revocations are known.
func (r *revocations) entries() int {
	n := r.sessions.Load() + r.later.Load() + r.raised.Load() + r.spared.Load()
	if r.mintedBefore.Load() != 0 {
		n++
	}
	return int(n)
}
