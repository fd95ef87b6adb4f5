package policy

import (
	"testing"
	"time"
)

// BenchmarkDeadlines is the rules' part of a refresh: the policy in force, the
// last input, and both deadlines.
func BenchmarkDeadlines(b *testing.B) {
	bounds := Bounds{Idle: Range{15, 43200, 10080}, Absolute: Range{60, 129600, 20160}}
	idle := 30
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	b.ReportAllocs()
	var last time.Time
	for b.Loop() {
		e := bounds.Resolve(Policy{IdleMinutes: &idle})
		active := LastActive(now.Add(-time.Hour), now, 3*time.Second)
		last = IdleDeadline(active, e.IdleMinutes, AbsoluteDeadline(now.Add(-2*time.Hour), e.AbsoluteMinutes))
	}
	if !last.After(now) {
		b.Error("the session has ended")
	}
}

// BenchmarkCheck judges a change of a policy that breaks nothing.
func BenchmarkCheck(b *testing.B) {
	bounds := Bounds{Idle: Range{15, 43200, 10080}, Absolute: Range{60, 129600, 20160}}
	idle, absolute := 30, 720
	change := Change{IdleMinutes: Edit{true, &idle}, AbsoluteMinutes: Edit{true, &absolute}}
	b.ReportAllocs()
	for b.Loop() {
		if broken := bounds.Check(Policy{}, change); broken != nil {
			b.Fatal(broken)
		}
	}
}
