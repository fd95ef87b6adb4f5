package storetest

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/token"
)

// accept accepts an invitation.
func (w *World) accept(link, name, password string) (authority.Granted, error) {
	return w.AcceptInvite(bg, Origin, authority.AcceptInvite{Token: link, Name: name, Password: password})
}

// deniedFor fails the test unless a link was refused, and that audited.
func (w *World) deniedFor(account curfew.ID, invite curfew.ID, cause string) {
	w.T.Helper()
	e := w.WantActions(account, audit.AccessDenied)[0]
	var details struct{ Operation, Cause string }
	must(w.T, json.Unmarshal(e.Details, &details))
	if details.Operation != "invite" || details.Cause != cause || e.ResourceID != invite {
		w.T.Errorf("event %+v with %s, want cause %s", e, e.Details, cause)
	}
}

func invites(t *testing.T, open Open) {
	scenario(t, open, "once", func(w *World) {
		w.NewEvents(w.Acme.ID())
		invite, link := w.Invite(w.Acme, " bob@acme.example ", curfew.RoleOwner)
		seen, err := w.Invitation(bg, Origin, link)
		must(w.T, err)
		if seen.Email != "bob@acme.example" || seen.Role != curfew.RoleOwner || seen.AccountName != "Acme" || !seen.ExpiresAt.Equal(w.Clock.Now().Add(7*24*time.Hour)) {
			w.T.Errorf("%+v", seen)
		}
		granted, err := w.accept(link, "Bob", Password)
		must(w.T, err)
		if u := granted.Standing.User; u.Role != curfew.RoleOwner || u.Email != "bob@acme.example" || u.AccountID != w.Acme.ID() {
			w.T.Errorf("joined as %+v", u)
		}
		w.WantActions(w.Acme.ID(), audit.InviteCreate, audit.InviteAccept, audit.UserCreate, audit.SessionStart)
		for range 2 {
			_, err = w.accept(link, "Bob", Password)
			w.WantKind(err, curfew.KindLinkInvalid)
			w.deniedFor(w.Acme.ID(), invite.ID, "spent_link")
		}
		_, err = w.Invitation(bg, Origin, link)
		w.WantKind(err, curfew.KindLinkInvalid)
		w.deniedFor(w.Acme.ID(), invite.ID, "spent_link")
	})
	for _, b := range boundary {
		scenario(t, open, "late, "+b.name, func(w *World) {
			invite, link := w.Invite(w.Acme, "bob@acme.example", curfew.RoleMember)
			w.Clock.Set(invite.ExpiresAt.Add(b.off))
			w.NewEvents(w.Acme.ID())
			_, err := w.accept(link, "Bob", Password)
			if !b.over {
				must(w.T, err)
				return
			}
			w.WantKind(err, curfew.KindLinkInvalid)
			w.deniedFor(w.Acme.ID(), invite.ID, "late_link")
			owner := w.SignIn(w.Acme.Owner.Email)
			list, err := w.Invites(bg, owner.Actor(), authority.Page[authority.InviteKey]{Limit: 10})
			must(w.T, err)
			if len(list.Items) != 0 {
				w.T.Error("a late invitation is listed")
			}
		})
	}
	scenario(t, open, "taken back", func(w *World) {
		invite, link := w.Invite(w.Acme, "bob@acme.example", curfew.RoleMember)
		w.NewEvents(w.Acme.ID())
		must(w.T, w.DeleteInvite(bg, w.Acme.Owner.Actor(), Origin, invite.ID))
		w.WantActions(w.Acme.ID(), audit.InviteDelete)
		_, err := w.accept(link, "Bob", Password)
		w.WantKind(err, curfew.KindLinkInvalid)
		w.deniedFor(curfew.ZeroID, curfew.ZeroID, "unknown_link")
		w.WantKind(w.DeleteInvite(bg, w.Acme.Owner.Actor(), Origin, invite.ID), curfew.KindNotFound)
		w.WantActions(w.Acme.ID())
	})
	scenario(t, open, "wrong in any way", func(w *World) {
		invite, link := w.Invite(w.Acme, "bob@acme.example", curfew.RoleMember)
		same, _ := token.NewLink(token.LinkInvite, invite.AccountID, invite.ID) // the right row, another secret
		elsewhere, _ := token.NewLink(token.LinkInvite, w.Other.ID(), invite.ID)
		w.NewEvents(w.Acme.ID())
		_, err := w.accept(same, "Bob", Password)
		w.WantKind(err, curfew.KindLinkInvalid)
		w.deniedFor(w.Acme.ID(), invite.ID, "unknown_link")
		for _, text := range []string{"", "x", link[1:], link + "A", elsewhere} {
			_, err := w.accept(text, "Bob", Password)
			w.WantKind(err, curfew.KindLinkInvalid)
			w.deniedFor(curfew.ZeroID, curfew.ZeroID, "unknown_link")
		}
		_, err = w.accept(link, "Bob", Password)
		must(w.T, err)
	})
	scenario(t, open, "a refusal of the rest does not spend the link", func(w *World) {
		_, link := w.Invite(w.Acme, "bob@acme.example", curfew.RoleMember)
		w.NewEvents(w.Acme.ID())
		for field, in := range map[string]authority.AcceptInvite{
			"password": {Token: link, Name: "Bob", Password: "short"},
			"name":     {Token: link, Name: " \t", Password: Password},
		} {
			_, err := w.AcceptInvite(bg, Origin, in)
			var e *curfew.Error
			if w.WantKind(err, curfew.KindInvalidRequest); !asError(err, &e) || e.Fields[0].Field != field {
				w.T.Errorf("%s: %v", field, err)
			}
		}
		w.WantActions(w.Acme.ID())
		_, err := w.accept(link, "Bob", Password)
		must(w.T, err)
	})
	scenario(t, open, "an address taken elsewhere is told to the holder alone, and spends nothing", func(w *World) {
		_, link := w.Invite(w.Acme, "Oleg@OTHER.example", curfew.RoleMember) // no word of it here
		w.NewEvents(w.Acme.ID())
		before := w.all(w.Acme.ID())
		_, err := w.accept(link, "Oleg", Password)
		w.WantKind(err, curfew.KindEmailTaken)
		w.WantActions(w.Acme.ID())
		if !sameState(before, w.all(w.Acme.ID())) {
			w.T.Error("half done")
		}
		_, err = w.Invitation(bg, Origin, link)
		must(w.T, err)
		_, err = w.CreateInvite(bg, w.Acme.Owner.Actor(), Origin, "ADA@acme.example", curfew.RoleMember)
		w.WantKind(err, curfew.KindEmailTaken) // of one's own account it is told
	})
	scenario(t, open, "of another account they do not exist, and members have none", func(w *World) {
		invite, _ := w.Invite(w.Acme, "bob@acme.example", curfew.RoleMember)
		w.WantKind(w.DeleteInvite(bg, w.Other.Owner.Actor(), Origin, invite.ID), curfew.KindNotFound)
		member := w.Join(w.Acme, "Mia", "mia@acme.example", curfew.RoleMember)
		_, err := w.CreateInvite(bg, member.Actor(), Origin, "x@acme.example", curfew.RoleMember)
		w.WantKind(err, curfew.KindForbidden)
		w.WantKind(w.DeleteInvite(bg, member.Actor(), Origin, invite.ID), curfew.KindForbidden)
		_, err = w.Invites(bg, member.Actor(), authority.Page[authority.InviteKey]{Limit: 10})
		w.WantKind(err, curfew.KindForbidden)
		for _, email := range []string{"", "no address", "a@b, c@d", "x@" + strings.Repeat("y", 260)} {
			_, err := w.CreateInvite(bg, w.Acme.Owner.Actor(), Origin, email, curfew.RoleMember)
			w.WantKind(err, curfew.KindInvalidRequest)
		}
		_, err = w.CreateInvite(bg, w.Acme.Owner.Actor(), Origin, "x@acme.example", "admin")
		w.WantKind(err, curfew.KindInvalidRequest)
	})
	for name, change := range map[string]authority.UserChange{"disabled": {Disabled: ptr(true)}, "demoted": {Role: ptr(curfew.RoleMember)}} {
		scenario(t, open, "made by an owner who was "+name+" since", func(w *World) {
			otto := w.Join(w.Acme, "Otto", "otto@acme.example", curfew.RoleOwner)
			invite, link := w.Invite(&Tenant{Owner: otto}, "bob@acme.example", curfew.RoleOwner)
			_, err := w.UpdateUser(bg, w.Acme.Owner.Actor(), Origin, otto.User(), change)
			must(w.T, err)
			w.NewEvents(w.Acme.ID())
			_, err = w.accept(link, "Bob", Password)
			w.WantKind(err, curfew.KindLinkInvalid)
			w.deniedFor(w.Acme.ID(), invite.ID, "link_of_nobody")
			list, err := w.Invites(bg, w.Acme.Owner.Actor(), authority.Page[authority.InviteKey]{Limit: 10})
			must(w.T, err)
			if len(list.Items) != 0 {
				w.T.Error("it is listed as open")
			}
		})
	}
	scenario(t, open, "accepted under an epoch that was raised since it was made", func(w *World) {
		_, link := w.Invite(w.Acme, "bob@acme.example", curfew.RoleMember)
		_, err := w.RevokeSessions(bg, w.Acme.Owner.Actor(), Origin, authority.ScopeAll)
		must(w.T, err)
		granted, err := w.accept(link, "Bob", Password)
		must(w.T, err)
		w.MustRefresh(Person{granted, "bob@acme.example"}, "")
	})
}
