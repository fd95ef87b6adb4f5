package apitest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

const (
	portalLinks = "/api/v1/service/portal-links"
	openPortal  = "/api/v1/auth/portal"
	portalShape = tokenShape + " page return_url"
)

// somebody is a service, and ada, the owner of its account acme, however often
// it is asked for.
func (w *world) somebody() *client {
	w.t.Helper()
	p := w.service(curfew.Scopes...)
	p.Put(serviceAccounts+"/acme", obj{"name": "Acme"})
	p.Put(serviceAccounts+"/acme/users/ada", obj{"name": "Ada", "email": "ada@acme.example", "role": "owner"})
	return p
}

// portal is the code of a link for a person of acme.
func (w *world) portal(product *client, user string, more obj) string {
	w.t.Helper()
	body := obj{"account": "acme", "user": user}
	for name, v := range more {
		body[name] = v
	}
	_, code, ok := strings.Cut(product.Post(portalLinks, body).Status(201).JSON().str("url"), w.url+"/portal#code=")
	if !ok || code == "" {
		w.t.Fatal("the link leads elsewhere")
	}
	w.secret(code)
	return code
}

func returning(s *setup) { s.authority.ReturnURLs = []string{"https://app.example.com/settings"} }

// TestPortal: a link opens the pages once, for its person, within a minute.
func TestPortal(t *testing.T) {
	t.Parallel()
	w := startEmpty(t, returning)
	product := w.product()
	link := product.Post(portalLinks, obj{"account": "acme", "user": "ada", "return_url": "https://app.example.com/settings"}).Status(201).
		Equal(map[string]any{"expires_at": w.clock.in(time.Minute)})
	_, code, _ := strings.Cut(link.JSON().str("url"), "#code=")
	browser := w.browser()
	w.clock.pass(time.Minute - time.Microsecond)
	a := browser.Post(openPortal, obj{"code": code}).Status(200).Shape(portalShape).
		Equal(map[string]any{"page": "security", "return_url": "https://app.example.com/settings", "user.name": "Ada", "account.name": "Acme"})
	a.Lacks("cfr_").Sets("curfew_refresh", "curfew_browser")
	ada := browser.as(a.JSON().str("access_token"))
	ada.Get(security).Status(200)
	browser.Post("/api/v1/auth/refresh", nil).Status(200)
	if c := w.verify(ada.bearer); fmt.Sprint(c["amr"]) != "[portal]" {
		t.Errorf("the claims are %v", c)
	}
	// Once; and a member's way.
	w.browser().Post(openPortal, obj{"code": code}).Problem(404, "link-invalid").Sets()
	w.browser().Post(openPortal, obj{"code": w.portal(product, "bob", nil)}).Status(200).Equal(map[string]any{"page": "account", "return_url": nil})
	w.browser().Post(openPortal, obj{"code": w.portal(product, "ada", obj{"page": "sessions"})}).Status(200).Equal(map[string]any{"page": "sessions"})

	for _, tt := range []struct {
		name  string
		v     any
		field string
	}{
		{"return_url", "https://app.example.com/settings/", "return_url"}, {"return_url", "https://evil.example", "return_url"},
		{"return_url", "javascript:alert(1)", "return_url"}, {"page", "/account", "page"}, {"session", "no-id", "session"},
		{"session", "0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d", "session"}, {"user", "a b", "user"}, {"user", nil, "user"}, {"account", "", "account"}, {"zz", 1, ""},
	} {
		product.Post(portalLinks, obj{"account": "acme", "user": "ada"}.but(tt.name, tt.v)).Field(tt.field)
	}
	product.Post(portalLinks, obj{"account": "nobody", "user": "ada"}).Problem(404, "not-found")
	product.Post(portalLinks, obj{"account": "acme", "user": "nobody"}).Problem(404, "not-found")
	product.Post(portalLinks, obj{"account": "acme", "user": "bob", "session": w.begin(product, "ada", nil).session}).Field("session")
	product.Put(serviceAccounts+"/acme/users/bob", obj{"name": "Bob", "email": "bob@acme.example", "role": "member", "disabled": true}).Status(200)
	product.Post(portalLinks, obj{"account": "acme", "user": "bob"}).Field("user")
	w.clock.pass(time.Hour)
	if n, err := w.auth.ForgetPortalLinks(t.Context(), always); err != nil || n != 3 {
		t.Errorf("%d links were forgotten (%v)", n, err)
	}
}

