package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// useCases are what the engine fails under, call by call. want is the kind of
// the answer when nothing fails, "" for success.
var useCases = []struct {
	name string
	make func(w *World) func() error
	want curfew.Kind
}{
	{"sign-in", func(w *World) func() error {
		return func() error { _, err := w.TrySignIn(w.Acme.Owner.Email); return err }
	}, ""},
	{"refused sign-in", func(w *World) func() error {
		return func() error { return w.guess(Origin.IP, w.Acme.Owner.Email, "wrong", "") }
	}, curfew.KindInvalidCredentials},
	{"refresh", func(w *World) func() error {
		return func() error { _, err := w.Refresh(w.Acme.Owner.RefreshToken, "attempt-one-16-chars"); return err }
	}, ""},
	{"replay", func(w *World) func() error {
		w.MustRefresh(w.Acme.Owner, "attempt-one-16-chars")
		return func() error { _, err := w.Refresh(w.Acme.Owner.RefreshToken, "attempt-one-16-chars"); return err }
	}, ""},
	{"reuse", func(w *World) func() error {
		p := w.SignIn(w.Acme.Owner.Email)
		w.MustRefresh(p, "attempt-one-16-chars")
		return func() error { _, err := w.Refresh(p.RefreshToken, ""); return err }
	}, curfew.KindRefreshTokenReused},
	{"sign-out", func(w *World) func() error {
		p := w.SignIn(w.Acme.Owner.Email)
		return func() error {
			return w.SignOut(bg, Origin, authority.SignOut{Cookie: p.RefreshToken, Bearer: w.Acme.Owner.AccessToken})
		}
	}, ""},
	{"revoke one", func(w *World) func() error {
		p := w.SignIn(w.Acme.Owner.Email)
		return func() error { return w.RevokeSession(bg, w.Acme.Owner.Actor(), Origin, p.Session()) }
	}, ""},
	{"revoke all", func(w *World) func() error {
		return func() error {
			_, err := w.RevokeSessions(bg, w.Acme.Owner.Actor(), Origin, authority.ScopeAll)
			return err
		}
	}, ""},
	{"revoke others", func(w *World) func() error {
		w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
		return func() error {
			_, err := w.RevokeSessions(bg, w.Acme.Owner.Actor(), Origin, authority.ScopeOthers)
			return err
		}
	}, ""},
	{"set policy", func(w *World) func() error {
		w.SignIn(w.Acme.Owner.Email)
		w.Clock.Add(20 * time.Minute)
		p := w.SignIn(w.Acme.Owner.Email) // it does not end, and may ask again
		return func() error { _, err := w.SetPolicy(bg, p.Actor(), Origin, setAll(15, 60)); return err }
	}, ""},
	{"change password", func(w *World) func() error {
		w.SignIn(w.Acme.Owner.Email)
		return func() error {
			return w.ChangePassword(bg, w.Acme.Owner.Actor(), Origin, Password, "another horse, another battery")
		}
	}, ""},
	{"accept an invitation", func(w *World) func() error {
		_, link := w.Invite(w.Acme, "bob@acme.example", curfew.RoleMember)
		return func() error { _, err := w.accept(link, "Bob", Password); return err }
	}, ""},
	{"a link that was spent", func(w *World) func() error {
		_, link := w.Invite(w.Acme, "bob@acme.example", curfew.RoleMember)
		_, err := w.accept(link, "Bob", Password)
		must(w.T, err)
		return func() error { _, err := w.accept(link, "Bob", Password); return err }
	}, curfew.KindLinkInvalid},
	{"make a link to a new password", func(w *World) func() error {
		bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
		return func() error {
			_, err := w.CreateResetLink(bg, w.Acme.Owner.Actor(), Origin, bob.User())
			return err
		}
	}, ""},
	{"set a new password by a link", func(w *World) func() error {
		bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
		link := w.ResetLink(w.Acme.Owner, bob.User())
		return func() error { return w.ResetPassword(bg, Origin, link, NewPassword) }
	}, ""},
	{"disable", func(w *World) func() error {
		bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleOwner)
		return func() error {
			_, err := w.UpdateUser(bg, w.Acme.Owner.Actor(), Origin, bob.User(), authority.UserChange{Disabled: ptr(true), Role: ptr(curfew.RoleMember)})
			return err
		}
	}, ""},
	{"a bulk ending by one who is signed out", func(w *World) func() error {
		p := w.SignIn(w.Acme.Owner.Email)
		must(w.T, w.SignOut(bg, Origin, authority.SignOut{Token: p.RefreshToken}))
		return func() error { _, err := w.RevokeSessions(bg, p.Actor(), Origin, authority.ScopeAll); return err }
	}, curfew.KindSessionRevoked},
	{"lists", func(w *World) func() error {
		return func() error {
			_, _, err := w.Sessions(bg, w.Acme.Owner.Actor(), authority.SessionFilter{}, authority.Page[authority.SessionKey]{Limit: 10})
			return err
		}
	}, ""},
	{"sweep", func(w *World) func() error {
		p := w.SignIn(w.Acme.Owner.Email)
		_, err := w.RevokeUserSessions(bg, p.Actor(), Origin, p.User())
		must(w.T, err)
		w.Clock.Add(2 * time.Hour)
		return func() error { _, err := w.Sweep(bg); return err }
	}, ""},
	{"retention of sessions", func(w *World) func() error {
		w.otherMayChange = true
		w.Clock.Add(100 * day)
		r := &authority.SessionRetention{Store: w.Store, Now: w.Clock.Now, Keep: day}
		return func() error { _, err := r.Pass(bg, always); return err }
	}, ""},
	{"retention of the audit log", func(w *World) func() error {
		w.otherMayChange = true
		w.Clock.Add(100 * day)
		r := &authority.AuditRetention{Store: w.Store, Now: w.Clock.Now, Chain: w.Chain, Keep: day}
		return func() error { _, err := r.Pass(bg, always); return err }
	}, ""},
	{"rotation of the signing keys", func(w *World) func() error {
		w.Clock.Add(100 * day)
		return func() error { _, err := w.Keys.RotateDue(bg, w.Clock.Now()); return err }
	}, ""},
}

