package demo

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"
)

const day = 24 * time.Hour

// Span is how long the account has been there.
const Span = 180 * day

// scene is something that happens.
type scene struct {
	ago    time.Duration // when, before now
	events int           // how many audit events it makes at least
	play   func(context.Context, *play) error
}

// plan is all that happens, as it is drawn.
type plan struct {
	rng    *rand.Rand
	now    time.Time
	people []*person
	joined []time.Duration // when each person came, before now
	scenes []scene
}

// newPlan draws what happens until now, with at least so many audit events.
func newPlan(seed uint64, now time.Time, events int, password string) *plan {
	p := &plan{rng: rand.New(rand.NewPCG(seed, seed^0x6375726665770000)), now: now, joined: make([]time.Duration, len(names))}
	for who, n := range names {
		member := &person{name: n.name, email: n.mailbox + "@" + mailDomain, password: password}
		member.desk = deviceOf(member, who, 0)
		p.people = append(p.people, member)
	}
	p.arrivals()
	p.limits()
	p.changes()
	p.troubles()
	p.everyday()
	p.sessions()
	p.grow(events)
	slices.SortStableFunc(p.scenes, func(a, b scene) int { return int(b.ago - a.ago) })
	return p
}

// add plans a scene.
func (p *plan) add(ago time.Duration, events int, play func(context.Context, *play) error) {
	p.scenes = append(p.scenes, scene{ago, events, play})
}

// planned is how many audit events the scenes make at least.
func (p *plan) planned() (events int) {
	for _, s := range p.scenes {
		events += s.events
	}
	return events
}

// workday is a moment of working hours so many days ago, or on the Friday
// before where that was a weekend.
func (p *plan) workday(days int) time.Duration {
	at := p.now.UTC().Truncate(day).Add(-time.Duration(days) * day)
	switch at.Weekday() {
	case time.Saturday:
		at = at.Add(-day)
	case time.Sunday:
		at = at.Add(-2 * day)
	}
	return p.now.Sub(at.Add(7*time.Hour + p.between(0, 9*time.Hour)))
}

// between draws a time span.
func (p *plan) between(least, most time.Duration) time.Duration {
	return least + time.Duration(p.rng.Int64N(int64(most-least)+1))
}

// member draws somebody without a say who has been there for a day at least
// and will not leave.
func (p *plan) member(ago time.Duration) int {
	for {
		who := 3 + p.rng.IntN(len(names)-3)
		if who != callum && who != daniel && who != lena && p.joined[who] > ago+day {
			return who
		}
	}
}
