package apitest

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/curfew-auth/curfew/internal/curfew"
)

const serviceAccounts = "/api/v1/service/accounts"

// serviceOp is an operation for products that sign people in themselves: the
// scope that its key needs, what it answers when all is well, and the names of
// what stands in its path.
type serviceOp struct {
	id, method, path string
	scope            curfew.Scope
	body             any
	status           int
	shape            string
}

const (
	serviceAccountShape = "id external_id name local_sign_in created_at"
	serviceUserShape    = "id external_id name email role disabled created_at"
)

// serviceOperations are all of them. The account acme and its people ada, an
// owner, and bob, a member, are there when one is asked for.
var serviceOperations = []serviceOp{
	{"putServiceAccount", "PUT", "/api/v1/service/accounts/acme", curfew.ScopeAccountsWrite, obj{"name": "Acme"}, 200, serviceAccountShape},
	{"putServiceUser", "PUT", "/api/v1/service/accounts/acme/users/bob", curfew.ScopeAccountsWrite,
		obj{"name": "Bob", "email": "bob@acme.example", "role": "member"}, 200, serviceUserShape},
	{"startServiceSession", "POST", "/api/v1/service/sessions", curfew.ScopeSessionsWrite,
		obj{"account": obj{"external_id": "acme"}, "user": obj{"external_id": "bob"}}, 201, bodyShape},
	{"listServiceSessions", "GET", "/api/v1/service/accounts/acme/sessions?user=bob&status=all", curfew.ScopeSessionsRead, nil, 200, serviceListShape},
	{"revokeServiceSession", "DELETE", "/api/v1/service/accounts/acme/sessions/{session}", curfew.ScopeSessionsWrite, nil, 204, ""},
	{"revokeServiceSessions", "POST", "/api/v1/service/accounts/acme/revoke-sessions", curfew.ScopeSessionsWrite, obj{"scope": "all"}, 200, revokedShape},
	{"revokeServiceUserSessions", "POST", "/api/v1/service/accounts/acme/users/bob/revoke-sessions", curfew.ScopeSessionsWrite, obj{"reason": "left"}, 200, revokedShape},
	{"createPortalLink", "POST", "/api/v1/service/portal-links", curfew.ScopeSessionsWrite, obj{"account": "acme", "user": "bob"}, 201, "url expires_at"},
	{"getServiceSecurity", "GET", "/api/v1/service/accounts/acme/security", curfew.ScopeSessionsRead, nil, 200, securityShape},
	{"updateServiceSecurity", "PATCH", "/api/v1/service/accounts/acme/security", curfew.ScopeAccountsWrite, obj{"idle_minutes": 60}, 200, securityShape},
	{"getServiceBounds", "GET", "/api/v1/service/accounts/acme/bounds", curfew.ScopeAccountsWrite, nil, 200, boundsShape},
	{"updateServiceBounds", "PATCH", "/api/v1/service/accounts/acme/bounds", curfew.ScopeAccountsWrite, obj{"idle_minutes_min": 20}, 200, boundsShape},
}

// template is an operation's path as the document has it.
func (op serviceOp) template(path string) string {
	for _, named := range [][2]string{{"/accounts/acme", "/accounts/{account}"}, {"/users/bob", "/users/{user}"}, {"/users/ada", "/users/{user}"}, {"{session}", "{id}"}} {
		path = strings.Replace(path, named[0], named[1], 1)
	}
	return path
}

// product is a service with all scopes, and an account acme with the people ada,
// its owner, and bob, a member.
func (w *world) product() *client {
	w.t.Helper()
	p := w.service(curfew.Scopes...)
	p.Put(serviceAccounts+"/acme", obj{"name": "Acme"}).Status(201)
	p.Put(serviceAccounts+"/acme/users/ada", obj{"name": "Ada", "email": "ada@acme.example", "role": "owner"}).Status(201)
	p.Put(serviceAccounts+"/acme/users/bob", obj{"name": "Bob", "email": "bob@acme.example", "role": "member"}).Status(201)
	return p
}

