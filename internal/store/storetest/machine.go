package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// refresh presents a token and says what must come of it.
func (m *model) refresh(t *rapid.T) {
	if len(m.sessions) == 0 {
		return
	}
	now := m.now()
	// The newest sessions most often: the others are mostly over.
	s := m.sessions[len(m.sessions)-1-min(rapid.IntRange(0, 2*len(m.sessions)).Draw(t, "session"), len(m.sessions)-1)]
	back := min(rapid.SampledFrom([]int{0, 0, 0, 0, 1, 1, 2}).Draw(t, "generations back"), s.generation()-1)
	presented := s.generation() - back
	in := authority.Refresh{Token: s.tokens[presented-1], Attempt: rapid.SampledFrom([]string{"", "attempt-one-16-chars", "attempt-two-16-chars"}).Draw(t, "attempt"),
		InactiveSeconds: rapid.SampledFrom([]int{0, 0, 30, 600, 7776000}).Draw(t, "inactive")}
	named := rapid.Bool().Draw(t, "named")
	if named {
		in = m.w.Named(in.Token)
		in.Attempt, in.InactiveSeconds = "attempt-one-16-chars", rapid.SampledFrom([]int{0, 600}).Draw(t, "away")
	}
	granted, err := m.w.Present(in)
	refused := func(kind curfew.Kind, reason curfew.Reason) {
		if curfew.KindOf(err) != kind || err == nil || ReasonOf(err) != reason && !s.endedBy(now, ReasonOf(err)) {
			t.Fatalf("generation %d of %d: %v, want %s %s", presented, s.generation(), err, kind, reason)
		}
	}
	answered := func(token string, rotated bool) {
		if err != nil || granted.RefreshToken != token && token != "" || granted.Rotated != rotated {
			t.Fatalf("generation %d of %d: rotated %v, %v; the token is as expected: %v", presented, s.generation(), granted.Rotated, err, granted.RefreshToken == token)
		}
		exp := earlier(earlier(now.Add(5*time.Minute), s.idleAt), s.absoluteAt).Truncate(time.Second)
		if !granted.AccessTokenExpiresAt.Equal(exp) {
			t.Fatalf("exp %v, want %v", granted.AccessTokenExpiresAt, exp)
		}
	}
	end, over := s.end(now)
	inGrace := !s.rotatedAt.IsZero() && now.Before(s.rotatedAt.Add(Grace))
	switch {
	case over && end.Expired():
		refused(curfew.KindSessionExpired, end.Reason)
	case over:
		refused(curfew.KindSessionRevoked, end.Reason)
	case back == 0 && named && inGrace:
		s.active(now, time.Duration(in.InactiveSeconds)*time.Second)
		answered(in.Token, false)
	case back == 0:
		s.active(now, time.Duration(in.InactiveSeconds)*time.Second)
		s.rotatedAt, s.attempt = now, in.Attempt
		answered("", true)
		s.tokens = append(s.tokens, granted.RefreshToken)
		if next := m.w.Decode(granted.RefreshToken); int(next.Generation) != s.generation() || next.SessionID != s.id {
			t.Fatalf("successor of generation %d, want %d", next.Generation, s.generation())
		}
	case back == 1 && inGrace && in.Attempt == s.attempt:
		answered(s.tokens[presented], true) // the same, byte for byte
	default:
		refused(curfew.KindRefreshTokenReused, "")
		s.mark = &curfew.Ending{At: now, Reason: curfew.ReasonReuseDetected}
	}
}

func (m *model) setPolicy(t *rapid.T) {
	owner := m.of(t, 0)
	limits := rapid.SampledFrom([][2]int{{15, 60}, {30, 60}, {60, 60}, {15, 720}, {10080, 20160}}).Draw(t, "limits")
	in := authority.SetPolicy{Change: change(&limits[0], &limits[1])}
	if rapid.Bool().Draw(t, "all sessions") {
		in.ApplyTo = authority.AllSessions
	}
	if _, err := m.w.SetPolicy(bg, m.actor(owner), Origin, in); err != nil {
		t.Fatal(err)
	}
	m.idle, m.absolute = limits[0], limits[1]
	if in.ApplyTo != authority.AllSessions {
		return
	}
	now, idle, absolute := m.now(), time.Duration(m.idle)*time.Minute, time.Duration(m.absolute)*time.Minute
	for _, s := range m.sessions {
		if _, over := s.end(now); over {
			continue
		}
		if !now.Before(s.start.Add(absolute)) || !now.Before(s.lastActive.Add(idle)) {
			s.mark = &curfew.Ending{At: now, Reason: curfew.ReasonPolicyTightened}
			continue
		}
		s.idle, s.absolute = min(s.idle, m.idle), min(s.absolute, m.absolute)
		s.absoluteAt = earlier(s.absoluteAt, s.start.Add(absolute))
		s.idleAt = earlier(earlier(s.idleAt, s.lastActive.Add(idle)), s.absoluteAt)
	}
}

