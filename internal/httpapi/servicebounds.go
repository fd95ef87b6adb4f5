package httpapi

import (
	"context"
	"net/http"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
	"github.com/curfew-auth/curfew/internal/wire"
)

type boundsOut struct {
	ETag string `header:"ETag" doc:"The bounds' version, for If-Match."`
	Body *wire.AccountBounds
}

func (a *API) registerServiceBounds() {
	const path = "/api/v1/service/accounts/{account}/bounds"
	register(a, operation{ID: "getServiceBounds", Method: http.MethodGet, Path: path, Tag: tagServices,
		Need: service, Scope: curfew.ScopeAccountsWrite,
		Summary:     "Read an account's bounds",
		Description: "Reads what the account's owner may choose from, and what of it is in force.",
	}, a.serviceBounds)
	register(a, operation{ID: "updateServiceBounds", Method: http.MethodPatch, Path: path, Tag: tagServices,
		Need: service, Scope: curfew.ScopeAccountsWrite,
		Summary: "Change an account's bounds",
		Description: "Changes the members that are sent. Each is judged against the operator's bounds; then what they make with the others and with what is inherited: " +
			"the default lies between the least and the greatest value, and the default idle limit does not exceed the default of the whole session. " +
			"What the owner has set stays stored and counts as the nearest bound from the next sign-in on. Running sessions stay as they are; " +
			"PATCH .../security with apply_to all_sessions shortens them. Values are judged before If-Match.",
		Problems: []curfew.Kind{curfew.KindStale},
	}, a.updateServiceBounds)
}

func (a *API) serviceBounds(ctx context.Context, actor curfew.Actor, _ curfew.Origin, in *struct{ AccountPath }) (*boundsOut, error) {
	actor, err := a.inAccount(ctx, actor, in.Account)
	if err != nil {
		return nil, err
	}
	return boundsAnswer(a.Authority.AccountBounds(ctx, actor))
}

func (a *API) updateServiceBounds(ctx context.Context, actor curfew.Actor, from curfew.Origin, in *struct {
	AccountPath
	Condition
	Body wire.AccountBoundsPatch
}) (*boundsOut, error) {
	actor, err := a.inAccount(ctx, actor, in.Account)
	if err != nil {
		return nil, err
	}
	version, err := ifMatch(in.IfMatch, "b", func() (int64, error) {
		b, err := a.Authority.AccountBounds(ctx, actor)
		return b.Version, err
	})
	if err != nil {
		return nil, err
	}
	b := in.Body
	return boundsAnswer(a.Authority.SetAccountBounds(ctx, actor, from, authority.SetBounds{IfVersion: version, Change: policy.BoundsChange{
		IdleMinutesMin: edit(b.IdleMinutesMin), IdleMinutesMax: edit(b.IdleMinutesMax), IdleMinutesDefault: edit(b.IdleMinutesDefault),
		AbsoluteMinutesMin: edit(b.AbsoluteMinutesMin), AbsoluteMinutesMax: edit(b.AbsoluteMinutesMax), AbsoluteMinutesDefault: edit(b.AbsoluteMinutesDefault),
		MaxSessionsPerUserMax: edit(b.MaxSessionsPerUserMax),
	}}))
}

func boundsAnswer(b authority.Bounds, err error) (*boundsOut, error) {
	if err != nil {
		return nil, err
	}
	own, idle, absolute := b.Own, b.Effective.Idle, b.Effective.Absolute
	return &boundsOut{ETag: etag("b", b.Version), Body: &wire.AccountBounds{
		IdleMinutesMin: own.IdleMinutesMin, IdleMinutesMax: own.IdleMinutesMax, IdleMinutesDefault: own.IdleMinutesDefault,
		AbsoluteMinutesMin: own.AbsoluteMinutesMin, AbsoluteMinutesMax: own.AbsoluteMinutesMax, AbsoluteMinutesDefault: own.AbsoluteMinutesDefault,
		MaxSessionsPerUserMax:   own.MaxSessionsPerUserMax,
		EffectiveIdleMinutesMin: idle.Min, EffectiveIdleMinutesMax: idle.Max, EffectiveIdleMinutesDefault: idle.Default,
		EffectiveAbsoluteMinutesMin: absolute.Min, EffectiveAbsoluteMinutesMax: absolute.Max, EffectiveAbsoluteMinutesDefault: absolute.Default,
		EffectiveMaxSessionsPerUserMax: b.Effective.SessionsPerUser().Max,
	}}, nil
}
