package apitest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/webhook"
)

const hooksPath = "/api/v1/service/webhooks"

// webhookOperations are the operations about webhooks.
var webhookOperations = []struct{ id, method, path string }{
	{"createWebhook", "POST", hooksPath}, {"listWebhooks", "GET", hooksPath}, {"updateWebhook", "PATCH", hooksPath + "/{id}"},
	{"rotateWebhookSecret", "POST", hooksPath + "/{id}/rotate-secret"}, {"deleteWebhook", "DELETE", hooksPath + "/{id}"},
}

const hookShape = "id url events disabled disabled_reason created_at updated_at previous_valid_until"

func withHooks(s *setup) {
	s.authority.JudgeWebhookURL = webhook.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}.JudgeURL
}

var everyEvent = []string{"session.started", "session.ended", "session.expired", "policy.updated", "sessions.revoked_bulk"}

// hook makes a webhook that is told of events, and gives its id.
func (w *world) hook(events ...string) string {
	w.t.Helper()
	made := w.service(curfew.ScopeWebhooksWrite).Post(hooksPath, obj{"url": "https://hooks.example/curfew", "events": events}).Status(201).JSON()
	w.secret(made.str("secret"))
	return made.str("id")
}

func TestWebhooksAreForServices(t *testing.T) {
	t.Parallel()
	w := start(t, withHooks)
	id := w.hook(everyEvent...)
	other := w.service(curfew.ScopeSessionsWrite, curfew.ScopeOperator)
	for _, op := range webhookOperations {
		path := strings.ReplaceAll(op.path, "{id}", id)
		w.program().send(op.method, path, nil).Problem(401, "unauthenticated").Is("WWW-Authenticate", "Bearer")
		w.ada.send(op.method, path, nil).Problem(401, "invalid-token")
		other.send(op.method, path, nil).Problem(403, "wrong-scope").Has(`"scope":"webhooks:write"`)
	}
}

func TestWebhookLife(t *testing.T) {
	t.Parallel()
	w := start(t, withHooks)
	c := w.service(curfew.ScopeWebhooksWrite)
	if n := len(c.Get(hooksPath).Status(200).Shape("items next_cursor").JSON().at("items").list()); n != 0 {
		t.Errorf("%d webhooks at first", n)
	}
	made := c.Post(hooksPath, obj{"url": "https://hooks.example/curfew", "events": []string{"session.ended", "session.started", "session.ended"}}).
		Status(201).Shape("id url events secret").JSON()
	w.secret(made.str("secret"))
	if s := made.str("secret"); !strings.HasPrefix(s, "whsec_") || len(s) != len("whsec_")+44 {
		t.Errorf("the secret has %d characters", len(s))
	}
	if got := fmt.Sprint(made.at("events").v); got != "[session.started session.ended]" {
		t.Errorf("told of %s", got)
	}
	path := hooksPath + "/" + made.str("id")
	c.Get(hooksPath).Status(200).Shape("items[" + hookShape + "] next_cursor").Lacks("whsec_")
	c.Patch(path, obj{"url": "https://other.example/x"}).Status(200).Shape(hookShape).Has(`"url":"https://other.example/x"`, `"session.started"`)
	c.Patch(path, obj{"events": []string{"policy.updated"}}).Status(200).Has(`["policy.updated"]`)
	w.clock.pass(time.Minute)
	c.Patch(path, obj{"disabled": true}).Status(200).Has(`"disabled":true`, `"disabled_reason":"request"`)
	c.Patch(path, obj{"disabled": false}).Status(200).Has(`"disabled":false`, `"disabled_reason":null`)
	c.Patch(path, obj{}).Status(200)
	rotated := c.Post(path+"/rotate-secret", nil).Status(200).Shape("secret previous_valid_until").JSON()
	w.secret(rotated.str("secret"))
	if rotated.str("secret") == made.str("secret") || rotated.str("previous_valid_until") != w.clock.in(24*time.Hour) {
		t.Errorf("the previous secret signs until %s", rotated.str("previous_valid_until"))
	}
	c.Get(hooksPath).Status(200).Has(`"previous_valid_until":"` + w.clock.in(24*time.Hour) + `"`).Lacks("whsec_")
	w.clock.pass(24 * time.Hour)
	c.Get(hooksPath).Status(200).Has(`"previous_valid_until":null`)
	c.Delete(path).Status(204)
	c.Delete(path).Problem(404, "not-found")
	c.Patch(path, obj{"disabled": true}).Problem(404, "not-found")
	c.Post(path+"/rotate-secret", nil).Problem(404, "not-found")
	c.Delete(hooksPath+"/x").Problem(404, "not-found")

	var actions []string
	must(t, w.auth.AccountAudit(context.Background(), curfew.ZeroID, authority.AuditFilter{}, func(e audit.Event) error {
		if e.ResourceType == "webhook" {
			actions = append(actions, strings.TrimPrefix(string(e.Action), "webhook."))
			if e.Actor.Type != curfew.ActorService || strings.Contains(string(e.Details), "/x") {
				t.Errorf("audited %v %s", e.Actor, e.Details)
			}
		}
		return nil
	}))
	slices.Reverse(actions)
	if got := strings.Join(actions, " "); got != "create update update update update rotate_secret delete" {
		t.Errorf("audited %s", got)
	}
}

