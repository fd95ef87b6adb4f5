package apitest

import (
	"strings"
	"testing"
	"time"
)

const (
	invites   = "/api/v1/accounts/me/invites"
	lookUp    = "/api/v1/auth/invite"
	accept    = "/api/v1/auth/accept-invite"
	inviteDay = 7 * 24 * time.Hour
)

func TestInvitation(t *testing.T) {
	t.Parallel()
	w := start(t)
	v := w.ada.Post(invites, obj{"email": "Grace@Acme.example", "role": "owner"}).Status(201).Shape(newInviteShape).
		Equal(map[string]any{"expires_at": w.clock.in(inviteDay)}).JSON()
	link, code, _ := strings.Cut(v.str("invite_url"), "#token=")
	if link != w.url+"/invite" || !strings.HasPrefix(code, "cfi_") {
		t.Errorf("the link is %s", v.str("invite_url"))
	}
	w.secret(code)
	if e := w.ada.event("invite.create"); e.str("resource_id") != v.str("id") || e.str("details", "email") != "Grace@Acme.example" {
		t.Errorf("audited %v", e.v)
	}
	w.ada.Get(invites).Status(200).Shape(inviteListShape).Has("Grace@Acme.example").Lacks("cfi_", "invite_url")

	for range 2 { // a look spends nothing
		w.program().Post(lookUp, obj{"token": code}).Status(200).Shape(inviteShape).Sets().
			Equal(map[string]any{"account_name": "Acme", "email": "Grace@Acme.example", "role": "owner", "expires_at": w.clock.in(inviteDay)})
	}
	grace := w.browser()
	for _, tt := range []struct {
		body  obj
		field string
	}{
		{obj{"token": code, "password": password15}, "name"},
		{obj{"token": code, "name": "", "password": password15}, "name"},
		{obj{"token": code, "name": "Grace"}, "password"},
		{obj{"token": code, "name": "Grace", "password": "too short"}, "password"},
		{obj{"token": code, "name": "Grace", "password": "grace@acme.example"}, "password"},
		{obj{"name": "Grace", "password": password15}, "token"},
		{obj{"token": code, "name": "Grace", "password": password15, "role": "owner"}, ""},
		{obj{"token": code, "name": "Grace", "password": password15, "email": "other@acme.example"}, ""},
	} {
		grace.Post(accept, tt.body).Field(tt.field).Sets()
	}
	p := grace.person(grace.Post(accept, obj{"token": code, "name": "Grace Hopper", "password": password15}).Status(201).Shape(tokenShape).
		Sets("curfew_refresh", "curfew_browser").
		Equal(map[string]any{"user.name": "Grace Hopper", "user.email": "Grace@Acme.example", "user.role": "owner", "account.id": w.ada.account, "session.generation": 1}))
	p.Get("/api/v1/accounts/me/security").Status(200)
	if got := strings.Join(w.ada.actions()[:3], " "); got != "session.start user.create invite.accept" {
		t.Errorf("audited %s", got)
	}
	w.signIn("grace@acme.example")
	w.oleg.Get("/api/v1/accounts/me/users").Lacks("Grace")

	// It worked once.
	w.program().Post(lookUp, obj{"token": code}).Problem(404, "link-invalid")
	w.browser().Post(accept, obj{"token": code, "name": "Eve", "password": password15}).Problem(404, "link-invalid").Sets()
	w.ada.Get(invites).Lacks("Grace")
	w.ada.Delete(invites+"/"+v.str("id")).Problem(404, "not-found")
}

