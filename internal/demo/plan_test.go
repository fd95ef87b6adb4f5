package demo

import (
	"slices"
	"testing"
	"time"
)

// agos are when the scenes of a plan happen.
func agos(seed uint64, now time.Time, events int) (all []time.Duration) {
	for _, s := range newPlan(seed, now, events, "x").scenes {
		all = append(all, s.ago)
	}
	return all
}

func TestSeedDecides(t *testing.T) {
	now := time.Date(2026, 3, 4, 15, 0, 0, 0, time.UTC)
	if !slices.Equal(agos(1, now, 0), agos(1, now, 0)) {
		t.Error("the same seed gives two plans")
	}
	if slices.Equal(agos(1, now, 0), agos(2, now, 0)) {
		t.Error("two seeds give the same plan")
	}
}

// Whatever day and time it is, all happens in order: after the account is
// there, and before now.
func TestPlansOfAnyDay(t *testing.T) {
	first := time.Date(2026, 3, 2, 0, 30, 0, 0, time.UTC) // a Monday
	for hours := range 7 * 4 {
		now := first.Add(time.Duration(hours) * 6 * time.Hour)
		for seed := range uint64(20) {
			all := agos(seed, now, 0)
			if all[0] != Span || all[1] == Span || all[len(all)-1] < 0 || !slices.IsSortedFunc(all, func(a, b time.Duration) int { return int(b - a) }) {
				t.Fatalf("seed %d at %s: from %s to %s", seed, now, all[0], all[len(all)-1])
			}
		}
	}
}

func TestGrow(t *testing.T) {
	now := time.Date(2026, 3, 4, 15, 0, 0, 0, time.UTC)
	if n := newPlan(1, now, 0, "x").planned(); n < 350 {
		t.Errorf("%d events are planned", n)
	}
	for _, want := range []int{600, 10000} {
		if n := newPlan(1, now, want, "x").planned(); n < want || n > want+24 {
			t.Errorf("%d events are planned, want %d", n, want)
		}
	}
}
