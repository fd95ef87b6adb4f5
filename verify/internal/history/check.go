package history

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Rule is something that holds of every history, whatever fails meanwhile.
type Rule string

const (
	// Bounded: a strict verifier accepts no token later than its bound after
	// the end of the session was acknowledged.
	Bounded Rule = "accepted after the bound"
	// Truthful: what a verifier says of its freshness is true. It knows all that
	// was acknowledged before the moment that it names.
	Truthful Rule = "not as fresh as it said"
	// Lasting: a verifier that has refused a session as ended never accepts it
	// again.
	Lasting Rule = "accepted after it was known to have ended"
	// Founded: no session is refused as ended that nobody asked to end.
	Founded Rule = "refused as ended without reason"
	// Sound: the history itself can have happened.
	Sound Rule = "an event that cannot have happened"
)

// Violation is a rule that does not hold, and of what.
type Violation struct {
	Rule  Rule
	Event Event
	Words string
}

func (v Violation) String() string {
	return fmt.Sprintf("%s: %s (%s)", v.Rule, v.Event, v.Words)
}

// Check says which events of a history break a rule. Their order does not
// matter.
func Check(events []Event) (found []Violation) {
	endings, statements, refusals := gather(events)
	for _, e := range events {
		bad := func(rule Rule, words string, args ...any) {
			found = append(found, Violation{rule, e, fmt.Sprintf(words, args...)})
		}
		if words := impossible(e); words != "" {
			bad(Sound, "%s", words)
			continue
		}
		if e.Kind != Verdict {
			continue
		}
		end := endings[e.Session]
		switch e.Outcome {
		case Revoked:
			if !end.asked || end.first > e.Ended {
				bad(Founded, "nobody had asked for that")
			}
		case Accepted:
			if end.acknowledged && e.Bound > 0 && e.Began > end.by+e.Bound {
				bad(Bounded, "acknowledged at %s, bound %s", round(end.by), e.Bound)
			}
			if known, ok := statements[e.Verifier].before(e.Began); ok && end.acknowledged && end.by < known.upTo {
				bad(Truthful, "acknowledged at %s; %s", round(end.by), known.said)
			}
			if at, ok := refusals[about{e.Verifier, e.Session}]; ok && at < e.Began {
				bad(Lasting, "refused at %s", round(at))
			}
		}
	}
	slices.SortStableFunc(found, func(a, b Violation) int { return cmp.Compare(a.Event.Began, b.Event.Began) })
	return found
}

// ending is what is known of the end of a session.
type ending struct {
	asked, acknowledged bool
	first               time.Duration // when it was first asked for
	by                  time.Duration // when it was first acknowledged
}

// about is a verifier and a session.
type about struct{ verifier, session string }

// knowledge is what a verifier said it knew: everything acknowledged before upTo.
type knowledge struct {
	from, upTo time.Duration // from when on it had said so
	said       Event
}

// knowledges are in the order of from, and each of them the most that was said
// by then.
type knowledges []knowledge

// before is the most that was said by a moment.
func (k knowledges) before(moment time.Duration) (knowledge, bool) {
	n, _ := slices.BinarySearchFunc(k, moment, func(k knowledge, moment time.Duration) int {
		if k.from <= moment {
			return -1
		}
		return 1
	})
	if n == 0 {
		return knowledge{}, false
	}
	return k[n-1], true
}

func gather(events []Event) (map[string]ending, map[string]knowledges, map[about]time.Duration) {
	endings := map[string]ending{}
	statements := map[string]knowledges{}
	refusals := map[about]time.Duration{}
	for _, e := range events {
		switch {
		case e.Kind == Ending:
			end := endings[e.Session]
			if !end.asked || e.Began < end.first {
				end.asked, end.first = true, e.Began
			}
			if e.Acknowledged && (!end.acknowledged || e.Ended < end.by) {
				end.acknowledged, end.by = true, e.Ended
			}
			endings[e.Session] = end
		case e.Kind == Statement:
			statements[e.Verifier] = append(statements[e.Verifier], knowledge{from: e.Ended, upTo: e.Began - e.Staleness, said: e})
		case e.Kind == Verdict && e.Outcome == Revoked:
			of := about{e.Verifier, e.Session}
			if at, ok := refusals[of]; !ok || e.Ended < at {
				refusals[of] = e.Ended
			}
		}
	}
	for _, k := range statements {
		slices.SortFunc(k, func(a, b knowledge) int { return cmp.Compare(a.from, b.from) })
		for i := 1; i < len(k); i++ {
			if k[i].upTo < k[i-1].upTo {
				k[i].upTo, k[i].said = k[i-1].upTo, k[i-1].said
			}
		}
	}
	return endings, statements, refusals
}

// impossible says why an event cannot have happened: whoever recorded it made a
// mistake, and what else is found proves nothing.
func impossible(e Event) string {
	switch {
	case e.Began < 0 || e.Ended < e.Began:
		return "it ended before it began"
	case (e.Kind == Ending || e.Kind == Verdict) && e.Session == "":
		return "of no session"
	case (e.Kind == Verdict || e.Kind == Statement) && e.Verifier == "":
		return "of no verifier"
	case e.Kind == Statement && e.Staleness < 0:
		return "knowledge of the future"
	case e.Kind == Verdict && e.Outcome != Accepted && e.Outcome != Revoked && e.Outcome != Unknown:
		return "no outcome"
	case e.Kind != Ending && e.Kind != Verdict && e.Kind != Statement:
		return "of no kind"
	}
	return ""
}
