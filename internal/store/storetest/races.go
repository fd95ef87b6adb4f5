package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// pausing is a store whose first writing transaction waits until the test lets
// it go on.
type pausing struct {
	authority.Store
	once            sync.Once
	reached, resume chan struct{}
}

func (p *pausing) pause() {
	p.once.Do(func() {
		close(p.reached)
		<-p.resume
	})
}

func (p *pausing) InTx(ctx context.Context, accountID curfew.ID, fn func(context.Context, authority.Tx) error) error {
	p.pause()
	return p.Store.InTx(ctx, accountID, fn)
}

func (p *pausing) InStart(ctx context.Context, accountID curfew.ID, look authority.StartLook, fn func(context.Context, authority.Tx) error) error {
	p.pause()
	return p.Store.InStart(ctx, accountID, look, fn)
}

func (p *pausing) InLog(ctx context.Context, accountID curfew.ID, fn func(context.Context, authority.Tx) error, sessions ...curfew.ID) error {
	p.pause()
	return p.Store.InLog(ctx, accountID, fn, sessions...)
}

func (p *pausing) InBulk(ctx context.Context, accountID curfew.ID, fn func(context.Context, authority.Tx) error) error {
	p.pause()
	return p.Store.InBulk(ctx, accountID, fn)
}

// between runs do between what a use case reads and what it writes.
func (w *World) between(useCase func(w *World), do func()) {
	w.T.Helper()
	p := &pausing{Store: w.Store, reached: make(chan struct{}), resume: make(chan struct{})}
	slow := w.with(func(c *authority.Config) { c.Store = p })
	done := make(chan struct{})
	go func() {
		defer close(done)
		useCase(slow)
	}()
	<-p.reached
	do()
	close(p.resume)
	<-done
}

