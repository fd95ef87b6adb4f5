package httpapi

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/wire"
	"github.com/danielgtaylor/huma/v2"
)

// AuditFilter chooses audit events. It is exported because huma finds embedded
// parameters by reflection.
type AuditFilter struct {
	Action  action `query:"action" doc:"Only events of this action."`
	ActorID string `query:"actor_id" doc:"Only what this actor did."`
	From    string `query:"from" doc:"Only events at or after this time (RFC 3339)." example:"2026-11-01T00:00:00Z"`
	To      string `query:"to" doc:"Only events before this time (RFC 3339)." example:"2026-12-01T00:00:00Z"`
}

// action is an audit action as a parameter: one of those that exist.
type action string

// Schema lists the actions, from the vocabulary itself.
func (action) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, known := range audit.Actions {
		s.Enum = append(s.Enum, string(known))
	}
	return s
}

func (a *API) registerAudit() {
	register(a, operation{ID: "listAuditEvents", Method: http.MethodGet, Path: "/api/v1/accounts/me/audit-events", Tag: tagAudit, Need: owner,
		Summary:     "List audit events",
		Description: "Lists what happened in the account, newest first.",
		Problems:    []curfew.Kind{curfew.KindInvalidRequest},
	}, a.listAudit)
	register(a, operation{ID: "exportAuditEvents", Method: http.MethodGet, Path: "/api/v1/accounts/me/audit-events/export", Tag: tagAudit, Need: owner,
		Summary: "Export audit events",
		Description: "Streams all events that the filters choose, newest first, as a file. In CSV a cell that a spreadsheet would take for " +
			"a formula begins with an apostrophe. An export that breaks off was not complete: the connection is cut.",
		Problems: []curfew.Kind{curfew.KindInvalidRequest},
		Answers: map[string]*huma.Response{"200": {Description: "The events.", Content: map[string]*huma.MediaType{
			"text/csv":          {Schema: &huma.Schema{Type: huma.TypeString, Description: "One line of column names, then one an event."}},
			"application/jsonl": {Schema: &huma.Schema{Type: huma.TypeString, Description: "One event a line, shaped like the items of the list."}},
		}}},
	}, a.exportAudit)
}

func (a *API) listAudit(ctx context.Context, actor curfew.Actor, _ curfew.Origin, in *struct {
	AuditFilter
	Paging
}) (*struct{ Body *wire.AuditList }, error) {
	filter, err := in.AuditFilter.read()
	if err != nil {
		return nil, err
	}
	ask, err := pageOf[int64](in.Paging)
	if err != nil {
		return nil, err
	}
	list, err := a.Authority.AuditEvents(ctx, actor, filter, ask)
	if err != nil {
		return nil, err
	}
	items, next := page(list, auditEvent)
	return &struct{ Body *wire.AuditList }{&wire.AuditList{Items: items, NextCursor: next}}, nil
}

// read judges the filters that the schema cannot.
func (f AuditFilter) read() (authority.AuditFilter, error) {
	filter := authority.AuditFilter{Action: string(f.Action)}
	var refused []curfew.FieldError
	refuse := func(field, what string) {
		refused = append(refused, curfew.FieldError{Field: field, Detail: field + " must be " + what})
	}
	if f.Action != "" && !slices.Contains(audit.Actions, audit.Action(f.Action)) {
		refuse("action", "an action that exists")
	}
	if id, err := queryID("actor_id", f.ActorID); err == nil {
		filter.ActorID = id
	} else {
		refuse("actor_id", "an id")
	}
	for _, bound := range []struct {
		name, text string
		time       *time.Time
	}{{"from", f.From, &filter.From}, {"to", f.To, &filter.To}} {
		if bound.text == "" {
			continue
		}
		t, err := time.Parse(time.RFC3339, bound.text)
		if err != nil {
			refuse(bound.name, "a time such as 2026-11-01T00:00:00Z")
		}
		*bound.time = t.UTC()
	}
	if len(refused) > 0 {
		return filter, curfew.InvalidFields(refused)
	}
	return filter, nil
}

func auditEvent(e audit.Event) wire.AuditEvent {
	out := wire.AuditEvent{
		ID: e.ID.String(), OccurredAt: wire.At(e.OccurredAt), Action: string(e.Action),
		ResourceType: e.ResourceType, ResourceID: e.ResourceID.String(),
		IP: e.IP, UserAgent: e.UserAgent, Details: wire.Object(e.Details),
	}
	if e.Actor != nil {
		out.Actor = &wire.AuditActor{Type: string(e.Actor.Type), Name: e.Actor.Name}
		if !e.Actor.ID.IsZero() {
			id := e.Actor.ID.String()
			out.Actor.ID = &id
		}
		if e.Actor.Email != "" {
			out.Actor.Email = &e.Actor.Email
		}
	}
	return out
}
