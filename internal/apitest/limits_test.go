package apitest

import (
	"testing"
	"time"
)

// TestSessionLimit is the owner's limit on the sessions of one person, as a part
// of the policy.
func TestSessionLimit(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.ada.Get(security).Equal(map[string]any{"max_sessions_per_user": nil, "session_limit_action": "evict_oldest",
		"effective_max_sessions_per_user": nil, "max_sessions_per_user_max": 100})
	w.ada.Patch(security, obj{"max_sessions_per_user": 2}).Status(200).Shape(securityShape).Is("ETag", `"p2"`).Equal(map[string]any{
		"max_sessions_per_user": 2, "effective_max_sessions_per_user": 2, "session_limit_action": "evict_oldest", "preset": "standard"})
	w.ada.Patch(security, obj{"session_limit_action": "refuse_new"}).Status(200).Is("ETag", `"p3"`).Equal(map[string]any{
		"max_sessions_per_user": 2, "session_limit_action": "refuse_new"})
	w.ada.Patch(security, raw(`{"max_sessions_per_user":null,"session_limit_action":"evict_oldest"}`)).Status(200).Is("ETag", `"p4"`).
		Equal(map[string]any{"max_sessions_per_user": nil, "effective_max_sessions_per_user": nil})
	for _, body := range []string{`{"max_sessions_per_user":0}`, `{"max_sessions_per_user":101}`, `{"max_sessions_per_user":-1}`, `{"max_sessions_per_user":1e30}`} {
		w.ada.Patch(security, raw(body)).Problem(422, "invalid-request").Detail("max_sessions_per_user must be between 1 and 100").Field("max_sessions_per_user")
	}
	for _, body := range []string{`{"max_sessions_per_user":1.5}`, `{"max_sessions_per_user":"1"}`, `{"session_limit_action":"evict"}`, `{"session_limit_action":1}`} {
		w.ada.Patch(security, raw(body)).Problem(422, "invalid-request")
	}
	// null clears: the default holds again.
	w.ada.Patch(security, obj{"session_limit_action": "refuse_new"}).Status(200).Is("ETag", `"p5"`)
	w.ada.Patch(security, raw(`{"session_limit_action":null}`)).Status(200).Is("ETag", `"p6"`).Equal(map[string]any{"session_limit_action": "evict_oldest"})
	// It is no part of a preview.
	w.ada.Post(security+"/preview", obj{"max_sessions_per_user": 1}).Problem(422, "invalid-request")
	w.ada.Get(security).Is("ETag", `"p6"`)
	w.bob.Patch(security, obj{"max_sessions_per_user": 1}).Problem(403, "forbidden")
}

// TestSessionLimitAtSignIn: what becomes of the sessions, and of the sign-in.
func TestSessionLimitAtSignIn(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.ada.Patch(security, obj{"max_sessions_per_user": 2}).Status(200)
	w.clock.pass(time.Minute)
	second := w.signIn("bob@acme.example")
	w.bob.Get(me).Status(200)
	w.clock.pass(time.Minute)
	third := w.signIn("bob@acme.example")
	w.bob.Get(me).Problem(401, "session-revoked").Because("session_limit")
	w.bob.refresh(nil).Problem(401, "session-revoked").Because("session_limit")
	second.Get(me).Status(200)
	third.Get(me).Status(200)
	found := w.ada.Get(account + "/audit-events?action=session.revoke").JSON().at("items").list()
	if len(found) != 1 {
		t.Fatalf("%d endings are audited", len(found))
	}
	e := found[0]
	if e.str("actor", "id") != w.bob.id || e.str("resource_id") != w.bob.session {
		t.Errorf("audited %v", e.v)
	}
	wantDetails(t, e, `{"max_sessions_per_user":2,"reason":"session_limit","user_id":"`+w.bob.id+`"}`)
	w.ada.Get(account + "/sessions?status=ended").Has(`"reason":"session_limit"`)

	w.ada.Patch(security, obj{"session_limit_action": "refuse_new"}).Status(200)
	login := obj{"email": "bob@acme.example", "password": password15}
	for _, delivery := range []string{"cookie", "body"} {
		w.browser().Post("/api/v1/auth/login", login.but("delivery", delivery)).Problem(409, "session-limit").Sets()
	}
	w.browser().Post("/api/v1/auth/login", login.but("password", password15+"x")).Problem(401, "invalid-credentials")
	// The browser that signs in again gives its own place up.
	third.Post("/api/v1/auth/login", login).Status(200)
	second.Get(me).Status(200)
	second.Delete(me + "/sessions/" + second.session).Status(204)
	w.signIn("bob@acme.example")
}
