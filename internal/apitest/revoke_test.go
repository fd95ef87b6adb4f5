package apitest

import (
	"slices"
	"testing"
	"time"
)

// gone wants a session to be over for a reason, whichever way it is asked for.
func (p *person) gone(reason string) {
	p.w.t.Helper()
	want := `Bearer error="invalid_token"`
	p.Get(me).Problem(401, "session-revoked").Because(reason).Is("WWW-Authenticate", want)
	p.Get("/api/v1/auth/session").Problem(401, "session-revoked").Because(reason).Is("WWW-Authenticate", want)
	p.as("").Get("/api/v1/auth/session").Problem(401, "session-revoked").Because(reason).Sets()
	p.refresh(nil).Problem(401, "session-revoked").Because(reason).Sets("-curfew_refresh")
}

// alive wants a session to live.
func (p *person) alive() {
	p.w.t.Helper()
	p.Get(me).Status(200)
	p.refresh(nil).Status(200)
}

func TestRevokeAll(t *testing.T) {
	t.Parallel()
	w := start(t)
	second := w.signIn("ada@acme.example")
	w.ada.Post(bulk, obj{"scope": "all"}).revoked(3)
	for _, p := range []*person{w.ada, w.bob, second} {
		p.gone("owner_all")
	}
	w.oleg.alive()
	w.ada.Post(bulk, obj{"scope": "all"}).Problem(401, "session-revoked").Because("owner_all")
	ada := w.signIn("ada@acme.example")
	e := ada.events("?action=account.sessions_revoked_bulk").at("items").list()
	if len(e) != 1 || e[0].str("actor", "id") != w.ada.id || e[0].str("resource_id") != w.ada.account {
		t.Errorf("audited %v", e)
	}
	wantDetails(t, e[0], `{"revoked_count":3,"scope":"all"}`)
	ada.Post(bulk, obj{"scope": "all"}).revoked(1) // counts only the active
}

func TestRevokeOthers(t *testing.T) {
	t.Parallel()
	w := start(t)
	second, bob := w.signIn("ada@acme.example"), w.signIn("bob@acme.example")
	w.bob.Post(logout, nil).Status(204)
	w.ada.Post(bulk, obj{"scope": "others"}).revoked(1)
	bob.gone("owner_others")
	w.ada.alive()
	second.alive()
	w.oleg.alive()
	wantDetails(t, w.ada.event("account.sessions_revoked_bulk"), `{"revoked_count":1,"scope":"others"}`)
	w.ada.Post(bulk, obj{"scope": "others"}).revoked(0)
	w.ada.alive()
	again := w.signIn("bob@acme.example")
	again.alive()
	w.ada.Post(bulk, obj{"scope": "all"}).revoked(3)
	second.gone("owner_all")
	again.gone("owner_all")
	bob.as("").refresh(obj{"refresh_token": "x"}).Problem(401, "invalid-token")
}

func TestRevokeOnePerson(t *testing.T) {
	t.Parallel()
	w := start(t)
	second := w.signIn("bob@acme.example")
	path := users + "/" + w.bob.id + "/revoke-sessions"
	w.ada.Post(path, nil).Status(200).Shape(revokedShape).Equal(map[string]any{"revoked_count": 2})
	w.bob.gone("owner_user")
	second.gone("owner_user")
	w.ada.alive()
	e := w.ada.event("user.sessions_revoked")
	if e.str("resource_id") != w.bob.id || e.str("resource_type") != "user" || e.at("details").num("revoked_count") != 2 {
		t.Errorf("audited %v", e.v)
	}
	w.ada.Post(path, nil).Status(200).Equal(map[string]any{"revoked_count": 0})
	w.ada.Post(path, obj{}).Status(200) // an empty object is as good as no body
	w.ada.Post(path, obj{"scope": "all"}).Problem(422, "invalid-request")
	w.signIn("bob@acme.example").alive()
	w.ada.Post(users+"/"+w.ada.id+"/revoke-sessions", nil).Status(200).Equal(map[string]any{"revoked_count": 1})
	w.ada.gone("owner_user")
}

func TestRevokeOneSession(t *testing.T) {
	t.Parallel()
	w := start(t)
	second := w.signIn("bob@acme.example")
	for range 2 { // also when it is over already; the first end stays
		w.ada.Delete(sessions + "/" + second.session).Status(204)
		w.clock.pass(time.Second)
	}
	second.gone("owner_session")
	w.bob.alive()
	list := w.ada.events("?action=session.revoke").at("items").list()
	if len(list) != 1 || list[0].str("resource_id") != second.session || list[0].str("actor", "id") != w.ada.id || list[0].str("details", "reason") != "owner_session" {
		t.Errorf("audited %v", list)
	}

	third := w.signIn("bob@acme.example")
	w.bob.Delete(me + "/sessions/" + third.session).Status(204)
	third.gone("user_session")
	w.ada.Delete(sessions + "/" + third.session).Status(204)
	third.as("").Get("/api/v1/auth/session").Problem(401, "no-session") // its browser has forgotten it
	if s := sessionsByID(w.ada.Get(sessions + "?status=ended"))[third.session]; s.str("reason") != "user_session" {
		t.Errorf("the first end did not stay: %v", s.v)
	}
	// A colleague's session is nobody's own.
	w.bob.Delete(me+"/sessions/"+w.ada.session).Problem(404, "not-found")
	w.ada.Delete(me+"/sessions/"+w.bob.session).Problem(404, "not-found")
	w.ada.alive()
	w.bob.alive()
	w.ada.Delete(sessions + "/" + w.ada.session).Status(204)
	w.ada.gone("owner_session")
}