func TestWebhookRefusals(t *testing.T) {
	t.Parallel()
	w := start(t, withHooks)
	c := w.service(curfew.ScopeWebhooksWrite)
	for url, detail := range map[string]string{
		"":                           "url must be a URL with a host",
		"hooks.example":              "url must be a URL with a host",
		"ftp://hooks.example":        "url must begin with https://",
		"https://u:p@hooks.example":  "url must not have a user or password in it",
		"https://hooks.example/#x":   "url must not have a fragment",
		"https://hooks.example:0/":   "url must have a port between 1 and 65535",
		"https://10.0.0.1/":          "",
		"https://169.254.169.254/":   "",
		"https://[::ffff:10.0.0.1]/": "",
		"https://[fd00::1]/":         "",
		"https://[64:ff9b::a00:1]/":  "",
		"https://100.64.0.1/":        "",
		"http://93.184.216.34/":      "",
		"https://2130706433/":        "url must be a URL with a host",
		"https://0x7f.1/":            "",
		"https://" + strings.Repeat("a", 2048) + ".example": "url must be at most 2048 bytes",
	} {
		a := c.Post(hooksPath, obj{"url": url, "events": everyEvent}).Problem(422, "invalid-request").Field("url").Lacks("u:p")
		if detail != "" {
			a.Detail(detail)
		}
	}
	for _, url := range []string{"https://127.0.0.1:8443/x", "http://127.0.0.1:8080/x", "http://localhost:8080/x", "https://hooks.example:8443/x?y=z"} {
		c.Post(hooksPath, obj{"url": url, "events": everyEvent}).Status(201)
	}
	good := "https://hooks.example/"
	for _, events := range []any{[]string{}, []string{"session.begun"}, []string{""}} {
		c.Post(hooksPath, obj{"url": good, "events": events}).Problem(422, "invalid-request").Field("events")
	}
	c.Post(hooksPath, obj{"url": good}).Problem(422, "invalid-request")
	c.Post(hooksPath, obj{"url": good, "events": everyEvent, "secret": "x"}).Problem(422, "invalid-request")
	id := w.hook(everyEvent...)
	c.Patch(hooksPath+"/"+id, obj{"url": nil}).Problem(422, "invalid-request").Field("url")
	c.Patch(hooksPath+"/"+id, obj{"disabled": nil}).Problem(422, "invalid-request").Field("disabled")
	c.Patch(hooksPath+"/"+id, obj{"events": []string{}}).Problem(422, "invalid-request").Field("events")
	c.Patch(hooksPath+"/"+id, obj{"url": "http://10.0.0.1/"}).Problem(422, "invalid-request").Field("url")
	for range 15 {
		w.hook("session.ended")
	}
	c.Post(hooksPath, obj{"url": good, "events": everyEvent}).Problem(422, "invalid-request").Field("url")
}

// told is an event in the outbox.
type told struct {
	Type      string
	Timestamp string
	Data      map[string]any
	delivery  curfew.Delivery
}

// told are the events that a webhook is to be told of, and that were not seen.
func (w *world) told(id string, seen map[curfew.ID]bool) (all []told) {
	w.t.Helper()
	hook, err := curfew.ParseID(id)
	must(w.t, err)
	found, err := w.auth.Deliveries(context.Background(), hook, authority.DeliveryFilter{Limit: 1000})
	must(w.t, err)
	slices.Reverse(found)
	for _, d := range found {
		if seen[d.EventID] {
			continue
		}
		seen[d.EventID] = true
		var e told
		must(w.t, json.Unmarshal([]byte(d.Body), &e))
		if e.Type != string(d.Type) {
			w.t.Errorf("a body of %s in a delivery of %s", e.Type, d.Type)
		}
		e.delivery = d
		all = append(all, e)
	}
	return all
}

// only is the one event of all that were told.
func only(t *testing.T, all []told, kind string) told {
	t.Helper()
	if len(all) != 1 || all[0].Type != kind {
		t.Fatalf("told %v, want one %s", all, kind)
	}
	return all[0]
}

func named(e told, what string) string {
	member, _ := e.Data[what].(map[string]any)
	id, _ := member["id"].(string)
	return id
}

