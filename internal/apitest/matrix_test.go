package apitest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// Who may call an operation.
const (
	anyone  = "anyone"
	whoever = "person"
	owner   = "owner"
)

// operations is every operation of the contract: whom it is for, what it
// answers when all is well, and with which members.
//
// {member}, {session}, {own}, {invite} and {receipt} stand for ids of the caller's own
// account, {code} for an invitation's, {reset} for the code of a
// link to a new password, and {refresh} for a refresh token.
var operations = []struct {
	id, method, path, who string
	body                  any
	status                int
	shape                 string
}{
	{"signUp", "POST", "/api/v1/auth/signup", anyone, obj{"account_name": "New", "name": "Nora", "email": "nora@new.example", "password": password15}, 201, tokenShape},
	{"signIn", "POST", "/api/v1/auth/login", anyone, obj{"email": "bob@acme.example", "password": password15}, 200, tokenShape},
	{"refreshSession", "POST", "/api/v1/auth/refresh", anyone, obj{"refresh_token": "{refresh}"}, 200, bodyShape},
	{"signOut", "POST", "/api/v1/auth/logout", anyone, obj{"refresh_token": "{refresh}"}, 204, ""},
	{"getSession", "GET", "/api/v1/auth/session", whoever, nil, 200, stateShape},
	{"forwardAuth", "GET", "/api/v1/forward-auth", whoever, nil, 200, ""},
	{"getAuthConfig", "GET", "/api/v1/auth/config", anyone, nil, 200, configShape},
	{"getInvitation", "POST", "/api/v1/auth/invite", anyone, obj{"token": "{code}"}, 200, inviteShape},
	{"acceptInvite", "POST", "/api/v1/auth/accept-invite", anyone, obj{"token": "{code}", "name": "Grace", "password": password15}, 201, tokenShape},
	{"forgotPassword", "POST", "/api/v1/auth/forgot", anyone, obj{"email": "bob@acme.example"}, 202, ""},
	{"getReset", "POST", "/api/v1/auth/reset", anyone, obj{"token": "{reset}"}, 200, resetShape},
	{"resetPassword", "POST", "/api/v1/auth/reset-password", anyone, obj{"token": "{reset}", "password": "a quite different long phrase"}, 204, ""},

	{"openPortal", "POST", "/api/v1/auth/portal", anyone, obj{"code": "{portal}"}, 200, portalShape},

	{"getSecurity", "GET", "/api/v1/accounts/me/security", owner, nil, 200, securityShape},
	{"updateSecurity", "PATCH", "/api/v1/accounts/me/security", owner, obj{"idle_minutes": 720, "apply_to": "new_sessions"}, 200, securityShape},
	{"previewSecurity", "POST", "/api/v1/accounts/me/security/preview", owner, obj{"idle_minutes": 15}, 200, previewShape},
	{"revokeSessions", "POST", "/api/v1/accounts/me/security/revoke-sessions", owner, obj{"scope": "others"}, 200, endedShape},
	{"getReceipt", "GET", "/api/v1/receipts/{receipt}", owner, nil, 200, receiptShape},
	{"listSessions", "GET", "/api/v1/accounts/me/sessions", owner, nil, 200, sessionListShape},
	{"revokeSession", "DELETE", "/api/v1/accounts/me/sessions/{session}", owner, nil, 204, ""},
	{"revokeUserSessions", "POST", "/api/v1/accounts/me/users/{member}/revoke-sessions", owner, nil, 200, revokedShape},
	{"listAuditEvents", "GET", "/api/v1/accounts/me/audit-events", owner, nil, 200, auditListShape},
	{"exportAuditEvents", "GET", "/api/v1/accounts/me/audit-events/export?format=csv", owner, nil, 200, ""},

	{"getAccount", "GET", "/api/v1/accounts/me", whoever, nil, 200, accountShape},
	{"updateAccount", "PATCH", "/api/v1/accounts/me", owner, obj{"name": "Acme Ltd"}, 200, accountShape},
	{"listUsers", "GET", "/api/v1/accounts/me/users", owner, nil, 200, userListShape},
	{"updateUser", "PATCH", "/api/v1/accounts/me/users/{member}", owner, obj{"disabled": true}, 200, userShape},
	{"createResetLink", "POST", "/api/v1/accounts/me/users/{member}/reset-links", owner, nil, 201, newResetShape},
	{"createInvite", "POST", "/api/v1/accounts/me/invites", owner, obj{"email": "ivy@acme.example", "role": "member"}, 201, newInviteShape},
	{"listInvites", "GET", "/api/v1/accounts/me/invites", owner, nil, 200, inviteListShape},
	{"deleteInvite", "DELETE", "/api/v1/accounts/me/invites/{invite}", owner, nil, 204, ""},

	{"getMe", "GET", "/api/v1/users/me", whoever, nil, 200, userShape},
	{"updateMe", "PATCH", "/api/v1/users/me", whoever, obj{"name": "Me Myself"}, 200, userShape},
	{"changePassword", "POST", "/api/v1/users/me/password", whoever, obj{"current_password": password15, "new_password": "a quite different long phrase"}, 204, ""},
	{"listMySessions", "GET", "/api/v1/users/me/sessions", whoever, nil, 200, sessionListShape},
	{"revokeMySession", "DELETE", "/api/v1/users/me/sessions/{own}", whoever, nil, 204, ""},
	{"revokeMyOtherSessions", "POST", "/api/v1/users/me/sessions/revoke-others", whoever, nil, 200, revokedShape},

	{"getHealth", "GET", "/healthz", anyone, nil, 200, "status"},
	{"getReadiness", "GET", "/readyz", anyone, nil, 200, "status"},
	{"getKeySet", "GET", "/.well-known/jwks.json", anyone, nil, 200, "keys[kty use alg kid crv x]"},
	{"getServerMetadata", "GET", "/.well-known/oauth-authorization-server", anyone, nil, 200,
		"issuer jwks_uri service_documentation response_types_supported grant_types_supported introspection_endpoint " +
			"introspection_endpoint_auth_methods_supported revocation_endpoint revocation_endpoint_auth_methods_supported"},
}