func races(t *testing.T, open Open) {
	scenario(t, open, "32 refreshes of one token give one rotation and one successor", func(w *World) {
		p := w.Acme.Owner
		w.Seen.Take()
		for round := range 10 {
			tokens, errs := make([]string, 32), make([]error, 32)
			together(len(tokens), func(i int) {
				granted, err := w.Refresh(p.RefreshToken, "")
				tokens[i], errs[i] = granted.RefreshToken, err
			})
			for i := range tokens {
				if errs[i] != nil || tokens[i] != tokens[0] || tokens[i] == p.RefreshToken {
					w.T.Fatalf("answer %d: %q, %v; want %q", i, tokens[i], errs[i], tokens[0])
				}
			}
			if g := int(w.Stands(p).Session.Generation); g != round+2 {
				w.T.Fatalf("generation %d, want %d", g, round+2)
			}
			if seen := w.Seen.Take(); seen["refresh rotated"] != 1 || seen["refresh replayed"] != 31 {
				w.T.Fatalf("counted %v", seen)
			}
			p.RefreshToken = tokens[0]
		}
	})
	afterRevocation(t, open)
	againstSignIn(t, open)
	thieves(t, open)
	scenario(t, open, "two owners who end the sessions of others at once", func(w *World) {
		ada, otto := w.Acme.Owner, w.Join(w.Acme, "Otto", "otto@acme.example", curfew.RoleOwner)
		for range 10 {
			w.NewEvents(w.Acme.ID())
			people, errs := []Person{ada, otto}, make([]error, 2)
			together(2, func(i int) {
				_, errs[i] = w.RevokeSessions(bg, people[i].Actor(), Origin, authority.ScopeOthers)
			})
			if (errs[0] == nil) == (errs[1] == nil) {
				w.T.Fatalf("both or neither: %v, %v", errs[0], errs[1])
			}
			loser := 0
			if errs[0] == nil {
				loser = 1
			}
			w.WantKind(errs[loser], curfew.KindSessionRevoked, curfew.ReasonOwnerOthers)
			w.Ended(people[loser], curfew.ReasonOwnerOthers, w.Clock.Now())
			w.Alive(people[1-loser])
			events := w.WantActions(w.Acme.ID(), audit.AccountSessionsRevokedBulk, audit.AccessDenied)
			if denied := events[1]; denied.Actor == nil || denied.Actor.ID != people[loser].User() {
				w.T.Errorf("denied: %+v", denied)
			}
			people[loser] = w.SignIn(people[loser].Email)
			ada, otto = people[0], people[1]
		}
	})
	scenario(t, open, "two sessions of one person that end each other at once", func(w *World) {
		one, two := w.Acme.Owner, w.SignIn(w.Acme.Owner.Email)
		for range 10 {
			people, errs := []Person{one, two}, make([]error, 2)
			together(2, func(i int) { _, errs[i] = w.RevokeMyOtherSessions(bg, people[i].Actor(), Origin) })
			if (errs[0] == nil) == (errs[1] == nil) {
				w.T.Fatalf("both or neither: %v, %v", errs[0], errs[1])
			}
			if errs[0] == nil {
				w.WantKind(errs[1], curfew.KindSessionRevoked, curfew.ReasonUserOthers)
				one, two = people[0], w.SignIn(one.Email)
			} else {
				w.WantKind(errs[0], curfew.KindSessionRevoked, curfew.ReasonUserOthers)
				one, two = w.SignIn(one.Email), people[1]
			}
		}
	})
	scenario(t, open, "an invitation accepted twice at once", func(w *World) {
		for i := range 10 {
			invite, link := w.Invite(w.Acme, fmt.Sprintf("b%d@acme.example", i), curfew.RoleMember)
			w.NewEvents(w.Acme.ID())
			errs := make([]error, 4)
			together(len(errs), func(i int) { _, errs[i] = w.accept(link, "Bob", Password) })
			accepted := 0
			for _, err := range errs {
				if err == nil {
					accepted++
				} else {
					w.WantKind(err, curfew.KindLinkInvalid)
				}
			}
			if accepted != 1 {
				w.T.Fatalf("accepted %d times", accepted)
			}
			denied := 0
			for _, e := range w.NewEvents(w.Acme.ID()) {
				if e.Action == audit.AccessDenied && e.ResourceID == invite.ID {
					denied++
				}
			}
			if denied != len(errs)-1 {
				w.T.Fatalf("%d refusals are audited, want %d", denied, len(errs)-1)
			}
		}
	})
	t.Run("the first sign-up, twice at once", func(t *testing.T) {
		for range 5 {
			w := NewWorld(t, open, func(c *authority.Config) { c.Signup = authority.SignupFirst })
			errs := make([]error, 4)
			together(len(errs), func(i int) {
				_, errs[i] = w.Authority.SignUp(bg, Origin, authority.SignUp{AccountName: "First", Name: "F", Email: fmt.Sprintf("f%d@first.example", i), Password: Password})
			})
			made := 0
			for _, err := range errs {
				if err == nil {
					made++
				} else {
					w.WantKind(err, curfew.KindSignupClosed)
				}
			}
			accounts, err := w.AllAccounts(bg)
			must(t, err)
			if made != 1 || len(accounts) != 1 {
				t.Fatalf("%d sign-ups, %d accounts", made, len(accounts))
			}
			w.CheckChains()
		}
	})
	scenario(t, open, "one address signs up twice at once", func(w *World) {
		for i := range 5 {
			errs := make([]error, 2)
			together(2, func(j int) {
				_, errs[j] = w.Authority.SignUp(bg, Origin, authority.SignUp{AccountName: "Twice", Name: "T", Email: fmt.Sprintf("T%d@twice.example", i), Password: Password})
			})
			if (errs[0] == nil) == (errs[1] == nil) {
				w.T.Fatalf("both or neither: %v, %v", errs[0], errs[1])
			}
			w.WantKind(errors.Join(errs...), curfew.KindEmailTaken)
		}
	})
}

