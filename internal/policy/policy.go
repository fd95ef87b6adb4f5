// Package policy holds the rules of session lifetimes: what an owner may set,
// what is in force, and where the deadlines lie. Pure functions over minutes
// and times; standard library only; no clock of its own.
package policy

import (
	"fmt"
	"time"
)

// Policy is what an account's owner has set. A nil field inherits the
// operator's default.
type Policy struct {
	IdleMinutes     *int
	AbsoluteMinutes *int
}

// Equal reports whether two policies set the same.
func (p Policy) Equal(q Policy) bool {
	return same(p.IdleMinutes, q.IdleMinutes) && same(p.AbsoluteMinutes, q.AbsoluteMinutes)
}

// same reports whether two optional values are one.
func same(a, b *int) bool { return a == b || a != nil && b != nil && *a == *b }

// Range is what the operator allows one field to be, in minutes, and what it
// is when an owner has not set it.
type Range struct {
	Min, Max, Default int
}

// clamp is the value nearest to v inside the range.
func (r Range) clamp(v int) int { return min(max(v, r.Min), r.Max) }

// of is the value in force for a field.
func (r Range) of(v *int) int {
	if v == nil {
		return r.Default
	}
	return r.clamp(*v)
}

// check judges a value that is set to lie inside the range.
func (r Range) check(name string, e Edit) []Violation {
	if !e.Set || e.Value == nil || *e.Value == r.clamp(*e.Value) {
		return nil
	}
	return []Violation{{name, fmt.Sprintf("%s must be between %d and %d", name, r.Min, r.Max)}}
}

// Bounds are what the policy of an account may be: the operator's, or those that
// Narrow makes of them for one account.
type Bounds struct {
	Idle, Absolute Range
	// SessionsPerUserMax is the most sessions that one person may have at once,
	// whatever the owner sets; 0 where nothing but MostSessionsPerUser holds.
	SessionsPerUserMax int
}

// Effective is a policy in force: both limits in whole minutes, idle never
// above absolute.
type Effective struct {
	IdleMinutes     int
	AbsoluteMinutes int
}

// Resolve gives the policy in force: inherited fields take the default, a
// stored value outside the bounds counts as the nearest bound, and idle never
// exceeds absolute.
func (b Bounds) Resolve(p Policy) Effective {
	e := Effective{IdleMinutes: b.Idle.of(p.IdleMinutes), AbsoluteMinutes: b.Absolute.of(p.AbsoluteMinutes)}
	e.IdleMinutes = min(e.IdleMinutes, e.AbsoluteMinutes)
	return e
}

// Edit is a change of one field: left alone, set, or (Set with nil) cleared.
type Edit struct {
	Set   bool
	Value *int
}

// apply gives v after the edit.
func (e Edit) apply(v *int) *int {
	if e.Set {
		return e.Value
	}
	return v
}

// Change is a change of a policy.
type Change struct {
	IdleMinutes     Edit
	AbsoluteMinutes Edit
}

// Apply gives p after the change.
func (c Change) Apply(p Policy) Policy {
	return Policy{IdleMinutes: c.IdleMinutes.apply(p.IdleMinutes), AbsoluteMinutes: c.AbsoluteMinutes.apply(p.AbsoluteMinutes)}
}

// Violation is a rule that a change breaks: the field, and the sentence for
// whoever made the change.
type Violation struct {
	Field  string
	Detail string
}

// Check judges a change of p: the members that it sets, each against its
// bounds, then the effective pair. A change that sets nothing breaks nothing,
// and a violation only ever names a member that the change sets.
func (b Bounds) Check(p Policy, c Change) []Violation {
	var broken []Violation
	broken = append(broken, b.Idle.check("idle_minutes", c.IdleMinutes)...)
	broken = append(broken, b.Absolute.check("absolute_minutes", c.AbsoluteMinutes)...)
	if len(broken) > 0 || !c.IdleMinutes.Set && !c.AbsoluteMinutes.Set {
		return broken
	}
	after := c.Apply(p)
	idle, absolute := b.Idle.of(after.IdleMinutes), b.Absolute.of(after.AbsoluteMinutes)
	if idle > absolute {
		name := "idle_minutes"
		if !c.IdleMinutes.Set {
			name = "absolute_minutes"
		}
		broken = append(broken, Violation{name,
			fmt.Sprintf("Effective idle (%dmin) cannot exceed effective absolute (%dmin)", idle, absolute)})
	}
	return broken
}

// ClockTolerance is how far a stored time may lie ahead of now before it is
// taken for the work of a clock that jumped.
const ClockTolerance = 5 * time.Second

// AbsoluteDeadline is when a session ends whatever its person does
// (NIST SP 800-63B-4 "overall timeout"). It counts from the sign-in.
func AbsoluteDeadline(authTime time.Time, absoluteMinutes int) time.Time {
	return authTime.Add(minutes(absoluteMinutes))
}

// IdleDeadline is when a session ends unless its person does something
// (NIST SP 800-63B-4 "inactivity timeout"); never after the absolute deadline.
func IdleDeadline(lastActive time.Time, idleMinutes int, absolute time.Time) time.Time {
	idle := lastActive.Add(minutes(idleMinutes))
	if idle.After(absolute) {
		return absolute
	}
	return idle
}

// LastActive is the time of a person's last input after a refresh that reports
// it: it never moves backwards, and input is never later than now. A stored
// value further ahead than ClockTolerance counts as now.
func LastActive(stored, now time.Time, inactive time.Duration) time.Time {
	if stored.After(now.Add(ClockTolerance)) {
		return now
	}
	if reported := now.Add(-max(inactive, 0)); reported.After(stored) {
		return reported
	}
	return stored
}

// Shorten gives the limits of a session after a policy is applied to it:
// running sessions are shortened, never lengthened.
func (e Effective) Shorten(idleMinutes, absoluteMinutes int) Effective {
	return Effective{IdleMinutes: min(e.IdleMinutes, idleMinutes), AbsoluteMinutes: min(e.AbsoluteMinutes, absoluteMinutes)}
}

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }

// Settle makes a policy whose changed members were judged fit to be stored:
// where a member that was not sent lies outside the bounds and would contradict
// the other, both are stored as what they count as.
func (b Bounds) Settle(p Policy) Policy {
	if p.IdleMinutes == nil || p.AbsoluteMinutes == nil || *p.IdleMinutes <= *p.AbsoluteMinutes {
		return p
	}
	e := b.Resolve(p)
	return Policy{IdleMinutes: &e.IdleMinutes, AbsoluteMinutes: &e.AbsoluteMinutes}
}
