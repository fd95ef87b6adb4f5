package storetest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/token"
)

// attacks are ways in that were open once, or stand open elsewhere.
func attacks(t *testing.T, open Open) {
	throttled := func(c *authority.Config) { c.ThrottleOff = false }

	scenario(t, open, "a flood of names that nobody has writes few lines", func(w *World) {
		w.NewEvents(curfew.ZeroID)
		refused := 0
		for i := range 200 {
			if err := w.guess("192.0.2.99", fmt.Sprintf("nobody%d@nowhere.example", i), "wrong", ""); curfew.KindOf(err) == curfew.KindRateLimited {
				refused++
			}
		}
		if refused != 170 {
			w.T.Errorf("%d were turned away, want all but the first 30", refused)
		}
		if events := w.NewEvents(curfew.ZeroID); len(events) != 40 {
			w.T.Errorf("%d events were written, want 30 refusals and ten for the rest", len(events))
		}
	}, throttled)

	scenario(t, open, "one site of IPv6 is no crowd", func(w *World) {
		tried := 0
		for i := range 300 {
			if err := w.guess(fmt.Sprintf("2001:db8:1:%x::1", i), w.Acme.Owner.Email, "wrong", ""); curfew.KindOf(err) == curfew.KindInvalidCredentials {
				tried++
			}
		}
		if tried != 10 {
			w.T.Errorf("%d guesses at one name were let through, want 10", tried)
		}
	}, throttled)

	scenario(t, open, "hoarded marks of known browsers die with the password", func(w *World) {
		var hoard []string
		for range 5 {
			hoard = append(hoard, w.SignIn(w.Acme.Owner.Email).Browser)
		}
		owner := w.SignIn(w.Acme.Owner.Email)
		must(w.T, w.ChangePassword(bg, owner.Actor(), Origin, Password, "another correct horse staple"))
		tried := 0
		for _, browser := range hoard {
			for range 20 {
				if err := w.guess("192.0.2.99", owner.Email, "wrong", browser); curfew.KindOf(err) == curfew.KindInvalidCredentials {
					tried++
				}
			}
		}
		if tried != 10 {
			w.T.Errorf("%d guesses were let through, want a stranger's 10", tried)
		}
	}, throttled)

	scenario(t, open, "a dismissed owner's own invitation is worth nothing", func(w *World) {
		ada := w.Acme.Owner
		second := w.Join(w.Acme, "Sue", "sue@acme.example", curfew.RoleOwner)
		for name, change := range map[string]authority.UserChange{
			"disabled": {Disabled: ptr(true)}, "demoted": {Role: ptr(curfew.RoleMember)},
		} {
			victim := w.Join(w.Acme, "Eve "+name, name+"@acme.example", curfew.RoleOwner)
			made, err := w.CreateInvite(bg, victim.Actor(), Origin, "back-"+name+"@elsewhere.example", curfew.RoleOwner)
			must(w.T, err)
			_, link, _ := strings.Cut(made.URL, "#token=")
			_, err = w.Invitation(bg, Origin, link)
			must(w.T, err)
			_, err = w.UpdateUser(bg, second.Actor(), Origin, victim.User(), change)
			must(w.T, err)
			w.NewEvents(w.Acme.ID())
			_, err = w.accept(link, "Eve again", Password)
			w.WantKind(err, curfew.KindLinkInvalid)
			w.deniedFor(w.Acme.ID(), made.Invite.ID, "link_of_nobody")
			list, err := w.Invites(bg, ada.Actor(), authority.Page[authority.InviteKey]{Limit: 50})
			must(w.T, err)
			if len(list.Items) != 0 {
				w.T.Errorf("%s: the invitation is still listed", name)
			}
		}
	})

	scenario(t, open, "whoever goes away leaves a trace all the same", func(w *World) {
		gone, cancel := context.WithCancel(bg)
		cancel()
		first := w.SignIn(w.Acme.Owner.Email)
		w.MustRefresh(w.MustRefresh(first, "attempt-number-one"), "attempt-number-two")
		w.NewEvents(w.Acme.ID())
		// The first look is refused by the context; the reuse was seen before.
		_, err := w.Authority.Refresh(gone, Origin, authority.Refresh{Token: first.RefreshToken})
		if err == nil {
			w.T.Fatal("a spent token was taken")
		}
		_, err = w.Refresh(first.RefreshToken, "")
		w.WantKind(err, curfew.KindRefreshTokenReused)
		w.WantActions(w.Acme.ID(), audit.SessionReuseDetected)
	})

	scenario(t, open, "a member does not fill the audit log with refusals", func(w *World) {
		bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
		w.NewEvents(w.Acme.ID())
		for range 200 {
			w.WantKind(w.Deny(bg, bob.Actor(), Origin, "getSecurity"), curfew.KindForbidden)
		}
		if events := w.NewEvents(w.Acme.ID()); len(events) != 30 {
			w.T.Errorf("%d events were written, want the first 30", len(events))
		}
	})

	scenario(t, open, "raises for nothing are not recorded", func(w *World) {
		owner := w.Acme.Owner
		for range 3 {
			n, err := w.RevokeMyOtherSessions(bg, owner.Actor(), Origin)
			must(w.T, err)
			m, err := w.revoke(owner.Actor(), authority.ScopeOthers)
			must(w.T, err)
			if n != 0 || m != 0 {
				w.T.Errorf("revoked %d and %d", n, m)
			}
		}
		w.View(func(ctx context.Context, r authority.Reader) error {
			accounts, err := r.RaisedAccounts(ctx)
			if len(accounts) != 0 {
				w.T.Errorf("raises in %d accounts", len(accounts))
			}
			return err
		})
		w.Alive(owner)
	})
}