// TestPortalLinksAreAudited: whoever makes one is in the account's log, and what
// opens it is not.
func TestPortalLinksAreAudited(t *testing.T) {
	t.Parallel()
	w := startEmpty(t)
	product := w.product()
	ada := w.begin(product, "ada", nil)
	w.portal(product, "bob", obj{"page": "account"})
	code := w.portal(product, "ada", obj{"session": ada.session})
	made := ada.events("?action=user.portal_link_create").at("items").list()
	if len(made) != 2 {
		t.Fatalf("%d links are audited", len(made))
	}
	for i, want := range []map[string]any{
		{"page": "security", "expires_at": w.clock.in(time.Minute), "session_id": ada.session},
		{"page": "account", "expires_at": w.clock.in(time.Minute)},
	} {
		if got := fmt.Sprint(made[i].at("details").v); got != fmt.Sprint(want) || made[i].str("actor", "type") != "service" || made[i].str("actor", "id") == "" {
			t.Errorf("audited %v, want the details %v", made[i].v, want)
		}
	}
	if made[0].str("resource_id") != ada.id {
		t.Errorf("about %s", made[0].str("resource_id"))
	}
	if log := fmt.Sprint(ada.events("?limit=200").v); strings.Contains(log, code) || strings.Contains(log, code[:20]) {
		t.Error("the code of a link is in the log")
	}
	// What was refused made none.
	product.Post(portalLinks, obj{"account": "acme", "user": "nobody"}).Problem(404, "not-found")
	if n := len(ada.events("?action=user.portal_link_create").at("items").list()); n != 2 {
		t.Errorf("%d links are audited", n)
	}
}

// TestPortalCodesThatDoNotWork get one answer, whatever is wrong with them.
func TestPortalCodesThatDoNotWork(t *testing.T) {
	t.Parallel()
	w := start(t)
	product := w.product()
	other := w.service(curfew.Scopes...)
	other.Put(serviceAccounts+"/b", obj{"name": "B"}).Status(201)
	refused := func(what, code string) {
		t.Helper()
		a, b := w.browser().Post(openPortal, obj{"code": code}).Problem(404, "link-invalid"), w.browser().Post(openPortal, obj{"code": "cfo_nonsense", "replace": true}).Problem(404, "link-invalid")
		sameBut(t, a, b)
	}
	good := w.portal(product, "ada", nil)
	altered := w.portal(product, "ada", nil)
	refused("a mixture", good[:40]+altered[40:])
	refused("a beginning", good[:len(good)-1])
	refused("an invitation", func() string { _, code := w.invite(w.ada, "x@acme.example", "member"); return code }())
	refused("nothing", "")
	for what, end := range map[string]func(){
		"a late one":        func() { w.clock.pass(time.Minute) },
		"signed out by all": func() { product.Post(serviceAccounts+"/acme/revoke-sessions", obj{"scope": "all"}).Status(200) },
		"signed out":        func() { product.Post(serviceAccounts+"/acme/users/ada/revoke-sessions", nil).Status(200) },
		"demoted, and again": func() {
			for _, role := range []string{"member", "owner"} {
				product.Put(serviceAccounts+"/acme/users/ada", obj{"name": "Ada", "email": "ada@acme.example", "role": role}).Status(200)
			}
		},
	} {
		w.begin(product, "ada", nil) // somebody to sign out
		code := w.portal(product, "ada", nil)
		end()
		refused(what, code)
	}
	product.Put(serviceAccounts+"/acme/users/ada", obj{"name": "Ada", "email": "ada@acme.example", "role": "owner"})
	// Also of somebody who was not signed in anywhere, and had nothing but the link.
	product.Put(serviceAccounts+"/acme/users/eve", obj{"name": "Eve", "email": "eve@acme.example", "role": "member"}).Status(201)
	for what, end := range map[string]func(){
		"signed out before": func() { product.Post(serviceAccounts+"/acme/users/eve/revoke-sessions", nil).Status(200) },
		"signed out with others": func() {
			product.Post(serviceAccounts+"/acme/revoke-sessions", obj{"scope": "others", "keep_user": "ada"}).Status(200)
		},
	} {
		code := w.portal(product, "eve", nil)
		end()
		refused(what, code)
	}
	ada := w.begin(product, "ada", nil)
	causes := ada.events("?action=access.denied").at("items").list()
	if len(causes) != 6 {
		t.Errorf("%d refusals are audited", len(causes))
	}
}

// TestPortalInSomebodysBrowser asks before it signs anybody out.
func TestPortalInSomebodysBrowser(t *testing.T) {
	t.Parallel()
	w := start(t)
	product := w.product()
	code := w.portal(product, "ada", nil)
	w.bob.Post(openPortal, obj{"code": code}).Problem(409, "other-session").Sets()
	w.bob.Get(me).Status(200)
	a := w.bob.Post(openPortal, obj{"code": code, "replace": true}).Status(200)
	w.bob.Get(me).Problem(401, "session-revoked").Because("logout")
	// Their own session is exchanged without a word.
	again := w.bob.Post(openPortal, obj{"code": w.portal(product, "ada", nil)}).Status(200)
	w.program().as(a.JSON().str("access_token")).Get(me).Problem(401, "session-revoked").Because("logout")
	w.program().as(again.JSON().str("access_token")).Get(me).Status(200)
	// A cookie that proves nothing is nobody's.
	w.holding("cfr_nonsense").Post(openPortal, obj{"code": w.portal(product, "ada", nil)}).Status(200)
}

