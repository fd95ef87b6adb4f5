package policy

// MostSessionsPerUser is the highest limit on the sessions of one person.
const MostSessionsPerUser = 100

// LimitAction is what happens when somebody signs in who has as many sessions
// as they may have.
type LimitAction string

// The actions: the session that was used least recently ends, or the sign-in is
// refused.
const (
	EvictOldest LimitAction = "evict_oldest"
	RefuseNew   LimitAction = "refuse_new"
)

// Valid reports whether a is one of the actions.
func (a LimitAction) Valid() bool { return a == EvictOldest || a == RefuseNew }

// SessionLimit is how many sessions one person of an account may have at once,
// and what happens at that number. Without a number there is no limit.
type SessionLimit struct {
	MaxSessionsPerUser *int
	SessionLimitAction LimitAction
}

// Equal reports whether two limits are the same.
func (l SessionLimit) Equal(m SessionLimit) bool {
	return same(l.MaxSessionsPerUser, m.MaxSessionsPerUser) && l.SessionLimitAction == m.SessionLimitAction
}

// LimitChange is a change of a limit: members left alone, or set. An action
// of "" is left alone.
type LimitChange struct {
	MaxSessionsPerUser Edit
	SessionLimitAction LimitAction
}

// Apply gives l after the change.
func (c LimitChange) Apply(l SessionLimit) SessionLimit {
	l.MaxSessionsPerUser = c.MaxSessionsPerUser.apply(l.MaxSessionsPerUser)
	if c.SessionLimitAction != "" {
		l.SessionLimitAction = c.SessionLimitAction
	}
	return l
}

// SessionsPerUser is what the number of sessions of one person may be set to.
func (b Bounds) SessionsPerUser() Range {
	if b.SessionsPerUserMax == 0 {
		return Range{Min: 1, Max: MostSessionsPerUser}
	}
	return Range{Min: 1, Max: b.SessionsPerUserMax}
}

// CheckLimit judges the members that a change sets.
func (b Bounds) CheckLimit(c LimitChange) []Violation {
	broken := b.SessionsPerUser().check("max_sessions_per_user", c.MaxSessionsPerUser)
	if c.SessionLimitAction != "" && !c.SessionLimitAction.Valid() {
		broken = append(broken, Violation{"session_limit_action", "session_limit_action must be evict_oldest or refuse_new"})
	}
	return broken
}

// ResolveLimit gives the limit in force: a stored number outside the bounds
// counts as the nearest bound, and where the account has a most, it holds also
// while the owner has set none.
func (b Bounds) ResolveLimit(l SessionLimit) SessionLimit {
	if l.MaxSessionsPerUser == nil && b.SessionsPerUserMax == 0 {
		return l
	}
	most := b.SessionsPerUser()
	most.Default = most.Max
	n := most.of(l.MaxSessionsPerUser)
	l.MaxSessionsPerUser = &n
	return l
}

// Settings are all that an owner has set.
type Settings struct {
	Policy
	SessionLimit
}

// Equal reports whether two settings are the same.
func (s Settings) Equal(t Settings) bool {
	return s.Policy.Equal(t.Policy) && s.SessionLimit.Equal(t.SessionLimit)
}

// InForce are settings as they count for the next sign-in.
type InForce struct {
	Effective
	SessionLimit
}

// InForce gives what of settings is in force.
func (b Bounds) InForce(s Settings) InForce {
	return InForce{b.Resolve(s.Policy), b.ResolveLimit(s.SessionLimit)}
}
