package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
)

// limit sets how many sessions a person of a tenant may have; 0 for no limit.
func (w *World) limit(tenant *Tenant, n int, action policy.LimitAction) authority.Security {
	w.T.Helper()
	e := policy.Edit{Set: true}
	if n > 0 {
		e.Value = &n
	}
	s, err := w.SetPolicy(bg, tenant.Owner.Actor(), Origin, authority.SetPolicy{Limit: policy.LimitChange{MaxSessionsPerUser: e, SessionLimitAction: action}})
	must(w.T, err)
	return s
}

// alive are those of people whose sessions live.
func (w *World) alive(people ...Person) (living []int) {
	w.T.Helper()
	for i, p := range people {
		if _, over := w.Stands(p).End(w.Now().UTC()); !over {
			living = append(living, i)
		}
	}
	return living
}

// WantAlive fails the test unless exactly these of people live.
func (w *World) WantAlive(people []Person, want ...int) {
	w.T.Helper()
	if got := w.alive(people...); !slices.Equal(got, want) {
		w.T.Fatalf("alive are %v, want %v", got, want)
	}
}

// signInTimes signs a person in several times, a minute apart.
func (w *World) signInTimes(email string, n int) (people []Person) {
	w.T.Helper()
	for range n {
		people = append(people, w.SignIn(email))
		w.Clock.Add(time.Minute)
	}
	return people
}