func TestEveryServiceOperationSucceeds(t *testing.T) {
	t.Parallel()
	for _, op := range serviceOperations {
		t.Run(op.id, func(t *testing.T) {
			t.Parallel()
			w := startEmpty(t)
			session := w.begin(w.product(), "bob", nil).session
			a := w.service(op.scope).send(op.method, strings.Replace(op.path, "{session}", session, 1), op.body).Status(op.status)
			if op.shape != "" {
				a.Shape(op.shape)
			}
		})
	}
}

// TestEveryServiceOperationByScope: with a key of the scope, and with nothing
// else; and only in an account that is there.
func TestEveryServiceOperationByScope(t *testing.T) {
	t.Parallel()
	w := start(t)
	session := w.begin(w.product(), "bob", nil).session
	for _, op := range serviceOperations {
		op.path = strings.Replace(op.path, "{session}", session, 1)
		all := slices.DeleteFunc(slices.Clone(curfew.Scopes), func(s curfew.Scope) bool { return s == op.scope })
		w.program().send(op.method, op.path, op.body).Problem(401, "unauthenticated").Is("WWW-Authenticate", "Bearer")
		w.ada.send(op.method, op.path, op.body).Problem(401, "invalid-token")
		w.program().as("cfk_nonsense").send(op.method, op.path, op.body).Problem(401, "invalid-token")
		w.service(all...).send(op.method, op.path, op.body).Problem(403, "wrong-scope").Has(`"scope":"` + string(op.scope) + `"`)
		// A stranger's body is not even read.
		if op.method != http.MethodGet && op.method != http.MethodDelete {
			w.program().send(op.method, op.path, raw("{")).Problem(401, "unauthenticated")
			w.service(op.scope).send(op.method, op.path, raw(`{"zz":1}`)).Problem(422, "invalid-request").Lacks("zz")
			w.service(op.scope).send(op.method, op.path, raw(`{"zz":`)).Problem(400, "invalid-request").Lacks("zz")
		}
		if op.id == "putServiceAccount" || !strings.Contains(op.path, "/acme") {
			continue
		}
		for _, nobody := range []string{"/nobody", "/" + w.ada.account, "/ACME", "/acme2", "/acm"} {
			w.service(op.scope).send(op.method, strings.Replace(op.path, "/acme", nobody, 1), op.body).Problem(404, "not-found")
		}
		if path := strings.NewReplacer("bob", "nobody", session, w.ada.session).Replace(op.path); path != op.path && op.method != "PUT" {
			w.service(op.scope).send(op.method, path, op.body).Problem(404, "not-found")
		}
	}
}

// TestPutAccount makes and renames, once however often it is sent.
func TestPutAccount(t *testing.T) {
	t.Parallel()
	w := startEmpty(t)
	p := w.service(curfew.ScopeAccountsWrite)
	made := p.Put(serviceAccounts+"/acct_1", obj{"name": " Acme "}).Status(201).Shape(serviceAccountShape).
		Equal(map[string]any{"external_id": "acct_1", "name": "Acme", "created_at": stamp(w.clock.Now())}).JSON().str("id")
	for range 2 {
		p.Put(serviceAccounts+"/acct_1", obj{"name": "Acme"}).Status(200).Equal(map[string]any{"id": made, "name": "Acme"})
	}
	p.Put(serviceAccounts+"/acct_1", obj{"name": "Acme Ltd"}).Status(200).Equal(map[string]any{"id": made, "name": "Acme Ltd"})
	other := p.Put(serviceAccounts+"/ACCT_1", obj{"name": "Acme"}).Status(201).JSON().str("id")
	if other == made {
		t.Error("two ids of the product are one account")
	}
	for _, id := range []string{"a", strings.Repeat("x", 128), "auth0%7Cabc", "ada@acme.example", "urn:x:1", "a.b", "...", "a+b=c,d;e", "'\"--"} {
		p.Put(serviceAccounts+"/"+strings.ReplaceAll(id, `"`, "%22"), obj{"name": "N"}).Status(201)
	}
	for _, id := range []string{strings.Repeat("x", 129), "a%20b", "%20", "a%0Ab", "%00", "a%25", "a%3Fb", "a%23", "%C3%A9", "a%5Cb"} {
		p.Put(serviceAccounts+"/"+id, obj{"name": "N"}).Field("account")
	}
	for _, id := range []string{"", "/", "a/b", "%2E%2E", "."} {
		p.Put(serviceAccounts+"/"+id, obj{"name": "N"}).Problem(404, "not-found")
	}
	p.Put(serviceAccounts+"/a%2Fb", obj{"name": "N"}).Field("account")
	p.Put(serviceAccounts+"/acct_2", obj{"name": " "}).Field("name")
	p.Put(serviceAccounts+"/acct_2", obj{}).Field("name")
	p.Post(serviceAccounts+"/acct_1", obj{"name": "N"}).Problem(405, "method-not-allowed").Is("Allow", "PUT")
}

