package storetest

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/token"
)

// NewPassword is what people of the tests change theirs to.
const NewPassword = "another horse, another battery"

// ResetLink makes a person's link to a new password and is its token.
func (w *World) ResetLink(by Person, user curfew.ID) string {
	w.T.Helper()
	made, err := w.CreateResetLink(bg, by.Actor(), Origin, user)
	must(w.T, err)
	return w.tokenOf(made.URL)
}

// resetDenied fails the test unless a link was refused as invalid, and that
// audited for a cause.
func (w *World) resetDenied(err error, account, user curfew.ID, cause string) {
	w.T.Helper()
	w.WantKind(err, curfew.KindLinkInvalid)
	e := w.WantActions(account, audit.AccessDenied)[0]
	var details struct{ Operation, Cause string }
	must(w.T, json.Unmarshal(e.Details, &details))
	if details.Operation != "reset" || details.Cause != cause || e.ResourceID != user {
		w.T.Errorf("event %+v with %s, want cause %s", e, e.Details, cause)
	}
}

// signInWith tries a password.
func (w *World) signInWith(email, password string) error {
	_, err := w.Authority.SignIn(bg, Origin, authority.SignIn{Email: email, Password: password})
	return err
}

func resets(t *testing.T, open Open) {
	scenario(t, open, "once", func(w *World) {
		bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
		bob2 := w.SignIn(bob.Email)
		w.NewEvents(w.Acme.ID())
		link := w.ResetLink(w.Acme.Owner, bob.User())
		seen, err := w.Reset(bg, Origin, link)
		must(w.T, err)
		if seen.Name != "Bob" || seen.Email != bob.Email || !seen.ExpiresAt.Equal(w.Clock.Now().Add(time.Hour)) {
			w.T.Errorf("%+v", seen)
		}
		w.Alive(bob)
		must(w.T, w.ResetPassword(bg, Origin, link, NewPassword))
		w.Ended(bob, curfew.ReasonPasswordChanged, w.Clock.Now())
		w.Ended(bob2, curfew.ReasonPasswordChanged, w.Clock.Now())
		w.Alive(w.Acme.Owner)
		events := w.WantActions(w.Acme.ID(), audit.UserResetLinkCreate, audit.UserPasswordReset)
		if string(events[1].Details) != `{"revoked_count":2,"link_by":"`+w.Acme.Owner.User().String()+`"}` {
			w.T.Errorf("details %s", events[1].Details)
		}
		w.resetDenied(w.ResetPassword(bg, Origin, link, "a thief's horse and battery"), w.Acme.ID(), bob.User(), "spent_link")
		_, err = w.Reset(bg, Origin, link)
		w.resetDenied(err, w.Acme.ID(), bob.User(), "spent_link")
		w.WantKind(w.signInWith(bob.Email, Password), curfew.KindInvalidCredentials)
		must(w.T, w.signInWith(bob.Email, NewPassword))
	})
	for _, b := range boundary {
		scenario(t, open, "late, "+b.name, func(w *World) {
			bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
			link := w.ResetLink(w.Acme.Owner, bob.User())
			w.Clock.Add(time.Hour + b.off)
			w.NewEvents(w.Acme.ID())
			err := w.ResetPassword(bg, Origin, link, NewPassword)
			if !b.over {
				must(w.T, err)
				return
			}
			w.resetDenied(err, w.Acme.ID(), bob.User(), "late_link")
			must(w.T, w.signInWith(bob.Email, Password))
		})
	}
	scenario(t, open, "a newer link takes the place of the older, spent or not", func(w *World) {
		ada := w.Acme.Owner
		bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
		first, second := w.ResetLink(ada, bob.User()), w.ResetLink(ada, bob.User())
		w.NewEvents(w.Acme.ID())
		w.resetDenied(w.ResetPassword(bg, Origin, first, NewPassword), w.Acme.ID(), bob.User(), "unknown_link")
		must(w.T, w.ResetPassword(bg, Origin, second, NewPassword))
		third := w.ResetLink(ada, bob.User())
		w.NewEvents(w.Acme.ID())
		w.resetDenied(w.ResetPassword(bg, Origin, second, Password), w.Acme.ID(), bob.User(), "unknown_link")
		must(w.T, w.ResetPassword(bg, Origin, third, Password))
	})
	scenario(t, open, "wrong in any way", func(w *World) {
		bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
		link := w.ResetLink(w.Acme.Owner, bob.User())
		same, _ := token.NewLink(token.LinkReset, w.Acme.ID(), bob.User()) // the right row, another secret
		elsewhere, _ := token.NewLink(token.LinkReset, w.Other.ID(), bob.User())
		nobody, _ := token.NewLink(token.LinkReset, w.Acme.ID(), w.Acme.Owner.User()) // a person without a link
		_, invitation := w.Invite(w.Acme, "ivy@acme.example", curfew.RoleMember)
		w.NewEvents(w.Acme.ID())
		w.NewEvents(curfew.ZeroID)
		w.resetDenied(w.ResetPassword(bg, Origin, same, NewPassword), w.Acme.ID(), bob.User(), "unknown_link")
		for _, text := range []string{"", "x", link[1:], link + "A", elsewhere, nobody, invitation} {
			w.resetDenied(w.ResetPassword(bg, Origin, text, NewPassword), curfew.ZeroID, curfew.ZeroID, "unknown_link")
			_, err := w.Reset(bg, Origin, text)
			w.resetDenied(err, curfew.ZeroID, curfew.ZeroID, "unknown_link")
		}
		must(w.T, w.ResetPassword(bg, Origin, link, NewPassword))
	})
	scenario(t, open, "a refused password does not spend the link, and changes nothing", func(w *World) {
		bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
		link := w.ResetLink(w.Acme.Owner, bob.User())
		before := w.all(w.Acme.ID())
		for _, password := range []string{"", "short", "bob@acme.example"} {
			w.WantKind(w.ResetPassword(bg, Origin, link, password), curfew.KindInvalidRequest)
		}
		if !sameState(before, w.all(w.Acme.ID())) {
			w.T.Error("half done")
		}
		must(w.T, w.ResetPassword(bg, Origin, link, NewPassword))
	})
	resetEnds(t, open)
	scenario(t, open, "for whom there is none", func(w *World) {
		ada := w.Acme.Owner.Actor()
		bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
		sso := w.Join(w.Acme, "Sid", "sid@acme.example", curfew.RoleMember)
		w.Tx(func(ctx context.Context, tx authority.Tx) error {
			return tx.SetPassword(ctx, w.Acme.ID(), sso.User(), "")
		})
		before := w.all(w.Acme.ID())
		for _, c := range []struct {
			by   curfew.Actor
			of   curfew.ID
			kind curfew.Kind
		}{
			{ada, sso.User(), curfew.KindNoPassword}, {ada, ada.UserID, curfew.KindInvalidRequest}, {ada, w.Other.Owner.User(), curfew.KindNotFound}, {ada, curfew.ID{15: 1}, curfew.KindNotFound},
			{bob.Actor(), bob.User(), curfew.KindForbidden}, {bob.Actor(), ada.UserID, curfew.KindForbidden}, {w.Other.Owner.Actor(), bob.User(), curfew.KindNotFound},
		} {
			_, err := w.CreateResetLink(bg, c.by, Origin, c.of)
			w.WantKind(err, c.kind)
		}
		if !sameState(before, w.all(w.Acme.ID())) {
			w.T.Error("something was made")
		}
		_, err := w.UpdateUser(bg, ada, Origin, bob.User(), authority.UserChange{Disabled: ptr(true)})
		must(w.T, err)
		_, err = w.CreateResetLink(bg, ada, Origin, bob.User())
		w.WantKind(err, curfew.KindInvalidRequest)
	})
	resetRaces(t, open)
}

