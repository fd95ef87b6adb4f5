package apitest

import (
	"testing"
	"time"
)

// TestMainJob: an owner sees who is signed in, tightens the policy for
// everybody at once after a look at what that does, and signs others out; the
// other account notices nothing.
func TestMainJob(t *testing.T) {
	t.Parallel()
	w := start(t)
	laptop, phone := w.bob, w.signIn("bob@acme.example")
	olga := w.join(w.oleg, "Olga", "olga@other.example", "member")
	w.clock.pass(50 * minute)
	for _, p := range []*person{w.ada, laptop, w.oleg, olga} {
		p.renew()
	}
	w.ada.Get(security).Equal(map[string]any{"active_user_count": 2, "active_session_count": 3, "preset": "standard"})

	// 15 and 60 minutes would end Bob's phone, which lies about since 50.
	body := obj{"idle_minutes": 15, "absolute_minutes": 60}
	w.ada.Post(preview, body).Status(200).Equal(map[string]any{"sessions_ending_now": 1, "sessions_shortened": 2, "users_affected": 2, "ends_current_session": false})
	tag := w.ada.Get(security).Header.Get("ETag")
	w.ada.with("If-Match", tag).Patch(security, body.but("apply_to", "all_sessions").but("reason", "A laptop was stolen")).Status(200).
		Equal(map[string]any{"idle_minutes": 15, "absolute_minutes": 60, "preset": "custom", "active_user_count": 2, "active_session_count": 2})
	if e := w.ada.event("account.session_policy_update"); e.str("details", "apply_to") != "all_sessions" || e.str("details", "reason") != "A laptop was stolen" {
		t.Errorf("audited %v", e.v)
	}
	phone.as("").Get("/api/v1/auth/session").Problem(401, "session-revoked").Because("policy_tightened")
	laptop.refresh(nil).Status(200).Equal(map[string]any{"session.idle_minutes": 15, "session.absolute_minutes": 60,
		"session.idle_expires_at": w.clock.in(10 * minute), "session.absolute_expires_at": w.clock.in(10 * minute)})
	w.browser().Post("/api/v1/auth/login", obj{"email": "bob@acme.example", "password": password15}).Equal(map[string]any{"session.idle_minutes": 15})

	// Everybody else out; then Bob alone; then all.
	w.ada.Post(bulk, obj{"scope": "others"}).revoked(2)
	laptop.gone("owner_others")
	bob := w.signIn("bob@acme.example")
	w.ada.Post(users+"/"+w.bob.id+"/revoke-sessions", nil).Equal(map[string]any{"revoked_count": 1})
	bob.gone("owner_user")
	w.ada.alive()
	w.clock.pass(10 * minute)
	w.ada.over("absolute")
	ada := w.signIn("ada@acme.example")
	ada.Post(bulk, obj{"scope": "all"}).revoked(1)
	ada.gone("owner_all")

	// The other account is as it was.
	w.oleg.renew().Get(security).Equal(map[string]any{"idle_minutes": nil, "active_user_count": 2, "active_session_count": 2})
	olga.refresh(nil).Status(200).Equal(map[string]any{"session.idle_minutes": 10080, "session.absolute_minutes": 20160})
}

// TestTightenedPastTheCaller: a policy can end the session of the owner who
// sets it, and the preview says so.
func TestTightenedPastTheCaller(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.clock.pass(60 * minute)
	w.ada.renew()
	w.ada.Post(preview, obj{"idle_minutes": 15, "absolute_minutes": 60}).Equal(map[string]any{"ends_current_session": true, "sessions_ending_now": 2})
	w.ada.Patch(security, obj{"idle_minutes": 15, "absolute_minutes": 60, "apply_to": "all_sessions"}).Status(200).Equal(map[string]any{"active_session_count": 0})
	w.ada.gone("policy_tightened")
	w.oleg.renew().alive()
}

// TestTwoBrowsersOfOnePerson: each has a session of its own, and ends alone.
func TestTwoBrowsersOfOnePerson(t *testing.T) {
	t.Parallel()
	w := start(t)
	second := w.signIn("bob@acme.example")
	w.clock.pass(2 * time.Hour)
	for range 5 {
		w.bob.renew()
		second.renew()
	}
	second.Post(logout, nil).Status(204)
	w.bob.alive()
	if second.token() != "" {
		t.Error("the browser kept its cookie")
	}
	again := second.client.as("").signIn("bob@acme.example")
	if again.session == second.session || again.session == w.bob.session {
		t.Error("a sign-in took a session over (Keycloak CVE-2024-7341)")
	}
	again.alive()
}

// TestEveryEndStopsEverything: whatever ends a session, neither its refresh
// token nor an access token that the server has seen a moment before is good
// for anything (ferriskey 1232, Graylog CVE-2023-41041, authentik
// CVE-2025-29928).
func TestEveryEndStopsEverything(t *testing.T) {
	t.Parallel()
	for reason, end := range map[string]func(w *world, p *person){
		"logout":        func(w *world, p *person) { w.holding(p.token()).Post(logout, nil).Status(204) },
		"owner_session": func(w *world, p *person) { w.ada.Delete(sessions + "/" + p.session).Status(204) },
		"owner_user":    func(w *world, p *person) { w.ada.Post(users+"/"+p.id+"/revoke-sessions", nil).Status(200) },
		"owner_others":  func(w *world, p *person) { w.ada.Post(bulk, obj{"scope": "others"}).Status(200) },
		"owner_all":     func(w *world, p *person) { w.ada.Post(bulk, obj{"scope": "all"}).Status(200) },
		"user_session":  func(w *world, p *person) { w.bob.Delete(me + "/sessions/" + p.session).Status(204) },
		"user_others":   func(w *world, p *person) { w.bob.Post(me+"/sessions/revoke-others", nil).Status(200) },
		"user_disabled": func(w *world, p *person) { w.ada.Patch(users+"/"+p.id, obj{"disabled": true}).Status(200) },
		"password_changed": func(w *world, p *person) {
			w.bob.Post(me+"/password", obj{"current_password": password15, "new_password": "quite another long sentence"}).Status(204)
		},
		"role_changed": func(w *world, p *person) {
			w.ada.Patch(users+"/"+p.id, obj{"role": "owner"}).Status(200)
			w.ada.Patch(users+"/"+p.id, obj{"role": "member"}).Status(200)
		},
		"reuse_detected": func(w *world, p *person) {
			first := p.token()
			second := w.program().refresh(obj{"refresh_token": first}).Status(200).JSON().str("refresh_token")
			w.program().refresh(obj{"refresh_token": second}).Status(200)
			w.program().refresh(obj{"refresh_token": first}).Problem(401, "refresh-token-reused")
		},
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			p := w.signIn("bob@acme.example")
			for range 3 {
				p.Get(me).Status(200) // what the server may remember, it does now
				p.Get("/api/v1/auth/session").Status(200)
			}
			end(w, p)
			p.gone(reason)
			w.restart()
			p.Get(me).Problem(401, "session-revoked").Because(reason)
			w.oleg.alive()
		})
	}
}