// end ends sessions in one of the ways there are.
func (m *model) end(t *rapid.T) {
	w, now := m.w, m.now()
	user := rapid.IntRange(0, len(m.users)-1).Draw(t, "user")
	mine := func(s *modelSession) bool { return s.user == user }
	switch rapid.SampledFrom([]string{"all", "others", "user", "my others", "password", "disable", "demote", "one", "logout", "operator"}).Draw(t, "how") {
	case "all":
		owner := m.of(t, 0)
		want := m.raise(curfew.ReasonOwnerAll, func(*modelSession) bool { return true }, byAccount)
		got, err := w.revoke(m.actor(owner), authority.ScopeAll)
		m.want(t, "all", got, want, err)
	case "others":
		owner := m.of(t, 0)
		want := m.raiseIfAny(curfew.ReasonOwnerOthers, func(s *modelSession) bool { return s.user != 0 }, m.others(func(s *modelSession) bool { return s.user == 0 }), byAccount)
		got, err := w.revoke(m.actor(owner), authority.ScopeOthers)
		m.want(t, "others", got, want, err)
	case "user":
		owner := m.of(t, 0)
		want := m.raiseIfAny(curfew.ReasonOwnerUser, mine, mine, byPerson)
		got, err := w.RevokeUserSessions(bg, m.actor(owner), Origin, m.users[user].User())
		m.want(t, "user", got, want, err)
	case "my others":
		kept := m.of(t, user)
		rest := func(s *modelSession) bool { return mine(s) && s != kept }
		want := m.raiseIfAny(curfew.ReasonUserOthers, rest, rest, byPerson)
		got, err := w.RevokeMyOtherSessions(bg, m.actor(kept), Origin)
		m.want(t, "my others", got, want, err)
	case "password":
		kept, u := m.of(t, user), m.users[user]
		m.raise(curfew.ReasonPasswordChanged, func(s *modelSession) bool { return mine(s) && s != kept }, byPerson)
		next := map[bool]string{true: Password, false: "another horse, another battery"}[u.password != Password]
		m.want(t, "password", 0, 0, w.ChangePassword(bg, m.actor(kept), Origin, u.password, next))
		u.password = next
	case "disable":
		owner := m.of(t, 0)
		if user == 0 {
			return // the last owner stays
		}
		m.raise(curfew.ReasonUserDisabled, mine, byPerson)
		for _, disabled := range []bool{true, false} { // enabling revives nothing
			if _, err := w.UpdateUser(bg, m.actor(owner), Origin, m.users[user].User(), authority.UserChange{Disabled: &disabled}); err != nil {
				t.Fatal(err)
			}
		}
	case "demote":
		owner := m.of(t, 0)
		u := m.users[user]
		if user == 0 {
			return
		}
		if u.role == curfew.RoleOwner {
			m.raise(curfew.ReasonRoleChanged, mine, byPerson)
			u.role = curfew.RoleMember
		} else {
			u.role = curfew.RoleOwner
		}
		if _, err := w.UpdateUser(bg, m.actor(owner), Origin, u.User(), authority.UserChange{Role: &u.role}); err != nil {
			t.Fatal(err)
		}
	case "one":
		owner := m.of(t, 0)
		s := rapid.SampledFrom(m.sessions).Draw(t, "session")
		if _, over := s.end(now); !over {
			s.mark = &curfew.Ending{At: now, Reason: curfew.ReasonOwnerSession}
		}
		if err := w.RevokeSession(bg, m.actor(owner), Origin, s.id); err != nil {
			t.Fatal(err)
		}
	case "logout":
		s := m.of(t, user)
		s.mark = &curfew.Ending{At: now, Reason: curfew.ReasonLogout}
		if err := w.SignOut(bg, Origin, authority.SignOut{Token: rapid.SampledFrom(s.tokens).Draw(t, "token")}); err != nil {
			t.Fatal(err)
		}
	case "operator":
		want := m.raise(curfew.ReasonOperator, func(*modelSession) bool { return true }, byAccount)
		got, err := w.EndSessions(bg, m.tenant.ID(), nil)
		m.want(t, "operator", got, want, err)
	}
}

