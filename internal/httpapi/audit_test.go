package httpapi_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
)

const export = "/api/v1/accounts/me/audit-events/export"

func events(n int) []audit.Event {
	list := []audit.Event{
		{ID: other, OccurredAt: now, Action: audit.SessionStart, ResourceType: "session", ResourceID: session, IP: "192.0.2.7",
			UserAgent: `=HYPERLINK("https://evil.example")`, Details: json.RawMessage(`{"a":"b, \"c\""}`),
			Actor: &audit.Actor{Type: curfew.ActorUser, ID: user, Name: "@Ada", Email: "+ada@example.com"}},
		{ID: other, OccurredAt: now, Action: audit.AccessDenied, Actor: &audit.Actor{Type: curfew.ActorSystem, Name: "\tsweeper"}},
	}
	for len(list) < n {
		list = append(list, list[0])
	}
	return list[:n]
}

func TestAuditItems(t *testing.T) {
	f := &fake{events: events(2)}
	items := decode(t, call(t, newAPI(t, config(f)), "GET", "/api/v1/accounts/me/audit-events", "", bearer))["items"].([]any)
	first, second := items[0].(map[string]any), items[1].(map[string]any)
	if first["details"].(map[string]any)["a"] != `b, "c"` || first["actor"].(map[string]any)["email"] != "+ada@example.com" {
		t.Errorf("got %v", first)
	}
	actor := second["actor"].(map[string]any)
	if id, there := actor["id"]; !there || id != nil || actor["email"] != nil || len(second["details"].(map[string]any)) != 0 {
		t.Errorf("got %v", second)
	}
}

func TestExportCSV(t *testing.T) {
	w := call(t, newAPI(t, config(&fake{events: events(2)})), "GET", export, "", bearer)
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/csv; charset=utf-8" ||
		w.Header().Get("Content-Disposition") != `attachment; filename="audit-events.csv"` {
		t.Fatalf("got %d %v", w.Code, w.Header())
	}
	rows, err := csv.NewReader(w.Body).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%v %v", rows, err)
	}
	row := map[string]string{}
	for i, name := range rows[0] {
		row[name] = rows[1][i]
	}
	for name, want := range map[string]string{"user_agent": `'=HYPERLINK("https://evil.example")`, "actor_name": "'@Ada", "actor_email": "'+ada@example.com",
		"details": `{"a":"b, \"c\""}`, "occurred_at": "2026-11-23T12:00:00.123456Z", "ip": "192.0.2.7"} {
		if row[name] != want {
			t.Errorf("%s is %q, want %q", name, row[name], want)
		}
	}
	if rows[2][5] != "'\tsweeper" {
		t.Errorf("got %q", rows[2])
	}
	none := call(t, newAPI(t, config(&fake{})), "GET", export, "", bearer).Body.String()
	if !strings.HasPrefix(none, "id,occurred_at,") || strings.Count(none, "\n") != 1 {
		t.Errorf("no events are %q", none)
	}
}

func TestExportJSONLines(t *testing.T) {
	w := call(t, newAPI(t, config(&fake{events: events(2)})), "GET", export+"?format=jsonl", "", bearer)
	if w.Header().Get("Content-Type") != "application/jsonl" {
		t.Errorf("Content-Type %s", w.Header().Get("Content-Type"))
	}
	lines := strings.Split(strings.TrimSuffix(w.Body.String(), "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("got %q", lines)
	}
	for _, line := range lines {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil || m["id"] != other.String() {
			t.Errorf("%v %v", m, err)
		}
	}
	p := wantProblem(t, call(t, newAPI(t, config(&fake{})), "GET", export+"?format=xml", "", bearer), 422, "invalid-request")
	if p["detail"] != "format must be one of csv, jsonl" {
		t.Errorf("got %v", p)
	}
}

func TestExportThatFails(t *testing.T) {
	f := &fake{err: curfew.Unavailable(errors.New("gone"))}
	w := call(t, newAPI(t, config(f)), "GET", export, "", bearer)
	wantProblem(t, w, 503, "unavailable")
	if w.Header().Get("Content-Disposition") != "" {
		t.Error("a problem is offered as a file")
	}
	// After the first byte only a cut connection says that this is not all.
	f = &fake{err: errBug, events: events(1000), eventsThenFail: true}
	server := httptest.NewServer(newAPI(t, config(f)))
	defer server.Close()
	r, _ := http.NewRequest("GET", server.URL+export, nil)
	r.Header.Set("Authorization", "Bearer good")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var all strings.Builder
	buffer := make([]byte, 1<<16)
	for err == nil {
		var n int
		n, err = answer.Body.Read(buffer)
		all.Write(buffer[:n])
	}
	if answer.StatusCode != 200 || err.Error() == "EOF" || strings.Contains(all.String(), "problem") {
		t.Errorf("a failed export ends with %d, %v", answer.StatusCode, err)
	}
}
