package storetest

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// WantLogged fails the test unless exactly these entries were logged since they
// were last asked for.
func (w *World) WantLogged(want ...curfew.Revocation) {
	w.T.Helper()
	got := w.NewLogged()
	for i := range got {
		slices.SortFunc(got[i].Except, curfew.ID.Compare)
	}
	for i := range want {
		slices.SortFunc(want[i].Except, curfew.ID.Compare)
	}
	bySession := func(a, b curfew.Revocation) int { return a.SessionID.Compare(b.SessionID) }
	slices.SortStableFunc(got, bySession)
	slices.SortStableFunc(want, bySession)
	if len(got) != len(want) || len(got) > 0 && !reflect.DeepEqual(got, want) {
		w.T.Fatalf("logged\n%+v, want\n%+v", got, want)
	}
}

// ofSession is the entry of a session that ended.
func ofSession(p Person) curfew.Revocation {
	return curfew.Revocation{AccountID: p.Standing.User.AccountID, SessionID: p.Session()}
}

// ofUser is the entry of a person's epoch, but for the sessions of some.
func ofUser(p Person, epoch int64, keep ...Person) curfew.Revocation {
	e := curfew.Revocation{AccountID: p.Standing.User.AccountID, UserID: p.User(), Epoch: epoch}
	for _, k := range keep {
		e.Except = append(e.Except, k.Session())
	}
	return e
}

// ofAccount is the entry of an account's epoch, but for the sessions of some.
func ofAccount(t *Tenant, epoch int64, keep ...Person) curfew.Revocation {
	e := ofUser(t.Owner, epoch, keep...)
	e.UserID = curfew.ID{}
	return e
}

// left refreshes a session whose person left a while ago.
func (w *World) left(p Person, ago time.Duration) Person {
	w.T.Helper()
	granted, err := w.Present(authority.Refresh{Token: p.RefreshToken, InactiveSeconds: int(ago / time.Second)})
	must(w.T, err)
	return Person{granted, p.Email}
}

