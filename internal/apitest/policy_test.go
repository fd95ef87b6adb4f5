package apitest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/policy"
)

const (
	security = "/api/v1/accounts/me/security"
	preview  = security + "/preview"
	bulk     = security + "/revoke-sessions"
	sessions = "/api/v1/accounts/me/sessions"
	users    = "/api/v1/accounts/me/users"
	events   = "/api/v1/accounts/me/audit-events"
	account  = "/api/v1/accounts/me"
	me       = "/api/v1/users/me"
)

func TestSecurity(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.clock.pass(time.Second)
	second := w.signIn("bob@acme.example")
	a := w.ada.Get(security).Status(200).Shape(securityShape).Is("ETag", `"p1"`).Equal(map[string]any{
		"idle_minutes": nil, "absolute_minutes": nil, "effective_idle_minutes": 10080, "effective_absolute_minutes": 20160,
		"idle_minutes_min": 15, "idle_minutes_max": 43200, "idle_minutes_default": 10080,
		"absolute_minutes_min": 60, "absolute_minutes_max": 129600, "absolute_minutes_default": 20160,
		"preset": "standard", "active_user_count": 2, "active_session_count": 3, "updated_at": nil, "updated_by": nil,
	})
	a.Has(`"presets":[{"name":"strict","idle_minutes":15,"absolute_minutes":720},{"name":"standard","idle_minutes":null,"absolute_minutes":null}]`)
	active := a.JSON().at("active_users").list()
	if len(active) != 2 || active[0].str("user_id") != w.bob.id || active[0].num("session_count") != 2 || active[0].str("last_login_at") != w.clock.in(0) ||
		active[1].str("email") != "ada@acme.example" {
		a.fail("the active users are not Bob, twice, then Ada")
	}

	w.clock.pass(time.Second)
	w.ada.Patch(security, obj{"idle_minutes": 720, "absolute_minutes": 1440, "reason": "Quarterly review"}).Status(200).Shape(securityShape).
		Is("ETag", `"p2"`).Equal(map[string]any{
		"idle_minutes": 720, "absolute_minutes": 1440, "effective_idle_minutes": 720, "effective_absolute_minutes": 1440, "preset": "custom",
		"updated_at": w.clock.in(0), "updated_by.id": w.ada.id, "updated_by.name": "Ada Owner",
	})
	const unlimited = `,"max_sessions_per_user":null,"session_limit_action":"evict_oldest"`
	e := w.ada.event("account.session_policy_update")
	if e.str("resource_type") != "account" || e.str("resource_id") != w.ada.account || e.str("actor", "id") != w.ada.id {
		t.Errorf("audited %v", e.v)
	}
	wantDetails(t, e, `{"apply_to":"new_sessions","effective_new":{"absolute_minutes":1440,"idle_minutes":720`+unlimited+`},`+
		`"effective_old":{"absolute_minutes":20160,"idle_minutes":10080`+unlimited+`},"new":{"absolute_minutes":1440,"idle_minutes":720`+unlimited+`},`+
		`"old":{"absolute_minutes":null,"idle_minutes":null`+unlimited+`},"reason":"Quarterly review"}`)

	// Running sessions are untouched; the next sign-in has the new limits.
	second.refresh(nil).Status(200).Equal(map[string]any{"session.idle_minutes": 10080, "session.absolute_minutes": 20160})
	w.browser().Post("/api/v1/auth/login", obj{"email": "bob@acme.example", "password": password15}).Status(200).Equal(map[string]any{
		"session.idle_minutes": 720, "session.absolute_minutes": 1440,
		"session.idle_expires_at": w.clock.in(720 * minute), "session.absolute_expires_at": w.clock.in(1440 * minute)})

	// A change that changes no value keeps the version and is not audited.
	n := len(w.ada.actions())
	for _, body := range []obj{{}, {"idle_minutes": 720}, {"apply_to": "new_sessions"}, {"reason": "none"}} {
		w.ada.Patch(security, body).Status(200).Is("ETag", `"p2"`)
	}
	if len(w.ada.actions()) != n {
		t.Error("a change of nothing was audited")
	}
	// Absent leaves as it is, null clears.
	w.ada.Patch(security, obj{"absolute_minutes": 60, "idle_minutes": 15}).Status(200).Equal(map[string]any{"preset": "custom"})
	w.ada.Patch(security, obj{"absolute_minutes": 720}).Status(200).Equal(map[string]any{"preset": "strict", "idle_minutes": 15})
	w.ada.Patch(security, raw(`{"idle_minutes":null}`)).Problem(422, "invalid-request").
		Detail("Effective idle (10080min) cannot exceed effective absolute (720min)")
	w.ada.Patch(security, raw(`{"absolute_minutes":null}`)).Status(200).
		Equal(map[string]any{"idle_minutes": 15, "absolute_minutes": nil, "effective_absolute_minutes": 20160, "preset": "custom"})
	w.ada.Patch(security, raw(`{"idle_minutes":null}`)).Status(200).Equal(map[string]any{"idle_minutes": nil, "preset": "standard"})
	w.oleg.Get(security).Equal(map[string]any{"idle_minutes": nil, "updated_at": nil}).Is("ETag", `"p1"`)
}