// inSteps are the use cases that commit more than once.
var inSteps = []string{"set policy", "sweep", "retention of sessions", "retention of the audit log"}

// faults fails the n-th call to the engine, for every n there is: what was not
// committed left nothing behind, and the same request works once the engine
// does.
func faults(t *testing.T, open Open) {
	for _, c := range useCases {
		scenario(t, open, c.name, func(w *World) {
			do := c.make(w)
			before, logged := w.all(w.Acme.ID()), w.Logged()
			for n := int32(1); ; n++ {
				var seen atomic.Int32
				var failed atomic.Pointer[Call]
				w.Tap.Watch(func(call Call) error {
					if call.Op != OpCommitted && seen.Add(1) == n {
						failed.Store(&call)
						return errInjected
					}
					return nil
				})
				err := do()
				w.Tap.Watch(nil)
				at := failed.Load()
				if at == nil { // there was no n-th call: it went through
					if c.want == "" {
						must(w.T, err)
					} else {
						w.WantKind(err, c.want)
					}
					if n < 2 {
						w.T.Fatal("the engine was never asked")
					}
					break
				}
				where := fmt.Sprintf("call %d, %s %s", n, at.Op, at.SQL)
				if err == nil {
					w.T.Fatalf("%s failed, and the answer is success", where)
				}
				if kind := curfew.KindOf(err); kind != curfew.KindUnavailable {
					w.T.Errorf("%s failed: kind %s, %v", where, kind, err)
				}
				if slices.Contains(inSteps, c.name) {
					continue
				}
				if after := w.all(w.Acme.ID()); !sameState(before, after) {
					w.T.Fatalf("%s failed, and left something behind:\n%+v\n%+v", where, before, after)
				}
				if after := w.Logged(); !reflect.DeepEqual(logged, after) {
					w.T.Fatalf("%s failed, and verifiers are told all the same: %+v", where, after)
				}
			}
		})
		scenario(t, open, c.name+", every answer to a commit lost", func(w *World) {
			do := c.make(w)
			w.Tap.Watch(func(call Call) error {
				if call.Op == OpCommitted {
					return errInjected
				}
				return nil
			})
			err := do()
			w.Tap.Watch(nil)
			// Never a word of success about what is not known, unless it is known
			// after all; and never anything half done: the chains still hold.
			if err != nil {
				w.WantKind(err, curfew.KindUnavailable)
			}
			w.CheckChains()
		})
	}
}