// telling: every way in which sessions end is told to verifiers, with the commit
// of the ending, and what ends none is not.
func telling(t *testing.T, open Open) {
	scenario(t, open, "one session", func(w *World) {
		owner := w.Acme.Owner
		bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
		w.NewLogged()
		for name, end := range map[string]func(p Person) error{
			"by an owner":   func(p Person) error { return w.RevokeSession(bg, owner.Actor(), Origin, p.Session()) },
			"by the person": func(p Person) error { return w.RevokeMySession(bg, bob.Actor(), Origin, p.Session()) },
			"by sign-out":   func(p Person) error { return w.SignOut(bg, Origin, authority.SignOut{Token: p.RefreshToken}) },
			"by the operator": func(p Person) error {
				_, err := w.EndSession(bg, w.Acme.ID(), p.Session())
				return err
			},
			"by a sign-in in its place": func(p Person) error {
				_, err := w.Authority.SignIn(bg, Origin, authority.SignIn{Email: bob.Email, Password: Password, ByCookie: true, Cookie: p.RefreshToken})
				return err
			},
		} {
			p := w.SignIn(bob.Email)
			w.WantLogged()
			must(w.T, end(p))
			w.WantLogged(ofSession(p))
			// Whoever had no answer asks again, and is then told the truth.
			w.NewEvents(w.Acme.ID())
			must(w.T, end(p))
			w.WantLogged(ofSession(p))
			if name != "by a sign-in in its place" {
				w.WantActions(w.Acme.ID())
			}
			w.Clock.Add(20 * time.Minute) // no token of it is alive any more
			must(w.T, end(p))
			w.WantLogged()
		}
	})
	scenario(t, open, "a session that reached its deadline long ago needs no word", func(w *World) {
		w.limits(w.Acme, 15, 60)
		p := w.SignIn(w.Acme.Owner.Email)
		w.NewLogged()
		w.Clock.Add(20 * time.Minute)
		q := w.SignIn(w.Acme.Owner.Email)
		must(w.T, w.RevokeSession(bg, q.Actor(), Origin, p.Session()))
		must(w.T, w.SignOut(bg, Origin, authority.SignOut{Token: p.RefreshToken}))
		w.WantLogged()
	})
	scenario(t, open, "a session whose idle deadline came before that of its token", func(w *World) {
		owner := w.Acme.Owner
		bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
		w.Clock.Add(14 * time.Minute)
		owner, bob = w.MustRefresh(owner, ""), w.left(bob, 14*time.Minute)
		_, err := w.SetPolicy(bg, owner.Actor(), Origin, setAll(15, 60))
		must(w.T, err)
		w.NewLogged()
		w.Clock.Add(time.Minute) // the token has four more
		for _, end := range []func() error{
			func() error { return w.RevokeSession(bg, owner.Actor(), Origin, bob.Session()) },
			func() error { return w.SignOut(bg, Origin, authority.SignOut{Token: bob.RefreshToken}) },
		} {
			must(w.T, end())
			w.WantLogged(ofSession(bob))
		}
		n, err := w.RevokeSessions(bg, owner.Actor(), Origin, authority.ScopeOthers)
		must(w.T, err)
		w.WantLogged(ofAccount(w.Acme, 1, owner))
		if n.Count != 0 {
			w.T.Errorf("%d sessions were active", n.Count)
		}
		w.Clock.Add(20 * time.Minute)
		_, err = w.RevokeSessions(bg, owner.Actor(), Origin, authority.ScopeOthers)
		w.WantKind(err, curfew.KindSessionExpired, curfew.ReasonIdle)
		w.WantLogged()
	})
	scenario(t, open, "a person whose idle deadline came before that of the token", func(w *World) {
		owner := w.Acme.Owner
		bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
		w.Clock.Add(14 * time.Minute)
		owner, _ = w.MustRefresh(owner, ""), w.left(bob, 14*time.Minute)
		_, err := w.SetPolicy(bg, owner.Actor(), Origin, setAll(15, 60))
		must(w.T, err)
		w.NewLogged()
		w.Clock.Add(time.Minute)
		for _, want := range [][]curfew.Revocation{{ofUser(bob, 1)}, nil} {
			n, err := w.RevokeUserSessions(bg, owner.Actor(), Origin, bob.User())
			must(w.T, err)
			w.WantLogged(want...)
			if n != 0 {
				w.T.Errorf("%d sessions were active", n)
			}
		}
	})
	scenario(t, open, "a reused token", func(w *World) {
		p := w.SignIn(w.Acme.Owner.Email)
		w.MustRefresh(p, "")
		w.Clock.Add(Grace)
		w.NewLogged()
		_, err := w.Refresh(p.RefreshToken, "")
		w.WantKind(err, curfew.KindRefreshTokenReused)
		w.WantLogged(ofSession(p))
		_, err = w.Refresh(p.RefreshToken, "")
		w.WantKind(err, curfew.KindSessionRevoked)
		w.WantLogged()
	})
	scenario(t, open, "everybody of an account", func(w *World) {
		owner := w.Acme.Owner
		second := w.SignIn(owner.Email)
		w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
		w.NewLogged()
		_, err := w.RevokeSessions(bg, owner.Actor(), Origin, authority.ScopeOthers)
		must(w.T, err)
		w.WantLogged(ofAccount(w.Acme, 1, owner, second))
		_, err = w.RevokeSessions(bg, owner.Actor(), Origin, authority.ScopeOthers) // nobody is left
		must(w.T, err)
		w.WantLogged()
		_, err = w.RevokeSessions(bg, owner.Actor(), Origin, authority.ScopeAll)
		must(w.T, err)
		w.WantLogged(ofAccount(w.Acme, 2))
		_, err = w.RevokeSessions(bg, owner.Actor(), Origin, authority.ScopeAll)
		w.WantKind(err, curfew.KindSessionRevoked)
		w.WantLogged()
		_, err = w.EndSessions(bg, w.Acme.ID(), nil)
		must(w.T, err)
		w.WantLogged(ofAccount(w.Acme, 3))
	})
	scenario(t, open, "all of one person", func(w *World) {
		owner := w.Acme.Owner
		bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleOwner)
		epoch := int64(0)
		next := func(keep ...Person) curfew.Revocation { epoch++; return ofUser(bob, epoch, keep...) }
		w.NewLogged()
		_, err := w.RevokeMyOtherSessions(bg, bob.Actor(), Origin) // there are none
		must(w.T, err)
		w.WantLogged()
		w.SignIn(bob.Email)
		_, err = w.RevokeMyOtherSessions(bg, bob.Actor(), Origin)
		must(w.T, err)
		w.WantLogged(next(bob))
		w.SignIn(bob.Email)
		must(w.T, w.ChangePassword(bg, bob.Actor(), Origin, Password, NewPassword))
		w.WantLogged(next(bob))
		_, err = w.RevokeUserSessions(bg, owner.Actor(), Origin, bob.User())
		must(w.T, err)
		w.WantLogged(next())
		link := w.ResetLink(owner, bob.User())
		w.WantLogged()
		must(w.T, w.ResetPassword(bg, Origin, link, Password))
		w.WantLogged(next())
		_, err = w.SetPassword(bg, bob.Email, NewPassword)
		must(w.T, err)
		w.WantLogged(next())
		_, err = w.EndSessions(bg, w.Acme.ID(), ptr(bob.User()))
		must(w.T, err)
		w.WantLogged(next())
		for _, c := range []struct {
			change authority.UserChange
			ends   bool
		}{
			{authority.UserChange{Role: ptr(curfew.RoleMember)}, true},
			{authority.UserChange{Role: ptr(curfew.RoleMember)}, false},
			{authority.UserChange{Role: ptr(curfew.RoleOwner)}, false},
			{authority.UserChange{Disabled: ptr(true)}, true},
			{authority.UserChange{Disabled: ptr(false)}, false},
		} {
			_, err = w.UpdateUser(bg, owner.Actor(), Origin, bob.User(), c.change)
			must(w.T, err)
			if c.ends {
				w.WantLogged(next())
			} else {
				w.WantLogged()
			}
		}
	})
	scenario(t, open, "a policy applied to all", func(w *World) {
		w.Clock.Add(-30 * time.Minute)
		long := w.SignIn(w.Acme.Owner.Email) // its last token is long gone
		w.Clock.Add(25 * time.Minute)
		owner := w.SignIn(w.Acme.Owner.Email)
		idle := w.SignIn(w.Acme.Owner.Email)
		w.Clock.Add(5 * time.Minute)
		must(w.T, w.RevokeSession(bg, owner.Actor(), Origin, w.Acme.Owner.Session()))
		w.NewLogged()
		_, err := w.SetPolicy(bg, owner.Actor(), Origin, authority.SetPolicy{Change: change(ptr(15), ptr(60))})
		must(w.T, err)
		w.WantLogged()
		_, err = w.SetPolicy(bg, owner.Actor(), Origin, setAll(15, 60))
		must(w.T, err)
		w.Ended(long, curfew.ReasonPolicyTightened, w.Clock.Now())
		w.WantLogged() // the others' deadlines are far, or move with the next input
		// One that was used, and is over the absolute limit now or soon.
		w.Clock.Add(9 * time.Minute)
		owner, idle = w.MustRefresh(owner, ""), w.MustRefresh(idle, "")
		narrow := w.with(func(c *authority.Config) { c.Bounds.Absolute.Min, c.Bounds.Idle.Min = 1, 1 })
		_, err = narrow.SetPolicy(bg, owner.Actor(), Origin, setAll(15, 16))
		must(w.T, err)
		soon := owner.Standing.Session.AuthTime.Add(16 * time.Minute)
		want := []curfew.Revocation{ofSession(owner), ofSession(idle)}
		for i := range want {
			want[i].At = soon
		}
		w.WantLogged(want...)
		_, err = narrow.SetPolicy(bg, owner.Actor(), Origin, setAll(15, 15))
		must(w.T, err)
		for i := range want {
			want[i].At = soon.Add(-time.Minute)
		}
		w.WantLogged(want...)
		w.Clock.Add(30 * time.Second)
		_, err = narrow.SetPolicy(bg, owner.Actor(), Origin, setAll(10, 14))
		must(w.T, err)
		for i := range want {
			want[i].At = time.Time{}
		}
		w.WantLogged(want...)
		w.Ended(owner, curfew.ReasonPolicyTightened, w.Clock.Now())
	})
	scenario(t, open, "an ending whose log cannot be written is none", func(w *World) {
		p := w.SignIn(w.Acme.Owner.Email)
		before := w.Logged()
		w.Tap.Watch(func(c Call) error {
			if c.Statement() && len(c.SQL) > 26 && c.SQL[:26] == "INSERT INTO revocation_log" {
				return errInjected
			}
			return nil
		})
		err := w.RevokeSession(bg, w.Acme.Owner.Actor(), Origin, p.Session())
		w.Tap.Watch(nil)
		w.WantKind(err, curfew.KindUnavailable)
		w.Alive(p)
		if after := w.Logged(); len(after) != len(before) {
			w.T.Errorf("logged %+v", after[len(before):])
		}
		must(w.T, w.RevokeSession(bg, w.Acme.Owner.Actor(), Origin, p.Session()))
		w.Ended(p, curfew.ReasonOwnerSession, w.Clock.Now())
	})
	scenario(t, open, "many at once, each told once", func(w *World) {
		people := w.people(40)
		w.NewLogged()
		together(len(people), func(i int) {
			if err := w.RevokeSession(bg, w.Acme.Owner.Actor(), Origin, people[i].Session()); err != nil {
				w.T.Error(err)
			}
		})
		told := map[curfew.ID]int{}
		for _, e := range w.NewLogged() {
			told[e.SessionID]++
		}
		for _, p := range people {
			if told[p.Session()] != 1 {
				w.T.Errorf("told %d times", told[p.Session()])
			}
		}
	})
}
