package httpapi_test

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

const sessions = "/api/v1/accounts/me/sessions"

func TestPaging(t *testing.T) {
	f := &fake{}
	api := newAPI(t, config(f))
	for query, limit := range map[string]int{"": 50, "?limit=1": 1, "?limit=200": 200, "?limit=": 50} {
		w := call(t, api, "GET", sessions+query, "", bearer)
		if w.Code != 200 || f.asked.([2]any)[1].(authority.Page[authority.SessionKey]).Limit != limit {
			t.Errorf("%q: %d, asked %v", query, w.Code, f.asked)
		}
	}
	for _, query := range []string{"?limit=0", "?limit=201", "?limit=-1", "?limit=x", "?limit=1.5", "?limit"} {
		f.asked = nil
		if query == "?limit" {
			continue // no value is no limit
		}
		p := wantProblem(t, call(t, api, "GET", sessions+query, "", bearer), 422, "invalid-request")
		if p["detail"] != "limit must be a whole number between 1 and 200" || f.asked != nil {
			t.Errorf("%q: %v", query, p)
		}
	}
	wantProblem(t, call(t, api, "GET", sessions+"?limit=%zz", "", bearer), 422, "invalid-request")

	first := decode(t, call(t, api, "GET", sessions, "", bearer))
	cursor, ok := first["next_cursor"].(string)
	if !ok || len(first["items"].([]any)) != 1 {
		t.Fatalf("got %v", first)
	}
	call(t, api, "GET", sessions+"?cursor="+cursor, "", bearer)
	after := f.asked.([2]any)[1].(authority.Page[authority.SessionKey]).After
	if after == nil || after.ID != session || !after.LastActiveAt.Equal(now.Truncate(time.Microsecond)) {
		t.Errorf("the cursor became %v", after)
	}
	if got := call(t, api, "GET", "/api/v1/accounts/me/invites", "", bearer).Body.String(); got != `{"items":[],"next_cursor":null}` {
		t.Errorf("an empty list is %s", got)
	}
}

func TestMalformedCursors(t *testing.T) {
	api := newAPI(t, config(&fake{}))
	enc := base64.RawURLEncoding.EncodeToString
	for _, cursor := range []string{"x", "%20", enc([]byte(`{}`)), enc([]byte(`null`)), enc([]byte(`{"LastActiveAt":"2026-11-23T12:00:00Z"}`)),
		enc([]byte(`{"LastActiveAt":"2026-11-23T12:00:00Z","ID":"` + session.String() + `","X":1}`)),
		enc([]byte(` {"LastActiveAt":"2026-11-23T12:00:00Z","ID":"` + session.String() + `"}`)),
		enc([]byte(`{"LastActiveAt":"2026-11-23T12:00:00Z","ID":"`+session.String()+`"}`)) + "=",
		enc([]byte(`{"LastActiveAt":"x","ID":"` + session.String() + `"}`))} {
		p := wantProblem(t, call(t, api, "GET", sessions+"?cursor="+cursor, "", bearer), 422, "invalid-request")
		if fmt.Sprint(fieldsOf(p)) != "[cursor]" {
			t.Errorf("%s: %v", cursor, p)
		}
	}
	zero := enc([]byte(`{"SortName":"\u0000","ID":"` + session.String() + `"}`))
	wantProblem(t, call(t, api, "GET", "/api/v1/accounts/me/users?cursor="+zero, "", bearer), 422, "invalid-request")
}

func FuzzCursor(f *testing.F) {
	enc := base64.RawURLEncoding.EncodeToString
	f.Add(enc([]byte(`{"SortName":"ada","ID":"` + session.String() + `"}`)))
	f.Add(enc([]byte(`{"LastActiveAt":"2026-11-23T12:00:00.123456Z","ID":"` + session.String() + `"}`)))
	f.Add(enc([]byte(`{"CreatedAt":"2026-11-23T12:00:00Z","ID":"` + session.String() + `"}`)))
	f.Add(enc([]byte(`7`)))
	f.Add("\x00")
	api := newAPI(f, config(&fake{}))
	f.Fuzz(func(t *testing.T, cursor string) {
		for _, path := range []string{sessions, "/api/v1/accounts/me/users", "/api/v1/accounts/me/invites", "/api/v1/accounts/me/audit-events"} {
			w := call(t, api, "GET", path+"?cursor="+url.QueryEscape(cursor), "", bearer)
			if w.Code != 200 && w.Code != 422 {
				t.Fatalf("%s: %d %s", path, w.Code, w.Body)
			}
		}
	})
}