// TestWhatWebhooksAreTold: each event once, in its transaction, with what it is
// about.
func TestWhatWebhooksAreTold(t *testing.T) {
	t.Parallel()
	w := start(t, withHooks)
	id := w.hook(everyEvent...)
	quiet := w.hook("policy.updated")
	seen := map[curfew.ID]bool{}
	step := func() { w.clock.pass(time.Second) }
	next := func() []told { t.Helper(); return w.told(id, seen) }
	if all := next(); len(all) != 0 {
		t.Fatalf("told of what came before: %v", all)
	}

	step()
	bob := w.signIn("bob@acme.example")
	e := only(t, next(), "session.started")
	if named(e, "session") != bob.session || named(e, "user") != bob.id || named(e, "account") != bob.account || e.Timestamp != stamp(w.clock.Now()) {
		t.Errorf("told %v", e)
	}
	text := string(e.delivery.Body)
	for _, secret := range []string{"bob@acme.example", "Bob Member", "cfr_"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is in %s", secret, text)
		}
	}

	step()
	bob.Post(logout, nil).Status(204)
	e = only(t, next(), "session.ended")
	if named(e, "session") != bob.session || named(e, "user") != bob.id || e.Data["reason"] != "logout" || e.Data["ended_at"] != stamp(w.clock.Now()) {
		t.Errorf("told %v", e)
	}
	bob.Post(logout, nil).Status(204)
	if all := next(); len(all) != 0 {
		t.Errorf("told twice: %v", all)
	}

	step()
	other := w.signIn("bob@acme.example")
	next()
	w.ada.Delete("/api/v1/accounts/me/sessions/" + other.session).Status(204)
	if e = only(t, next(), "session.ended"); e.Data["reason"] != "owner_session" {
		t.Errorf("told %v", e)
	}

	step()
	w.ada.Post("/api/v1/accounts/me/users/"+w.bob.id+"/revoke-sessions", nil).Status(200)
	if e = only(t, next(), "sessions.revoked_bulk"); named(e, "user") != w.bob.id || e.Data["reason"] != "owner_user" || e.Data["revoked_count"] != 1.0 || e.Data["epoch"] != 1.0 {
		t.Errorf("told %v", e)
	}

	step()
	w.bob = w.signIn("bob@acme.example")
	next()
	w.ada.Post(bulk, obj{"scope": "others"}).revoked(1)
	if e = only(t, next(), "sessions.revoked_bulk"); named(e, "user") != "" || e.Data["reason"] != "owner_others" || fmt.Sprint(e.Data["except"]) != "["+w.ada.session+"]" {
		t.Errorf("told %v", e)
	}
	_, err := w.auth.Sweep(context.Background())
	must(t, err)
	if all := next(); len(all) != 0 {
		t.Errorf("the sweeper told %v", all)
	}

	step()
	w.bob = w.signIn("bob@acme.example")
	w.clock.pass(time.Hour)
	w.ada.renew()
	next()
	w.ada.Patch("/api/v1/accounts/me/security", obj{"idle_minutes": 15, "apply_to": "all_sessions"}).Status(200)
	kinds := map[string]told{}
	for _, e := range next() {
		kinds[e.Type] = e
	}
	if len(kinds) != 2 || kinds["session.ended"].Data["reason"] != "policy_tightened" || named(kinds["session.ended"], "session") != w.bob.session ||
		fmt.Sprint(kinds["policy.updated"].Data["new"]) != "map[absolute_minutes:<nil> idle_minutes:15 max_sessions_per_user:<nil> session_limit_action:evict_oldest]" {
		t.Errorf("told %v", kinds)
	}
	if all := w.told(quiet, map[curfew.ID]bool{}); len(all) != 1 || all[0].Type != "policy.updated" {
		t.Errorf("who wants one event was told of %v", all)
	}

	// A deadline: told once, whoever looks and however often; and not while a
	// refresh may be under way that came before it.
	step()
	look := func() {
		teller := authority.ExpiredTeller{Store: w.setup.authority.Store, Now: w.clock.Now}
		_, err := teller.Pass(context.Background(), func(context.Context) error { return nil })
		must(t, err)
	}
	w.clock.pass(15*time.Minute + 18*time.Second)
	if look(); len(next()) != 0 {
		t.Error("told of a deadline that a request may move still")
	}
	w.clock.pass(2 * time.Second)
	look()
	look()
	if e = only(t, next(), "session.expired"); named(e, "session") != w.ada.session || e.Data["reason"] != "idle" {
		t.Errorf("told %v", e)
	}
}

// TestDisabledWebhook is told of nothing.
func TestDisabledWebhook(t *testing.T) {
	t.Parallel()
	w := start(t, withHooks)
	id := w.hook(everyEvent...)
	c := w.service(curfew.ScopeWebhooksWrite)
	c.Patch(hooksPath+"/"+id, obj{"disabled": true}).Status(200)
	w.signIn("bob@acme.example")
	if all := w.told(id, map[curfew.ID]bool{}); len(all) != 0 {
		t.Errorf("told %v", all)
	}
	c.Patch(hooksPath+"/"+id, obj{"disabled": false}).Status(200)
	w.signIn("bob@acme.example")
	only(t, w.told(id, map[curfew.ID]bool{}), "session.started")
}
