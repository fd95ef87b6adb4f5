package httpapi

import (
	"context"
	"net/http"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/wire"
	"github.com/danielgtaylor/huma/v2"
)

// AccountPath names an account in the path, by the product's own id.
type AccountPath struct {
	Account string `path:"account" doc:"The product's own id of the account: 1 to 128 visible ASCII characters without / \\ % ? #."`
}

// UserPath names a person of an account.
type UserPath struct {
	AccountPath
	User string `path:"user" doc:"The product's own id of the person, of the same form; unique within the account."`
}

type serviceAccountOut struct {
	Status int
	Body   wire.ServiceAccount
}

type serviceUserOut struct {
	Status int
	Body   wire.ServiceUser
}

func (a *API) registerServiceAccounts() {
	register(a, operation{ID: "putServiceAccount", Method: http.MethodPut, Path: "/api/v1/service/accounts/{account}", Tag: tagServices,
		Need: service, Scope: curfew.ScopeAccountsWrite,
		Summary: "Create or rename an account",
		Description: "Makes the account of the product's own id, or changes it to what is sent. Sending it again changes nothing. " +
			"Where local_sign_in is false nobody is invited to the account, and nobody signs in to it with a password that is kept here; sessions go on.",
		Answers: made("ServiceAccount"),
	}, a.putServiceAccount)
	register(a, operation{ID: "putServiceUser", Method: http.MethodPut, Path: "/api/v1/service/accounts/{account}/users/{user}", Tag: tagServices,
		Need: service, Scope: curfew.ScopeAccountsWrite,
		Summary: "Create or change a person",
		Description: "Makes the person of the product's own id, or changes them to what is sent. Demoting or disabling someone ends their sessions. " +
			"Such a person has no password here, and is signed in by POST /api/v1/service/sessions only.",
		Answers: made("ServiceUser"),
	}, a.putServiceUser)
}

// made documents the answer of a PUT that created what it names.
func made(schema string) map[string]*huma.Response {
	return map[string]*huma.Response{"201": {Description: "Created", Content: map[string]*huma.MediaType{
		"application/json": {Schema: &huma.Schema{Ref: "#/components/schemas/" + schema}},
	}}}
}

func putStatus(created bool) int {
	if created {
		return http.StatusCreated
	}
	return http.StatusOK
}

func (a *API) putServiceAccount(ctx context.Context, actor curfew.Actor, from curfew.Origin, in *struct {
	AccountPath
	Body wire.ServiceAccountPut
}) (*serviceAccountOut, error) {
	put := authority.PutAccount{Name: in.Body.Name}
	switch local := in.Body.LocalSignIn; {
	case local.Null:
		return nil, curfew.Invalid("local_sign_in", "local_sign_in must be true or false")
	case local.Set:
		put.LocalSignIn = &local.Value
	}
	account, created, err := a.Authority.PutAccount(ctx, actor, from, in.Account, put)
	if err != nil {
		return nil, err
	}
	exchangeOf(ctx).about(account.ID, curfew.ZeroID, curfew.ZeroID)
	return &serviceAccountOut{putStatus(created), wire.ServiceAccount{ID: account.ID.String(), ExternalID: account.ExternalID,
		Name: account.Name, LocalSignIn: !account.NoLocalSignIn, CreatedAt: wire.At(account.CreatedAt)}}, nil
}

func (a *API) putServiceUser(ctx context.Context, actor curfew.Actor, from curfew.Origin, in *struct {
	UserPath
	Body wire.ServiceUserPut
}) (*serviceUserOut, error) {
	put := authority.PutUser{Name: in.Body.Name, Email: in.Body.Email, Role: curfew.Role(in.Body.Role)}
	switch disabled := in.Body.Disabled; {
	case disabled.Null:
		return nil, curfew.Invalid("disabled", "disabled must be true or false")
	case disabled.Set:
		put.Disabled = &disabled.Value
	}
	user, created, err := a.Authority.PutUser(ctx, actor, from, in.Account, in.User, put)
	if err != nil {
		return nil, err
	}
	exchangeOf(ctx).about(user.AccountID, user.ID, curfew.ZeroID)
	return &serviceUserOut{putStatus(created), wire.ServiceUser{ID: user.ID.String(), ExternalID: user.ExternalID,
		Name: user.Name, Email: user.Email, Role: string(user.Role), Disabled: user.Disabled(), CreatedAt: wire.At(user.CreatedAt)}}, nil
}