func TestFilters(t *testing.T) {
	f := &fake{}
	api := newAPI(t, config(f))
	call(t, api, "GET", sessions+"?status=ended&user_id="+user.String(), "", bearer)
	filter := f.asked.([2]any)[0].(authority.SessionFilter)
	if filter.Status != authority.SessionsEnded || *filter.UserID != user {
		t.Errorf("asked %+v", filter)
	}
	call(t, api, "GET", sessions, "", bearer)
	if filter := f.asked.([2]any)[0].(authority.SessionFilter); filter.Status != authority.SessionsActive || filter.UserID != nil {
		t.Errorf("asked %+v", filter)
	}
	call(t, api, "GET", "/api/v1/users/me/sessions?status=all", "", bearer)
	if f.asked != authority.SessionsAll {
		t.Errorf("asked %v", f.asked)
	}
	for _, path := range []string{"/api/v1/accounts/me/audit-events", "/api/v1/accounts/me/audit-events/export"} {
		call(t, api, "GET", path+"?action=session.start&actor_id="+user.String()+"&from=2026-11-01T01:00:00%2B01:00&to=2026-12-01T00:00:00Z", "", bearer)
		filter := f.asked.(authority.AuditFilter)
		if filter.Action != "session.start" || *filter.ActorID != user || filter.From.Format(time.RFC3339) != "2026-11-01T00:00:00Z" || filter.To.IsZero() {
			t.Errorf("asked %+v", filter)
		}
		for query, field := range map[string]string{"action=no.such": "action", "actor_id=x": "actor_id", "from=yesterday": "from", "to=2026-12-01": "to",
			"to=x&from=x&actor_id=x": "actor_id"} {
			p := wantProblem(t, call(t, api, "GET", path+"?"+query, "", bearer), 422, "invalid-request")
			if fieldsOf(p)[0] != field {
				t.Errorf("%s: %v", query, p)
			}
		}
	}
	for query, field := range map[string]string{"status=old": "status", "user_id=x": "user_id"} {
		p := wantProblem(t, call(t, api, "GET", sessions+"?"+query, "", bearer), 422, "invalid-request")
		if fieldsOf(p)[0] != field || strings.Contains(p["detail"].(string), "old") {
			t.Errorf("%s: %v", query, p)
		}
	}
}

func TestEntityTags(t *testing.T) {
	f := &fake{version: 7}
	api := newAPI(t, config(f))
	for path, tag := range map[string]string{"/api/v1/accounts/me/security": `"p7"`, "/api/v1/accounts/me": `"a7"`, "/api/v1/users/me": `"u7"`} {
		w := call(t, api, "GET", path, "", bearer, "If-None-Match: "+tag)
		if w.Code != 200 || w.Header().Get("ETag") != tag {
			t.Errorf("%s: %d, ETag %s", path, w.Code, w.Header().Get("ETag"))
		}
	}
	version := func(v int64) *int64 { return &v }
	for header, want := range map[string]*int64{
		"": nil, "*": nil, " * ": nil,
		`"p7"`: version(7), `"p6"`: version(6), `"p7" , "x"`: version(7), `"x","p7"`: version(7),
		`"p5", "p7"`: version(7), `"p5", "p6"`: version(-1),
		`W/"p7"`: version(-1), `W/"p7", "p6"`: version(6), `p7`: version(-1), `"p07"`: version(-1), `"p+7"`: version(-1), `"p"`: version(-1),
		`"a7"`: version(-1), `"p7`: version(-1), `"p7" "p6"`: version(-1), `"p9223372036854775808"`: version(-1), `w/"p7"`: version(-1), `"p-1"`: version(-1),
	} {
		call(t, api, "PATCH", "/api/v1/accounts/me/security", `{}`, bearer, "If-Match: "+header)
		got := f.asked.(authority.SetPolicy).IfVersion
		if (got == nil) != (want == nil) || got != nil && *got != *want {
			t.Errorf("If-Match %s: asked for %v, want %v", header, deref(got), deref(want))
		}
	}
	call(t, api, "PATCH", "/api/v1/accounts/me/security", `{}`, bearer, `If-Match: "p5"`, `If-Match: "p7"`)
	if got := f.asked.(authority.SetPolicy).IfVersion; *got != 7 {
		t.Errorf("two lines: asked for %d", *got)
	}
	call(t, api, "PATCH", "/api/v1/accounts/me", `{"name":"A"}`, bearer, `If-Match: "a3", "a7"`)
	if got := f.asked.(conditional); got.name != "A" || *got.version != 7 {
		t.Errorf("asked %+v", got)
	}
	call(t, api, "PATCH", "/api/v1/users/me", `{"name":"A"}`, bearer, `If-Match: "u3"`)
	if got := f.asked.(conditional); *got.version != 3 {
		t.Errorf("asked %+v", got)
	}
	f.err = curfew.NewError(curfew.KindStale, "Someone else changed it.")
	wantProblem(t, call(t, api, "PATCH", "/api/v1/accounts/me/security", `{}`, bearer, `If-Match: "p1"`), 412, "stale")
}

func deref(v *int64) any {
	if v == nil {
		return nil
	}
	return *v
}

func TestPatchOfAPerson(t *testing.T) {
	f := &fake{}
	api := newAPI(t, config(f))
	path := "/api/v1/accounts/me/users/" + other.String()
	call(t, api, "PATCH", path, `{"role":"member"}`, bearer)
	if c := f.asked.(authority.UserChange); c.Disabled != nil || *c.Role != curfew.RoleMember {
		t.Errorf("asked %+v", c)
	}
	call(t, api, "PATCH", path, `{"disabled":false}`, bearer)
	if c := f.asked.(authority.UserChange); c.Role != nil || *c.Disabled {
		t.Errorf("asked %+v", c)
	}
}
