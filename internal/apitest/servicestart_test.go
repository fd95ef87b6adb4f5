package apitest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

const starts = "/api/v1/service/sessions"

// always lets background work go on.
func always(context.Context) error { return nil }

// of is the body of a start for a person of acme.
func of(user string) obj {
	return obj{"account": obj{"external_id": "acme"}, "user": obj{"external_id": user}}
}

// begin starts a session for a person of acme, with more members.
func (w *world) begin(product *client, user string, more obj) *person {
	w.t.Helper()
	body := of(user)
	for name, v := range more {
		body[name] = v
	}
	return w.began(product.Post(starts, body).Status(201))
}

// began is the person of an answer that started a session.
func (w *world) began(a *answer) *person {
	w.t.Helper()
	v := a.Shape(bodyShape).Sets().JSON()
	p := &person{client: w.program().as(v.str("access_token")), id: v.str("user", "id"), account: v.str("account", "id"), role: v.str("user", "role"),
		session: v.str("session", "id"), refreshToken: v.str("refresh_token")}
	w.secret(p.bearer, p.refreshToken)
	return p
}

// TestStartSession: one call, and the person's session lives under the account's
// policy like any other.
func TestStartSession(t *testing.T) {
	t.Parallel()
	w := startEmpty(t)
	product := w.product()
	product.Patch(serviceAccounts+"/acme/security", obj{"idle_minutes": 20160}).Status(200)
	now := w.clock.Now()
	a := product.Post(starts, obj{"account": obj{"external_id": "acme"}, "user": obj{"external_id": "ada"}, "amr": []string{"pwd", "otp"},
		"auth_time": stamp(now.Add(-time.Hour)), "user_agent": firefox, "ip": "::ffff:192.0.2.7"}).Status(201)
	a.Equal(map[string]any{"session.generation": 1, "session.started_at": stamp(now), "session.last_active_at": stamp(now),
		"session.absolute_expires_at": stamp(now.Add(20160*time.Minute - time.Hour)), "user.name": "Ada", "user.role": "owner", "account.name": "Acme"})
	ada := w.began(a)
	c := w.verify(ada.bearer)
	if fmt.Sprint(c["amr"]) != "[pwd otp]" || fmt.Sprint(c["auth_time"]) != fmt.Sprint(now.Add(-time.Hour).Unix()) || c["sid"] != ada.session || c["role"] != "owner" {
		t.Errorf("the claims are %v", c)
	}
	// It is a session like any other: an owner's pages, a refresh, its deadlines.
	ada.Get(security).Status(200).Equal(map[string]any{"active_user_count": 1})
	list := ada.Get(sessions).Status(200).JSON().at("items").list()
	if len(list) != 1 || list[0].str("ip") != "192.0.2.7" || !strings.HasPrefix(list[0].str("device", "browser"), "Firefox") {
		t.Errorf("the list is %v", list)
	}
	start := ada.event("session.start")
	if start.str("actor", "type") != "service" || start.str("actor", "name") != "a service" || start.str("details", "user_id") != ada.id || start.str("details", "ip") != "192.0.2.7" {
		start.a.fail("the event is wrong")
	}
	ada.refresh(obj{"refresh_token": ada.refreshToken}).Status(200).Equal(map[string]any{"session.generation": 2})
	// Nothing more than ids need be sent, and then nothing is said of the sign-in.
	bob := w.begin(product, "bob", nil)
	if c := w.verify(bob.bearer); fmt.Sprint(c["amr"]) != "[]" || c["auth_time"] != c["iat"] {
		t.Errorf("the claims are %v", c)
	}
	bob.Patch(security, obj{"idle_minutes": 15}).Problem(403, "forbidden")
	// There is no password, and no way to one.
	ada.Post("/api/v1/accounts/me/users/"+bob.id+"/reset-links", nil).Problem(409, "no-password")
	bob.Post(me+"/password", obj{"current_password": "anything at all", "new_password": password15}).Status(422)
	w.program().Post("/api/v1/auth/login", obj{"email": "bob@acme.example", "password": password15}).Problem(401, "invalid-credentials")
	w.clock.pass(20160*time.Minute - time.Hour)
	w.program().as(w.signed(ada, ada.session)).Get(me).Problem(401, "session-expired").Because("absolute")
}