// resetEnds: what ends a link before its time, and what does not.
func resetEnds(t *testing.T, open Open) {
	for _, c := range []struct {
		name  string
		do    func(w *World, bob, otto Person) error
		cause string // "" for a link that still works
	}{
		{"a password change", func(w *World, bob, _ Person) error {
			return w.ChangePassword(bg, bob.Actor(), Origin, Password, "yet another horse and battery")
		}, "ended_link"},
		{"the operator's password", func(w *World, bob, _ Person) error {
			_, err := w.SetPassword(bg, bob.Email, "yet another horse and battery")
			return err
		}, "ended_link"},
		{"the ending of their sessions", func(w *World, bob, _ Person) error {
			_, err := w.RevokeUserSessions(bg, w.Acme.Owner.Actor(), Origin, bob.User())
			return err
		}, "ended_link"},
		{"disabling", func(w *World, bob, _ Person) error {
			_, err := w.UpdateUser(bg, w.Acme.Owner.Actor(), Origin, bob.User(), authority.UserChange{Disabled: ptr(true)})
			return err
		}, "disabled"},
		{"disabling and enabling", func(w *World, bob, _ Person) error {
			_, err := w.UpdateUser(bg, w.Acme.Owner.Actor(), Origin, bob.User(), authority.UserChange{Disabled: ptr(true)})
			must(w.T, err)
			_, err = w.UpdateUser(bg, w.Acme.Owner.Actor(), Origin, bob.User(), authority.UserChange{Disabled: ptr(false)})
			return err
		}, "ended_link"},
		{"the loss of the password", func(w *World, bob, _ Person) error {
			return w.Store.InTx(bg, curfew.ZeroID, func(ctx context.Context, tx authority.Tx) error {
				return tx.SetPassword(ctx, w.Acme.ID(), bob.User(), "")
			})
		}, "no_password"},
		{"its maker's demotion", func(w *World, _, otto Person) error {
			_, err := w.UpdateUser(bg, w.Acme.Owner.Actor(), Origin, otto.User(), authority.UserChange{Role: ptr(curfew.RoleMember)})
			return err
		}, "link_of_nobody"},
		{"its maker's disabling", func(w *World, _, otto Person) error {
			_, err := w.UpdateUser(bg, w.Acme.Owner.Actor(), Origin, otto.User(), authority.UserChange{Disabled: ptr(true)})
			return err
		}, "link_of_nobody"},
		{"its maker's sign-out", func(w *World, _, otto Person) error {
			return w.SignOut(bg, Origin, authority.SignOut{Token: otto.RefreshToken})
		}, ""},
		{"a sign-in", func(w *World, bob, _ Person) error { _, err := w.TrySignIn(bob.Email); return err }, ""},
	} {
		scenario(t, open, "after "+c.name, func(w *World) {
			bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
			otto := w.Join(w.Acme, "Otto", "otto@acme.example", curfew.RoleOwner)
			link := w.ResetLink(otto, bob.User())
			must(w.T, c.do(w, bob, otto))
			w.NewEvents(w.Acme.ID())
			err := w.ResetPassword(bg, Origin, link, NewPassword)
			if c.cause == "" {
				must(w.T, err)
				return
			}
			w.resetDenied(err, w.Acme.ID(), bob.User(), c.cause)
			w.WantKind(w.signInWith(bob.Email, NewPassword), curfew.KindInvalidCredentials)
		})
		if c.cause == "" {
			continue
		}
		scenario(t, open, c.name+" between the look at a link and its use", func(w *World) {
			bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
			otto := w.Join(w.Acme, "Otto", "otto@acme.example", curfew.RoleOwner)
			link := w.ResetLink(otto, bob.User())
			var err error
			w.between(func(slow *World) { err = slow.ResetPassword(bg, Origin, link, NewPassword) }, func() {
				must(w.T, c.do(w, bob, otto))
				w.NewEvents(w.Acme.ID())
			})
			w.resetDenied(err, w.Acme.ID(), bob.User(), c.cause)
			w.WantKind(w.signInWith(bob.Email, NewPassword), curfew.KindInvalidCredentials)
		})
	}
}