func TestRevokeMyOthers(t *testing.T) {
	t.Parallel()
	w := start(t)
	second, third := w.signIn("bob@acme.example"), w.signIn("bob@acme.example")
	second.Post(me+"/sessions/revoke-others", nil).Status(200).Shape(revokedShape).Equal(map[string]any{"revoked_count": 2})
	w.bob.gone("user_others")
	third.gone("user_others")
	second.alive()
	w.ada.alive()
	if e := w.ada.event("user.sessions_revoked"); e.str("resource_id") != w.bob.id || e.str("actor", "id") != w.bob.id {
		t.Errorf("audited %v", e.v)
	}
	second.Post(me+"/sessions/revoke-others", obj{"all": true}).Problem(422, "invalid-request")
	second.alive()
}

func TestSessionLists(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.clock.pass(minute)
	phone := w.browser().with("User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1").signIn("bob@acme.example")
	w.clock.pass(minute)
	ended := w.signIn("bob@acme.example")
	ended.Post(logout, nil).Status(204)

	a := w.ada.Get(sessions).Status(200).Shape(sessionListShape)
	if got := a.JSON().column("id"); !slices.Equal(got, []string{phone.session, w.bob.session, w.ada.session}) && !slices.Equal(got, []string{phone.session, w.ada.session, w.bob.session}) {
		a.fail("want the phone first, then the others")
	}
	items := sessionsByID(a)
	if s := items[w.ada.session]; s.at("current").v != true || s.str("user", "email") != "ada@acme.example" || s.str("status") != "active" ||
		s.at("ended_at").v != nil || s.at("reason").v != nil || s.str("ip") != "127.0.0.1" || s.str("device", "browser") != "Firefox 144" || s.str("device", "os") != "Linux" ||
		s.str("device", "kind") != "desktop" || s.str("started_at") != w.clock.in(-2*minute) || s.str("idle_expires_at") != w.clock.in(10078*minute) {
		t.Errorf("Ada's session is %v", s.v)
	}
	if s := items[phone.session]; s.at("current").v != false || s.str("device", "kind") != "phone" || s.str("user", "id") != w.bob.id || s.str("user", "name") != "Bob Member" {
		t.Errorf("Bob's phone is %v", s.v)
	}
	over := w.ada.Get(sessions + "?status=ended").Status(200).Shape(sessionListShape).JSON().at("items").list()
	if len(over) != 1 || over[0].str("id") != ended.session || over[0].str("status") != "revoked" || over[0].str("reason") != "logout" || over[0].str("ended_at") != w.clock.in(0) {
		t.Errorf("over are %v", over)
	}
	for query, want := range map[string]int{
		"?status=all": 4, "?status=active": 3, "?user_id=" + w.bob.id: 2, "?user_id=" + w.bob.id + "&status=all": 3,
		"?user_id=" + w.oleg.id + "&status=all": 0, "?user_id=0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d": 0,
	} {
		if got := len(w.ada.Get(sessions + query).Status(200).JSON().at("items").list()); got != want {
			t.Errorf("%s lists %d, want %d", query, got, want)
		}
	}
	for query, field := range map[string]string{"?status=dead": "status", "?status=Active": "status", "?user_id=x": "user_id"} {
		w.ada.Get(sessions + query).Field(field)
	}
	mine := phone.Get(me + "/sessions?status=all").Status(200).Shape(sessionListShape)
	if len(mine.JSON().at("items").list()) != 3 {
		mine.fail("want Bob's three")
	}
	mine.Lacks(w.ada.session, "ada@acme.example")
	phone.Get(me + "/sessions?status=gone").Field("status")
	phone.Get(me + "/sessions?user_id=" + w.ada.id).Lacks(w.ada.session)
	w.oleg.Get(sessions+"?status=all").Lacks("acme", w.bob.session)

	// One that a deadline ended is expired, at the deadline.
	w.clock.pass(10078 * minute)
	ada := w.signIn("ada@acme.example")
	s := sessionsByID(ada.Get(sessions + "?status=ended"))[w.bob.session]
	if s.str("status") != "expired" || s.str("reason") != "idle" || s.str("ended_at") != w.clock.in(0) {
		t.Errorf("an expired session is %v", s.v)
	}
}
