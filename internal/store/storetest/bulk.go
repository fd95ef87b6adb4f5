package storetest

import (
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// crowd is an account with two owners and two members, two sessions each.
type crowd struct{ ada, ada2, otto, otto2, bob, bob2, mia, mia2 Person }

func (w *World) crowd() (c crowd) {
	c.ada = w.Acme.Owner
	c.ada2 = w.SignIn(c.ada.Email)
	otto := w.Settle(w.Acme, "Otto", "otto@acme.example", curfew.RoleOwner, 2)
	bob := w.Settle(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember, 2)
	mia := w.Settle(w.Acme, "Mia", "mia@acme.example", curfew.RoleMember, 2)
	c.otto, c.otto2, c.bob, c.bob2, c.mia, c.mia2 = otto[0], otto[1], bob[0], bob[1], mia[0], mia[1]
	w.Clock.Add(time.Minute)
	w.NewEvents(w.Acme.ID())
	return c
}

func (c crowd) all() []Person {
	return []Person{c.ada, c.ada2, c.otto, c.otto2, c.bob, c.bob2, c.mia, c.mia2}
}

// endedAre checks that exactly these people's sessions are over, for a reason.
func (w *World) endedAre(c crowd, reason curfew.Reason, ended ...Person) {
	w.T.Helper()
	at := w.Clock.Now()
	isOver := map[curfew.ID]bool{}
	for _, p := range ended {
		isOver[p.Session()] = true
		w.Ended(p, reason, at)
	}
	for _, p := range c.all() {
		if !isOver[p.Session()] {
			w.Alive(p)
			w.MustRefresh(p, "")
		}
	}
}

func bulk(t *testing.T, open Open) {
	for _, c := range []struct {
		name   string
		do     func(w *World, c crowd) (int, error)
		count  int
		reason curfew.Reason
		ended  func(c crowd) []Person
		action audit.Action
	}{
		{"all", func(w *World, c crowd) (int, error) {
			return w.revoke(c.ada.Actor(), authority.ScopeAll)
		},
			8, curfew.ReasonOwnerAll, crowd.all, audit.AccountSessionsRevokedBulk},
		{"others", func(w *World, c crowd) (int, error) {
			return w.revoke(c.ada2.Actor(), authority.ScopeOthers)
		},
			6, curfew.ReasonOwnerOthers, func(c crowd) []Person { return []Person{c.otto, c.otto2, c.bob, c.bob2, c.mia, c.mia2} }, audit.AccountSessionsRevokedBulk},
		{"of a user", func(w *World, c crowd) (int, error) {
			return w.RevokeUserSessions(bg, c.ada.Actor(), Origin, c.bob.User())
		},
			2, curfew.ReasonOwnerUser, func(c crowd) []Person { return []Person{c.bob, c.bob2} }, audit.UserSessionsRevoked},
		{"of the owner who asks", func(w *World, c crowd) (int, error) {
			return w.RevokeUserSessions(bg, c.ada.Actor(), Origin, c.ada.User())
		},
			2, curfew.ReasonOwnerUser, func(c crowd) []Person { return []Person{c.ada, c.ada2} }, audit.UserSessionsRevoked},
		{"a member's others", func(w *World, c crowd) (int, error) { return w.RevokeMyOtherSessions(bg, c.bob2.Actor(), Origin) },
			1, curfew.ReasonUserOthers, func(c crowd) []Person { return []Person{c.bob} }, audit.UserSessionsRevoked},
		{"by a password change", func(w *World, c crowd) (int, error) {
			return 1, w.ChangePassword(bg, c.mia.Actor(), Origin, Password, "another horse, another battery")
		}, 1, curfew.ReasonPasswordChanged, func(c crowd) []Person { return []Person{c.mia2} }, audit.UserPasswordChange},
		{"by the operator's password", func(w *World, c crowd) (int, error) {
			return w.SetPassword(bg, c.mia.Email, "another horse, another battery")
		}, 2, curfew.ReasonPasswordChanged, func(c crowd) []Person { return []Person{c.mia, c.mia2} }, audit.UserPasswordChange},
		{"by a reset", func(w *World, c crowd) (int, error) {
			link := w.ResetLink(c.ada, c.mia.User())
			w.NewEvents(w.Acme.ID())
			return 2, w.ResetPassword(bg, Origin, link, NewPassword)
		}, 2, curfew.ReasonPasswordChanged, func(c crowd) []Person { return []Person{c.mia, c.mia2} }, audit.UserPasswordReset},
		{"by the operator", func(w *World, c crowd) (int, error) { return w.EndSessions(bg, w.Acme.ID(), nil) },
			8, curfew.ReasonOperator, crowd.all, audit.SessionRevoke},
		{"of a user by the operator", func(w *World, c crowd) (int, error) { return w.EndSessions(bg, w.Acme.ID(), ptr(c.otto.User())) },
			2, curfew.ReasonOperator, func(c crowd) []Person { return []Person{c.otto, c.otto2} }, audit.UserSessionsRevoked},
		{"by disabling", func(w *World, c crowd) (int, error) {
			view, err := w.UpdateUser(bg, c.ada.Actor(), Origin, c.bob.User(), authority.UserChange{Disabled: ptr(true)})
			if err == nil && (!view.User.Disabled() || view.SessionCount != 0) {
				w.T.Errorf("view %+v", view)
			}
			return 2, err
		}, 2, curfew.ReasonUserDisabled, func(c crowd) []Person { return []Person{c.bob, c.bob2} }, audit.UserDisable},
		{"by demotion", func(w *World, c crowd) (int, error) {
			view, err := w.UpdateUser(bg, c.ada.Actor(), Origin, c.otto.User(), authority.UserChange{Role: ptr(curfew.RoleMember)})
			if err == nil && (view.User.Role != curfew.RoleMember || view.SessionCount != 0) {
				w.T.Errorf("view %+v", view)
			}
			return 2, err
		}, 2, curfew.ReasonRoleChanged, func(c crowd) []Person { return []Person{c.otto, c.otto2} }, audit.UserRoleChange},
		{"not by promotion", func(w *World, c crowd) (int, error) {
			_, err := w.UpdateUser(bg, c.ada.Actor(), Origin, c.bob.User(), authority.UserChange{Role: ptr(curfew.RoleOwner)})
			return 0, err
		}, 0, "", func(crowd) []Person { return nil }, audit.UserRoleChange},
	} {
		scenario(t, open, c.name, func(w *World) {
			people := w.crowd()
			n, err := c.do(w, people)
			must(w.T, err)
			if n != c.count {
				w.T.Errorf("counted %d, want %d", n, c.count)
			}
			w.WantActions(w.Acme.ID(), c.action)
			w.endedAre(people, c.reason, c.ended(people)...)
			_, err = w.Sweep(bg)
			must(w.T, err)
			for _, p := range c.ended(people) {
				w.Ended(p, c.reason, w.Clock.Now())
			}
		})
	}
	scenario(t, open, "only active sessions are counted, and the first end stays", func(w *World) {
		c := w.crowd()
		must(w.T, w.RevokeSession(bg, c.ada.Actor(), Origin, c.bob.Session()))
		first := w.Clock.Now()
		w.Clock.Add(time.Minute)
		n, err := w.RevokeUserSessions(bg, c.ada.Actor(), Origin, c.bob.User())
		must(w.T, err)
		if n != 1 {
			w.T.Errorf("revoked %d of a user, want 1", n)
		}
		second := w.Clock.Now()
		w.Clock.Add(time.Minute)
		if n, err = w.revoke(c.ada.Actor(), authority.ScopeOthers); err != nil || n != 4 {
			w.T.Errorf("revoked %d others, %v; want 4", n, err)
		}
		third := w.Clock.Now()
		w.Clock.Add(time.Minute)
		if n, err = w.revoke(c.ada.Actor(), authority.ScopeAll); err != nil || n != 2 {
			w.T.Errorf("revoked %d, %v; want 2", n, err)
		}
		w.Ended(c.bob, curfew.ReasonOwnerSession, first)
		w.Ended(c.bob2, curfew.ReasonOwnerUser, second)
		w.Ended(c.mia, curfew.ReasonOwnerOthers, third)
		w.Ended(c.ada2, curfew.ReasonOwnerAll, w.Clock.Now())
		// Ending what has ended is no error and changes nothing.
		p := w.SignIn(c.ada.Email)
		w.NewEvents(w.Acme.ID())
		must(w.T, w.RevokeSession(bg, p.Actor(), Origin, c.bob.Session()))
		w.WantActions(w.Acme.ID())
		w.Ended(c.bob, curfew.ReasonOwnerSession, first)
	})
	scenario(t, open, "a sign-in after an ending lives", func(w *World) {
		c := w.crowd()
		_, err := w.revoke(c.ada.Actor(), authority.ScopeAll)
		must(w.T, err)
		w.MustRefresh(w.SignIn(c.ada.Email), "")
		_, err = w.EndSessions(bg, w.Acme.ID(), ptr(c.bob.User()))
		must(w.T, err)
		w.MustRefresh(w.SignIn(c.bob.Email), "")
	})
	oneSession(t, open)
	owners(t, open)
}

// oneSession is the ending of a single session.
func oneSession(t *testing.T, open Open) {
	scenario(t, open, "one session", func(w *World) {
		c := w.crowd()
		must(w.T, w.RevokeSession(bg, c.ada.Actor(), Origin, c.bob.Session()))
		w.endedAre(c, curfew.ReasonOwnerSession, c.bob)
		must(w.T, w.RevokeMySession(bg, c.mia.Actor(), Origin, c.mia2.Session()))
		w.Ended(c.mia2, curfew.ReasonUserSession, w.Clock.Now())
		for name, err := range map[string]error{
			"another's, by a member":      w.RevokeMySession(bg, c.mia.Actor(), Origin, c.otto.Session()),
			"of another account":          w.RevokeSession(bg, c.ada.Actor(), Origin, w.Other.Owner.Session()),
			"of another account, as mine": w.RevokeMySession(bg, c.ada.Actor(), Origin, w.Other.Owner.Session()),
			"of nobody":                   w.RevokeSession(bg, c.ada.Actor(), Origin, curfew.NewID(w.Clock.Now())),
		} {
			if curfew.KindOf(err) != curfew.KindNotFound {
				w.T.Errorf("%s: %v", name, err)
			}
		}
		w.WantKind(w.RevokeSession(bg, c.mia.Actor(), Origin, c.otto.Session()), curfew.KindForbidden)
		_, err := w.RevokeUserSessions(bg, c.ada.Actor(), Origin, w.Other.Owner.User())
		w.WantKind(err, curfew.KindNotFound)
		_, err = w.UpdateUser(bg, c.ada.Actor(), Origin, w.Other.Owner.User(), authority.UserChange{Disabled: ptr(true)})
		w.WantKind(err, curfew.KindNotFound)
	})
	scenario(t, open, "sign-out ends what is proven, and nothing else", func(w *World) {
		c := w.crowd()
		next := w.MustRefresh(c.bob, "")
		must(w.T, w.SignOut(bg, Origin, authority.SignOut{})) // nothing at all
		must(w.T, w.SignOut(bg, Origin, authority.SignOut{Cookie: "x", Token: "cfr_y", Bearer: "z"}))
		forged := w.Decode(c.mia.RefreshToken)
		forged.Secret[3] ^= 1
		must(w.T, w.SignOut(bg, Origin, authority.SignOut{Cookie: w.Codec.Encode(forged)}))
		ahead := w.Decode(c.mia.RefreshToken)
		ahead.Generation = 9
		must(w.T, w.SignOut(bg, Origin, authority.SignOut{Token: w.Codec.Encode(ahead)}))
		if seen := w.Seen.Take(); seen["alarm generation_ahead"] != 1 {
			w.T.Errorf("counted %v", seen)
		}
		w.WantActions(w.Acme.ID())
		// An old generation proves the session, and is never reuse here.
		must(w.T, w.SignOut(bg, Origin, authority.SignOut{Cookie: c.bob.RefreshToken, Token: c.mia.RefreshToken, Bearer: w.Bearer(c.otto)}))
		w.WantActions(w.Acme.ID(), audit.SessionLogout, audit.SessionLogout, audit.SessionLogout)
		c.bob = next
		w.endedAre(c, curfew.ReasonLogout, c.bob, c.mia, c.otto)
		// After a restore every session is over, and tokens ahead are no sign.
		w.NewLogged()
		must(w.T, w.SignOut(bg, Origin, authority.SignOut{Token: w.Codec.Encode(ahead)}))
		if seen := w.Seen.Take(); seen["alarm generation_ahead"] != 0 {
			w.T.Errorf("counted %v", seen)
		}
		w.WantLogged()
		must(w.T, w.SignOut(bg, Origin, authority.SignOut{Cookie: c.bob.RefreshToken}))
		w.WantActions(w.Acme.ID())
	})
	scenario(t, open, "a sign-in by cookie ends the session of that cookie", func(w *World) {
		c := w.crowd()
		granted, err := w.Authority.SignIn(bg, Origin, authority.SignIn{Email: c.mia.Email, Password: Password, ByCookie: true, Cookie: c.bob.RefreshToken})
		must(w.T, err)
		w.WantActions(w.Acme.ID(), audit.SessionStart, audit.SessionLogout)
		w.endedAre(c, curfew.ReasonLogout, c.bob)
		w.MustRefresh(Person{granted, c.mia.Email}, "")
		// Delivered in the body it leaves the cookie's session alone.
		_, err = w.Authority.SignIn(bg, Origin, authority.SignIn{Email: c.mia.Email, Password: Password, Cookie: c.bob2.RefreshToken})
		must(w.T, err)
		w.Alive(c.bob2)
	})
}

// owners keep at least one of them.
func owners(t *testing.T, open Open) {
	demote, disable := authority.UserChange{Role: ptr(curfew.RoleMember)}, authority.UserChange{Disabled: ptr(true)}
	scenario(t, open, "the last enabled owner stays", func(w *World) {
		c := w.crowd()
		_, err := w.UpdateUser(bg, c.ada.Actor(), Origin, c.otto.User(), disable)
		must(w.T, err)
		w.NewEvents(w.Acme.ID())
		for _, change := range []authority.UserChange{demote, disable, {Role: ptr(curfew.RoleMember), Disabled: ptr(true)}} {
			_, err := w.UpdateUser(bg, c.ada.Actor(), Origin, c.ada.User(), change)
			w.WantKind(err, curfew.KindLastOwner)
		}
		w.WantActions(w.Acme.ID()) // rolled back with their events
		w.Alive(c.ada)
		_, err = w.UpdateUser(bg, c.ada.Actor(), Origin, c.ada.User(), authority.UserChange{Role: ptr(curfew.RoleOwner), Disabled: ptr(false)})
		must(w.T, err)
		w.WantActions(w.Acme.ID()) // no change at all
		// A disabled owner may be demoted, and enabled again as what they are.
		_, err = w.UpdateUser(bg, c.ada.Actor(), Origin, c.otto.User(), authority.UserChange{Role: ptr(curfew.RoleMember), Disabled: ptr(false)})
		must(w.T, err)
		w.WantActions(w.Acme.ID(), audit.UserRoleChange, audit.UserEnable)
		w.MustRefresh(w.SignIn(c.otto.Email), "")
		_, err = w.Refresh(c.otto.RefreshToken, "")
		w.WantKind(err, curfew.KindSessionRevoked, curfew.ReasonUserDisabled)
	})
	scenario(t, open, "a disabled person cannot sign in, and is told what anybody is", func(w *World) {
		c := w.crowd()
		_, err := w.UpdateUser(bg, c.ada.Actor(), Origin, c.bob.User(), disable)
		must(w.T, err)
		_, err = w.TrySignIn(c.bob.Email)
		w.WantKind(err, curfew.KindInvalidCredentials)
		_, err = w.UpdateUser(bg, c.ada.Actor(), Origin, c.bob.User(), authority.UserChange{Disabled: ptr(false)})
		must(w.T, err)
		w.Ended(c.bob, curfew.ReasonUserDisabled, w.Clock.Now()) // enabling revives nothing
		w.MustRefresh(w.SignIn(c.bob.Email), "")
	})
	scenario(t, open, "two owners who demote each other at once", func(w *World) {
		ada, otto := w.Acme.Owner, w.Join(w.Acme, "Otto", "otto@acme.example", curfew.RoleOwner)
		for range 10 {
			actors, targets := []Person{ada, otto}, []Person{otto, ada}
			errs := make([]error, 2)
			together(2, func(i int) {
				_, errs[i] = w.UpdateUser(bg, actors[i].Actor(), Origin, targets[i].User(), demote)
			})
			if (errs[0] == nil) == (errs[1] == nil) {
				w.T.Fatalf("both or neither: %v, %v", errs[0], errs[1])
			}
			loser, winner := 0, 1
			if errs[0] == nil {
				loser, winner = 1, 0
			}
			w.WantKind(errs[loser], curfew.KindSessionRevoked, curfew.ReasonRoleChanged)
			// The loser is an owner again, for the next round.
			_, err := w.UpdateUser(bg, actors[winner].Actor(), Origin, actors[loser].User(), authority.UserChange{Role: ptr(curfew.RoleOwner)})
			must(w.T, err)
			ada, otto = actors[winner], w.SignIn(actors[loser].Email)
		}
	})
}