// afterRevocation: once an ending was answered, no refresh that starts after it
// succeeds.
func afterRevocation(t *testing.T, open Open) {
	disable, enable := authority.UserChange{Disabled: ptr(true)}, authority.UserChange{Disabled: ptr(false)}
	for name, end := range map[string]func(w *World, p Person) error{
		"logout": func(w *World, p Person) error { return w.SignOut(bg, Origin, authority.SignOut{Token: p.RefreshToken}) },
		"revoke": func(w *World, p Person) error {
			return w.RevokeSession(bg, w.Acme.Owner.Actor(), Origin, p.Session())
		},
		"others": func(w *World, p Person) error {
			_, err := w.RevokeSessions(bg, w.Acme.Owner.Actor(), Origin, authority.ScopeOthers)
			return err
		},
		"disable": func(w *World, p Person) error {
			_, err := w.UpdateUser(bg, w.Acme.Owner.Actor(), Origin, p.User(), disable)
			return err
		},
	} {
		for _, young := range []bool{false, true} {
			scenario(t, open, fmt.Sprintf("refreshes against %s, young %v", name, young), func(w *World) {
				bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
				walkers := 1 // each rotation needs the one before
				if young {
					walkers = 4
				}
				for range 6 {
					p := w.MustRefresh(w.SignIn(bob.Email), "")
					var answered atomic.Bool
					together(1+walkers, func(i int) {
						if i == 0 {
							if err := end(w, p); err != nil {
								w.T.Error(err)
							}
							answered.Store(true)
							return
						}
						in := authority.Refresh{Token: p.RefreshToken}
						if young {
							in = w.Named(p.RefreshToken)
						}
						for {
							late := answered.Load()
							granted, err := w.Present(in)
							if err != nil {
								if curfew.KindOf(err) != curfew.KindSessionRevoked {
									w.T.Error(err)
								}
								return
							}
							if late {
								w.T.Error("a refresh that started after the answer succeeded")
								return
							}
							in.Token = granted.RefreshToken
						}
					})
					if _, over := w.Stands(p).End(w.Clock.Now()); !over {
						w.T.Fatal("alive")
					}
					if name == "disable" {
						_, err := w.UpdateUser(bg, w.Acme.Owner.Actor(), Origin, p.User(), enable)
						must(w.T, err)
					}
				}
			})
		}
	}
	scenario(t, open, "a retry with its attempt after a revocation", func(w *World) {
		p := w.SignIn(w.Acme.Owner.Email)
		w.MustRefresh(p, "attempt-one-16-chars")
		must(w.T, w.RevokeSession(bg, w.Acme.Owner.Actor(), Origin, p.Session()))
		_, err := w.Refresh(p.RefreshToken, "attempt-one-16-chars")
		w.WantKind(err, curfew.KindSessionRevoked, curfew.ReasonOwnerSession)
		q := w.SignIn(w.Acme.Owner.Email)
		w.MustRefresh(q, "attempt-one-16-chars")
		_, err = w.EndSessions(bg, w.Acme.ID(), nil)
		must(w.T, err)
		_, err = w.Refresh(q.RefreshToken, "attempt-one-16-chars")
		w.WantKind(err, curfew.KindSessionRevoked, curfew.ReasonOperator)
	})
}