func sessionLimits(t *testing.T, open Open) {
	scenario(t, open, "the session that was used least recently gives way", func(w *World) {
		w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
		_, err := w.RevokeUserSessions(bg, w.Acme.Owner.Actor(), Origin, w.SignIn("bob@acme.example").User())
		must(w.T, err)
		w.limit(w.Acme, 3, policy.EvictOldest)
		people := w.signInTimes("bob@acme.example", 3)
		people[0] = w.MustRefresh(people[0], "") // used again since
		w.Clock.Add(time.Minute)
		w.NewLogged()
		w.NewEvents(w.Acme.ID())
		people = append(people, w.SignIn("bob@acme.example"))
		w.WantAlive(people, 0, 2, 3)
		w.Ended(people[1], curfew.ReasonSessionLimit, w.Clock.Now())
		w.WantLogged(ofSession(people[1]))
		events := w.WantActions(w.Acme.ID(), audit.SessionRevoke, audit.SessionStart)
		e := events[0]
		want := `{"user_id":"` + people[1].User().String() + `","reason":"session_limit","max_sessions_per_user":3}`
		if e.ResourceID != people[1].Session() || e.Actor == nil || e.Actor.ID != people[1].User() || string(e.Details) != want {
			w.T.Errorf("event %+v %s, want %s", e, e.Details, want)
		}
		w.Alive(w.Acme.Owner) // nobody else is touched
	})
	scenario(t, open, "a lower limit ends nothing until the next sign-in, and then as many as needed", func(w *World) {
		w.limit(w.Acme, 5, policy.EvictOldest)
		people := slices.Concat([]Person{w.Acme.Owner}, w.signInTimes(w.Acme.Owner.Email, 4))
		for _, apply := range []authority.ApplyTo{authority.NewSessions, authority.AllSessions} {
			two := 2
			_, err := w.SetPolicy(bg, people[4].Actor(), Origin, authority.SetPolicy{ApplyTo: apply,
				Limit: policy.LimitChange{MaxSessionsPerUser: policy.Edit{Set: true, Value: &two}}})
			must(w.T, err)
			w.WantAlive(people, 0, 1, 2, 3, 4)
		}
		w.NewEvents(w.Acme.ID())
		people = append(people, w.SignIn(w.Acme.Owner.Email))
		w.WantAlive(people, 4, 5)
		w.WantActions(w.Acme.ID(), audit.SessionRevoke, audit.SessionRevoke, audit.SessionRevoke, audit.SessionRevoke, audit.SessionStart)
	})
	scenario(t, open, "very many give way at once", func(w *World) {
		old := w.Settle(w.Acme, "Robot", "robot@acme.example", curfew.RoleMember, 80)
		w.Clock.Add(time.Minute)
		w.limit(w.Acme, 1, policy.EvictOldest)
		w.NewLogged()
		p := w.SignIn("robot@acme.example")
		w.Alive(p)
		w.WantAlive(old)
		if n := len(w.NewLogged()); n != len(old) {
			w.T.Errorf("%d of %d are logged", n, len(old))
		}
	})
	scenario(t, open, "one too many is refused", func(w *World) {
		w.limit(w.Acme, 2, policy.RefuseNew)
		people := []Person{w.Acme.Owner, w.SignIn(w.Acme.Owner.Email)}
		w.NewEvents(w.Acme.ID())
		w.NewLogged()
		w.Seen.Take()
		_, err := w.TrySignIn(w.Acme.Owner.Email)
		w.WantKind(err, curfew.KindSessionLimit)
		w.WantAlive(people, 0, 1)
		e := w.WantActions(w.Acme.ID(), audit.SessionStartRefused)[0]
		if e.ResourceID != people[0].User() || string(e.Details) != `{"cause":"session_limit"}` {
			w.T.Errorf("event %+v %s", e, e.Details)
		}
		if seen := w.Seen.Take(); seen["signin refused"] != 1 {
			w.T.Errorf("counted %v", seen)
		}
		w.WantLogged()
		// Nobody learns of the limit without the password.
		_, err = w.Authority.SignIn(bg, Origin, authority.SignIn{Email: w.Acme.Owner.Email, Password: "a wrong one, quite long"})
		w.WantKind(err, curfew.KindInvalidCredentials)
		must(w.T, w.RevokeMySession(bg, people[1].Actor(), Origin, people[1].Session()))
		w.SignIn(w.Acme.Owner.Email)
	})
	scenario(t, open, "a session that is over for any cause takes no place", func(w *World) {
		w.limit(w.Acme, 1, policy.RefuseNew)
		owner := w.Acme.Owner
		w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
		refused := func() {
			w.T.Helper()
			_, err := w.TrySignIn("bob@acme.example")
			w.WantKind(err, curfew.KindSessionLimit)
		}
		refused()
		_, err := w.RevokeUserSessions(bg, owner.Actor(), Origin, w.userOf("bob@acme.example")) // the person's epoch
		must(w.T, err)
		w.SignIn("bob@acme.example")
		refused()
		_, err = w.RevokeSessions(bg, owner.Actor(), Origin, authority.ScopeOthers) // the account's
		must(w.T, err)
		bob := w.SignIn("bob@acme.example")
		refused()
		must(w.T, w.RevokeMySession(bg, bob.Actor(), Origin, bob.Session())) // its own mark
		bob = w.SignIn("bob@acme.example")
		for _, b := range boundary { // the idle deadline, at the microsecond
			w.Clock.Set(w.Stands(bob).Session.IdleExpiresAt.Add(b.off))
			if _, err := w.TrySignIn("bob@acme.example"); b.over != (err == nil) {
				w.T.Fatalf("%s: %v", b.name, err)
			} else if !b.over {
				w.WantKind(err, curfew.KindSessionLimit)
			}
			if b.over {
				break
			}
		}
	})
	scenario(t, open, "who signs in again in the same browser needs no second place", func(w *World) {
		for _, action := range []policy.LimitAction{policy.EvictOldest, policy.RefuseNew} {
			w.limit(w.Acme, 2, action)
			here := w.Acme.Owner
			w.Clock.Add(time.Minute)
			there := w.SignIn(here.Email)
			w.NewEvents(w.Acme.ID())
			granted, err := w.Authority.SignIn(bg, Origin, authority.SignIn{Email: here.Email, Password: Password, ByCookie: true, Cookie: there.RefreshToken})
			must(w.T, err)
			w.Ended(there, curfew.ReasonLogout, w.Clock.Now())
			w.Alive(here)
			w.WantActions(w.Acme.ID(), audit.SessionLogout, audit.SessionStart)
			// A cookie that proves nothing frees no place.
			forged := w.Decode(granted.RefreshToken)
			forged.Secret[0] ^= 1
			if action == policy.RefuseNew {
				_, err := w.Authority.SignIn(bg, Origin, authority.SignIn{Email: here.Email, Password: Password, ByCookie: true, Cookie: w.Codec.Encode(forged)})
				w.WantKind(err, curfew.KindSessionLimit)
			}
			must(w.T, w.RevokeMySession(bg, here.Actor(), Origin, granted.Standing.Session.ID))
		}
	})
	scenario(t, open, "a refresh that comes late brings nobody back as one too many", func(w *World) {
		w.limits(w.Acme, 15, 60)
		w.limit(w.Acme, 1, policy.EvictOldest)
		p := w.SignIn(w.Acme.Owner.Email)
		idle := w.Stands(p).Session.IdleExpiresAt
		r := w.Decode(p.RefreshToken)
		asked := idle.Add(-time.Second)
		w.Clock.Set(idle.Add(time.Second))
		w.NewEvents(w.Acme.ID())
		newer := w.SignIn(p.Email)
		w.WantActions(w.Acme.ID(), audit.SessionStart) // of a session that is over nothing is told
		_, err := w.Store.Rotate(bg, authority.Rotation{AccountID: r.AccountID, SessionID: r.SessionID, Generation: r.Generation,
			SecretHash: r.SecretHash(), Now: asked, ActiveAt: asked, Nonce: []byte("nonce")})
		if !errors.Is(err, curfew.ErrNotFound) {
			w.T.Fatalf("the late refresh: %v", err)
		}
		w.Ended(p, curfew.ReasonIdle, idle)
		w.Alive(newer)
	})
	limitRaces(t, open)
	t.Run("the versions of the policy, its audit and its bounds", func(t *testing.T) { limitSettings(NewWorld(t, open)) })
}