// TestStartMakesWhoIsNamed: and nobody else.
func TestStartMakesWhoIsNamed(t *testing.T) {
	t.Parallel()
	w := startEmpty(t)
	product := w.service(curfew.ScopeSessionsWrite)
	full := obj{"account": obj{"external_id": "acme", "name": "Acme"}, "user": obj{"external_id": "ada", "name": "Ada", "email": "ada@acme.example", "role": "owner"}}
	missing := func(body obj, fields ...string) {
		t.Helper()
		var named []string
		for _, e := range product.Post(starts, body).Problem(404, "not-found").JSON().at("errors").list() {
			named = append(named, e.str("field"))
		}
		if fmt.Sprint(named) != fmt.Sprint(fields) {
			t.Errorf("missing are %v, want %v", named, fields)
		}
	}
	missing(of("ada"), "account.name", "user.name", "user.email", "user.role")
	missing(full.but("user", obj{"external_id": "ada", "email": "ada@acme.example"}), "user.name", "user.role")
	missing(full.but("account", obj{"external_id": "acme"}), "account.name")
	ada := w.began(product.Post(starts, full).Status(201))
	again := w.began(product.Post(starts, full.but("account", obj{"external_id": "acme", "name": "Another"})).Status(201).Equal(map[string]any{"account.name": "Acme"}))
	if again.id != ada.id || again.account != ada.account || again.session == ada.session {
		t.Errorf("made %+v and %+v", ada, again)
	}
	missing(of("bob"), "user.name", "user.email", "user.role")
	bob := w.began(product.Post(starts, of("bob").but("user", obj{"external_id": "bob", "name": "Bob", "email": "ada@acme.example", "role": "member"})).Status(201))
	if bob.account != ada.account || bob.id == ada.id {
		t.Errorf("made %+v", bob)
	}
	w.begin(product, "ada", nil)
	if got := fmt.Sprint(ada.actions()); got != "[session.start session.start user.create session.start session.start user.create account.create]" {
		t.Errorf("audited are %s", got)
	}
}

// TestStartJudgesEveryMember and changes nothing where one is wrong.
func TestStartJudgesEveryMember(t *testing.T) {
	once(t)
	t.Parallel()
	w := startEmpty(t)
	product := w.product()
	good := of("bob")
	for _, tt := range []struct {
		name  string
		v     any
		field string
	}{
		{"account", nil, "account"},
		{"account", "acme", "account"},
		{"account", obj{}, "account.external_id"},
		{"account", obj{"external_id": 7}, "account.external_id"},
		{"account", obj{"external_id": "a b"}, "account.external_id"},
		{"account", obj{"external_id": "acme", "zz": 1}, ""},
		{"user", nil, "user"},
		{"user", obj{"external_id": ""}, "user.external_id"},
		{"user", obj{"external_id": "bob", "role": "admin"}, "user.role"},
		{"user", obj{"external_id": "bob", "email": "nobody"}, "user.email"},
		{"user", obj{"external_id": "bob", "name": "a\nb"}, "user.name"},
		{"amr", "pwd", "amr"},
		{"amr", []any{1}, "amr"},
		{"amr", []string{"a b"}, "amr"},
		{"amr", []string{""}, "amr"},
		{"amr", []string{strings.Repeat("x", 33)}, "amr"},
		{"amr", strings.Split(strings.Repeat("pwd ", 11), " ")[:11], "amr"},
		{"auth_time", "yesterday", "auth_time"},
		{"auth_time", nil, "-"},
		{"auth_time", w.clock.in(6 * time.Second), "auth_time"},
		{"auth_time", w.clock.in(-20160 * time.Minute), "auth_time"},
		{"ip", "nowhere", "ip"},
		{"ip", "192.0.2.7:443", "ip"},
		{"ip", "fe80::1%eth0", "ip"},
		{"zz", 1, ""},
	} {
		if tt.field == "-" {
			continue
		}
		product.Post(starts, good.but(tt.name, tt.v)).Field(tt.field)
	}
	product.with("Idempotency-Key", strings.Repeat("k", 256)).Post(starts, good).Field("Idempotency-Key")
	product.with("Idempotency-Key", "k\u00e9").Post(starts, good).Field("Idempotency-Key")
	product.Get(serviceAccounts + "/acme/sessions?status=all").Status(200).Equal(map[string]any{"items": "[]"})
	// A clock that is a little ahead, and the last moment that is not too long ago.
	product.Post(starts, good.but("auth_time", w.clock.in(5*time.Second))).Status(201).Equal(map[string]any{"session.absolute_expires_at": w.clock.in(20160 * time.Minute)})
	product.Post(starts, good.but("auth_time", w.clock.in(-20160*time.Minute+time.Second))).Status(201).Equal(map[string]any{"expires_in": 0})
	product.Post(starts, good.but("user_agent", strings.Repeat("x", 3000)+"\x00")).Status(201)
	// Whoever was disabled is not signed in, and that is audited.
	product.Put(serviceAccounts+"/acme/users/bob", obj{"name": "Bob", "email": "bob@acme.example", "role": "member", "disabled": true}).Status(200)
	product.Post(starts, good).Field("user").Has("disabled")
	ada := w.begin(product, "ada", nil)
	if got := ada.events("?action=session.start_refused").at("items").list(); len(got) != 1 || got[0].str("details", "cause") != "disabled" || got[0].str("actor", "type") != "service" {
		t.Errorf("audited are %v", got)
	}
}