// things are the ids and codes that stand in the table.
type things map[string]string

func (x things) in(text string) string {
	for name, v := range x {
		text = strings.ReplaceAll(text, "{"+name+"}", v)
	}
	return text
}

func (x things) body(body any) any {
	members, ok := body.(obj)
	if !ok {
		return body
	}
	filled := obj{}
	for name, v := range members {
		if s, ok := v.(string); ok {
			v = x.in(s)
		}
		filled[name] = v
	}
	return filled
}

// things gives every operation something to work on, of the caller's account.
func (w *world) things(by, caller *person, member string) things {
	w.t.Helper()
	other := w.signInBody(caller.email)
	x := things{"member": member, "own": other.session, "session": other.session, "refresh": other.refreshToken}
	x["invite"], x["code"] = w.invite(by, fmt.Sprintf("grace@%.8s.example", by.account), "member")
	x["reset"] = w.resetLink(by, member)
	x["receipt"] = w.receipt(by)
	x["portal"] = w.portal(w.somebody(), "ada", nil)
	return x
}

func TestEveryOperationIsInTheMatrix(t *testing.T) {
	t.Parallel()
	w := startEmpty(t)
	var published, tested []string
	for path, item := range w.document().Paths {
		for method, op := range item {
			published = append(published, op.OperationID+" "+strings.ToUpper(method)+" "+path)
		}
	}
	for _, op := range feedOperations {
		tested = append(tested, op.id+" GET "+op.path)
	}
	for _, op := range serviceOperations {
		path, _, _ := strings.Cut(op.path, "?")
		tested = append(tested, op.id+" "+op.method+" "+op.template(path))
	}
	for _, op := range oauthOperations {
		tested = append(tested, op.id+" POST "+op.path)
	}
	for _, op := range webhookOperations {
		tested = append(tested, op.id+" "+op.method+" "+op.path)
	}
	for _, op := range operations {
		path, _, _ := strings.Cut(op.path, "?")
		for _, name := range []string{"session", "own", "invite", "receipt"} {
			path = strings.ReplaceAll(path, "{"+name+"}", "{id}")
		}
		path = strings.Replace(path, "users/{member}/", "users/{user_id}/", 1)
		tested = append(tested, op.id+" "+op.method+" "+strings.ReplaceAll(path, "{member}", "{id}"))
	}
	slices.Sort(published)
	slices.Sort(tested)
	for _, op := range published {
		if !slices.Contains(tested, op) {
			t.Errorf("no test knows the operation %s", op)
		}
	}
	for _, op := range tested {
		if !slices.Contains(published, op) {
			t.Errorf("the document does not know the operation %s", op)
		}
	}
}

func TestEveryOperationSucceeds(t *testing.T) {
	t.Parallel()
	for _, op := range operations {
		t.Run(op.id, func(t *testing.T) {
			t.Parallel()
			w := start(t, withMail)
			x := w.things(w.ada, w.ada, w.bob.id)
			caller := w.ada.client
			if op.who == anyone {
				caller = w.browser()
			}
			a := caller.send(op.method, x.in(op.path), x.body(op.body)).Status(op.status)
			if op.shape != "" {
				a.Shape(op.shape)
			}
			if op.who == whoever { // a member is a person, too
				x = w.things(w.ada, w.bob, w.bob.id)
				w.bob.send(op.method, x.in(op.path), x.body(op.body)).Status(op.status)
			}
		})
	}
}

