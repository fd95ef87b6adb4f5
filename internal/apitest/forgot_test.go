package apitest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/mail"
	"github.com/curfew-auth/curfew/internal/store/storetest"
)

const forgot = "/api/v1/auth/forgot"

// withMail gives an installation a postbox.
func withMail(s *setup) { s.authority.Mailer = new(storetest.Postbox) }

// mails are the mails that were sent since they were last asked for, in words.
func (w *world) mails() (texts []mail.Text) {
	w.t.Helper()
	for _, letter := range w.setup.authority.Mailer.(*storetest.Postbox).Empty(w.t) {
		text, err := mail.Compose(letter)
		must(w.t, err)
		texts = append(texts, text)
	}
	return texts
}

// resetMail is the code in the only mail that was sent, to an address.
func (w *world) resetMail(to string) string {
	w.t.Helper()
	mails := w.mails()
	if len(mails) != 1 || mails[0].To != to || mails[0].Subject != "Set a new password" {
		w.t.Fatalf("the mails are %+v", mails)
	}
	for line := range strings.Lines(mails[0].Plain) {
		if strings.Contains(line, "#token=") {
			return w.codeOf(strings.TrimSpace(line))
		}
	}
	w.t.Fatalf("there is no link in\n%s", mails[0].Plain)
	return ""
}

func TestForgot(t *testing.T) {
	t.Parallel()
	w := start(t, withMail)
	w.program().Get("/api/v1/auth/config").Equal(map[string]any{"mail_enabled": true})
	w.mails()
	n := len(w.ada.actions())
	a := w.browser().Post(forgot, obj{"email": " BOB@acme.example "}).Status(202).Sets()
	b := w.browser().Post(forgot, obj{"email": "nobody@acme.example"}).Status(202).Sets()
	sameBut(t, a, b)
	if len(w.ada.actions()) != n {
		t.Error("something happened before the answer")
	}
	code := w.resetMail("bob@acme.example")
	e := w.ada.event("user.password_reset_request")
	if e.str("resource_id") != w.bob.id || e.at("actor").v != nil || e.at("details", "mailed").v != true || e.str("ip") != "127.0.0.1" {
		t.Errorf("audited %v", e.v)
	}
	w.program().Post(lookAtReset, obj{"token": code}).Status(200).Equal(map[string]any{"email": "bob@acme.example", "expires_at": w.clock.in(time.Hour)})
	w.bob.alive() // to ask ends nothing
	w.browser().Post(setPassword, obj{"token": code, "password": newPassword}).Status(204).Sets()
	w.bob.gone("password_changed")
	w.program().guess("bob@acme.example", newPassword).Status(200)

	// The link of a mail and an owner's take each other's place.
	w.mails()
	owners := w.resetLink(w.ada, w.bob.id)
	w.browser().Post(forgot, obj{"email": "bob@acme.example"}).Status(202)
	mailed := w.resetMail("bob@acme.example")
	w.program().Post(lookAtReset, obj{"token": owners}).Problem(404, "link-invalid")
	w.program().Post(lookAtReset, obj{"token": mailed}).Status(200)
	w.resetLink(w.ada, w.bob.id)
	w.program().Post(lookAtReset, obj{"token": mailed}).Problem(404, "link-invalid")

	// A disabled person gets none, and the answer is the same.
	w.ada.Patch(users+"/"+w.bob.id, obj{"disabled": true}).Status(200)
	sameBut(t, a, w.browser().Post(forgot, obj{"email": "bob@acme.example"}).Status(202))
	if mails := w.mails(); len(mails) != 0 {
		t.Errorf("the mails are %+v", mails)
	}
}

// TestForgotTooOften: a stranger fills nobody's mailbox, and the person's
// account hears of it, once a minute.
func TestForgotTooOften(t *testing.T) {
	t.Parallel()
	w := start(t, throttled, withMail)
	w.mails()
	for range 6 {
		w.program().Post(forgot, obj{"email": "bob@acme.example"}).Status(202)
	}
	if mails := w.mails(); len(mails) != 3 {
		t.Errorf("%d mails", len(mails))
	}
	list := w.ada.events("?action=user.password_reset_request").at("items").list()
	if len(list) != 4 {
		t.Fatalf("audited %d requests", len(list))
	}
	if e := list[0]; e.str("resource_id") != w.bob.id || e.at("details", "mailed").v != false || e.str("details", "cause") != "too_many" {
		t.Errorf("audited %v", e.v)
	}
	w.clock.pass(10 * time.Minute)
	w.program().Post(forgot, obj{"email": "bob@acme.example"}).Status(202)
	w.resetMail("bob@acme.example")
}

