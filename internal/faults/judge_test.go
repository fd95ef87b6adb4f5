package faults

import (
	"strings"
	"testing"
)

// A judge that finds nothing proves something only if it finds what is there.
func TestJudge(t *testing.T) {
	story := func(calls ...call) []call {
		for i := range calls {
			c := &calls[i]
			if c.began == 0 {
				c.began = int64(10*i + 1)
			}
			c.ended = int64(10*i + 9)
			if c.what == refresh && c.status == 401 && c.problem == "" {
				c.problem, c.reason = "/problems/session-revoked", endedBecause
			}
		}
		return calls
	}
	begin := call{what: signIn, session: "s", status: 200, generation: 1, token: "one"}
	two := call{what: refresh, session: "s", status: 200, presented: "one", generation: 2, token: "two"}
	three := call{what: refresh, session: "s", status: 200, presented: "two", generation: 3, token: "three"}
	cut := call{what: refresh, session: "s", presented: "two"}
	busy := call{what: refresh, session: "s", status: 503, retryAfter: "1", presented: "two"}
	ending := call{what: end, session: "s", status: 204}
	refused := call{what: refresh, session: "s", status: 401, presented: "two"}
	with := func(c call, change func(*call)) call { change(&c); return c }
	for _, tt := range []struct {
		name  string
		calls []call
		want  string // "" for nothing
	}{
		{"all is well", story(begin, two, three), ""},
		{"a request repeated", story(begin, two, cut, busy, three), ""},
		{"two answers to the same", story(begin, two, two, three), ""},
		{"a sign-in that was not answered", story(call{what: signIn}, call{what: signIn, status: 503, retryAfter: "1"}, begin, two), ""},
		{"an ending", story(begin, two, ending, refused), ""},
		{"an ending that was answered the second time", story(begin, two, call{what: end, session: "s"}, refused, ending, refused), ""},
		{"an ending of unknown outcome, not done", story(begin, two, call{what: end, session: "s", status: 503, retryAfter: "1"}, three), ""},
		{"an ending of unknown outcome, done", story(begin, two, call{what: end, session: "s"}, refused), ""},
		{"a refresh under way at the ending", story(begin, two, ending, with(three, func(c *call) { c.began = 15 }), with(refused, func(c *call) { c.presented = "three" })), ""},

		{"503 without Retry-After", story(begin, two, with(busy, func(c *call) { c.retryAfter = "" }), three), "503 without Retry-After"},
		{"500", story(begin, two, with(busy, func(c *call) { c.status = 500 }), three), "none of this explains"},
		{"a lost generation", story(begin, two, call{what: refresh, session: "s", status: 401, presented: "two", problem: "/problems/invalid-token"}), "a session is lost"},
		{"a lost session", story(begin, two, refused), "a session is lost"},
		{"a lost ending", story(begin, two, ending, three, with(refused, func(c *call) { c.presented = "three" })), "goes on whose ending was answered"},
		{"an ending without a word about it", story(begin, two, ending), "the last word"},
		{"an ending of unknown outcome, lost and written again", story(begin, two, call{what: end, session: "s", status: 503, retryAfter: "1"}, with(refused, func(c *call) { c.problem, c.reason = "/problems/session-revoked", endedAgain })), ""},
		{"an ending that was answered, for the operator's reason", story(begin, two, ending, with(refused, func(c *call) { c.problem, c.reason = "/problems/session-revoked", endedAgain })), "another reason"},
		{"an ending for another reason", story(begin, two, ending, with(refused, func(c *call) { c.problem, c.reason = "/problems/refresh-token-reused", "reuse_detected" })), "another reason"},
		{"refused before anybody asked for it", story(begin, two, refused, ending, refused), "a session is lost"},
		{"a fork", story(begin, two, with(two, func(c *call) { c.token = "another two" }), three), "a fork"},
		{"the line goes back", story(begin, two, three, with(three, func(c *call) { c.presented, c.generation, c.token = "three", 2, "two" })), "is another"},
		{"a generation left out", story(begin, two, with(three, func(c *call) { c.generation = 4 })), "is another"},
		{"the same token again", story(begin, two, with(three, func(c *call) { c.token = "two" })), "given twice"},
		{"a stranger's token", story(begin, two, with(three, func(c *call) { c.presented = "none" })), "never given"},
		{"it does not go on", story(begin, two, cut), "the last word"},
		{"it goes on with 503 for ever", story(begin, two, busy), "the last word"},
		{"a session from nothing", story(begin, two, begin, two), "begins no session"},
	} {
		wrong := judge(tt.calls)
		if tt.want == "" && len(wrong) > 0 || tt.want != "" && !strings.Contains(strings.Join(wrong, "\n"), tt.want) {
			t.Errorf("%s: found %q, want %q", tt.name, wrong, tt.want)
		}
	}
}