// keys are the life of signing keys and of the secret that seals them.
func signingKeys(t *testing.T, open Open) {
	kids := func(w *World, keys authority.Keys) (kids []string) {
		w.T.Helper()
		loaded, err := keys.Load(bg, w.Clock.Now())
		must(w.T, err)
		must(w.T, w.Ring.Replace(loaded))
		for _, k := range loaded {
			kids = append(kids, k.KID)
		}
		return kids
	}
	current := func(w *World) string {
		w.T.Helper()
		key, err := w.Ring.Current(w.Clock.Now())
		must(w.T, err)
		return key.KID
	}

	scenario(t, open, "a token signed before a rotation is good until it expires", func(w *World) {
		before := w.Acme.Owner
		w.MustRefresh(before, "")
		key, err := w.Keys.Rotate(bg, w.Clock.Now(), 0)
		must(w.T, err)
		if got := kids(w, w.Keys); len(got) != 2 || current(w) != key.KID {
			w.T.Fatalf("keys %v, current %s, want %s", got, current(w), key.KID)
		}
		w.Clock.Set(before.AccessTokenExpiresAt.Add(-time.Microsecond))
		_, err = w.Authenticate(bg, before.AccessToken)
		must(w.T, err)
		w.Clock.Set(before.AccessTokenExpiresAt)
		_, err = w.Authenticate(bg, before.AccessToken)
		w.WantKind(err, curfew.KindInvalidToken)
		w.Clock.Add(time.Hour)
		if got := kids(w, w.Keys); len(got) != 1 || got[0] != key.KID {
			w.T.Errorf("keys %v, want the new one alone", got)
		}
	})

	scenario(t, open, "a rotation at once is not undone by one that was waiting", func(w *World) {
		pending, err := w.Keys.Rotate(bg, w.Clock.Now(), authority.SigningKeyLead)
		must(w.T, err)
		w.Clock.Add(time.Minute)
		now, err := w.Keys.Rotate(bg, w.Clock.Now(), 0)
		must(w.T, err)
		for range 30 {
			for _, kid := range kids(w, w.Keys) {
				if kid == pending.KID {
					w.T.Fatal("the key that never signed is still there")
				}
			}
			if current(w) != now.KID {
				w.T.Fatalf("%s signs, want %s", current(w), now.KID)
			}
			w.Clock.Add(time.Minute)
		}
	})

	scenario(t, open, "after a leak older keys are withdrawn at once", func(w *World) {
		w.Clock.Add(time.Second)
		key, err := w.Keys.Rotate(bg, w.Clock.Now(), 0)
		must(w.T, err)
		must(w.T, w.Keys.Withdraw(bg, w.Clock.Now()))
		if got := kids(w, w.Keys); len(got) != 1 || got[0] != key.KID {
			w.T.Errorf("keys %v, want %s alone", got, key.KID)
		}
		_, err = w.Authenticate(bg, w.Acme.Owner.AccessToken)
		w.WantKind(err, curfew.KindInvalidToken)
		granted, err := w.Refresh(w.Acme.Owner.RefreshToken, "")
		must(w.T, err)
		_, err = w.Authenticate(bg, granted.AccessToken)
		must(w.T, err)
	})

	scenario(t, open, "a secret can be phased out", func(w *World) {
		old, fresh := []byte("a secret of the tests, 32 bytes or more"), []byte("another secret of the tests, as long as it")
		both, err := token.NewSecrets(fresh, old)
		must(w.T, err)
		alone, err := token.NewSecrets(fresh)
		must(w.T, err)
		w.Clock.Add(time.Second)
		if _, err := (authority.Keys{Store: w.Store, Secrets: alone, Alg: token.AlgEdDSA}).Load(bg, w.Clock.Now()); err == nil {
			w.T.Fatal("another secret opens the keys")
		}
		must(w.T, authority.Keys{Store: w.Store, Secrets: both, Alg: token.AlgEdDSA}.Ensure(bg, w.Clock.Now()))
		if got := kids(w, authority.Keys{Store: w.Store, Secrets: alone, Alg: token.AlgEdDSA}); len(got) != 1 {
			w.T.Errorf("keys %v, want the one there was", got)
		}
		_, err = w.Authenticate(bg, w.Acme.Owner.AccessToken)
		must(w.T, err)
	})
}