// TestLinkThatDoesNotWork: unknown, spent, late and withdrawn links get one
// answer.
func TestLinkThatDoesNotWork(t *testing.T) {
	t.Parallel()
	w := start(t)
	_, spent := w.invite(w.ada, "spent@acme.example", "member")
	w.browser().Post(accept, obj{"token": spent, "name": "Sven", "password": password15}).Status(201)
	id, withdrawn := w.invite(w.ada, "withdrawn@acme.example", "member")
	w.ada.Delete(invites + "/" + id).Status(204)
	w.ada.Delete(invites+"/"+id).Problem(404, "not-found")
	_, open := w.invite(w.ada, "open@acme.example", "member")
	codes := map[string]string{"unknown": "cfi_unknown", "empty": "", "another kind": w.ada.token(), "altered": flip(open, 70),
		"cut": open[:len(open)-1], "longer": open + "A", "spent": spent, "withdrawn": withdrawn}
	var first *answer
	same := func(a *answer) {
		t.Helper()
		if first == nil {
			first = a
		}
		sameBut(t, first, a)
	}
	for _, code := range codes {
		same(w.program().Post(lookUp, obj{"token": code}).Problem(404, "link-invalid"))
		same(w.browser().Post(accept, obj{"token": code, "name": "Eve", "password": password15}).Problem(404, "link-invalid").Sets())
	}
	// The password is not judged for a link that does not work.
	same(w.browser().Post(accept, obj{"token": spent, "name": "", "password": ""}))

	// An invitation dies at the microsecond, whether anybody tidies up or not
	// (authentik CVE-2025-64708).
	w.clock.pass(inviteDay - time.Microsecond)
	w.program().Post(lookUp, obj{"token": open}).Status(200)
	w.clock.pass(time.Microsecond)
	same(w.program().Post(lookUp, obj{"token": open}).Problem(404, "link-invalid"))
	same(w.browser().Post(accept, obj{"token": open, "name": "Eve", "password": password15}).Problem(404, "link-invalid"))
	w.ada = w.signIn("ada@acme.example")
	w.ada.Get(invites).Lacks("open@acme.example")
	if n := len(w.ada.events("?action=access.denied&limit=200").at("items").list()); n == 0 {
		t.Error("no refused link was audited")
	}
}

func TestInviteRefusals(t *testing.T) {
	t.Parallel()
	w := start(t)
	good := obj{"email": "ivy@acme.example", "role": "member"}
	for _, tt := range []struct {
		body  any
		field string
	}{
		{obj{"role": "member"}, "email"}, {good.but("email", "no address"), "email"}, {good.but("email", ""), "email"},
		{good.but("email", []string{"ivy@acme.example", "eve@evil.example"}), "email"}, {good.but("email", obj{"eq": "x"}), "email"},
		{obj{"email": "ivy@acme.example"}, "role"}, {good.but("role", "admin"), "role"}, {good.but("role", ""), "role"}, {good.but("role", "Owner"), "role"},
		{good.but("account_id", w.oleg.account), ""}, {good.but("mailed", true), ""},
	} {
		w.ada.Post(invites, tt.body).Field(tt.field)
	}
	w.ada.Get(invites).Has(`"items":[]`)

	// Nobody is told who is where: an address of another account is invited,
	// and only the holder of the link learns that it is in use.
	_, code := w.invite(w.ada, "oleg@other.example", "member")
	w.browser().Post(accept, obj{"token": code, "name": "Oleg", "password": password15}).Problem(409, "email-taken").Sets()
	w.ada.Get("/api/v1/accounts/me/users").Lacks("Oleg")
	w.program().Post(lookUp, obj{"token": code}).Status(200) // and the link is not spent
}

// TestInviteLinkIgnoresTheHostHeader: a link goes to the public URL, whatever
// host the request names (Zitadel CVE-2025-64101).
func TestInviteLinkIgnoresTheHostHeader(t *testing.T) {
	t.Parallel()
	w := start(t, overTLS)
	for _, name := range []string{"Host", "X-Forwarded-Host", "Forwarded", "X-Host", "X-Original-Url"} {
		value := "evil.example"
		if name == "Forwarded" {
			value = "host=evil.example;proto=https"
		}
		a := w.ada.with(name, value).Post(invites, obj{"email": "ivy@acme.example", "role": "member"}).Status(201).Lacks("evil")
		if !strings.HasPrefix(a.JSON().str("invite_url"), w.url+"/invite#token=") {
			t.Errorf("with %s the link is %s", name, a.JSON().str("invite_url"))
		}
	}
}

// TestInviteIsAcceptedOnce: of many who accept at once, one is in (Zitadel
// CVE-2025-46815).
func TestInviteIsAcceptedOnce(t *testing.T) {
	t.Parallel()
	w := start(t)
	_, code := w.invite(w.ada, "ivy@acme.example", "member")
	got := statuses(together(8, func(int) *answer {
		return w.program().Post(accept, obj{"token": code, "name": "Ivy", "password": password15})
	}))
	if got[201] != 1 || got[404]+got[409] != 7 {
		t.Errorf("answered %v", got)
	}
	if got := w.ada.Get("/api/v1/accounts/me/users").JSON().column("name"); len(got) != 3 {
		t.Errorf("the people are %v", got)
	}
}