func wantDetails(t *testing.T, e value, want string) {
	t.Helper()
	got, err := json.Marshal(e.at("details").v)
	must(t, err)
	if string(got) != want {
		t.Errorf("the details are\n%s\nwant\n%s", got, want)
	}
}

// policyRefusals are what neither a change nor a preview takes.
var policyRefusals = []struct{ body, field, detail string }{
	{`{"idle_minutes":14}`, "idle_minutes", "idle_minutes must be between 15 and 43200"},
	{`{"idle_minutes":43201}`, "idle_minutes", "idle_minutes must be between 15 and 43200"},
	{`{"idle_minutes":0}`, "idle_minutes", "idle_minutes must be between 15 and 43200"},
	{`{"idle_minutes":-15}`, "idle_minutes", "idle_minutes must be between 15 and 43200"},
	{`{"idle_minutes":99999999999999999999}`, "idle_minutes", "idle_minutes must be between 15 and 43200"},
	{`{"idle_minutes":1e300}`, "idle_minutes", "idle_minutes must be between 15 and 43200"},
	{`{"idle_minutes":18446744073709551631}`, "idle_minutes", "idle_minutes must be between 15 and 43200"},
	{`{"absolute_minutes":59}`, "absolute_minutes", "absolute_minutes must be between 60 and 129600"},
	{`{"absolute_minutes":129601}`, "absolute_minutes", "absolute_minutes must be between 60 and 129600"},
	{`{"absolute_minutes":1,"idle_minutes":1}`, "idle_minutes", "idle_minutes must be between 15 and 43200"},
	{`{"idle_minutes":43200}`, "", "Effective idle (43200min) cannot exceed effective absolute (20160min)"},
	{`{"idle_minutes":61,"absolute_minutes":60}`, "", "Effective idle (61min) cannot exceed effective absolute (60min)"},
	{`{"absolute_minutes":60}`, "", "Effective idle (10080min) cannot exceed effective absolute (60min)"},
	{`{"idle_minutes":15.5}`, "idle_minutes", ""}, {`{"idle_minutes":"15"}`, "idle_minutes", ""}, {`{"idle_minutes":true}`, "idle_minutes", ""},
	{`{"idle_minutes":[15]}`, "idle_minutes", ""}, {`{"idle_minutes":{}}`, "idle_minutes", ""}, {`{"idle_minutes":""}`, "idle_minutes", ""},
	{`{"absolute_minutes":60.000001}`, "absolute_minutes", ""}, {`{"absolute_minutes":"null"}`, "absolute_minutes", ""}, {`{"absolute_minutes":false}`, "absolute_minutes", ""},
	{`{"Idle_Minutes":15}`, "", ""}, {`{"idleMinutes":15}`, "", ""}, {`{"idle_minutes":15,"idle":15}`, "", ""},
}