// TestStartsAreRepeated: with a key a start is made once, however often it is
// sent, until its token was used.
func TestStartsAreRepeated(t *testing.T) {
	t.Parallel()
	w := startEmpty(t)
	product := w.product()
	keyed := product.with("Idempotency-Key", "login 1")
	body := of("bob").but("amr", []string{"pwd"})
	first := w.began(keyed.Post(starts, body).Status(201))
	w.clock.pass(time.Minute)
	// The same in another spelling.
	second := w.began(keyed.Post(starts, raw(`{"amr":["pwd"],"user":{"external_id":"bob"},"account":{"external_id":"acme"}}`)).Status(201))
	if second.session != first.session || second.refreshToken == first.refreshToken {
		t.Error("a repeated start is another session, or has the same token")
	}
	w.program().refresh(obj{"refresh_token": first.refreshToken}).Problem(401, "invalid-token")
	first.Get(me).Status(200) // it is the same session
	// Another body, another service, no key.
	keyed.Post(starts, of("ada")).Field("Idempotency-Key")
	keyed.Post(starts, body.but("account", obj{"external_id": "nobody"})).Field("Idempotency-Key")
	keyed.Post(starts, body.but("amr", nil)).Field("Idempotency-Key")
	if w.begin(product, "bob", nil).session == first.session {
		t.Error("a start without a key is a repeated one")
	}
	if other := w.began(w.service(curfew.ScopeSessionsWrite).with("Idempotency-Key", "login 1").Post(starts, of("ada")).Status(201)); other.session == first.session {
		t.Error("two services share a key")
	}
	w.restart()
	third := w.began(keyed.Post(starts, body).Status(201))
	w.program().refresh(obj{"refresh_token": third.refreshToken}).Status(200)
	keyed.Post(starts, body).Problem(409, "idempotency-spent")
	// Nor is one repeated that is over.
	keyed = product.with("Idempotency-Key", "login 2")
	over := w.began(keyed.Post(starts, body).Status(201))
	product.Delete(serviceAccounts + "/acme/sessions/" + over.session).Status(204)
	keyed.Post(starts, body).Problem(409, "idempotency-spent")
	// A refused start leaves its key free.
	keyed = product.with("Idempotency-Key", "login 3")
	keyed.Post(starts, of("carol")).Problem(404, "not-found")
	keyed.Post(starts, of("bob")).Status(201)
	// After a day the key is another one's.
	w.clock.pass(24*time.Hour - time.Minute - time.Microsecond)
	product.with("Idempotency-Key", "login 1").Post(starts, of("ada")).Field("Idempotency-Key")
	w.clock.pass(time.Microsecond)
	product.with("Idempotency-Key", "login 1").Post(starts, of("ada")).Status(201)
	w.clock.pass(25 * time.Hour)
	if n, err := w.auth.ForgetRepeatables(t.Context(), always); err != nil || n < 3 {
		t.Errorf("%d were forgotten (%v)", n, err)
	}
}

