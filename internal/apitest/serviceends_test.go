package apitest

import (
	"strings"
	"testing"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// TestServiceEndsSessions: one, one person's, all, and all but one person's; each
// with its cause for the client, and the service's own words in the audit log.
func TestServiceEndsSessions(t *testing.T) {
	t.Parallel()
	w := start(t, withFeed)
	product := w.product()
	verifier := w.service(curfew.ScopeRevocationsRead)
	path := serviceAccounts + "/acme"
	ada := w.begin(product, "ada", nil)
	over := func(p *person) {
		t.Helper()
		w.program().refresh(obj{"refresh_token": p.refreshToken}).Problem(401, "session-revoked").Because("service")
		p.Get(me).Problem(401, "session-revoked").Because("service")
	}
	alive := func(people ...*person) {
		t.Helper()
		for _, p := range people {
			p.Get(me).Status(200)
		}
	}
	told := func(name, want string) {
		t.Helper()
		entries := verifier.entries()
		if got := entries[len(entries)-1].members(); got["account_id"] != ada.account || want != "" && got[name] != want {
			t.Errorf("verifiers are told %v", got)
		}
	}

	bob, other := w.begin(product, "bob", nil), w.begin(product, "bob", nil)
	for range 2 { // the second time it is over already
		product.Delete(path + "/sessions/" + bob.session).Status(204)
	}
	over(bob)
	alive(other, ada)
	told("session_id", bob.session)
	if e := ada.event("session.revoke"); e.str("actor", "type") != "service" || e.str("details", "reason") != "service" || e.str("resource_id") != bob.session {
		e.a.fail("the event is wrong")
	}

	product.Post(path+"/users/bob/revoke-sessions", obj{"reason": " has left "}).Status(200).Equal(map[string]any{"revoked_count": 1})
	over(other)
	alive(ada)
	told("user_id", bob.id)
	if e := ada.event("user.sessions_revoked"); e.str("actor", "type") != "service" || e.str("details", "reason") != "has left" || e.str("resource_id") != bob.id {
		e.a.fail("the event is wrong")
	}
	product.Post(path+"/users/bob/revoke-sessions", nil).Status(200).Equal(map[string]any{"revoked_count": 0})
	product.Post(path+"/users/bob/revoke-sessions", raw(`{}`)).Status(200)

	bob, other = w.begin(product, "bob", nil), w.begin(product, "bob", nil)
	w.begin(product, "ada", nil)
	product.Post(path+"/revoke-sessions", obj{"scope": "others", "keep_user": "ada", "reason": "an incident"}).Status(200).Equal(map[string]any{"revoked_count": 2})
	over(bob)
	over(other)
	alive(ada)
	told("", "")
	if e := ada.event("session.revoke"); e.str("actor", "type") != "service" || e.str("details", "scope") != "others" || e.str("details", "reason") != "an incident" || e.num("details", "revoked_count") != 2 {
		e.a.fail("the event is wrong")
	}
	product.Post(path+"/revoke-sessions", obj{"scope": "all"}).Status(200).Equal(map[string]any{"revoked_count": 2})
	over(ada)
	// The others' sessions are other people's.
	alive(w.ada, w.bob, w.oleg)

	for _, tt := range []struct {
		body  obj
		field string
	}{
		{obj{}, "scope"}, {obj{"scope": "some"}, "scope"}, {obj{"scope": "others"}, "keep_user"}, {obj{"scope": "all", "keep_user": "ada"}, "keep_user"},
		{obj{"scope": "all", "reason": strings.Repeat("x", 501)}, "reason"}, {obj{"scope": "all", "reason": "a\x00"}, "reason"},
	} {
		product.Post(path+"/revoke-sessions", tt.body).Field(tt.field)
	}
	product.Post(path+"/revoke-sessions", obj{"scope": "others", "keep_user": "nobody"}).Problem(404, "not-found")
	product.Post(path+"/users/bob/revoke-sessions", obj{"reason": strings.Repeat("x", 501)}).Field("reason")
	product.Delete(path+"/sessions/"+w.bob.session).Problem(404, "not-found")
	product.Delete(path+"/sessions/no-id").Problem(404, "not-found")
	product.Get(path+"/sessions?user=nobody").Problem(404, "not-found")
	product.Get(path + "/sessions?status=some").Field("status")
	product.Get(path + "/sessions?limit=0").Field("limit")
}

// TestServiceTakesAway: whoever is demoted or disabled is signed out everywhere.
func TestServiceTakesAway(t *testing.T) {
	t.Parallel()
	w := startEmpty(t)
	product := w.product()
	path := serviceAccounts + "/acme/users/ada"
	body := obj{"name": "Ada", "email": "ada@acme.example", "role": "owner"}
	p := w.begin(product, "ada", nil)
	product.Put(path, body.but("name", "Ada L")).Status(200)
	p.Get(me).Status(200).Equal(map[string]any{"name": "Ada L", "has_password": false})
	product.Put(path, body.but("role", "member")).Status(200)
	w.program().refresh(obj{"refresh_token": p.refreshToken}).Problem(401, "session-revoked").Because("role_changed")
	product.Put(path, body).Status(200)
	p = w.begin(product, "ada", nil)
	product.Put(path, body.but("disabled", true)).Status(200)
	w.program().refresh(obj{"refresh_token": p.refreshToken}).Problem(401, "session-revoked").Because("user_disabled")
	product.Put(path, body.but("disabled", false)).Status(200)
	p = w.begin(product, "ada", nil)
	want := "[session.start user.enable user.disable session.start user.role_change user.role_change user.update user.update session.start user.create user.create account.create]"
	if got := strings.Join(p.actions(), " "); "["+got+"]" != want {
		t.Errorf("audited are %s", got)
	}
	for _, e := range p.events("?limit=200").at("items").list() {
		if e.str("actor", "type") != "service" || e.str("actor", "name") != "a service" {
			e.a.fail("somebody else did it")
		}
	}
}

// TestServicePolicy: by the rules that hold for an owner, and with nobody's name
// where an owner's would be.
func TestServicePolicy(t *testing.T) {
	t.Parallel()
	w := startEmpty(t)
	product := w.product()
	path := serviceAccounts + "/acme/security"
	ada := w.begin(product, "ada", nil)
	product.Get(path).Status(200).Is("ETag", `"p1"`).Equal(map[string]any{"idle_minutes": nil, "active_session_count": 1})
	product.Patch(path, obj{"idle_minutes": 14}).Field("idle_minutes").Detail("idle_minutes must be between 15 and 43200")
	product.with("If-Match", `"p0"`).Patch(path, obj{"idle_minutes": 60}).Problem(412, "stale")
	product.with("If-Match", `"p1"`).Patch(path, obj{"idle_minutes": 60, "absolute_minutes": 600, "reason": "the small plan"}).Status(200).Is("ETag", `"p2"`).
		Equal(map[string]any{"idle_minutes": 60, "absolute_minutes": 600, "updated_by": nil, "updated_at": stamp(w.clock.Now())})
	ada.Get(security).Status(200).Is("ETag", `"p2"`).Equal(map[string]any{"idle_minutes": 60, "updated_by": nil})
	if e := ada.event("account.session_policy_update"); e.str("actor", "type") != "service" || e.str("details", "reason") != "the small plan" {
		e.a.fail("the event is wrong")
	}
	w.began(product.Post(starts, of("bob")).Status(201).Equal(map[string]any{"session.idle_minutes": 60, "session.absolute_minutes": 600}))
	product.Patch(path, obj{"apply_to": "all_sessions"}).Status(200)
	ada.refresh(obj{"refresh_token": ada.refreshToken}).Status(200).Equal(map[string]any{"session.idle_minutes": 60})
	ada.Patch(security, obj{"idle_minutes": 30}).Status(200)
	product.Get(path).Status(200).Equal(map[string]any{"idle_minutes": 30, "updated_by.name": "Ada"})
}