// TestPortalEndsWithTheProduct: a session that is tied to one of the product's
// ends with it, at the latest.
func TestPortalEndsWithTheProduct(t *testing.T) {
	t.Parallel()
	w := startEmpty(t)
	product := w.product()
	tied := func(p *person) *client {
		a := w.browser().Post(openPortal, obj{"code": w.portal(product, "ada", obj{"session": p.session})}).Status(200)
		return w.program().as(a.JSON().str("access_token"))
	}
	ada := w.begin(product, "ada", obj{"amr": []string{"mfa"}, "auth_time": w.clock.in(-time.Hour)})
	pages := tied(ada)
	if c := w.verify(pages.bearer); fmt.Sprint(c["amr"]) != "[mfa]" || fmt.Sprint(c["abs_exp"]) != fmt.Sprint(w.clock.Now().Add(20160*time.Minute-time.Hour).Unix()) {
		t.Errorf("the claims are %v", c)
	}
	product.Delete(serviceAccounts + "/acme/sessions/" + ada.session).Status(204)
	pages.Get(me).Problem(401, "session-revoked").Because("service")
	ada = w.begin(product, "ada", nil)
	pages = tied(ada)
	w.program().Post(logout, obj{"refresh_token": ada.refreshToken}).Status(204)
	pages.Get(me).Problem(401, "session-revoked").Because("logout")
	// The pages' end is not the product's.
	ada = w.begin(product, "ada", nil)
	pages = tied(ada)
	pages.Post(logout, nil).Status(204)
	ada.Get(me).Status(200)
	// A link that is tied to a session which is over does not work.
	code := w.portal(product, "ada", obj{"session": ada.session})
	product.Delete(serviceAccounts + "/acme/sessions/" + ada.session).Status(204)
	w.browser().Post(openPortal, obj{"code": code}).Problem(404, "link-invalid")
	// Whoever signs out in the product signs out, also where its session was over
	// already and only that of the pages lived on.
	for reason, signOut := range map[string]func(*person){
		"logout":  func(p *person) { w.program().Post(logout, obj{"refresh_token": p.refreshToken}).Status(204) },
		"service": func(p *person) { product.Delete(serviceAccounts + "/acme/sessions/" + p.session).Status(204) },
	} {
		ada = w.begin(product, "ada", nil)
		pages = tied(ada)
		pages.Post(me+"/sessions/revoke-others", nil).Status(200)
		ada.Get(me).Problem(401, "session-revoked").Because("user_others")
		pages.Get(me).Status(200)
		signOut(ada)
		pages.Get(me).Problem(401, "session-revoked").Because(reason)
		ada.Get(me).Problem(401, "session-revoked").Because("user_others")
	}
	// It is one sign-in with the product's: a limit does not count it twice.
	product.Patch(serviceAccounts+"/acme/security", obj{"max_sessions_per_user": 1, "session_limit_action": "refuse_new"}).Status(200)
	product.Post(serviceAccounts+"/acme/revoke-sessions", obj{"scope": "all"}).Status(200)
	ada = w.begin(product, "ada", nil)
	tied(ada).Get(me).Status(200)
	ada.Get(me).Status(200)
	w.browser().Post(openPortal, obj{"code": w.portal(product, "ada", nil)}).Problem(409, "session-limit")
	// Nor for the sign-ins that come after it, for as long as the two go on.
	product.Patch(serviceAccounts+"/acme/security", obj{"max_sessions_per_user": 2}).Status(200)
	pages = tied(ada)
	second := w.begin(product, "ada", nil)
	product.Post(starts, of("ada")).Problem(409, "session-limit")
	second.Get(me).Status(200)
	pages.Get(me).Status(200)
	pages.Post(me+"/sessions/revoke-others", nil).Status(200) // and now it is one by itself
	w.begin(product, "ada", nil)
	product.Post(starts, of("ada")).Problem(409, "session-limit")
}

// TestPortalAtOnce: of many who present one code one comes in.
func TestPortalAtOnce(t *testing.T) {
	t.Parallel()
	w := startEmpty(t)
	product := w.product()
	code := w.portal(product, "ada", nil)
	statuses := make([]int, 10)
	var wg sync.WaitGroup
	for i := range statuses {
		wg.Go(func() { statuses[i] = w.browser().Post(openPortal, obj{"code": code}).StatusCode })
	}
	wg.Wait()
	in := 0
	for _, s := range statuses {
		if s == 200 {
			in++
		}
	}
	if in != 1 {
		t.Errorf("answered %v", statuses)
	}
}
