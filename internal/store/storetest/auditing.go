package storetest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// written is an event as the table below tells it: action, resource, actor,
// details with ids by name.
type written struct {
	action   audit.Action
	resource string // its type
	actor    string // "user", "operator" or "" for nobody
	details  string
}

const firefox = `"device":{"browser":"Firefox 144","os":"Linux","kind":"desktop"},"amr":["pwd"]`

// noLimit is the rest of a policy that limits no number of sessions.
const noLimit = `,"max_sessions_per_user":null,"session_limit_action":"evict_oldest"`

func auditing(t *testing.T, open Open) {
	for _, c := range []struct {
		name string
		do   func(w *World, c crowd) error
		want []written
	}{
		{"sign-in", func(w *World, c crowd) error { _, err := w.TrySignIn(c.bob.Email); return err },
			[]written{{audit.SessionStart, "session", "user", `{` + firefox + `}`}}},
		{"sign-in with a wrong password", func(w *World, c crowd) error {
			return w.guess(Origin.IP, c.bob.Email, "wrong", "")
		}, []written{{audit.SessionStartRefused, "user", "", `{"cause":"wrong_password"}`}}},
		{"refresh", func(w *World, c crowd) error { _, err := w.Refresh(c.bob.RefreshToken, ""); return err }, nil},
		{"replay", func(w *World, c crowd) error {
			_, err := w.Refresh(c.bob.RefreshToken, "")
			_, again := w.Refresh(c.bob.RefreshToken, "")
			return errors.Join(err, again)
		}, nil},
		{"reuse", func(w *World, c crowd) error {
			_, err := w.Refresh(c.bob.RefreshToken, "")
			_, _ = w.Refresh(c.bob.RefreshToken, "another-attempt-1")
			return err
		}, []written{{audit.SessionReuseDetected, "session", "", `{"user_id":"{bob}","presented_generation":1,"current_generation":2}`}}},
		{"sign-out", func(w *World, c crowd) error {
			return w.SignOut(bg, Origin, authority.SignOut{Cookie: c.bob.RefreshToken})
		},
			[]written{{audit.SessionLogout, "session", "user", `{}`}}},
		{"end one", func(w *World, c crowd) error { return w.RevokeSession(bg, c.ada.Actor(), Origin, c.bob.Session()) },
			[]written{{audit.SessionRevoke, "session", "user", `{"user_id":"{bob}","reason":"owner_session"}`}}},
		{"end mine", func(w *World, c crowd) error { return w.RevokeMySession(bg, c.bob.Actor(), Origin, c.bob2.Session()) },
			[]written{{audit.SessionRevoke, "session", "user", `{"user_id":"{bob}","reason":"user_session"}`}}},
		{"end one, by the operator", func(w *World, c crowd) error {
			_, err := w.EndSession(bg, w.Acme.ID(), c.bob.Session())
			return err
		}, []written{{audit.SessionRevoke, "session", "operator", `{"user_id":"{bob}","reason":"operator"}`}}},
		{"end all", func(w *World, c crowd) error {
			_, err := w.RevokeSessions(bg, c.ada.Actor(), Origin, authority.ScopeAll)
			return err
		}, []written{{audit.AccountSessionsRevokedBulk, "account", "user", `{"scope":"all","revoked_count":8}`}}},
		{"end others", func(w *World, c crowd) error {
			_, err := w.RevokeSessions(bg, c.ada.Actor(), Origin, authority.ScopeOthers)
			return err
		}, []written{{audit.AccountSessionsRevokedBulk, "account", "user", `{"scope":"others","revoked_count":6}`}}},
		{"end a user's", func(w *World, c crowd) error {
			_, err := w.RevokeUserSessions(bg, c.ada.Actor(), Origin, c.bob.User())
			return err
		}, []written{{audit.UserSessionsRevoked, "user", "user", `{"revoked_count":2}`}}},
		{"end my others", func(w *World, c crowd) error {
			_, err := w.RevokeMyOtherSessions(bg, c.bob.Actor(), Origin)
			return err
		},
			[]written{{audit.UserSessionsRevoked, "user", "user", `{"scope":"others","revoked_count":1}`}}},
		{"end all, by the operator", func(w *World, c crowd) error { _, err := w.EndSessions(bg, w.Acme.ID(), nil); return err },
			[]written{{audit.SessionRevoke, "account", "operator", `{"scope":"all","revoked_count":8}`}}},
		{"password", func(w *World, c crowd) error {
			return w.ChangePassword(bg, c.bob.Actor(), Origin, Password, "another horse, another battery")
		}, []written{{audit.UserPasswordChange, "user", "user", `{"revoked_count":1}`}}},
		{"a wrong current password", func(w *World, c crowd) error {
			w.WantKind(w.ChangePassword(bg, c.bob.Actor(), Origin, "wrong", "another horse, another battery"), curfew.KindInvalidRequest)
			return nil
		}, []written{{audit.AccessDenied, "user", "user", `{"operation":"change-password","cause":"wrong_current"}`}}},
		{"password, by the operator", func(w *World, c crowd) error {
			_, err := w.SetPassword(bg, c.bob.Email, "another horse, another battery")
			return err
		}, []written{{audit.UserPasswordChange, "user", "operator", `{"revoked_count":2}`}}},
		{"a reset", func(w *World, c crowd) error {
			made, err := w.CreateResetLink(bg, c.ada.Actor(), Origin, c.bob.User())
			link := w.tokenOf(made.URL)
			_, look := w.Reset(bg, Origin, link)
			reset := w.ResetPassword(bg, Origin, link, NewPassword)
			w.WantKind(w.ResetPassword(bg, Origin, link, NewPassword), curfew.KindLinkInvalid)
			return errors.Join(err, look, reset)
		}, []written{
			{audit.UserResetLinkCreate, "user", "user", `{"expires_at":"2026-03-02T10:01:00.123456Z"}`},
			{audit.UserPasswordReset, "user", "user", `{"revoked_count":2,"link_by":"{ada}"}`},
			{audit.AccessDenied, "user", "", `{"operation":"reset","cause":"spent_link"}`},
		}},
		{"disable and enable", func(w *World, c crowd) error {
			_, err := w.UpdateUser(bg, c.ada.Actor(), Origin, c.bob.User(), authority.UserChange{Disabled: ptr(true)})
			_, again := w.UpdateUser(bg, c.ada.Actor(), Origin, c.bob.User(), authority.UserChange{Disabled: ptr(false)})
			return errors.Join(err, again)
		}, []written{{audit.UserDisable, "user", "user", `{}`}, {audit.UserEnable, "user", "user", `{}`}}},
		{"a disabled person's sign-in", func(w *World, c crowd) error {
			_, err := w.UpdateUser(bg, c.ada.Actor(), Origin, c.bob.User(), authority.UserChange{Disabled: ptr(true)})
			_, _ = w.TrySignIn(c.bob.Email)
			return err
		}, []written{{audit.UserDisable, "user", "user", `{}`}, {audit.SessionStartRefused, "user", "", `{"cause":"disabled"}`}}},
		{"role", func(w *World, c crowd) error {
			_, err := w.UpdateUser(bg, c.ada.Actor(), Origin, c.otto.User(), authority.UserChange{Role: ptr(curfew.RoleMember)})
			return err
		}, []written{{audit.UserRoleChange, "user", "user", `{"old":"owner","new":"member"}`}}},
		{"policy", func(w *World, c crowd) error {
			_, err := w.SetPolicy(bg, c.ada.Actor(), Origin, setAll(15, 60))
			return err
		}, []written{{audit.AccountSessionPolicyUpdate, "account", "user", `{"old":{"idle_minutes":null,"absolute_minutes":null` + noLimit +
			`},"new":{"idle_minutes":15,"absolute_minutes":60` + noLimit + `},"effective_old":{"idle_minutes":10080,"absolute_minutes":20160` + noLimit +
			`},"effective_new":{"idle_minutes":15,"absolute_minutes":60` + noLimit + `},"apply_to":"all_sessions","reason":""}`}}},
		{"names", func(w *World, c crowd) error {
			_, err := w.RenameAccount(bg, c.ada.Actor(), Origin, "Acme Ltd", nil)
			_, again := w.RenameMe(bg, c.bob.Actor(), Origin, "Robert", nil)
			return errors.Join(err, again)
		}, []written{{audit.AccountUpdate, "account", "user", `{"old":"Acme","new":"Acme Ltd"}`}, {audit.UserUpdate, "user", "user", `{"old":"Bob","new":"Robert"}`}}},
		{"invitations", func(w *World, c crowd) error {
			_, link := w.Invite(w.Acme, "new@acme.example", curfew.RoleMember)
			_, err := w.accept(link, "New", Password)
			invite, _ := w.Invite(w.Acme, "newer@acme.example", curfew.RoleOwner)
			return errors.Join(err, w.DeleteInvite(bg, c.ada.Actor(), Origin, invite.ID))
		}, []written{
			{audit.InviteCreate, "invite", "user", `{"email":"new@acme.example","role":"member"}`},
			{audit.InviteAccept, "invite", "user", `{"email":"new@acme.example","role":"member"}`},
			{audit.UserCreate, "user", "user", `{"name":"New","email":"new@acme.example","role":"member"}`},
			{audit.SessionStart, "session", "user", `{` + firefox + `}`},
			{audit.InviteCreate, "invite", "user", `{"email":"newer@acme.example","role":"owner"}`},
			{audit.InviteDelete, "invite", "user", `{"email":"newer@acme.example"}`},
		}},
		{"a member on an owner's operation", func(w *World, c crowd) error {
			w.WantKind(w.Deny(bg, c.bob.Actor(), Origin, "list-users"), curfew.KindForbidden)
			return nil
		}, []written{{audit.AccessDenied, "account", "user", `{"operation":"list-users","cause":"not_an_owner"}`}}},
		{"a person made by the operator", func(w *World, c crowd) error {
			_, _, err := w.CreateUser(bg, authority.NewUser{Account: "Acme", Name: "Op", Email: "op@acme.example", Password: Password, Role: curfew.RoleMember})
			return err
		}, []written{{audit.UserCreate, "user", "operator", `{"name":"Op","email":"op@acme.example","role":"member"}`}}},
		{"reads and sweeps", func(w *World, c crowd) error {
			_, err := w.Security(bg, c.ada.Actor())
			_, sweep := w.Sweep(bg)
			_, observe := w.Observe(bg, authority.Presented{Cookie: c.bob.RefreshToken})
			_, preview := w.PreviewPolicy(bg, c.ada.Actor(), setAll(15, 60))
			return errors.Join(err, sweep, observe, preview, w.Heartbeat(bg, curfew.NewID(w.Clock.Now())))
		}, nil},
	} {
		scenario(t, open, c.name, func(w *World) {
			people := w.crowd()
			if err := c.do(w, people); err != nil && curfew.KindOf(err) != curfew.KindInvalidCredentials {
				w.T.Fatal(err)
			}
			events := w.NewEvents(w.Acme.ID())
			names := strings.NewReplacer(people.bob.User().String(), "{bob}", people.ada.User().String(), "{ada}")
			for i, e := range events {
				actor := ""
				if e.Actor != nil {
					actor = string(e.Actor.Type)
				}
				got := written{e.Action, e.ResourceType, actor, names.Replace(string(e.Details))}
				if i >= len(c.want) || got != c.want[i] {
					w.T.Errorf("event %d: %+v", i, got)
				}
				if e.ResourceID.IsZero() || e.ID.IsZero() || !e.OccurredAt.Equal(w.Clock.Now()) {
					w.T.Errorf("event %+v", e)
				}
				if actor != "operator" && (e.IP != Origin.IP || e.UserAgent != Origin.UserAgent || e.RequestID != Origin.RequestID) {
					w.T.Errorf("from %q, %q, %q", e.IP, e.UserAgent, e.RequestID)
				}
				if actor == "user" && (e.Actor.ID.IsZero() || e.Actor.Name == "" || e.Actor.Email == "") {
					w.T.Errorf("by %+v", e.Actor)
				}
				for _, secret := range []string{Password, people.bob.RefreshToken, "argon2"} {
					if strings.Contains(string(e.Details), secret) {
						w.T.Errorf("a secret in %s", e.Details)
					}
				}
			}
			if len(events) != len(c.want) {
				w.T.Errorf("%d events, want %d", len(events), len(c.want))
			}
			if stray := w.NewEvents(curfew.ZeroID); len(stray) != 0 {
				w.T.Errorf("events without an account: %+v", stray)
			}
		})
	}
	scenario(t, open, "sign-up", func(w *World) {
		events := w.Events(w.Acme.ID())
		got := []audit.Action{}
		for i, e := range events {
			got = append(got, e.Action)
			if e.Seq != int64(i+1) {
				w.T.Errorf("number %d in place %d", e.Seq, i+1)
			}
		}
		if len(got) != 3 || got[0] != audit.AccountCreate || got[1] != audit.UserCreate || got[2] != audit.SessionStart {
			w.T.Errorf("%v", got)
		}
		_, created, err := w.CreateUser(bg, authority.NewUser{Account: "Third", Name: "Tom", Email: "tom@third.example", Password: Password, Role: curfew.RoleOwner})
		must(w.T, err)
		account, err := w.FindAccount(bg, "Third")
		must(w.T, err)
		w.WantActions(account.ID, audit.AccountCreate, audit.UserCreate)
		if !created {
			w.T.Error("not told as created")
		}
	})
	scenario(t, open, "an unknown name is kept as a digest, under no account", func(w *World) {
		for range 2 {
			w.WantKind(w.guess(Origin.IP, "my secret password", "x", ""), curfew.KindInvalidCredentials)
		}
		events := w.WantActions(curfew.ZeroID, audit.SessionStartRefused, audit.SessionStartRefused)
		if string(events[0].Details) != string(events[1].Details) || strings.Contains(string(events[0].Details), "secret") {
			w.T.Errorf("details %s and %s", events[0].Details, events[1].Details)
		}
		w.NewEvents(w.Acme.ID())
	})
	scenario(t, open, "a transaction that is rolled back leaves no event", func(w *World) {
		before := w.all(w.Acme.ID())
		failure := errors.New("a failure of the test")
		err := w.Store.InTx(bg, curfew.ZeroID, func(ctx context.Context, tx authority.Tx) error {
			if err := tx.Audit(ctx, audit.Event{AccountID: w.Acme.ID(), ID: curfew.NewID(w.Clock.Now()), OccurredAt: w.Clock.Now(), Action: audit.AccountUpdate, Details: []byte("{}")}); err != nil {
				return err
			}
			if _, err := tx.RaiseAccountEpoch(ctx, w.Acme.ID(), authority.Raising{At: w.Clock.Now(), Reason: curfew.ReasonOwnerAll}); err != nil {
				return err
			}
			return failure
		})
		if !errors.Is(err, failure) {
			w.T.Errorf("got %v", err)
		}
		if !sameState(before, w.all(w.Acme.ID())) {
			w.T.Error("something was kept")
		}
	})
}