// TestPutUser makes a person, changes them, and ends their sessions where they
// lose what they had.
func TestPutUser(t *testing.T) {
	t.Parallel()
	w := start(t)
	p := w.service(curfew.ScopeAccountsWrite)
	path := serviceAccounts + "/acme/users/u1"
	ada := obj{"name": "Ada", "email": "ada@acme.example", "role": "owner"}
	p.Put(path, ada).Problem(404, "not-found").Has("no account with this external id")
	p.Put(serviceAccounts+"/acme", obj{"name": "Acme"}).Status(201)
	// The address is in use by somebody who signs in with it, and may be shared.
	made := p.Put(path, ada).Status(201).Shape(serviceUserShape).Equal(map[string]any{"external_id": "u1", "name": "Ada",
		"email": "ada@acme.example", "role": "owner", "disabled": false, "created_at": stamp(w.clock.Now())}).JSON().str("id")
	p.Put(path, ada).Status(200).Equal(map[string]any{"id": made, "role": "owner"})
	p.Put(serviceAccounts+"/acme/users/u2", ada).Status(201)
	p.Put(path, ada.but("name", "Ada L").but("email", "al@acme.example")).Status(200).Equal(map[string]any{"id": made, "name": "Ada L", "email": "al@acme.example"})
	p.Put(path, ada.but("disabled", true)).Status(200).Equal(map[string]any{"disabled": true, "name": "Ada"})
	p.Put(path, ada).Status(200).Equal(map[string]any{"disabled": true}) // left out, it stays
	p.Put(path, ada.but("disabled", false)).Status(200).Equal(map[string]any{"disabled": false})
	p.Put(path, ada.but("role", "member")).Status(200).Equal(map[string]any{"role": "member"})
	p.Put(serviceAccounts+"/acme/users/u3", ada.but("disabled", true)).Status(201).Equal(map[string]any{"disabled": true})
	// The last owner of a product's account is the product's affair.
	p.Put(serviceAccounts+"/acme/users/u2", ada.but("disabled", true)).Status(200).Equal(map[string]any{"disabled": true})

	p.Put(path, raw(`{"name":"A","email":"a@b.example","role":"owner","disabled":null}`)).Field("disabled")
	p.Put(path, ada.but("role", "admin")).Field("role")
	p.Put(path, ada.but("email", "nobody")).Field("email")
	p.Put(path, ada.but("email", nil)).Field("email")
	p.Put(path, ada.but("name", "")).Field("name")
	p.Put(serviceAccounts+"/acme/users/a%20b", ada).Field("user")

	// Whoever signs in here with that address is not touched, and nobody signs in
	// as the product's person.
	w.signIn("ada@acme.example")
	w.program().Post("/api/v1/auth/login", obj{"email": "al@acme.example", "password": password15}).Problem(401, "invalid-credentials")
}
