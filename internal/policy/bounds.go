package policy

import "fmt"

// AccountBounds are bounds of one account, inside which its owner chooses. A nil
// member inherits the operator's.
type AccountBounds struct {
	IdleMinutesMin, IdleMinutesMax, IdleMinutesDefault             *int
	AbsoluteMinutesMin, AbsoluteMinutesMax, AbsoluteMinutesDefault *int
	MaxSessionsPerUserMax                                          *int
}

// BoundsChange is a change of an account's bounds.
type BoundsChange struct {
	IdleMinutesMin, IdleMinutesMax, IdleMinutesDefault             Edit
	AbsoluteMinutesMin, AbsoluteMinutesMax, AbsoluteMinutesDefault Edit
	MaxSessionsPerUserMax                                          Edit
}

// Equal reports whether two accounts' bounds are the same.
func (o AccountBounds) Equal(p AccountBounds) bool {
	return o.idle().equal(p.idle()) && o.absolute().equal(p.absolute()) && same(o.MaxSessionsPerUserMax, p.MaxSessionsPerUserMax)
}

// Apply gives o after the change.
func (c BoundsChange) Apply(o AccountBounds) AccountBounds {
	return AccountBounds{
		IdleMinutesMin:     c.IdleMinutesMin.apply(o.IdleMinutesMin),
		IdleMinutesMax:     c.IdleMinutesMax.apply(o.IdleMinutesMax),
		IdleMinutesDefault: c.IdleMinutesDefault.apply(o.IdleMinutesDefault),

		AbsoluteMinutesMin:     c.AbsoluteMinutesMin.apply(o.AbsoluteMinutesMin),
		AbsoluteMinutesMax:     c.AbsoluteMinutesMax.apply(o.AbsoluteMinutesMax),
		AbsoluteMinutesDefault: c.AbsoluteMinutesDefault.apply(o.AbsoluteMinutesDefault),

		MaxSessionsPerUserMax: c.MaxSessionsPerUserMax.apply(o.MaxSessionsPerUserMax),
	}
}

// ownRange is what an account has of one field's range.
type ownRange struct{ min, max, usual *int }

func (o AccountBounds) idle() ownRange {
	return ownRange{o.IdleMinutesMin, o.IdleMinutesMax, o.IdleMinutesDefault}
}

func (o AccountBounds) absolute() ownRange {
	return ownRange{o.AbsoluteMinutesMin, o.AbsoluteMinutesMax, o.AbsoluteMinutesDefault}
}

func (o ownRange) equal(p ownRange) bool {
	return same(o.min, p.min) && same(o.max, p.max) && same(o.usual, p.usual)
}

// inside puts what the account has in place of what it inherits, each value
// inside the operator's range. What comes out may contradict itself.
func (o ownRange) inside(operator Range) Range {
	r := operator
	for _, member := range []struct {
		own *int
		in  *int
	}{{o.min, &r.Min}, {o.max, &r.Max}, {o.usual, &r.Default}} {
		if member.own != nil {
			*member.in = operator.clamp(*member.own)
		}
	}
	return r
}

// Narrow gives the bounds of an account. They were judged when they were set;
// where the operator's have changed since and the two contradict each other,
// what comes out is sound all the same, and inside the operator's: the greatest
// value gives way to the least, and the default to both.
func (b Bounds) Narrow(own AccountBounds) Bounds {
	idle, absolute := own.idle().inside(b.Idle), own.absolute().inside(b.Absolute)
	// Some idle limit must fit into some session.
	idle.Min = min(idle.Min, max(absolute.Max, b.Idle.Min))
	absolute.Max = max(absolute.Max, idle.Min)
	for _, r := range []*Range{&idle, &absolute} {
		r.Max = max(r.Max, r.Min)
		r.Default = r.clamp(r.Default)
	}
	absolute.Default = max(absolute.Default, idle.Min)
	idle.Default = min(idle.Default, absolute.Default)
	narrow := Bounds{Idle: idle, Absolute: absolute, SessionsPerUserMax: b.SessionsPerUserMax}
	if own.MaxSessionsPerUserMax != nil {
		narrow.SessionsPerUserMax = b.SessionsPerUser().clamp(*own.MaxSessionsPerUserMax)
	}
	return narrow
}

// edge is one end of a relation: a member, whether a change sets it, and what it
// counts as after the change.
type edge struct {
	name  string
	sent  bool
	value int
}

// CheckBounds judges a change of an account's bounds by those of the operator:
// the members that it sets, each against the operator's, then what they make
// together with the others and with what is inherited. A violation only ever
// names a member that the change sets.
func (b Bounds) CheckBounds(own AccountBounds, c BoundsChange) []Violation {
	var broken []Violation
	judge := func(name string, r Range, e Edit) { broken = append(broken, r.check(name, e)...) }
	judge("idle_minutes_min", b.Idle, c.IdleMinutesMin)
	judge("idle_minutes_max", b.Idle, c.IdleMinutesMax)
	judge("idle_minutes_default", b.Idle, c.IdleMinutesDefault)
	judge("absolute_minutes_min", b.Absolute, c.AbsoluteMinutesMin)
	judge("absolute_minutes_max", b.Absolute, c.AbsoluteMinutesMax)
	judge("absolute_minutes_default", b.Absolute, c.AbsoluteMinutesDefault)
	judge("max_sessions_per_user_max", b.SessionsPerUser(), c.MaxSessionsPerUserMax)
	if len(broken) > 0 {
		return broken
	}
	after := c.Apply(own)
	idle, absolute := after.idle().inside(b.Idle), after.absolute().inside(b.Absolute)
	idleUsual := edge{"idle_minutes_default", c.IdleMinutesDefault.Set, idle.Default}
	absoluteUsual := edge{"absolute_minutes_default", c.AbsoluteMinutesDefault.Set, absolute.Default}
	broken = inOrder(edge{"idle_minutes_min", c.IdleMinutesMin.Set, idle.Min}, idleUsual, edge{"idle_minutes_max", c.IdleMinutesMax.Set, idle.Max})
	broken = append(broken, inOrder(edge{"absolute_minutes_min", c.AbsoluteMinutesMin.Set, absolute.Min}, absoluteUsual,
		edge{"absolute_minutes_max", c.AbsoluteMinutesMax.Set, absolute.Max})...)
	if len(broken) > 0 {
		return broken
	}
	return inOrder(idleUsual, absoluteUsual)
}

// inOrder judges that no value exceeds the next, as far as a change has to do
// with it.
func inOrder(edges ...edge) (broken []Violation) {
	for i, high := range edges[1:] {
		low := edges[i]
		if low.value <= high.value || !low.sent && !high.sent {
			continue
		}
		name := low.name
		if !low.sent {
			name = high.name
		}
		broken = append(broken, Violation{name, fmt.Sprintf("Effective %s (%d) cannot exceed effective %s (%d)", low.name, low.value, high.name, high.value)})
	}
	return broken
}
