package storetest

import (
	"time"

	"pgregory.net/rapid"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
)

// modelSession is what the rules say of one session, in the plainest words.
type modelSession struct {
	id     curfew.ID
	user   int
	tokens []string // of every generation, the first at 0

	rotatedAt               time.Time
	attempt                 string
	start, lastActive       time.Time
	idle, absolute          int
	idleAt, absoluteAt      time.Time
	mark, account, personal *curfew.Ending
}

func (s *modelSession) generation() int { return len(s.tokens) }

// causes are what may have ended the session at a time.
func (s *modelSession) causes(now time.Time) []*curfew.Ending {
	causes := []*curfew.Ending{s.mark, s.account, s.personal}
	if !now.Before(s.absoluteAt) {
		causes = append(causes, &curfew.Ending{At: s.absoluteAt, Reason: curfew.ReasonAbsolute})
	}
	if !now.Before(s.idleAt) {
		causes = append(causes, &curfew.Ending{At: s.idleAt, Reason: curfew.ReasonIdle})
	}
	return causes
}

// end is rule 8.
func (s *modelSession) end(now time.Time) (first curfew.Ending, over bool) {
	for _, c := range s.causes(now) {
		if c != nil && (!over || c.At.Before(first.At)) {
			first, over = *c, true
		}
	}
	return first, over
}

// endedBy reports whether a reason may be told for the end: the earliest, or one
// of those who ended the session in the very same microsecond. Of two counters
// raised then the account's counts, unless the sweeper came in between.
func (s *modelSession) endedBy(now time.Time, reason curfew.Reason) bool {
	first, _ := s.end(now)
	for _, c := range s.causes(now) {
		if c != nil && c.At.Equal(first.At) && c.Reason == reason && !first.Expired() {
			return true
		}
	}
	return reason == first.Reason
}

func (s *modelSession) active(now time.Time, inactive time.Duration) {
	s.lastActive = policy.LastActive(s.lastActive, now, inactive)
	s.idleAt = earlier(s.lastActive.Add(time.Duration(s.idle)*time.Minute), s.absoluteAt)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// modelUser is a person of the model.
type modelUser struct {
	Person
	password string
	role     curfew.Role
}

// model is the account under test beside what the rules say it is.
type model struct {
	w              *World
	tenant, other  *Tenant
	users          []*modelUser
	sessions       []*modelSession
	idle, absolute int // in force
}

func (m *model) now() time.Time { return m.w.Now().UTC() }

// born takes a new session over into the model.
func (m *model) born(user int, granted authority.Granted) *modelSession {
	s := &modelSession{id: granted.Standing.Session.ID, user: user, tokens: []string{granted.RefreshToken}, start: m.now(), lastActive: m.now(),
		idle: m.idle, absolute: m.absolute}
	s.absoluteAt = s.start.Add(time.Duration(s.absolute) * time.Minute)
	s.active(s.start, 0)
	m.sessions = append(m.sessions, s)
	return s
}

func (m *model) signIn(t *rapid.T, user int) *modelSession {
	u := m.users[user]
	granted, err := m.w.Authority.SignIn(bg, Origin, authority.SignIn{Email: u.Email, Password: u.password})
	if err != nil {
		t.Fatal(err)
	}
	return m.born(user, granted)
}

// of is a living session of a person, started if there is none.
func (m *model) of(t *rapid.T, user int) *modelSession {
	for _, s := range m.sessions {
		if _, over := s.end(m.now()); !over && s.user == user {
			return s
		}
	}
	return m.signIn(t, user)
}

// actor is the person of a session.
func (m *model) actor(s *modelSession) curfew.Actor {
	u := m.users[s.user]
	return curfew.Actor{Type: curfew.ActorUser, AccountID: m.tenant.ID(), UserID: u.User(), SessionID: s.id, Role: u.role, Name: "N", Email: u.Email}
}

// raise ends sessions by a counter, and counts those that were active.
func (m *model) raise(reason curfew.Reason, hit func(*modelSession) bool, cause func(*modelSession) **curfew.Ending) (ended int) {
	for _, s := range m.sessions {
		if !hit(s) {
			continue
		}
		if _, over := s.end(m.now()); !over {
			ended++
		}
		if c := cause(s); *c == nil {
			*c = &curfew.Ending{At: m.now(), Reason: reason}
		}
	}
	return ended
}

// raiseIfAny is raise where one of some sessions runs, or did while tokens of it
// may be alive; for none no counter is raised, which shows where a session came
// to its end in the very same microsecond.
func (m *model) raiseIfAny(reason curfew.Reason, some, hit func(*modelSession) bool, cause func(*modelSession) **curfew.Ending) int {
	since := m.now().Add(-curfew.RevocationLife - time.Minute)
	for _, s := range m.sessions {
		if _, over := s.end(since); !over && some(s) {
			return m.raise(reason, hit, cause)
		}
	}
	return 0
}

func byAccount(s *modelSession) **curfew.Ending { return &s.account }
func byPerson(s *modelSession) **curfew.Ending  { return &s.personal }

// others chooses the sessions that are not kept: those of kept that live are.
func (m *model) others(kept func(*modelSession) bool) func(*modelSession) bool {
	return func(s *modelSession) bool {
		_, over := s.end(m.now())
		return over || !kept(s)
	}
}

func (m *model) want(t *rapid.T, what string, got, want int, err error) {
	if err != nil || got != want {
		t.Fatalf("%s ended %d, %v; want %d", what, got, err, want)
	}
}
