package apitest

import (
	"testing"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// TestProductKeepsSignInToItself: where a product says so, nobody is invited to
// its account and nobody signs in to it with a password that is kept here.
func TestProductKeepsSignInToItself(t *testing.T) {
	t.Parallel()
	w := startEmpty(t, withMail)
	product := w.product()
	ada := w.begin(product, "ada", nil)
	path := serviceAccounts + "/acme"
	carl := w.join(ada, "Carl Local", "carl@acme.example", "member")
	_, open := w.invite(ada, "dora@acme.example", "owner")
	reset := w.resetLink(ada, carl.id)
	w.mails()

	off := obj{"name": "Acme", "local_sign_in": false}
	for range 2 {
		product.Put(path, off).Status(200).Equal(map[string]any{"name": "Acme", "local_sign_in": false})
	}
	product.Put(path, obj{"name": "Acme"}).Status(200).Equal(map[string]any{"local_sign_in": false}) // left out, it stays
	ada.Get(account).Status(200).Equal(map[string]any{"local_sign_in": false})
	ada.Post("/api/v1/accounts/me/invites", obj{"email": "eve@acme.example", "role": "member"}).Problem(422, "invalid-request").Has("nobody is invited here")
	w.browser().Post("/api/v1/auth/accept-invite", obj{"token": open, "name": "Dora", "password": password15}).Problem(404, "link-invalid").Sets()
	ada.Post(resetLinks(carl.id), nil).Problem(422, "invalid-request").Has("no password is set here")
	w.program().Post(lookAtReset, obj{"token": reset}).Problem(404, "link-invalid")
	w.browser().Post(setPassword, obj{"token": reset, "password": newPassword}).Problem(404, "link-invalid")
	w.browser().Post(forgot, obj{"email": "carl@acme.example"}).Status(202)
	if letters := w.mails(); len(letters) != 0 {
		t.Errorf("%d letters were sent", len(letters))
	}
	sameBut(t, w.program().guess("carl@acme.example", password15).Problem(401, "invalid-credentials"),
		w.program().guess("nobody@acme.example", password15).Problem(401, "invalid-credentials"))
	if e := ada.event("session.start_refused"); e.str("details", "cause") != "local_sign_in_off" {
		t.Errorf("audited %v", e.v)
	}
	if all := ada.events("?action=account.local_sign_in_update").at("items").list(); len(all) != 1 ||
		all[0].at("details", "old").v != true || all[0].at("details", "new").v != false || all[0].str("actor", "type") != "service" {
		t.Errorf("audited %v", all)
	}
	// Sessions go on, the product's own way too; a link to the pages as well.
	carl.alive()
	w.begin(product, "bob", nil).Get(me).Status(200)
	w.browser().Post(openPortal, obj{"code": w.portal(product, "ada", nil)}).Status(200)

	product.Put(path, obj{"name": "Acme Ltd", "local_sign_in": true}).Status(200).Equal(map[string]any{"name": "Acme Ltd", "local_sign_in": true})
	w.program().guess("carl@acme.example", password15).Status(200)
	w.browser().Post("/api/v1/auth/accept-invite", obj{"token": open, "name": "Dora", "password": password15}).Status(201)

	// From the beginning; and only true or false.
	product.Put(serviceAccounts+"/b", obj{"name": "B", "local_sign_in": false}).Status(201).Equal(map[string]any{"local_sign_in": false})
	product.Put(serviceAccounts+"/c", obj{"name": "C"}).Status(201).Equal(map[string]any{"local_sign_in": true})
	product.Put(serviceAccounts+"/c", obj{"name": "C", "local_sign_in": nil}).Field("local_sign_in")
	w.service(curfew.ScopeSessionsWrite).Put(path, off).Problem(403, "wrong-scope")
}
