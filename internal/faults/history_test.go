package faults

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// what a call asked for.
type what string

const (
	signIn  what = "sign-in"
	refresh what = "refresh"
	end     what = "ending"
)

// call is a request as its client saw it. Numbers order the beginnings and
// ends of all calls.
type call struct {
	what         what
	session      string
	began, ended int64
	took         time.Duration
	status       int // 0 when the connection broke before there was an answer
	retryAfter   string
	problem      string
	reason       string

	presented string // the refresh token
	// What a sign-in or refresh was answered.
	generation int
	token      string
}

func (c call) String() string {
	return fmt.Sprintf("%s of %s (%d to %d, %s): status %d %s %s, generation %d", c.what, c.session, c.began, c.ended,
		c.took.Round(time.Millisecond), c.status, c.problem, c.reason, c.generation)
}

// history is what all clients saw.
type history struct {
	clock atomic.Int64
	mu    sync.Mutex
	calls []call
}

func (h *history) add(c call) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls = append(h.calls, c)
}

func (h *history) all() []call {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.calls)
}

// endedBecause is the reason of a session that an owner ended.
const endedBecause = "owner_session"

// endedAgain is that of one whose ending a node remembered and its database did
// not.
const endedAgain = "operator"

// judge says what is wrong with a history that is over: every session was
// asked for once more when all had healed.
func judge(calls []call) (wrong []string) {
	bad := func(c call, why string) { wrong = append(wrong, why+": "+c.String()) }
	slices.SortFunc(calls, func(a, b call) int { return int(a.ended - b.ended) })
	type ending struct {
		asked, answered int64 // 0 for never
		// unsure says that somebody asked and was not told that it is done. A
		// node that had read of it all the same writes it again after a failover
		// in which it was lost, and knows no reason.
		unsure bool
	}
	endings := map[string]ending{}
	for _, c := range calls {
		if c.what != end {
			continue
		}
		e := endings[c.session]
		if e.asked == 0 || c.began < e.asked {
			e.asked = c.began
		}
		if c.status == 204 && e.answered == 0 {
			e.answered = c.ended
		}
		e.unsure = e.unsure || c.status != 204
		endings[c.session] = e
	}
	lines := map[string][]string{} // of each session the tokens that were acknowledged
	last := map[string]call{}
	for _, c := range calls {
		e := endings[c.session]
		last[c.session] = c
		switch {
		case c.status == 0:
		case c.status == 503:
			if c.retryAfter == "" || c.retryAfter == "0" {
				bad(c, "503 without Retry-After")
			}
		case c.what == end && c.status == 204:
		case c.what == signIn && c.status == 200:
			if lines[c.session] != nil || c.generation != 1 {
				bad(c, "a sign-in that begins no session")
			}
			lines[c.session] = []string{c.token}
		case c.what == refresh && c.status == 200:
			line := lines[c.session]
			if e.answered != 0 && e.answered < c.began {
				bad(c, "a session goes on whose ending was answered")
			}
			presented := slices.Index(line, c.presented) + 1
			switch {
			case presented == 0 || presented > len(line):
				bad(c, "a token that was never given goes on")
			case c.generation != presented+1:
				bad(c, fmt.Sprintf("the successor of generation %d is another", presented))
			case c.generation <= len(line):
				if line[c.generation-1] != c.token {
					bad(c, "a fork: another token of this generation was given before")
				}
			default:
				if slices.Contains(line, c.token) {
					bad(c, "a token was given twice")
				}
				lines[c.session] = append(line, c.token)
			}
		case c.what == refresh && c.status == 401 && e.asked != 0 && e.asked < c.ended:
			if c.problem != "/problems/session-revoked" || c.reason != endedBecause && (c.reason != endedAgain || !e.unsure) {
				bad(c, "an ended session with another reason")
			}
		case c.what == refresh && c.status == 401:
			bad(c, "a session is lost")
		default:
			bad(c, "an answer that none of this explains")
		}
	}
	for session, c := range last {
		if session == "" {
			continue
		}
		e := endings[session]
		switch {
		case e.asked == 0 && (c.what != refresh || c.status != 200):
			bad(c, "the last word about a session that nobody ended")
		case e.answered != 0 && (c.what != refresh || c.status != 401):
			bad(c, "the last word about a session whose ending was answered")
		}
	}
	return wrong
}