// againstSignIn: a sign-in that races with an ending is dead or after it, never
// alive under what the ending ended.
func againstSignIn(t *testing.T, open Open) {
	scenario(t, open, "revoke-all against sign-in", func(w *World) {
		owner := w.Acme.Owner
		for range 10 {
			var raced Person
			var answered atomic.Bool
			var late bool
			together(2, func(i int) {
				if i == 0 {
					if _, err := w.RevokeSessions(bg, owner.Actor(), Origin, authority.ScopeAll); err != nil {
						w.T.Error(err)
					}
					answered.Store(true)
					return
				}
				late = answered.Load()
				p, err := w.TrySignIn(owner.Email)
				if err != nil {
					w.T.Error(err)
				}
				raced = p
			})
			st := w.Stands(raced)
			_, over := st.End(w.Clock.Now())
			if late && over || !over && st.Session.AccountEpoch != st.Account.SessionEpoch || over && st.AccountRaise == nil {
				w.T.Fatalf("over %v, epoch %d of %d", over, st.Session.AccountEpoch, st.Account.SessionEpoch)
			}
			w.Ended(owner, curfew.ReasonOwnerAll, w.Clock.Now())
			owner = w.SignIn(owner.Email)
		}
	})
	for _, c := range []struct {
		name string
		do   func(w *World, bob Person) error
		kind curfew.Kind // "" for a sign-in that starts over and succeeds
	}{
		{"a password change", func(w *World, bob Person) error {
			return w.ChangePassword(bg, bob.Actor(), Origin, Password, "another horse, another battery")
		}, curfew.KindInvalidCredentials},
		{"the operator's password", func(w *World, bob Person) error {
			_, err := w.SetPassword(bg, bob.Email, "another horse, another battery")
			return err
		}, curfew.KindInvalidCredentials},
		{"a reset", func(w *World, bob Person) error {
			return w.ResetPassword(bg, Origin, w.ResetLink(w.Acme.Owner, bob.User()), NewPassword)
		}, curfew.KindInvalidCredentials},
		{"disabling", func(w *World, bob Person) error {
			_, err := w.UpdateUser(bg, w.Acme.Owner.Actor(), Origin, bob.User(), authority.UserChange{Disabled: ptr(true)})
			return err
		}, curfew.KindInvalidCredentials},
		{"revoke-all", func(w *World, _ Person) error { _, err := w.EndSessions(bg, w.Acme.ID(), nil); return err }, ""},
		{"the ending of a user's", func(w *World, bob Person) error {
			_, err := w.EndSessions(bg, w.Acme.ID(), ptr(bob.User()))
			return err
		}, ""},
	} {
		scenario(t, open, c.name+" after the password was checked and before the session is born", func(w *World) {
			bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
			var p Person
			var err error
			w.between(func(slow *World) { p, err = slow.TrySignIn(bob.Email) }, func() { must(w.T, c.do(w, bob)) })
			if c.kind != "" {
				w.WantKind(err, c.kind)
				return
			}
			must(w.T, err)
			w.Alive(p)
			if st := w.Stands(p); st.Session.AccountEpoch != st.Account.SessionEpoch || st.Session.UserEpoch != st.User.SessionEpoch {
				w.T.Errorf("born under an old epoch: %+v", st)
			}
		})
	}
	scenario(t, open, "a password changed twice with one current password", func(w *World) {
		bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
		var err error
		w.between(func(slow *World) {
			err = slow.ChangePassword(bg, bob.Actor(), Origin, Password, "a thief's horse and battery")
		}, func() {
			must(w.T, w.ChangePassword(bg, bob.Actor(), Origin, Password, "another horse, another battery"))
		})
		w.WantKind(err, curfew.KindInvalidRequest)
		_, err = w.Authority.SignIn(bg, Origin, authority.SignIn{Email: bob.Email, Password: "another horse, another battery"})
		must(w.T, err)
	})
	scenario(t, open, "a password change by a session that was ended meanwhile", func(w *World) {
		bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
		var err error
		w.between(func(slow *World) {
			err = slow.ChangePassword(bg, bob.Actor(), Origin, Password, "a thief's horse and battery")
		}, func() { must(w.T, w.RevokeSession(bg, w.Acme.Owner.Actor(), Origin, bob.Session())) })
		w.WantKind(err, curfew.KindSessionRevoked, curfew.ReasonOwnerSession)
		w.SignIn(bob.Email) // with the old password still
	})
	scenario(t, open, "an invitation taken back while it is accepted", func(w *World) {
		invite, link := w.Invite(w.Acme, "bob@acme.example", curfew.RoleMember)
		var err error
		w.between(func(slow *World) { _, err = slow.accept(link, "Bob", Password) },
			func() { must(w.T, w.DeleteInvite(bg, w.Acme.Owner.Actor(), Origin, invite.ID)) })
		w.WantKind(err, curfew.KindLinkInvalid)
		w.deniedFor(curfew.ZeroID, curfew.ZeroID, "unknown_link")
	})
}
