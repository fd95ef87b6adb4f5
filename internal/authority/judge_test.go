package authority

import (
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/token"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 123456000, time.UTC)

// livingSession is a session in generation 7 that rotated a second ago with an
// attempt, and the token of that generation.
func livingSession() (curfew.Standing, token.Refresh) {
	presented := token.NewRefresh(curfew.NewID(noon), curfew.NewID(noon))
	presented.Generation = 7
	return curfew.Standing{Session: curfew.Session{
		AccountID: presented.AccountID, ID: presented.SessionID, SecretHash: presented.SecretHash(), Generation: 7,
		RotatedAt: noon.Add(-time.Second), RotationAttempt: token.HashAttempt("one"), StartedAt: noon.Add(-time.Hour),
		IdleExpiresAt: noon.Add(time.Hour), AbsoluteExpiresAt: noon.Add(2 * time.Hour),
	}}, presented
}

func TestJudge(t *testing.T) {
	const grace = 30 * time.Second
	type change = func(st *curfew.Standing, presented *token.Refresh)
	revoked := func(st *curfew.Standing, _ *token.Refresh) {
		st.Session.RevokedAt, st.Session.RevokeReason = noon.Add(-time.Minute), curfew.ReasonLogout
	}
	otherSecret := func(_ *curfew.Standing, p *token.Refresh) { p.Secret[0] ^= 1 }
	generation := func(g uint32) change {
		return func(_ *curfew.Standing, p *token.Refresh) { p.Generation = g }
	}
	rotated := func(ago time.Duration) change {
		return func(st *curfew.Standing, _ *token.Refresh) { st.Session.RotatedAt = noon.Add(-ago) }
	}
	for _, c := range []struct {
		name    string
		changes []change
		attempt string
		grace   time.Duration
		want    verdict
		reason  curfew.Reason
	}{
		{"current", nil, "", grace, current, ""},
		{"current, whatever the attempt", nil, "two", grace, current, ""},
		{"current with grace 0", nil, "", 0, current, ""},
		{"one before, in time, with its attempt", []change{generation(6)}, "one", grace, replay, ""},
		{"one before, with another attempt", []change{generation(6)}, "two", grace, reuse, ""},
		{"one before, without the attempt", []change{generation(6)}, "", grace, reuse, ""},
		{"one before, with grace 0", []change{generation(6)}, "one", 0, reuse, ""},
		{"one before, with grace 0 and a clock behind", []change{generation(6), rotated(-time.Second)}, "one", 0, reuse, ""},
		{"one before, last microsecond", []change{generation(6), rotated(grace - time.Microsecond)}, "one", grace, replay, ""},
		{"one before, too late", []change{generation(6), rotated(grace)}, "one", grace, reuse, ""},
		{"one before, rotated 5 s from now", []change{generation(6), rotated(-5 * time.Second)}, "one", grace, replay, ""},
		{"one before, rotated later than that", []change{generation(6), rotated(-5*time.Second - time.Microsecond)}, "one", grace, reuse, ""},
		{"two before", []change{generation(5)}, "one", grace, reuse, ""},
		{"the first", []change{generation(1)}, "one", grace, reuse, ""},
		{"none", []change{generation(0)}, "one", grace, reuse, ""},
		{"one above", []change{generation(8)}, "one", grace, ahead, ""},
		{"the greatest", []change{generation(1<<32 - 1)}, "one", grace, ahead, ""},

		{"the secret comes before the end", []change{otherSecret, revoked}, "", grace, unknown, ""},
		{"the secret comes before a generation above", []change{otherSecret, generation(8)}, "", grace, unknown, ""},
		{"the secret comes before a replay", []change{otherSecret, generation(6)}, "one", grace, unknown, ""},
		{"the secret comes before reuse", []change{otherSecret, generation(2)}, "one", grace, unknown, ""},
		{"the end comes before a replay", []change{revoked, generation(6)}, "one", grace, over, curfew.ReasonLogout},
		{"the end comes before reuse", []change{revoked, generation(2)}, "one", grace, over, curfew.ReasonLogout},
		{"the end comes before a generation above", []change{revoked, generation(9)}, "one", grace, over, curfew.ReasonLogout},
		{"a deadline is an end", []change{func(st *curfew.Standing, _ *token.Refresh) { st.Session.IdleExpiresAt = noon }}, "", grace, over, curfew.ReasonIdle},
		{"a raised epoch is an end", []change{func(st *curfew.Standing, _ *token.Refresh) {
			st.Account.SessionEpoch, st.AccountRaise = 1, &curfew.Raise{At: noon, Reason: curfew.ReasonOwnerAll}
		}, generation(6)}, "one", grace, over, curfew.ReasonOwnerAll},
	} {
		t.Run(c.name, func(t *testing.T) {
			st, presented := livingSession()
			for _, change := range c.changes {
				change(&st, &presented)
			}
			got, end := judge(presented, token.HashAttempt(c.attempt), st, noon, c.grace)
			if got != c.want || end.Reason != c.reason {
				t.Errorf("%s %s, want %s %s", got, end.Reason, c.want, c.reason)
			}
		})
	}
}

func TestJudgeNoAttemptEqualsOnlyNone(t *testing.T) {
	st, presented := livingSession()
	st.Session.RotationAttempt = nil
	presented.Generation = 6
	for attempt, want := range map[string]verdict{"": replay, "one": reuse} {
		if got, _ := judge(presented, token.HashAttempt(attempt), st, noon, time.Minute); got != want {
			t.Errorf("attempt %q after none: %s, want %s", attempt, got, want)
		}
	}
}

func TestOurs(t *testing.T) {
	st, presented := livingSession()
	st.Session.RotationNonce = []byte("sixteen bytes ..")
	r := Rotation{Generation: presented.Generation - 1, Nonce: []byte("sixteen bytes .."), Now: noon}
	if !ours(st, r) {
		t.Error("our own rotation is not known")
	}
	for name, change := range map[string]func(st *curfew.Standing, r *Rotation){
		"another's":         func(_ *curfew.Standing, r *Rotation) { r.Nonce = []byte("sixteen others..") },
		"one before":        func(_ *curfew.Standing, r *Rotation) { r.Generation-- },
		"not done":          func(_ *curfew.Standing, r *Rotation) { r.Generation++ },
		"ended in between":  func(st *curfew.Standing, _ *Rotation) { st.Session.RevokedAt = noon },
		"expired meanwhile": func(st *curfew.Standing, _ *Rotation) { st.Session.IdleExpiresAt = noon },
	} {
		st, r := st, r
		if change(&st, &r); ours(st, r) {
			t.Errorf("%s is taken for ours", name)
		}
	}
}