func resetRaces(t *testing.T, open Open) {
	scenario(t, open, "used twice at once", func(w *World) {
		bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
		for range 10 {
			link := w.ResetLink(w.Acme.Owner, bob.User())
			w.NewEvents(w.Acme.ID())
			errs := make([]error, 4)
			passwords := []string{"the first horse and battery", "the second horse and battery", "the third horse and battery", "the fourth horse and battery"}
			together(len(errs), func(i int) { errs[i] = w.ResetPassword(bg, Origin, link, passwords[i]) })
			winners := 0
			for i, err := range errs {
				if err == nil {
					winners++
					must(w.T, w.signInWith(bob.Email, passwords[i]))
					continue
				}
				w.WantKind(err, curfew.KindLinkInvalid)
				w.WantKind(w.signInWith(bob.Email, passwords[i]), curfew.KindInvalidCredentials)
			}
			if winners != 1 {
				w.T.Fatalf("used %d times", winners)
			}
		}
	})
	scenario(t, open, "two links made at once: one works", func(w *World) {
		bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
		links := make([]authority.NewResetLink, 4)
		errs := make([]error, len(links))
		together(len(links), func(i int) {
			links[i], errs[i] = w.CreateResetLink(bg, w.Acme.Owner.Actor(), Origin, bob.User())
		})
		working := 0
		for i := range links {
			must(w.T, errs[i])
			if _, err := w.Reset(bg, Origin, w.tokenOf(links[i].URL)); err == nil {
				working++
			}
		}
		if working != 1 {
			w.T.Errorf("%d links work", working)
		}
	})
	scenario(t, open, "a newer link between the look at the older and its use", func(w *World) {
		bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
		older := w.ResetLink(w.Acme.Owner, bob.User())
		var newer string
		var err error
		w.between(func(slow *World) { err = slow.ResetPassword(bg, Origin, older, "a thief's horse and battery") }, func() {
			newer = w.ResetLink(w.Acme.Owner, bob.User())
			w.NewEvents(w.Acme.ID())
		})
		w.resetDenied(err, w.Acme.ID(), bob.User(), "unknown_link")
		must(w.T, w.ResetPassword(bg, Origin, newer, NewPassword))
	})
}