// check compares every session with the store's, in every list.
func (m *model) check(t *rapid.T) {
	now := m.now()
	listed := map[curfew.ID]curfew.Standing{}
	active := map[curfew.ID]bool{}
	users, sessions := 0, 0
	m.w.View(func(ctx context.Context, r authority.Reader) error {
		for _, status := range []authority.SessionStatus{authority.SessionsAll, authority.SessionsActive} {
			list, err := r.SessionList(ctx, m.tenant.ID(), now, authority.SessionFilter{Status: status}, authority.Page[authority.SessionKey]{Limit: 1000})
			if err != nil {
				return err
			}
			for _, st := range list.Items {
				if status == authority.SessionsActive {
					active[st.Session.ID] = true
				} else {
					listed[st.Session.ID] = st
				}
			}
		}
		var err error
		_, users, sessions, err = r.ActiveUsers(ctx, m.tenant.ID(), now, 10)
		return err
	})
	if len(listed) != len(m.sessions) {
		t.Fatalf("%d sessions are listed, want %d", len(listed), len(m.sessions))
	}
	living, people := 0, map[int]bool{}
	for _, s := range m.sessions {
		st := listed[s.id]
		got, gotOver := st.End(now)
		want, over := s.end(now)
		if !s.endedBy(now, got.Reason) || !got.At.Equal(want.At) || gotOver != over || active[s.id] == over {
			t.Fatalf("session %v: over %v by %s at %v (listed as active: %v), want %v by %s at %v", s.id, gotOver, got.Reason, got.At, active[s.id], over, want.Reason, want.At)
		}
		if x := st.Session; !x.AbsoluteExpiresAt.Equal(s.absoluteAt) || !x.IdleExpiresAt.Equal(s.idleAt) || !x.LastActiveAt.Equal(s.lastActive) ||
			x.IdleExpiresAt.After(x.AbsoluteExpiresAt) || int(x.Generation) != s.generation() || x.IdleMinutes != s.idle || x.AbsoluteMinutes != s.absolute {
			t.Fatalf("session %v is %+v, want %+v", s.id, x, s)
		}
		if !over {
			living++
			people[s.user] = true
		}
	}
	if sessions != living || users != len(people) {
		t.Fatalf("%d sessions of %d people are active, want %d of %d", sessions, users, living, len(people))
	}
}

// machine runs random requests on random sessions, beside a model that knows
// the rules and nothing of epochs, generations in tables, or sweeping.
func machine(t *testing.T, open Open) {
	w := NewWorld(t, open, func(c *authority.Config) { c.Now = authority.NewClock(c.Now).Now })
	round := 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		email := func(name string) string { return fmt.Sprintf("%s%d@machine.example", name, round) }
		m := &model{w: w, tenant: w.SignUp("Machine", "Ada", email("ada")), other: w.SignUp("Bystander", "Oleg", email("oleg")), idle: 10080, absolute: 20160}
		untouched := w.all(m.other.ID())
		m.users = []*modelUser{{m.tenant.Owner, Password, curfew.RoleOwner}}
		m.born(0, m.tenant.Owner.Granted)
		for i, role := range []curfew.Role{curfew.RoleOwner, curfew.RoleMember} {
			p := w.Settle(m.tenant, "Guest", email(fmt.Sprintf("guest%d-", i)), role, 1)[0]
			m.users = append(m.users, &modelUser{p, Password, role})
			m.born(i+1, p.Granted)
		}
		steps := 0
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				if steps++; steps%8 == 0 { // reading everything takes longer than all the rest
					m.check(t)
				}
			},
			"sign-in":  func(t *rapid.T) { m.signIn(t, rapid.IntRange(0, len(m.users)-1).Draw(t, "user")) },
			"refresh":  m.refresh,
			"refresh ": m.refresh, // more often than the rest
			"refreshe": m.refresh,
			"policy":   m.setPolicy,
			"end":      m.end,
			"time": func(t *rapid.T) {
				w.Clock.Add(rapid.SampledFrom([]time.Duration{µs, time.Second, Grace - µs, Grace, time.Minute, 5 * time.Minute, 15*time.Minute - µs, 15 * time.Minute, time.Hour}).Draw(t, "forward"))
			},
			"clock set back": func(t *rapid.T) {
				w.Clock.Add(-rapid.SampledFrom([]time.Duration{µs, time.Second, 6 * time.Second}).Draw(t, "back"))
			},
			"sweep": func(t *rapid.T) {
				if _, err := w.Sweep(bg); err != nil {
					t.Fatal(err)
				}
			},
		})
		// At last every raise is forgotten, and the ends are what they were.
		w.Clock.Add(2 * time.Hour)
		if _, err := w.Sweep(bg); err != nil {
			t.Fatal(err)
		}
		m.check(t)
		if !sameState(untouched, w.all(m.other.ID())) {
			t.Fatal("the other account was touched")
		}
		for _, id := range []curfew.ID{m.tenant.ID(), m.other.ID()} {
			report, err := w.VerifyAudit(bg, w.Chain, id)
			if err != nil || !report.OK() {
				t.Fatalf("audit chain: %v, %s", err, report.Problem)
			}
		}
	})
}
