package history

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

var seedFlag = flag.Uint64("seed", 0, "the seed of the one random history to check; 0 for many")

// flaw is what is wrong with a world.
type flaw string

const (
	none      flaw = ""
	unfenced  flaw = "heads are of before the question"
	unbounded flaw = "it goes on when it knows too little"
	forgetful flaw = "it forgets what it knew"
	inventive flaw = "it refuses at random"
	hasty     flaw = "it counts as known what has not arrived"
)

// world is an authority and a verifier in a time of milliseconds, with
// everything between them late, cut off, or lost.
type world struct {
	*rand.Rand
	flaw   flaw
	strict bool
	now    int
	events []Event

	sessions int
	log      []entry // in the order of commits
	feedDown int     // until when
	headDown int

	// What the verifier has come to.
	applied int
	known   map[int]bool
	pending []head
	fresh   int // when the head that it knows all of was asked for; -1 for none
	asking  *head
}

type entry struct{ session, committed, delivered int }

// head is a question for the head. What it is answered is read at a moment of
// its own, and arrives later.
type head struct{ sent, read, arrives, reaches int }

const (
	bound = 2000
	step  = 5
)

// live lets a world go on for a while and returns what was seen of it.
func live(seed uint64, f flaw, strict bool) []Event {
	w := &world{Rand: rand.New(rand.NewPCG(seed, 1)), flaw: f, strict: strict, sessions: 12, known: map[int]bool{}, fresh: -1}
	for ; w.now < 20_000; w.now += step {
		w.network()
		w.authority()
		w.verifier()
		w.watch()
	}
	return w.events
}

// often is true once in so many milliseconds.
func (w *world) often(n int) bool { return w.IntN(n/step) == 0 }

func (w *world) network() {
	if w.often(6000) {
		w.feedDown = w.now + w.IntN(5000)
	}
	if w.often(6000) {
		w.headDown = w.now + w.IntN(5000)
	}
}

// authority ends a session now and then. The answer comes later than the
// commit, or is lost.
func (w *world) authority() {
	if !w.often(1500) {
		return
	}
	session := w.IntN(w.sessions)
	began := w.now - w.IntN(20)
	ended := w.now + w.IntN(50)
	w.log = append(w.log, entry{session, w.now, w.now + w.IntN(400)})
	w.events = append(w.events, Event{Kind: Ending, Session: name(session), Began: at(max(began, 0)), Ended: at(ended), Acknowledged: w.IntN(5) > 0})
}

func (w *world) verifier() {
	for w.feedDown <= w.now && w.applied < len(w.log) && w.log[w.applied].delivered <= w.now {
		w.known[w.log[w.applied].session] = true
		w.applied++
	}
	if w.flaw == forgetful && w.often(3000) {
		for session := range w.known {
			delete(w.known, session)
			break
		}
	}
	for len(w.pending) > 0 && (w.pending[0].reaches <= w.applied || w.flaw == hasty) {
		w.fresh = w.pending[0].sent
		w.pending = w.pending[1:]
	}
	switch {
	case w.asking != nil && w.asking.arrives <= w.now:
		w.asking.reaches = w.committed(w.asking.read)
		if w.headDown <= w.now {
			w.pending = append(w.pending, *w.asking)
		}
		w.asking = nil
	case w.asking == nil && w.now%250 == 0:
		h := head{sent: w.now, read: w.now + w.IntN(100)}
		h.arrives = h.read + w.IntN(300)
		if w.flaw == unfenced {
			h.read = w.now - w.IntN(1500)
		}
		w.asking = &h
	}
}

// committed is how many entries there were at a moment.
func (w *world) committed(moment int) (n int) {
	for _, e := range w.log {
		if e.committed <= moment {
			n++
		}
	}
	return n
}

// watch asks the verifier about itself, and about sessions.
func (w *world) watch() {
	if w.fresh >= 0 && w.often(100) {
		w.events = append(w.events, Event{Kind: Statement, Verifier: "v", Began: at(w.now), Ended: at(w.now), Staleness: at(w.now - w.fresh)})
	}
	if !w.often(20) {
		return
	}
	session := w.IntN(w.sessions)
	e := Event{Kind: Verdict, Verifier: "v", Session: name(session), Began: at(w.now), Ended: at(w.now + 1), Outcome: Accepted}
	if w.strict {
		e.Bound = at(bound)
	}
	fresh := w.fresh >= 0 && w.now-w.fresh <= bound
	switch {
	case w.flaw == inventive && w.often(500), w.known[session]:
		e.Outcome = Revoked
	case fresh, !w.strict && w.fresh >= 0, w.flaw == unbounded:
	default: // the authority is asked, and answers or does not
		answered := w.IntN(30)
		e.Ended = at(w.now + answered)
		e.Outcome = Unknown
		if w.IntN(2) > 0 {
			e.Outcome = Accepted
			for _, of := range w.log {
				if of.session == session {
					e.Outcome = Revoked
					w.known[session] = true
				}
			}
		}
	}
	w.events = append(w.events, e)
}

func at(milliseconds int) time.Duration { return time.Duration(milliseconds) * time.Millisecond }

func name(session int) string { return fmt.Sprint("session ", session) }

// TestRandomHistories: of what keeps to its promises nothing is found, whatever
// fails, and of what does not, something is.
func TestRandomHistories(t *testing.T) {
	const worlds = 25
	first, n := rand.Uint64(), worlds
	if *seedFlag != 0 {
		first, n = *seedFlag, 1
	}
	for _, strict := range []bool{true, false} {
		for f, want := range map[flaw][]Rule{
			none: nil, unfenced: {Truthful, Bounded}, unbounded: {Bounded}, forgetful: {Lasting, Truthful, Bounded},
			inventive: {Founded, Lasting}, hasty: {Truthful, Bounded},
		} {
			if f == unbounded && !strict {
				continue // that is what lenient ones do
			}
			t.Run(fmt.Sprintf("strict=%t/%s", strict, f), func(t *testing.T) {
				t.Parallel()
				found := map[Rule]int{}
				for i := range n {
					seed := first + uint64(i)
					events := live(seed, f, strict)
					for _, v := range Check(events) {
						found[v.Rule]++
						if !among(v.Rule, want) {
							t.Fatalf("-seed %d: %v", seed, v)
						}
					}
				}
				if f != none && n == worlds && found[want[0]] == 0 {
					t.Errorf("-seed %d and the %d after it: %v, and %q never", first, n-1, found, want[0])
				}
				t.Logf("%v", found)
			})
		}
	}
}

func among(r Rule, all []Rule) bool {
	for _, of := range all {
		if r == of {
			return true
		}
	}
	return false
}
