package apitest

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAuditEvents(t *testing.T) {
	t.Parallel()
	w := start(t)
	began := w.clock.Now()
	w.clock.pass(minute)
	w.ada.with("User-Agent", "Agent\tSmith/1.0 (\u202etxt)").Patch(account, obj{"name": "Acme Ltd"}).Status(200)
	e := w.ada.event("account.update")
	if e.str("occurred_at") != w.clock.in(0) || e.str("ip") != "127.0.0.1" || e.str("user_agent") != "AgentSmith/1.0 (txt)" || e.str("resource_type") != "account" ||
		e.str("resource_id") != w.ada.account || e.str("actor", "type") != "user" || e.str("actor", "id") != w.ada.id || e.str("actor", "name") != "Ada Owner" || e.str("actor", "email") != "ada@acme.example" {
		t.Errorf("audited %v", e.v)
	}
	// An actor stays as they were at that time.
	w.ada.Patch(me, obj{"name": "Ada Married"}).Status(200)
	all := w.ada.Get(events + "?limit=200").Status(200).Shape(auditListShape)
	want := []string{"user.update", "account.update", "session.start", "user.create", "invite.accept", "invite.create", "session.start", "user.create", "account.create"}
	if got := all.JSON().column("action"); !slices.Equal(got, want) {
		all.fail("want %v, newest first", want)
	}
	if got := all.JSON().at("items").list()[0].str("actor", "name"); got != "Ada Owner" {
		t.Errorf("the actor is %s", got)
	}
	all.Lacks("other.example", "Oleg")

	at := url.QueryEscape(stamp(began.Add(minute)))
	for query, want := range map[string]int{
		"?action=account.update": 1, "?action=user.disable": 0, "?actor_id=" + w.bob.id: 3, "?actor_id=" + w.oleg.id: 0,
		"?from=" + at: 2, "?to=" + at: 7, "?from=" + at + "&to=" + at: 0, "?actor_id=" + w.ada.id + "&action=session.start": 1,
		"?from=2026-03-02T10:01:00.123456%2B01:00": 2, "?from=2000-01-01T00:00:00Z&to=2100-01-01T00:00:00Z&limit=200": 9, "?action=": 9, "?actor_id=": 9,
	} {
		if got := len(w.ada.Get(events + query).Status(200).JSON().at("items").list()); got != want {
			t.Errorf("%s gives %d events, want %d", query, got, want)
		}
	}
	for query, field := range map[string]string{
		"?action=account.delete": "action", "?action=ACCOUNT.UPDATE": "action", "?actor_id=me": "actor_id", "?from=yesterday": "from", "?to=2026-03-02": "to",
		"?from=2026-03-02T10:00:00": "from", "?to=1772442000": "to",
	} {
		w.ada.Get(events + query).Field(field)
		w.ada.Get(events + "/export" + query).Field(field)
	}
}

// TestEveryActionCanBeAskedFor holds the document's list of actions against
// the contract's.
func TestEveryActionCanBeAskedFor(t *testing.T) {
	t.Parallel()
	w := start(t)
	for _, action := range strings.Fields(`account.create account.update account.session_policy_update account.sessions_revoked_bulk account.local_sign_in_update account.revocation_receipt
		user.create user.update user.role_change user.disable user.enable user.sessions_revoked user.password_change user.password_reset_request user.password_reset user.reset_link_create user.portal_link_create invite.create invite.delete invite.accept
		session.start session.start_refused session.logout session.revoke session.reuse_detected access.denied`) {
		w.ada.Get(events + "?action=" + action).Status(200)
	}
}

func TestAuditExport(t *testing.T) {
	t.Parallel()
	w := start(t)
	for range 70 { // more than the server holds back, and more than a page
		for _, name := range []string{"One", "Two", "Three"} {
			w.ada.Patch(account, obj{"name": name}).Status(200)
		}
	}
	var listed []string
	for cursor := ""; ; {
		v := w.ada.events("?limit=200" + cursor)
		listed = append(listed, v.column("id")...)
		if v.at("next_cursor").v == nil {
			break
		}
		cursor = "&cursor=" + v.str("next_cursor")
	}
	lines := w.ada.Get(events+"/export?format=jsonl").Status(200).Is("Content-Type", "application/jsonl").
		Is("Content-Disposition", `attachment; filename="audit-events.jsonl"`)
	var exported []string
	for s := bufio.NewScanner(bytes.NewReader(lines.body)); s.Scan(); {
		var v map[string]any
		must(t, json.Unmarshal(s.Bytes(), &v))
		if wrong := append(fits(parseShape(auditItemShape), v, ""), wellFormed("", v)...); len(wrong) > 0 {
			t.Fatal(wrong)
		}
		exported = append(exported, v["id"].(string))
	}
	if !slices.Equal(exported, listed) {
		t.Errorf("exported are %d events, listed %d", len(exported), len(listed))
	}
	sheet := w.ada.Get(events+"/export").Status(200).Is("Content-Type", "text/csv; charset=utf-8").
		Is("Content-Disposition", `attachment; filename="audit-events.csv"`)
	rows, err := csv.NewReader(bytes.NewReader(sheet.body)).ReadAll()
	must(t, err)
	if got := strings.Join(rows[0], " "); got != "id occurred_at action actor_type actor_id actor_name actor_email resource_type resource_id ip user_agent details" {
		t.Errorf("the columns are %s", got)
	}
	for i, row := range rows[1:] {
		if row[0] != listed[i] {
			t.Fatalf("row %d is %s, want %s", i, row[0], listed[i])
		}
	}
	if len(rows) != len(listed)+1 {
		t.Errorf("%d rows of %d events", len(rows), len(listed))
	}
	w.ada.Get(events + "/export?format=xml").Field("format")
	only := w.ada.Get(events + "/export?format=csv&action=user.disable").Status(200)
	if bytes.Count(only.body, []byte("\n")) != 1 {
		only.fail("want the column names alone")
	}
	w.oleg.Get(events + "/export?format=jsonl").Status(200).Lacks("acme")
	w.ada.Get(events + "/export?format=jsonl&to=" + url.QueryEscape(stamp(w.clock.Now().Add(-time.Hour)))).Status(200)
}

// TestCSVGuardsFormulas: what a spreadsheet would run as a formula is text.
func TestCSVGuardsFormulas(t *testing.T) {
	once(t)
	t.Parallel()
	w := start(t)
	evil := []string{`=HYPERLINK("http://evil.example","x")`, "+1+1", "-2+3", "@SUM(1)", "=cmd|' /C calc'!A0"}
	for _, name := range evil {
		w.bob.with("User-Agent", name).Patch(me, obj{"name": name}).Status(200)
	}
	rows, err := csv.NewReader(bytes.NewReader(w.ada.Get(events + "/export?format=csv").Status(200).body)).ReadAll()
	must(t, err)
	seen := map[string]bool{}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r\n") {
				t.Errorf("a cell is %q", cell)
			}
			seen[cell] = true
		}
	}
	for _, name := range evil {
		if !seen["'"+name] {
			t.Errorf("%q is not there as text", name)
		}
	}
}
