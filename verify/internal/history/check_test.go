package history

import (
	"slices"
	"testing"
	"time"
)

const ms = time.Millisecond

// A story is told in milliseconds.
func end(session string, began, ended int, acknowledged bool) Event {
	return Event{Kind: Ending, Session: session, Began: time.Duration(began) * ms, Ended: time.Duration(ended) * ms, Acknowledged: acknowledged}
}

func says(verifier, session string, began, ended int, what Outcome) Event {
	return Event{Kind: Verdict, Verifier: verifier, Session: session, Began: time.Duration(began) * ms, Ended: time.Duration(ended) * ms,
		Outcome: what, Bound: 5 * time.Second}
}

func lenient(e Event) Event { e.Bound = 0; return e }

func claims(verifier string, began, ended, staleness int) Event {
	return Event{Kind: Statement, Verifier: verifier, Began: time.Duration(began) * ms, Ended: time.Duration(ended) * ms, Staleness: time.Duration(staleness) * ms}
}

// A check that finds nothing proves something only if it finds what is there.
func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		name   string
		events []Event
		want   []Rule
	}{
		{"nothing", nil, nil},
		{"a session that lives", []Event{says("v", "s", 0, 1, Accepted), claims("v", 1, 2, 300), says("v", "s", 90_000, 90_001, Accepted)}, nil},
		{"an ending, and a refusal", []Event{says("v", "s", 0, 1, Accepted), end("s", 10, 20, true), says("v", "s", 100, 101, Revoked)}, nil},
		{"a refusal before the answer", []Event{end("s", 10, 500, true), says("v", "s", 15, 16, Revoked)}, nil},
		{"accepted within the bound", []Event{end("s", 10, 20, true), says("v", "s", 5020, 9000, Accepted)}, nil},
		{"accepted late, and asked for in time", []Event{end("s", 10, 20, true), says("v", "s", 5000, 7000, Accepted)}, nil},
		{"accepted late by a lenient one", []Event{end("s", 10, 20, true), lenient(says("v", "s", 60_000, 60_001, Accepted))}, nil},
		{"an ending that was not acknowledged", []Event{end("s", 10, 20, false), says("v", "s", 60_000, 60_001, Accepted)}, nil},
		{"an ending that was not acknowledged, but done", []Event{end("s", 10, 20, false), says("v", "s", 30, 31, Revoked)}, nil},
		{"nobody can say", []Event{end("s", 10, 20, true), says("v", "s", 60_000, 60_001, Unknown)}, nil},
		{"stale, and said so", []Event{end("s", 10, 1000, true), claims("v", 1500, 1501, 501), says("v", "s", 1502, 1503, Accepted)}, nil},
		{"fresh, of another session", []Event{end("s", 10, 1000, true), claims("v", 1500, 1501, 100), says("v", "r", 1502, 1503, Accepted)}, nil},
		{"another verifier's statement", []Event{end("s", 10, 1000, true), claims("w", 1500, 1501, 100), says("v", "s", 1502, 1503, Accepted)}, nil},
		{"asked before it said so", []Event{end("s", 10, 1000, true), claims("v", 1500, 1501, 100), says("v", "s", 1500, 1600, Accepted)}, nil},
		{"another verifier's refusal", []Event{end("s", 10, 20, true), says("w", "s", 30, 31, Revoked), says("v", "s", 40, 41, Accepted)}, nil},
		{"asked before the refusal", []Event{end("s", 10, 20, true), says("v", "s", 30, 35, Revoked), says("v", "s", 33, 40, Accepted)}, nil},
		{"acknowledged a second time", []Event{end("s", 10, 20, false), end("s", 3000, 3010, true), says("v", "s", 8010, 8011, Accepted)}, nil},

		{"after the bound", []Event{end("s", 10, 20, true), says("v", "s", 5021, 5022, Accepted)}, []Rule{Bounded}},
		{"after the bound, of the first acknowledgement", []Event{end("s", 3000, 3010, true), end("s", 10, 20, true), says("v", "s", 5021, 5022, Accepted)}, []Rule{Bounded}},
		{"a lie", []Event{end("s", 10, 1000, true), claims("v", 1500, 1501, 499), says("v", "s", 1502, 1503, Accepted)}, []Rule{Truthful}},
		{"a lenient one's lie", []Event{end("s", 10, 1000, true), claims("v", 1500, 1501, 499), lenient(says("v", "s", 1502, 1503, Accepted))}, []Rule{Truthful}},
		{"a lie that was corrected", []Event{end("s", 10, 1000, true), claims("v", 1500, 1501, 10), claims("v", 1600, 1601, 1500), says("v", "s", 1700, 1701, Accepted)}, []Rule{Truthful}},
		{"forgotten", []Event{end("s", 10, 20, true), says("v", "s", 30, 31, Revoked), says("v", "s", 40, 41, Accepted)}, []Rule{Lasting}},
		{"forgotten by a lenient one", []Event{end("s", 10, 20, true), lenient(says("v", "s", 30, 31, Revoked)), lenient(says("v", "s", 40, 41, Accepted))}, []Rule{Lasting}},
		{"invented", []Event{says("v", "s", 30, 31, Revoked)}, []Rule{Founded}},
		{"foreseen", []Event{says("v", "s", 30, 31, Revoked), end("s", 40, 50, true)}, []Rule{Founded}},
		{"all at once", []Event{end("s", 10, 20, true), claims("v", 30, 31, 0), says("v", "s", 40, 41, Revoked), says("v", "s", 9000, 9001, Accepted)}, []Rule{Bounded, Truthful, Lasting}},

		{"backwards", []Event{end("s", 20, 10, true)}, []Rule{Sound}},
		{"no session", []Event{end("", 10, 20, true)}, []Rule{Sound}},
		{"no verifier", []Event{claims("", 10, 20, 1)}, []Rule{Sound}},
		{"no outcome", []Event{says("v", "s", 10, 20, "")}, []Rule{Sound}},
		{"the future", []Event{claims("v", 10, 20, -1)}, []Rule{Sound}},
		{"no kind", []Event{{Session: "s", Verifier: "v"}}, []Rule{Sound}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			backwards := slices.Clone(tt.events)
			slices.Reverse(backwards)
			for _, events := range [][]Event{tt.events, backwards} {
				found := Check(events)
				var got []Rule
				for _, v := range found {
					got = append(got, v.Rule)
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("found %v, want %v", found, tt.want)
				}
			}
		})
	}
}

func TestRecorder(t *testing.T) {
	r := New()
	e := Event{Kind: Ending, Session: "s", Began: r.Now(), Acknowledged: true}
	e.Ended = r.Now()
	r.Add(e)
	if got := r.Events(); len(got) != 1 || got[0] != e || e.Ended < e.Began || len(Check(got)) != 0 {
		t.Error(got)
	}
}