// TestStartsAtOnce: of simultaneous starts under one key one is made; people and
// accounts are made once, too.
func TestStartsAtOnce(t *testing.T) {
	t.Parallel()
	w := startEmpty(t)
	product := w.service(curfew.ScopeSessionsWrite, curfew.ScopeSessionsRead, curfew.ScopeAccountsWrite)
	body := obj{"account": obj{"external_id": "acme", "name": "Acme"}, "user": obj{"external_id": "ada", "name": "Ada", "email": "ada@acme.example", "role": "owner"}}
	const many = 12
	at := func(n int, do func(i int) *answer) (answers []*answer) {
		answers = make([]*answer, n)
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() { answers[i] = do(i) })
		}
		wg.Wait()
		return answers
	}
	count := func(account string) int {
		return len(product.Get(serviceAccounts + "/" + account + "/sessions?status=all").Status(200).JSON().at("items").list())
	}
	people := map[string]bool{}
	usable := 0
	for _, a := range at(many, func(int) *answer { return product.with("Idempotency-Key", "k").Post(starts, body) }) {
		p := w.began(a.Status(201))
		people[p.id+p.account+p.session] = true
		if w.program().refresh(obj{"refresh_token": p.refreshToken}).StatusCode == 200 {
			usable++
		}
	}
	if len(people) != 1 || usable != 1 || count("acme") != 1 {
		t.Errorf("%d sessions (%v), %d tokens work", count("acme"), people, usable)
	}
	// Without a key each is another session of the same person.
	people = map[string]bool{}
	for _, a := range at(many, func(int) *answer {
		return product.Post(starts, body.but("account", obj{"external_id": "b", "name": "B"}))
	}) {
		p := w.began(a.Status(201))
		people[p.id+p.account] = true
	}
	if len(people) != 1 || count("b") != many {
		t.Errorf("%d sessions, people %v", count("b"), people)
	}
	// One key, two accounts: one start is refused.
	statuses := map[int]int{}
	for _, a := range at(2, func(i int) *answer {
		return product.with("Idempotency-Key", "k2").Post(starts, body.but("account", obj{"external_id": fmt.Sprint("c", i), "name": "C"}))
	}) {
		statuses[a.StatusCode]++
	}
	if statuses[201] != 1 || statuses[422] != 1 {
		t.Errorf("got %v", statuses)
	}
	// A person who is put by many is one person.
	people = map[string]bool{}
	for _, a := range at(many, func(i int) *answer {
		return product.Put(serviceAccounts+"/b/users/new", obj{"name": fmt.Sprint("N", i%3), "email": "n@b.example", "role": []string{"owner", "member"}[i%2]})
	}) {
		if a.StatusCode != 200 && a.StatusCode != 201 {
			a.fail("want it done")
		}
		people[a.JSON().str("id")] = true
	}
	if len(people) != 1 {
		t.Errorf("made %v", people)
	}
}

// TestStartWhileEnding: a session that was answered before everything was ended
// is over then, whenever it was asked for.
func TestStartWhileEnding(t *testing.T) {
	t.Parallel()
	w := startEmpty(t)
	product := w.product()
	for range 5 {
		var wg sync.WaitGroup
		begun := make([]*answer, 6)
		for i := range begun {
			wg.Go(func() { begun[i] = product.Post(starts, of("bob")) })
		}
		wg.Go(func() { product.Post(serviceAccounts+"/acme/revoke-sessions", obj{"scope": "all"}).Status(200) })
		wg.Go(func() { product.Post(serviceAccounts+"/acme/users/bob/revoke-sessions", nil).Status(200) })
		wg.Wait()
		product.Post(serviceAccounts+"/acme/revoke-sessions", obj{"scope": "all"}).Status(200)
		for _, a := range begun {
			w.program().refresh(obj{"refresh_token": w.began(a.Status(201)).refreshToken}).Problem(401, "session-revoked").Because("service")
		}
	}
}

// TestStartAtTheLimit: the limit on a person's sessions holds for starts, too.
func TestStartAtTheLimit(t *testing.T) {
	t.Parallel()
	w := startEmpty(t)
	product := w.product()
	policy := serviceAccounts + "/acme/security"
	product.Patch(policy, obj{"max_sessions_per_user": 1}).Status(200)
	first := w.begin(product, "bob", nil)
	second := w.began(product.with("Idempotency-Key", "a").Post(starts, of("bob")).Status(201))
	w.program().refresh(obj{"refresh_token": first.refreshToken}).Problem(401, "session-revoked").Because("session_limit")
	if again := w.began(product.with("Idempotency-Key", "a").Post(starts, of("bob")).Status(201)); again.session != second.session {
		t.Error("a repeated start is another session")
	}
	product.Patch(policy, obj{"session_limit_action": "refuse_new"}).Status(200)
	for range 2 { // a refused start leaves its key free
		product.with("Idempotency-Key", "b").Post(starts, of("bob")).Problem(409, "session-limit")
	}
	ada := w.begin(product, "ada", nil)
	refused := ada.events("?action=session.start_refused").at("items").list()
	if len(refused) != 2 || refused[0].str("details", "cause") != "session_limit" || refused[0].str("resource_id") != second.id {
		t.Errorf("audited are %v", refused)
	}
	product.Post(serviceAccounts+"/acme/users/bob/revoke-sessions", nil).Status(200).Equal(map[string]any{"revoked_count": 1})
	product.with("Idempotency-Key", "b").Post(starts, of("bob")).Status(201)
}
