package httpapi

import (
	"context"
	"net/http"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/wire"
)

func (a *API) registerServiceSecurity() {
	const path = "/api/v1/service/accounts/{account}/security"
	register(a, operation{ID: "getServiceSecurity", Method: http.MethodGet, Path: path, Tag: tagServices,
		Need: service, Scope: curfew.ScopeSessionsRead,
		Summary:     "Read an account's session policy",
		Description: "Reads what an owner of the account would read: the policy, what of it is in force, its bounds, and who is signed in.",
	}, a.serviceSecurity)
	register(a, operation{ID: "updateServiceSecurity", Method: http.MethodPatch, Path: path, Tag: tagServices,
		Need: service, Scope: curfew.ScopeAccountsWrite,
		Summary:     "Change an account's session policy",
		Description: "Changes the members that are sent, by the rules that hold for an owner.",
		Problems:    []curfew.Kind{curfew.KindStale},
	}, a.updateServiceSecurity)
}

func (a *API) serviceSecurity(ctx context.Context, actor curfew.Actor, from curfew.Origin, in *struct{ AccountPath }) (*securityOut, error) {
	actor, err := a.inAccount(ctx, actor, in.Account)
	if err != nil {
		return nil, err
	}
	return a.security(ctx, actor, from, nil)
}

func (a *API) updateServiceSecurity(ctx context.Context, actor curfew.Actor, from curfew.Origin, in *struct {
	AccountPath
	Condition
	Body wire.SecurityPatch
}) (*securityOut, error) {
	actor, err := a.inAccount(ctx, actor, in.Account)
	if err != nil {
		return nil, err
	}
	return a.updateSecurity(ctx, actor, from, &securityPatchIn{Condition: in.Condition, Body: in.Body})
}
