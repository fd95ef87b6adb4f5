package httpapi

import (
	"context"
	"net/http"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
	"github.com/curfew-auth/curfew/internal/wire"
)

type securityPatchIn struct {
	Condition
	Body wire.SecurityPatch
}

type securityOut struct {
	ETag string `header:"ETag" doc:"The policy's version, for If-Match."`
	Body *wire.Security
}

func (a *API) registerSecurity() {
	register(a, operation{ID: "getSecurity", Method: http.MethodGet, Path: "/api/v1/accounts/me/security", Tag: tagSecurity, Need: owner,
		Summary:     "Read the session policy",
		Description: "Reads the policy, what of it is in force, the bounds of the account, and who is signed in.",
	}, a.security)
	register(a, operation{ID: "updateSecurity", Method: http.MethodPatch, Path: "/api/v1/accounts/me/security", Tag: tagSecurity, Need: owner,
		Summary: "Change the session policy",
		Description: "Changes the members that are sent. Each is judged against its bounds, then the pair in force: idle must not exceed absolute. " +
			"Running sessions stay as they are unless apply_to is all_sessions. A limit on the sessions of one person holds from the next sign-in on, whatever apply_to says. " +
			"Values are judged before If-Match.",
		Problems: []curfew.Kind{curfew.KindStale},
	}, a.updateSecurity)
	register(a, operation{ID: "previewSecurity", Method: http.MethodPost, Path: "/api/v1/accounts/me/security/preview", Tag: tagSecurity, Need: owner,
		Summary:     "Preview a session policy",
		Description: "Tells what the change with apply_to all_sessions would do. Nothing is changed.",
	}, a.previewSecurity)
}

func (a *API) security(ctx context.Context, actor curfew.Actor, _ curfew.Origin, _ *empty) (*securityOut, error) {
	return securityAnswer(a.Authority.Security(ctx, actor))
}

func (a *API) updateSecurity(ctx context.Context, actor curfew.Actor, from curfew.Origin, in *securityPatchIn) (*securityOut, error) {
	version, err := ifMatch(in.IfMatch, "p", func() (int64, error) {
		s, err := a.Authority.Security(ctx, actor)
		return s.Version, err
	})
	if err != nil {
		return nil, err
	}
	return securityAnswer(a.Authority.SetPolicy(ctx, actor, from, authority.SetPolicy{
		Change:  policy.Change{IdleMinutes: edit(in.Body.IdleMinutes), AbsoluteMinutes: edit(in.Body.AbsoluteMinutes)},
		Limit:   policy.LimitChange{MaxSessionsPerUser: edit(in.Body.MaxSessionsPerUser), SessionLimitAction: limitAction(in.Body.SessionLimitAction)},
		ApplyTo: authority.ApplyTo(in.Body.ApplyTo), Reason: in.Body.Reason, IfVersion: version,
	}))
}

func (a *API) previewSecurity(ctx context.Context, actor curfew.Actor, _ curfew.Origin, in *struct{ Body wire.SecurityPreviewRequest }) (*struct{ Body *wire.SecurityPreview }, error) {
	p, err := a.Authority.PreviewPolicy(ctx, actor, authority.SetPolicy{
		Change:  policy.Change{IdleMinutes: edit(in.Body.IdleMinutes), AbsoluteMinutes: edit(in.Body.AbsoluteMinutes)},
		ApplyTo: authority.AllSessions,
	})
	if err != nil {
		return nil, err
	}
	preview := &wire.SecurityPreview{
		SessionsEndingNow: p.SessionsEndingNow, SessionsShortened: p.SessionsShortened,
		UsersAffected: p.UsersAffected, EndsCurrentSession: p.EndsCurrentSession,
		Users: make([]wire.PreviewUser, 0, len(p.Users)), UsersTruncated: p.UsersAffected > len(p.Users),
	}
	for _, u := range p.Users {
		preview.Users = append(preview.Users, wire.PreviewUser{UserID: u.UserID.String(), Name: u.Name, Email: u.Email,
			SessionsEnding: u.SessionsEnding, SessionsShortened: u.SessionsShortened})
	}
	return &struct{ Body *wire.SecurityPreview }{preview}, nil
}

// edit is a member of a policy's change.
func edit(o wire.Optional[wire.Int]) policy.Edit {
	if !o.Set || o.Null {
		return policy.Edit{Set: o.Set}
	}
	value := int(o.Value)
	return policy.Edit{Set: true, Value: &value}
}

// limitAction is a change of what happens at the limit on sessions; null is the
// default again.
func limitAction(o wire.Optional[string]) policy.LimitAction {
	if o.Null {
		return policy.EvictOldest
	}
	return policy.LimitAction(o.Value)
}

func securityAnswer(s authority.Security, err error) (*securityOut, error) {
	if err != nil {
		return nil, err
	}
	idle, absolute := s.Bounds.Idle, s.Bounds.Absolute
	body := &wire.Security{
		IdleMinutes: s.Policy.IdleMinutes, AbsoluteMinutes: s.Policy.AbsoluteMinutes,
		EffectiveIdleMinutes: s.Effective.IdleMinutes, EffectiveAbsoluteMinutes: s.Effective.AbsoluteMinutes,
		IdleMinutesMin: idle.Min, IdleMinutesMax: idle.Max, IdleMinutesDefault: idle.Default,
		AbsoluteMinutesMin: absolute.Min, AbsoluteMinutesMax: absolute.Max, AbsoluteMinutesDefault: absolute.Default,
		MaxSessionsPerUser: s.Policy.MaxSessionsPerUser, SessionLimitAction: string(s.Policy.SessionLimitAction),
		EffectiveMaxSessionsPerUser: s.Effective.MaxSessionsPerUser, MaxSessionsPerUserMax: s.Bounds.SessionsPerUser().Max,
		Preset: s.Preset, Presets: make([]wire.Preset, 0, len(s.Presets)),
		ActiveUsers:     make([]wire.ActiveUser, 0, len(s.ActiveUsers)),
		ActiveUserCount: s.UserCount, ActiveSessionCount: s.SessionCount, UpdatedAt: wire.MaybeAt(s.UpdatedAt),
	}
	for _, p := range s.Presets {
		body.Presets = append(body.Presets, wire.Preset{Name: p.Name, IdleMinutes: p.Policy.IdleMinutes, AbsoluteMinutes: p.Policy.AbsoluteMinutes})
	}
	for _, u := range s.ActiveUsers {
		body.ActiveUsers = append(body.ActiveUsers, wire.ActiveUser{UserID: u.UserID.String(), Name: u.Name, Email: u.Email,
			LastLoginAt: wire.MaybeAt(u.LastLoginAt), SessionCount: u.SessionCount})
	}
	if s.UpdatedBy != nil {
		body.UpdatedBy = &wire.Person{ID: s.UpdatedBy.ID.String(), Name: s.UpdatedBy.Name}
	}
	return &securityOut{ETag: etag("p", s.Version), Body: body}, nil
}
