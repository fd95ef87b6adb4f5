package apitest

import (
	"testing"

	"github.com/curfew-auth/curfew/internal/curfew"
)

const acmeBounds = serviceAccounts + "/acme/bounds"

func TestBounds(t *testing.T) {
	t.Parallel()
	w := startEmpty(t)
	w.product()
	p := w.service(curfew.ScopeAccountsWrite)
	p.Get(acmeBounds).Status(200).Shape(boundsShape).Is("ETag", `"b1"`).Equal(map[string]any{
		"idle_minutes_min": nil, "absolute_minutes_default": nil, "max_sessions_per_user_max": nil,
		"effective_idle_minutes_min": 15, "effective_idle_minutes_max": 43200, "effective_idle_minutes_default": 10080,
		"effective_absolute_minutes_min": 60, "effective_absolute_minutes_max": 129600, "effective_absolute_minutes_default": 20160,
		"effective_max_sessions_per_user_max": 100,
	})
	plan := obj{"idle_minutes_max": 60, "idle_minutes_default": 30, "absolute_minutes_max": 1440, "absolute_minutes_default": 720, "max_sessions_per_user_max": 5}
	p.Patch(acmeBounds, plan).Status(200).Shape(boundsShape).Is("ETag", `"b2"`).Equal(map[string]any{
		"idle_minutes_min": nil, "idle_minutes_max": 60, "idle_minutes_default": 30, "max_sessions_per_user_max": 5,
		"effective_idle_minutes_min": 15, "effective_idle_minutes_max": 60, "effective_absolute_minutes_default": 720, "effective_max_sessions_per_user_max": 5,
	})
	p.Patch(acmeBounds, plan).Status(200).Is("ETag", `"b2"`) // changes nothing
	p.with("If-Match", `"b1"`).Patch(acmeBounds, obj{"idle_minutes_min": 20}).Problem(412, "stale")
	p.with("If-Match", `"p2"`).Patch(acmeBounds, obj{"idle_minutes_min": 20}).Problem(412, "stale")
	p.with("If-Match", `"b1"`).Patch(acmeBounds, obj{"idle_minutes_min": 1}).Problem(422, "invalid-request") // judged first
	p.with("If-Match", `"b1", "b2"`).Patch(acmeBounds, obj{"idle_minutes_min": 20}).Status(200).Is("ETag", `"b3"`)
	p.Patch(acmeBounds, obj{"idle_minutes_min": nil}).Status(200).Is("ETag", `"b4"`).Equal(map[string]any{"idle_minutes_min": nil, "idle_minutes_max": 60})

	for _, refusal := range []struct{ body, field, detail string }{
		{`{"idle_minutes_min":14}`, "idle_minutes_min", "idle_minutes_min must be between 15 and 43200"},
		{`{"absolute_minutes_max":129601}`, "absolute_minutes_max", "absolute_minutes_max must be between 60 and 129600"},
		{`{"max_sessions_per_user_max":0}`, "max_sessions_per_user_max", "max_sessions_per_user_max must be between 1 and 100"},
		{`{"max_sessions_per_user_max":101}`, "max_sessions_per_user_max", "max_sessions_per_user_max must be between 1 and 100"},
		{`{"idle_minutes_max":29}`, "idle_minutes_max", "Effective idle_minutes_default (30) cannot exceed effective idle_minutes_max (29)"},
		{`{"idle_minutes_default":61}`, "idle_minutes_default", "Effective idle_minutes_default (61) cannot exceed effective idle_minutes_max (60)"},
		{`{"idle_minutes_default":null}`, "idle_minutes_default", "Effective idle_minutes_default (10080) cannot exceed effective idle_minutes_max (60)"},
		{`{"absolute_minutes_min":721}`, "absolute_minutes_min", "Effective absolute_minutes_min (721) cannot exceed effective absolute_minutes_default (720)"},
		{`{"idle_minutes_max":480,"idle_minutes_default":480,"absolute_minutes_default":479}`, "idle_minutes_default",
			"Effective idle_minutes_default (480) cannot exceed effective absolute_minutes_default (479)"},
	} {
		a := p.Patch(acmeBounds, raw(refusal.body)).Problem(422, "invalid-request").Detail(refusal.detail)
		a.Field(refusal.field)
	}
	for _, body := range []string{`{"idle_minutes_min":15.5}`, `{"idle_minutes_min":"15"}`, `{"idle_minutes_max":true}`, `{"max_sessions_per_user_max":[1]}`, `{"idle_minutes":15}`} {
		p.Patch(acmeBounds, raw(body)).Problem(422, "invalid-request")
	}
	p.Get(acmeBounds).Is("ETag", `"b4"`)
}
