package apitest

import (
	"strings"
	"testing"
)

const logout = "/api/v1/auth/logout"

func TestSignOut(t *testing.T) {
	t.Parallel()
	cleared := "-curfew_refresh"
	// gone wants a session to be over, by refresh and by access token.
	gone := func(p *person, token string) {
		p.w.t.Helper()
		p.w.program().refresh(obj{"refresh_token": token}).Problem(401, "session-revoked").Because("logout")
		p.Get("/api/v1/users/me").Problem(401, "session-revoked").Because("logout")
	}
	for name, test := range map[string]func(w *world, p *person){
		"by cookie": func(w *world, p *person) {
			token := p.token()
			p.as("").Post(logout, nil).Status(204).Sets(cleared)
			gone(p, token)
			p.as("").Post(logout, nil).Status(204).Sets(cleared)
		},
		"by body": func(w *world, p *person) {
			w.program().Post(logout, obj{"refresh_token": p.token()}).Status(204).Sets(cleared)
			gone(p, p.token())
		},
		"by bearer": func(w *world, p *person) {
			w.program().as(p.bearer).Post(logout, nil).Status(204).Sets(cleared)
			gone(p, p.token())
		},
		"by an older generation": func(w *world, p *person) {
			old := p.token()
			p.refresh(nil).Status(200)
			p.refresh(nil).Status(200)
			w.holding(old).Post(logout, nil).Status(204).Sets(cleared)
			gone(p, p.token())
			w.program().refresh(obj{"refresh_token": old}).Problem(401, "session-revoked").Because("logout") // no reuse
		},
		"by several at once": func(w *world, p *person) {
			second, third := w.signInBody("bob@acme.example"), w.signInBody("ada@acme.example")
			cookie := p.token()
			p.as(second.bearer).Post(logout, obj{"refresh_token": third.refreshToken}).Status(204).Sets(cleared)
			gone(p, cookie)
			gone(second, second.refreshToken)
			gone(third, third.refreshToken)
		},
		"of none": func(w *world, p *person) {
			w.program().Post(logout, nil).Status(204).Sets(cleared)
			w.program().Post(logout, obj{}).Status(204).Sets(cleared)
			w.program().Post(logout, raw(" {} ")).Status(204)
			p.Get("/api/v1/users/me").Status(200)
		},
		"of garbage": func(w *world, p *person) {
			for _, bad := range []string{"x", "cfr_", flip(p.token(), 50), p.token()[:60], p.bearer, strings.Repeat("A", 3000)} {
				w.holding(bad).with("Authorization", "Bearer "+flip(p.bearer, 300)).Post(logout, obj{"refresh_token": bad}).Status(204).Sets(cleared)
			}
			w.program().with("Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==").Post(logout, nil).Status(204)
			w.program().with("Authorization", "Bearer").Post(logout, nil).Status(204)
			p.Get("/api/v1/users/me").Status(200)
			p.refresh(nil).Status(200)
		},
		"beside garbage": func(w *world, p *person) {
			cookie := p.token()
			p.as("no.bearer.token").Post(logout, obj{"refresh_token": "nonsense"}).Status(204).Sets(cleared)
			gone(p, cookie)
		},
		"by an expired access token": func(w *world, p *person) {
			w.clock.pass(5 * minute)
			w.program().as(p.bearer).Post(logout, nil).Status(204)
			p.refresh(nil).Status(200)
		},
		"keeps the first end": func(w *world, p *person) {
			cookie := p.token()
			w.ada.Delete("/api/v1/accounts/me/sessions/" + p.session).Status(204)
			p.Post(logout, nil).Status(204).Sets(cleared)
			w.program().refresh(obj{"refresh_token": cookie}).Problem(401, "session-revoked").Because("owner_session")
		},
		"with a body that is wrong": func(w *world, p *person) {
			p.Post(logout, obj{"refresh_token": 1}).Field("refresh_token").Sets()
			p.Post(logout, obj{"all": true}).Field("").Sets()
			p.Post(logout, raw("{")).Problem(400, "invalid-request").Sets()
			p.Get("/api/v1/users/me").Status(200)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			test(w, w.signIn("bob@acme.example"))
			w.bob.renew().Get("/api/v1/auth/session").Status(200) // another session of Bob's is untouched
		})
	}
}

func TestSignOutIsAudited(t *testing.T) {
	t.Parallel()
	w := start(t)
	p := w.signIn("bob@acme.example")
	p.Post(logout, nil).Status(204)
	e := w.ada.event("session.logout")
	if e.str("resource_type") != "session" || e.str("resource_id") != p.session || e.str("actor", "id") != w.bob.id || e.str("actor", "type") != "user" {
		t.Errorf("audited %v", e.v)
	}
	events := len(w.ada.actions())
	p.Post(logout, nil).Status(204)
	if len(w.ada.actions()) != events {
		t.Error("the end of nothing was audited")
	}
}

// TestObserve: GET /auth/session changes, extends, sets and clears nothing.
func TestObserve(t *testing.T) {
	t.Parallel()
	w := start(t)
	old := w.bob.token()
	w.clock.pass(minute)
	w.bob.refresh(nil).Status(200)
	active := w.clock.in(0)
	w.clock.pass(minute)
	want := map[string]any{"session.id": w.bob.session, "session.generation": 2, "session.last_active_at": active,
		"user.id": w.bob.id, "account.id": w.ada.account, "server_time": w.clock.in(0)}
	const path = "/api/v1/auth/session"
	state := w.state()
	w.bob.Get(path).Status(200).Shape(stateShape).Sets().Equal(want)
	w.bob.as("").Get(path).Status(200).Shape(stateShape).Sets().Equal(want)
	for range 3 { // any generation up to the row's, and never reuse
		w.holding(old).Get(path).Status(200).Sets().Equal(want)
	}
	w.holding(w.oleg.token()).as(w.bob.bearer).Get(path).Status(200).Equal(want) // the bearer comes first
	if w.state() != state {
		t.Error("a look changed something")
	}

	w.program().Get(path).Problem(401, "no-session").Is("WWW-Authenticate", "Bearer").Sets()
	w.holding("cfr_nonsense").Get(path).Problem(401, "invalid-token").Sets()
	w.holding(flip(old, 60)).Get(path).Problem(401, "invalid-token").Is("WWW-Authenticate", "Bearer").Sets()
	w.bob.as("not.a.token").Get(path).Problem(401, "invalid-token").Is("WWW-Authenticate", `Bearer error="invalid_token"`).Sets()

	bearer, cookie := w.bob.bearer, w.bob.token()
	w.bob.Post(logout, nil).Status(204)
	w.program().as(bearer).Get(path).Problem(401, "session-revoked").Because("logout").Is("WWW-Authenticate", `Bearer error="invalid_token"`).Sets()
	w.holding(cookie).Get(path).Problem(401, "session-revoked").Because("logout").Is("WWW-Authenticate", "Bearer").Sets()
	w.holding(old).Get(path).Problem(401, "session-revoked").Because("logout").Sets()
}
