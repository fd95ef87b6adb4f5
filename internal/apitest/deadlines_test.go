package apitest

import (
	"testing"
	"time"
)

// over wants a session to have reached a deadline, whichever way it is asked
// for. Its access token has expired by then.
func (p *person) over(reason string) {
	p.w.t.Helper()
	p.Get(me).Problem(401, "invalid-token").Is("WWW-Authenticate", `Bearer error="invalid_token"`)
	p.as("").Get("/api/v1/auth/session").Problem(401, "session-expired").Because(reason).Sets()
	p.as(p.w.signed(p, p.session)).Get(me).Problem(401, "session-expired").Because(reason).Is("WWW-Authenticate", `Bearer error="invalid_token"`)
	p.as(p.w.signed(p, p.session)).Get("/api/v1/auth/session").Problem(401, "session-expired").Because(reason)
	token := p.token()
	p.refresh(nil).Problem(401, "session-expired").Because(reason).Sets("-curfew_refresh")
	p.w.program().refresh(obj{"refresh_token": token}).Problem(401, "session-expired").Because(reason).Sets()
	p.w.program().refresh(obj{"refresh_token": token, "attempt": attempt, "inactive_seconds": 7776000}).Problem(401, "session-expired").Because(reason)
}

// TestDeadlines: at the very microsecond of a deadline a session is over, and
// not one before.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name           string
		idle, absolute int           // minutes
		active         time.Duration // the last activity
		end            time.Duration
		reason         string
	}{
		{"idle", 15, 60, 0, 15 * minute, "idle"},
		{"idle after activity", 15, 60, 10 * minute, 25 * minute, "idle"},
		{"absolute", 45, 60, 40 * minute, 60 * minute, "absolute"},
		{"both at once", 60, 60, 0, 60 * minute, "absolute"},
		{"both at once after activity", 20, 60, 40 * minute, 60 * minute, "absolute"},
		{"the defaults", 10080, 20160, 0, 10080 * minute, "idle"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			w.ada.Patch(security, obj{"idle_minutes": tt.idle, "absolute_minutes": tt.absolute}).Status(200)
			p := w.signIn("bob@acme.example")
			began := w.clock.Now()
			for at := 10 * minute; at <= tt.active; at += 10 * minute { // so that it lives until then
				w.clock.set(began.Add(at))
				p.renew()
			}
			w.clock.set(began.Add(tt.end - time.Microsecond))
			p.as("").Get("/api/v1/auth/session").Status(200)
			w.clock.set(began.Add(tt.end))
			p.over(tt.reason)

			// That it was seen late changes nothing: no activity is believed now.
			w.clock.pass(90 * 24 * time.Hour)
			ada := w.signIn("ada@acme.example")
			s := sessionsByID(ada.Get(sessions + "?status=ended"))[p.session]
			if s.str("status") != "expired" || s.str("reason") != tt.reason || s.str("ended_at") != stamp(began.Add(tt.end)) {
				t.Errorf("the session is %v", s.v)
			}
		})
	}
}

// TestLastMoment: a refresh just before the deadline continues the session,
// and its access token does not outlive it.
func TestLastMoment(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.ada.Patch(security, obj{"idle_minutes": 15, "absolute_minutes": 60}).Status(200)
	p := w.signIn("bob@acme.example")
	w.clock.pass(15*minute - time.Microsecond)
	p.refresh(nil).Status(200).Equal(map[string]any{"session.idle_expires_at": w.clock.in(15 * minute)})
	w.clock.pass(15*minute - time.Microsecond)
	p.refresh(obj{"inactive_seconds": 15 * 60}).Status(200).Equal(map[string]any{"expires_in": 0, "session.idle_expires_at": w.clock.in(time.Microsecond)})
	w.clock.pass(time.Microsecond)
	p.over("idle")
}

// TestRevokedBeforeTheDeadline: a session ends once, by what came first.
func TestRevokedBeforeTheDeadline(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.ada.Patch(security, obj{"idle_minutes": 15, "absolute_minutes": 60}).Status(200)
	p, q := w.signInBody("bob@acme.example"), w.signInBody("bob@acme.example")
	w.clock.pass(14 * minute)
	w.ada.renew().Delete(sessions + "/" + p.session).Status(204)
	w.clock.pass(2 * time.Hour)
	w.ada.renew().Delete(sessions + "/" + q.session).Status(204) // expired already, and stays so
	w.ada.Post(bulk, obj{"scope": "others"}).Status(200)
	p.refresh(obj{"refresh_token": p.refreshToken}).Problem(401, "session-revoked").Because("owner_session")
	q.refresh(obj{"refresh_token": q.refreshToken}).Problem(401, "session-expired").Because("idle")
}

// TestRestart: nothing of a session hangs on the process (Keycloak
// CVE-2026-9802): used tokens stay used, ended sessions ended, deadlines where
// they were.
func TestRestart(t *testing.T) {
	t.Parallel()
	w := start(t)
	used := w.signInBody("bob@acme.example")
	next := used.refresh(obj{"refresh_token": used.refreshToken}).Status(200).JSON().str("refresh_token")
	used.refresh(obj{"refresh_token": next}).Status(200)
	ended, replayed := w.signInBody("bob@acme.example"), w.signInBody("bob@acme.example")
	ended.Post(logout, obj{"refresh_token": ended.refreshToken}).Status(204)
	lost := replayed.refresh(obj{"refresh_token": replayed.refreshToken, "attempt": attempt}).Status(200).JSON().str("refresh_token")
	w.clock.pass(10 * time.Second)
	w.restart()
	w.bob.Get(me).Status(200) // an access token outlives a restart
	ended.Get(me).Problem(401, "session-revoked").Because("logout")
	ended.refresh(obj{"refresh_token": ended.refreshToken}).Problem(401, "session-revoked").Because("logout")
	if got := replayed.refresh(obj{"refresh_token": replayed.refreshToken, "attempt": attempt}).Status(200).JSON().str("refresh_token"); got != lost {
		t.Error("another successor after a restart")
	}
	used.refresh(obj{"refresh_token": used.refreshToken}).Problem(401, "refresh-token-reused")
	w.bob.refresh(nil).Status(200).Equal(map[string]any{"session.absolute_expires_at": w.clock.in(20160*minute - 10*time.Second)})
}

// TestClockGoesBack: a wall clock that is set back gives nobody time.
func TestClockGoesBack(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.clock.pass(time.Hour)
	w.bob.renew()
	v := w.bob.refresh(nil).Status(200).JSON()
	w.clock.pass(-time.Second)
	again := w.bob.refresh(nil).Status(200).JSON()
	if again.str("session", "last_active_at") < v.str("session", "last_active_at") || again.str("session", "absolute_expires_at") != v.str("session", "absolute_expires_at") {
		t.Errorf("the session went from %v to %v", v.at("session").v, again.at("session").v)
	}
}