// userOf is the id of the person of an address.
func (w *World) userOf(email string) (id curfew.ID) {
	w.T.Helper()
	w.View(func(ctx context.Context, r authority.Reader) (err error) {
		_, id, err = r.LoginName(ctx, email)
		return err
	})
	return id
}

func limitRaces(t *testing.T, open Open) {
	for _, action := range []policy.LimitAction{policy.EvictOldest, policy.RefuseNew} {
		scenario(t, open, "very many sign-ins at once never exceed the limit, "+string(action), func(w *World) { w.raceToTheLimit(action, w, w) })
	}
}

// LimitAcrossNodes is that race on two nodes of one database, which again opens
// for the second time.
func LimitAcrossNodes(t *testing.T, open Open, again func(chain *audit.Chain) authority.Store) {
	for _, action := range []policy.LimitAction{policy.EvictOldest, policy.RefuseNew} {
		scenario(t, open, string(action), func(w *World) {
			store := again(w.Chain)
			store.(Log).SetClock(w.Clock.Now)
			w.raceToTheLimit(action, w, w.with(func(c *authority.Config) { c.Store = store }))
		})
	}
}

// raceToTheLimit has one person sign in very often at once.
func (w *World) raceToTheLimit(action policy.LimitAction, nodes ...*World) {
	w.T.Helper()
	const limit, signIns = 3, 24
	w.limit(w.Acme, limit, action)
	people, errs := make([]Person, signIns), make([]error, signIns)
	together(signIns, func(i int) { people[i], errs[i] = nodes[i%len(nodes)].TrySignIn(w.Acme.Owner.Email) })
	living, refused := len(w.alive(w.Acme.Owner)), 0
	for i, err := range errs {
		if err != nil {
			w.WantKind(err, curfew.KindSessionLimit)
			refused++
			continue
		}
		living += len(w.alive(people[i]))
	}
	if living != limit {
		w.T.Fatalf("%d sessions live, want %d", living, limit)
	}
	if want := map[policy.LimitAction]int{policy.RefuseNew: signIns - limit + 1}[action]; refused != want {
		w.T.Fatalf("%d of %d sign-ins were refused, want %d", refused, signIns, want)
	}
}

// limitSettings is a limit as a part of the policy.
func limitSettings(w *World) {
	actor := w.Acme.Owner.Actor()
	s, err := w.Security(bg, actor)
	must(w.T, err)
	if s.Policy.MaxSessionsPerUser != nil || s.Policy.SessionLimitAction != policy.EvictOldest || s.Effective.MaxSessionsPerUser != nil {
		w.T.Errorf("a fresh account: %+v", s.Policy)
	}
	first := s.Version
	w.NewEvents(w.Acme.ID())
	s = w.limit(w.Acme, 3, policy.RefuseNew)
	if s.Version != first+1 || *s.Policy.MaxSessionsPerUser != 3 || s.Policy.SessionLimitAction != policy.RefuseNew || s.Preset != policy.Standard {
		w.T.Errorf("after: %+v", s)
	}
	var details struct{ Old, New map[string]any }
	must(w.T, json.Unmarshal(w.WantActions(w.Acme.ID(), audit.AccountSessionPolicyUpdate)[0].Details, &details))
	if details.Old["max_sessions_per_user"] != nil || details.New["max_sessions_per_user"] != 3.0 || details.New["session_limit_action"] != "refuse_new" {
		w.T.Errorf("details %+v", details)
	}
	if s = w.limit(w.Acme, 3, policy.RefuseNew); s.Version != first+1 {
		w.T.Error("a change of nothing moved the version")
	}
	w.WantActions(w.Acme.ID())
	s, err = w.SetPolicy(bg, actor, Origin, authority.SetPolicy{Change: change(ptr(15), ptr(720))})
	must(w.T, err)
	if s.Preset != policy.Strict || *s.Policy.MaxSessionsPerUser != 3 {
		w.T.Errorf("a change of the others: %+v", s)
	}
	for _, wrong := range []policy.LimitChange{
		{MaxSessionsPerUser: policy.Edit{Set: true, Value: ptr(0)}}, {MaxSessionsPerUser: policy.Edit{Set: true, Value: ptr(101)}}, {SessionLimitAction: "evict"},
	} {
		_, err := w.SetPolicy(bg, actor, Origin, authority.SetPolicy{Limit: wrong})
		w.WantKind(err, curfew.KindInvalidRequest)
	}
}