func TestPolicyRefusals(t *testing.T) {
	once(t)
	t.Parallel()
	w := start(t)
	before := w.ada.Get(security).body
	for _, tt := range policyRefusals {
		for method, path := range map[string]string{"PATCH": security, "POST": preview} {
			a := w.ada.send(method, path, raw(tt.body)).Problem(422, "invalid-request")
			if tt.detail != "" {
				a.Detail(tt.detail)
			}
			if tt.field != "" || tt.detail == "" {
				a.Field(tt.field)
			}
		}
	}
	a := w.ada.Patch(security, raw(`{"absolute_minutes":1,"idle_minutes":1}`)) // in the order of the contract
	if got := len(a.JSON().at("errors").list()); got != 2 {
		a.fail("%d errors, want both", got)
	}
	w.ada.Patch(security, obj{"apply_to": "everyone"}).Field("apply_to")
	w.ada.Patch(security, obj{"apply_to": ""}).Field("apply_to")
	w.ada.Patch(security, obj{"reason": strings.Repeat("ä", 501)}).Field("reason")
	w.ada.Patch(security, obj{"reason": 1}).Field("reason")
	w.ada.Post(preview, obj{"apply_to": "all_sessions"}).Field("")
	w.ada.Post(bulk, obj{}).Field("scope")
	w.ada.Post(bulk, obj{"scope": "everyone"}).Field("scope")
	w.ada.Post(bulk, obj{"scope": "all", "reason": "x"}).Field("")
	if after := w.ada.Get(security).body; string(after) != string(before) {
		t.Errorf("a refusal changed the policy to %s", after)
	}
	// Whole numbers may be written as JSON allows.
	w.ada.Patch(security, raw(`{"idle_minutes":15.0,"absolute_minutes":6e1}`)).Status(200).Equal(map[string]any{"idle_minutes": 15, "absolute_minutes": 60})
	w.ada.Patch(security, raw(`{"idle_minutes":43200,"absolute_minutes":129600,"reason":"`+strings.Repeat("ä", 500)+`"}`)).Status(200)
}

// TestPreviewIsWhatHappens: a preview tells exactly what the same change does.
func TestPreviewIsWhatHappens(t *testing.T) {
	t.Parallel()
	for _, change := range []obj{
		{"idle_minutes": 15, "absolute_minutes": 60}, {"idle_minutes": 30}, {"absolute_minutes": 10080}, {"idle_minutes": 15, "absolute_minutes": 720}, {},
		{"idle_minutes": 20160, "absolute_minutes": 129600},
	} {
		t.Run(fmt.Sprint(change), func(t *testing.T) {
			t.Parallel()
			w := start(t)
			w.clock.pass(10 * minute)
			mid := w.signIn("bob@acme.example")
			w.clock.pass(10 * minute)
			mid.renew()
			w.signIn("ada@acme.example")
			w.clock.pass(10 * minute)
			w.ada.renew()
			before := w.ada.Get(security).JSON().num("active_session_count")
			p := w.ada.Post(preview, change).Status(200).Shape(previewShape).JSON()
			w.ada.Post(preview, change).Status(200)
			if got := w.ada.Get(security).Is("ETag", `"p1"`).JSON().num("active_session_count"); got != before {
				t.Fatal("a preview changed something")
			}
			listed := sessionsByID(w.ada.Get(sessions + "?status=all"))
			ending, shortened := p.num("sessions_ending_now"), p.num("sessions_shortened")
			var e, s int
			for _, u := range p.at("users").list() {
				e, s = e+u.num("sessions_ending"), s+u.num("sessions_shortened")
			}
			if e != ending || s != shortened || len(p.at("users").list()) != p.num("users_affected") || p.at("users_truncated").v != false {
				p.a.fail("the preview does not add up")
			}
			a := w.ada.Patch(security, change.but("apply_to", "all_sessions"))
			if p.at("ends_current_session").v == true {
				t.Fatal("Ada's own session was just used")
			}
			after := sessionsByID(w.ada.Get(sessions + "?status=all"))
			for id, was := range listed {
				now := after[id]
				switch {
				case now.str("status") != was.str("status"):
					ending--
					if now.str("reason") != "policy_tightened" || now.str("ended_at") != w.clock.in(0) {
						t.Errorf("a session ended so: %v", now.v)
					}
				case now.str("idle_expires_at") < was.str("idle_expires_at") || now.str("absolute_expires_at") < was.str("absolute_expires_at"):
					shortened--
				case now.str("idle_expires_at") > was.str("idle_expires_at") || now.str("absolute_expires_at") > was.str("absolute_expires_at"):
					t.Errorf("a session got longer: %v", now.v)
				}
			}
			if ending != 0 || shortened != 0 {
				t.Errorf("the preview was wrong by %d endings and %d shortenings: %v", ending, shortened, p.v)
			}
			if got := a.Status(200).JSON().num("active_session_count"); got != before-p.num("sessions_ending_now") {
				t.Errorf("%d sessions are active", got)
			}
			w.oleg.renew()
		})
	}
}

