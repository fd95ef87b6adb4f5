package apitest

import (
	"strings"
	"testing"
	"time"
)

const (
	lookAtReset = "/api/v1/auth/reset"
	setPassword = "/api/v1/auth/reset-password"
	newPassword = "a quite different long phrase"
)

// resetLinks is where an owner makes a person's link.
func resetLinks(id string) string { return users + "/" + id + "/reset-links" }

// resetLink makes a person's link to a new password, and is its code.
func (w *world) resetLink(owner *person, id string) string {
	w.t.Helper()
	return w.codeOf(owner.Post(resetLinks(id), nil).Status(201).JSON().str("reset_url"))
}

// codeOf is the code of a link, which is a secret from here on.
func (w *world) codeOf(link string) string {
	w.t.Helper()
	page, code, _ := strings.Cut(link, "#token=")
	if page != w.url+"/reset" || !strings.HasPrefix(code, "cfp_") {
		w.t.Fatalf("the link is %s", link)
	}
	w.secret(code)
	return code
}

func TestReset(t *testing.T) {
	t.Parallel()
	w := start(t)
	other := w.signIn("bob@acme.example")
	a := w.ada.Post(resetLinks(w.bob.id), nil).Status(201).Shape(newResetShape).Sets().
		Equal(map[string]any{"expires_at": w.clock.in(time.Hour)})
	code := w.codeOf(a.JSON().str("reset_url"))
	if e := w.ada.event("user.reset_link_create"); e.str("resource_id") != w.bob.id || e.str("actor", "id") != w.ada.id ||
		e.str("details", "expires_at") != w.clock.in(time.Hour) {
		t.Errorf("audited %v", e.v)
	}
	n := len(w.ada.actions())
	for range 2 { // a look spends nothing
		w.program().Post(lookAtReset, obj{"token": code}).Status(200).Shape(resetShape).Sets().
			Equal(map[string]any{"name": "Bob Member", "email": "bob@acme.example", "expires_at": w.clock.in(time.Hour)})
	}
	for _, tt := range []struct {
		body  obj
		field string
	}{
		{obj{"token": code}, "password"}, {obj{"token": code, "password": ""}, "password"}, {obj{"token": code, "password": "too short"}, "password"},
		{obj{"token": code, "password": "bob@acme.example"}, "password"}, {obj{"token": code, "password": []string{newPassword}}, "password"},
		{obj{"password": newPassword}, "token"}, {obj{"token": []string{code}, "password": newPassword}, "token"},
		{obj{"token": code, "password": newPassword, "email": "ada@acme.example"}, ""},
	} {
		w.bob.as("").Post(setPassword, tt.body).Field(tt.field).Sets()
	}
	if len(w.ada.actions()) != n {
		t.Error("looks and refusals of the password are audited")
	}
	w.bob.alive()

	// The browser in which it is done keeps its cookies, which are worth nothing.
	w.bob.as("").Post(setPassword, obj{"token": code, "password": newPassword}).Status(204).Sets()
	w.bob.gone("password_changed")
	other.gone("password_changed")
	e := w.ada.event("user.password_reset")
	if e.str("resource_id") != w.bob.id || e.str("actor", "id") != w.bob.id || e.num("details", "revoked_count") != 2 || e.str("details", "link_by") != w.ada.id {
		t.Errorf("audited %v", e.v)
	}
	if w.ada.actions()[1] != "user.reset_link_create" {
		t.Errorf("audited %v: a session was started", w.ada.actions())
	}
	w.program().guess("bob@acme.example", password15).Problem(401, "invalid-credentials")
	w.program().guess("bob@acme.example", newPassword).Status(200)
	w.ada.alive()
	w.oleg.alive()

	// It worked once.
	w.program().Post(lookAtReset, obj{"token": code}).Problem(404, "link-invalid")
	w.program().Post(setPassword, obj{"token": code, "password": password15}).Problem(404, "link-invalid")
	if e := w.ada.event("access.denied"); e.str("details", "operation") != "reset" || e.str("details", "cause") != "spent_link" || e.str("resource_id") != w.bob.id {
		t.Errorf("audited %v", e.v)
	}
	w.program().guess("bob@acme.example", newPassword).Status(200)
}