// TestEveryOperationByRole asks for every operation as everybody who must not,
// and wants nothing to have happened.
func TestEveryOperationByRole(t *testing.T) {
	t.Parallel()
	w := start(t)
	mine := w.things(w.ada, w.ada, w.bob.id)
	theirs := w.things(w.oleg, w.oleg, w.join(w.oleg, "Olga", "olga@other.example", "member").id)
	nowhere := things{}
	for name := range mine {
		nowhere[name] = "0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"
	}
	ended := w.signIn("ada@acme.example")
	ended.as("").Post("/api/v1/auth/logout", nil).Status(204)
	stale := w.signIn("ada@acme.example")
	w.clock.pass(5 * time.Minute)
	for _, p := range []*person{w.ada, w.bob, w.oleg} {
		p.renew()
	}
	ended.bearer = w.signed(w.ada, ended.session) // fresh, of a session that is over
	before := w.state()

	for _, op := range operations {
		t.Run(op.id, func(t *testing.T) {
			w := w.in(t)
			as := func(c *client, x things) *answer {
				return c.send(op.method, x.in(op.path), x.body(op.body))
			}
			if op.who == anyone {
				return
			}
			nobody := as(w.program(), mine)
			if op.id == "getSession" {
				nobody.Problem(401, "no-session")
			} else {
				nobody.Problem(401, "unauthenticated")
			}
			nobody.Is("WWW-Authenticate", "Bearer")
			for _, credential := range []string{"Bearer", "Bearer ", "Basic YWRhOnNlY3JldHNlY3JldA==", "Bearer a b", "Bearer not.a.token", "bearer "} {
				as(w.program().with("Authorization", credential), mine).Problem(401, "invalid-token").Is("WWW-Authenticate", `Bearer error="invalid_token"`)
			}
			as(w.program().as(stale.bearer), mine).Problem(401, "invalid-token").Is("WWW-Authenticate", `Bearer error="invalid_token"`)
			as(w.program().as(ended.bearer), mine).Problem(401, "session-revoked").Because("logout").Is("WWW-Authenticate", `Bearer error="invalid_token"`)

			if op.who == owner {
				events := w.ada.Get("/api/v1/accounts/me/audit-events?action=access.denied&limit=200").JSON().at("items").list()
				as(w.bob.client, mine).Problem(403, "forbidden")
				denied := w.ada.Get("/api/v1/accounts/me/audit-events?action=access.denied&limit=200").JSON().at("items").list()
				if len(denied) != len(events)+1 || denied[0].str("details", "operation") != op.id || denied[0].str("actor", "id") != w.bob.id {
					t.Errorf("the refusal of %s is not in the audit log", op.id)
				}
			}
			if strings.Contains(op.path, "{") {
				foreign, missing := as(w.ada.client, theirs).Problem(404, "not-found"), as(w.ada.client, nowhere).Problem(404, "not-found")
				sameBut(t, foreign, missing)
				broken := things{}
				for name := range mine {
					broken[name] = "no-id"
				}
				as(w.ada.client, broken).Problem(404, "not-found")
			}
		})
	}
	if after := w.state(); after != before {
		t.Errorf("the refused calls changed something:\n%s\nbefore\n%s", after, before)
	}
}

// sameBut wants two problems to differ in nothing but the request's id.
func sameBut(t *testing.T, x, y *answer) {
	t.Helper()
	one := strings.ReplaceAll(string(x.body), x.Header.Get("X-Request-Id"), "-")
	two := strings.ReplaceAll(string(y.body), y.Header.Get("X-Request-Id"), "-")
	if one != two {
		t.Errorf("%s answered\n%s\nand %s\n%s", x.asked, one, y.asked, two)
	}
	for name := range x.Header {
		if name != "X-Request-Id" && name != "Date" && x.Header.Get(name) != y.Header.Get(name) {
			t.Errorf("%s: %s is %q, then %q", x.asked, name, x.Header.Get(name), y.Header.Get(name))
		}
	}
}

// state is all that owners see of both accounts but their audit logs.
func (w *world) state() string {
	w.t.Helper()
	var all strings.Builder
	for _, p := range []*person{w.ada, w.oleg} {
		for _, path := range []string{"/accounts/me", "/accounts/me/security", "/accounts/me/users", "/accounts/me/invites", "/accounts/me/sessions?status=all"} {
			all.Write(p.Get("/api/v1" + path).Status(200).body)
			all.WriteByte('\n')
		}
	}
	return all.String()
}