func sessionsByID(a *answer) map[string]value {
	byID := map[string]value{}
	for _, s := range a.Status(200).JSON().at("items").list() {
		byID[s.str("id")] = s
	}
	return byID
}

// TestApplyToAlone applies the policy in force to the sessions that run.
func TestApplyToAlone(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.ada.Patch(security, obj{"idle_minutes": 15, "absolute_minutes": 60}).Status(200)
	w.bob.refresh(nil).Status(200).Equal(map[string]any{"session.idle_minutes": 10080})
	w.ada.Patch(security, obj{"apply_to": "all_sessions"}).Status(200).Is("ETag", `"p2"`)
	w.bob.refresh(nil).Status(200).Equal(map[string]any{"session.idle_minutes": 15, "session.absolute_minutes": 60,
		"session.idle_expires_at": w.clock.in(15 * minute), "session.absolute_expires_at": w.clock.in(60 * minute)})
	w.oleg.refresh(nil).Status(200).Equal(map[string]any{"session.idle_minutes": 10080})
	// Longer limits lengthen nothing that runs.
	w.ada.Patch(security, raw(`{"idle_minutes":null,"absolute_minutes":null,"apply_to":"all_sessions"}`)).Status(200)
	w.bob.refresh(nil).Status(200).Equal(map[string]any{"session.idle_minutes": 15, "session.absolute_minutes": 60})
}

// TestPresetsInsideTheBounds: a preset that the operator does not allow is left
// out, and a policy outside of the bounds counts as the nearest one inside.
func TestPresetsInsideTheBounds(t *testing.T) {
	once(t)
	t.Parallel()
	w := start(t)
	w.ada.Patch(security, obj{"idle_minutes": 15, "absolute_minutes": 720}).Status(200).Equal(map[string]any{"preset": "strict"})
	w.setup.authority.Bounds = policy.Bounds{Idle: policy.Range{Min: 30, Max: 60, Default: 60}, Absolute: policy.Range{Min: 60, Max: 600, Default: 600}}
	w.restart()
	w.ada.Get(security).Status(200).Lacks(`"strict"`).Equal(map[string]any{
		"idle_minutes": 15, "absolute_minutes": 720, "effective_idle_minutes": 30, "effective_absolute_minutes": 600, "preset": "custom",
		"idle_minutes_min": 30, "idle_minutes_max": 60, "idle_minutes_default": 60, "absolute_minutes_max": 600})
	// Only what is sent is judged, then the pair in force.
	w.ada.Patch(security, obj{"absolute_minutes": 120}).Status(200).Equal(map[string]any{"effective_idle_minutes": 30, "effective_absolute_minutes": 120})
	w.ada.Patch(security, obj{"idle_minutes": 15}).Problem(422, "invalid-request").Detail("idle_minutes must be between 30 and 60")
}