func TestForgotRefusals(t *testing.T) {
	t.Parallel()
	w := start(t, withMail)
	w.mails()
	for _, tt := range []struct {
		body  any
		field string
	}{
		{obj{}, "email"}, {obj{"email": ""}, "email"}, {obj{"email": "no address"}, "email"}, {obj{"email": 1}, "email"},
		// GitLab CVE-2023-7028: a second address gets no mail.
		{obj{"email": []string{"bob@acme.example", "eve@evil.example"}}, "email"}, {obj{"email": "bob@acme.example, eve@evil.example"}, "email"},
		{obj{"email": "bob@acme.example\r\nBcc: eve@evil.example"}, "email"}, {obj{"email": obj{"eq": "bob@acme.example"}}, "email"},
		{obj{"email": "bob@acme.example", "cc": "eve@evil.example"}, ""},
	} {
		w.program().Post(forgot, tt.body).Field(tt.field)
	}
	if mails := w.mails(); len(mails) != 0 {
		t.Errorf("the mails are %+v", mails)
	}
	w.setup.authority.Mailer.(*storetest.Postbox).SetFull(true)
	for _, email := range []string{"bob@acme.example", "nobody@acme.example"} {
		w.program().Post(forgot, obj{"email": email}).Problem(503, "unavailable").Is("Retry-After", "60")
	}
}

func TestForgotWithoutMail(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.program().Get("/api/v1/auth/config").Equal(map[string]any{"mail_enabled": false})
	for _, email := range []string{"bob@acme.example", "nobody@acme.example"} {
		w.program().Post(forgot, obj{"email": email}).Problem(404, "not-found")
	}
	w.ada.Post(invites, obj{"email": "ivy@acme.example", "role": "member"}).Status(201).Equal(map[string]any{"mailed": false})
}

// TestMailLeadsToThePublicURL: whatever host a request names, links in mails go
// to the public URL (Zitadel CVE-2025-64101).
func TestMailLeadsToThePublicURL(t *testing.T) {
	t.Parallel()
	w := start(t, overTLS, withMail)
	w.mails()
	number := 100
	for name, value := range map[string]string{"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example;proto=https", "X-Original-Url": "https://evil.example"} {
		w.program().with(name, value).Post(forgot, obj{"email": "bob@acme.example"}).Status(202)
		w.ada.with(name, value).Post(invites, obj{"email": "ivy" + strings.ToLower(name) + "@acme.example", "role": "member"}).Status(201)
		w.program().with(name, value).with("User-Agent", fmt.Sprintf("Mozilla/5.0 (X11; Linux x86_64; rv:%d.0) Gecko/20100101 Firefox/%[1]d.0", number)).guess("bob@acme.example", password15).Status(200)
		number++
		mails := w.mails()
		if len(mails) != 3 {
			t.Errorf("%d mails", len(mails))
		}
		for _, m := range mails {
			if strings.Contains(m.Plain+m.HTML, "evil") || !strings.Contains(m.Plain, "\nhttps://auth.example.com/") {
				t.Errorf("with %s the mail is\n%s", name, m.Plain)
			}
		}
	}
}

func TestInviteIsMailed(t *testing.T) {
	t.Parallel()
	w := start(t, withMail)
	w.mails()
	a := w.ada.Post(invites, obj{"email": "Grace@Acme.example", "role": "owner"}).Status(201).Equal(map[string]any{"mailed": true})
	mails := w.mails()
	if len(mails) != 1 || mails[0].To != "Grace@Acme.example" || !strings.Contains(mails[0].Plain, "\n"+a.JSON().str("invite_url")+"\n") ||
		!strings.Contains(mails[0].Plain, "Ada Owner invites you to join Acme as an owner.") {
		t.Errorf("the mails are %+v", mails)
	}
	// Of an address that is in use elsewhere nobody learns by inviting it.
	w.ada.Post(invites, obj{"email": "oleg@other.example", "role": "member"}).Status(201).Equal(map[string]any{"mailed": true})
}

// TestSignInIsMailed: only a browser that does not bring the mark of an earlier
// sign-in is told of.
func TestSignInIsMailed(t *testing.T) {
	t.Parallel()
	w := start(t, withMail)
	w.mails()
	w.bob.guess("bob@acme.example", password15).Status(200) // the browser in which he joined
	if mails := w.mails(); len(mails) != 0 {
		t.Errorf("the mails are %+v", mails)
	}
	const safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
	phone := w.browser().with("User-Agent", safari)
	phone.guess("bob@acme.example", wrong).Problem(401, "invalid-credentials")
	phone.guess("bob@acme.example", password15).Status(200)
	mails := w.mails()
	if len(mails) != 1 || mails[0].To != "bob@acme.example" || !strings.Contains(mails[0].Plain, "Safari 18 on iOS") || !strings.Contains(mails[0].Plain, "127.0.0.1") ||
		!strings.Contains(mails[0].Plain, "09:00 UTC on 2 March 2026") {
		t.Errorf("the mails are %+v", mails)
	}
	phone.guess("bob@acme.example", password15).Status(200)
	w.program().guess("bob@acme.example", password15).Status(200)
	if mails := w.mails(); len(mails) != 1 { // the program's
		t.Errorf("the mails are %+v", mails)
	}
}