// TestNoResetLinkForOneself: a session that somebody got hold of is not worth
// the password (ASVS 6.2.3).
func TestNoResetLinkForOneself(t *testing.T) {
	t.Parallel()
	w := start(t)
	n := len(w.ada.actions())
	w.ada.Post(resetLinks(w.ada.id), nil).Problem(422, "invalid-request").Lacks("token=")
	if len(w.ada.actions()) != n {
		t.Errorf("audited %v", w.ada.actions())
	}
	otto := w.join(w.ada, "Otto", "otto@acme.example", "owner")
	w.browser().Post(setPassword, obj{"token": w.resetLink(otto, w.ada.id), "password": newPassword}).Status(204)
	w.ada.gone("password_changed")
}

// TestResetLinkThatDoesNotWork: whatever is wrong with a link, it gets one
// answer.
func TestResetLinkThatDoesNotWork(t *testing.T) {
	t.Parallel()
	w := start(t)
	older := w.resetLink(w.ada, w.bob.id)
	open := w.resetLink(w.ada, w.bob.id)
	_, invitation := w.invite(w.ada, "ivy@acme.example", "member")
	codes := []string{"cfp_unknown", "", w.ada.token(), invitation, "cfp_" + invitation[4:], flip(open, 70), open[:len(open)-1], open + "A", older}
	var first *answer
	same := func(code string) {
		t.Helper()
		for _, a := range []*answer{
			w.program().Post(lookAtReset, obj{"token": code}).Problem(404, "link-invalid"),
			w.browser().Post(setPassword, obj{"token": code, "password": newPassword}).Problem(404, "link-invalid").Sets(),
			// The password is not judged for a link that does not work.
			w.browser().Post(setPassword, obj{"token": code, "password": "x"}).Problem(404, "link-invalid"),
		} {
			if first == nil {
				first = a
			}
			sameBut(t, first, a)
		}
	}
	for _, code := range codes {
		same(code)
	}
	w.browser().Post(accept, obj{"token": open, "name": "Eve", "password": newPassword}).Problem(404, "link-invalid")

	// It dies at the microsecond.
	w.clock.pass(time.Hour - time.Microsecond)
	w.program().Post(lookAtReset, obj{"token": open}).Status(200)
	w.clock.pass(time.Microsecond)
	same(open)
	w.ada = w.signIn("ada@acme.example")

	// So do others with a person's epoch, and with the person.
	carl := w.join(w.ada, "Carl", "carl@acme.example", "member")
	open = w.resetLink(w.ada, carl.id)
	carl.Post(me+"/password", obj{"current_password": password15, "new_password": newPassword}).Status(204)
	same(open)
	open = w.resetLink(w.ada, carl.id)
	w.ada.Patch(users+"/"+carl.id, obj{"disabled": true}).Status(200)
	same(open)
	w.ada.Post(resetLinks(carl.id), nil).Problem(422, "invalid-request").Detail("This person may not sign in. Enable them first, then make the link.")
	w.ada.Patch(users+"/"+carl.id, obj{"disabled": false}).Status(200)
	same(open)

	// An owner who was sent away comes back by no link of their own.
	otto := w.join(w.ada, "Otto", "otto@acme.example", "owner")
	open = w.resetLink(otto, w.ada.id)
	w.ada.Patch(users+"/"+otto.id, obj{"role": "member"}).Status(200)
	same(open)
	w.ada.alive()
	causes := map[string]bool{}
	for _, e := range w.ada.events("?action=access.denied&limit=200").at("items").list() {
		causes[e.str("details", "cause")] = true
	}
	for _, cause := range []string{"unknown_link", "late_link", "ended_link", "disabled", "link_of_nobody"} {
		if !causes[cause] {
			t.Errorf("no refusal is audited for %s", cause)
		}
	}
}

// TestResetLinkIgnoresTheHostHeader: a link goes to the public URL, whatever
// host the request names (Zitadel CVE-2025-64101).
func TestResetLinkIgnoresTheHostHeader(t *testing.T) {
	t.Parallel()
	w := start(t, overTLS)
	for name, value := range map[string]string{"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example;proto=https"} {
		a := w.ada.with(name, value).Post(resetLinks(w.bob.id), nil).Status(201).Lacks("evil")
		w.codeOf(a.JSON().str("reset_url"))
	}
}

// TestResetHappensOnce: of many who use a link at once, one sets the password.
func TestResetHappensOnce(t *testing.T) {
	t.Parallel()
	w := start(t)
	code := w.resetLink(w.ada, w.bob.id)
	got := statuses(together(8, func(int) *answer {
		return w.program().Post(setPassword, obj{"token": code, "password": newPassword})
	}))
	if got[204] != 1 || got[404] != 7 {
		t.Errorf("answered %v", got)
	}
}
