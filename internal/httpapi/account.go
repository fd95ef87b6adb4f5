package httpapi

import (
	"context"
	"net/http"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/wire"
)

type namePatchIn struct {
	Condition
	Body wire.NamePatch
}

type accountOut struct {
	ETag string `header:"ETag" doc:"The account's version, for If-Match."`
	Body *wire.Account
}

func (a *API) registerAccount() {
	register(a, operation{ID: "getAccount", Method: http.MethodGet, Path: "/api/v1/accounts/me", Tag: tagPeople, Need: person,
		Summary:     "Read the account",
		Description: "Reads the caller's account and who owns it.",
	}, a.account)
	register(a, operation{ID: "updateAccount", Method: http.MethodPatch, Path: "/api/v1/accounts/me", Tag: tagPeople, Need: owner,
		Summary:     "Rename the account",
		Description: "Changes the account's name.",
		Problems:    []curfew.Kind{curfew.KindStale},
	}, a.renameAccount)
}

func (a *API) account(ctx context.Context, actor curfew.Actor, _ curfew.Origin, _ *empty) (*accountOut, error) {
	return accountAnswer(a.Authority.Account(ctx, actor))
}

func (a *API) renameAccount(ctx context.Context, actor curfew.Actor, from curfew.Origin, in *namePatchIn) (*accountOut, error) {
	version, err := ifMatch(in.IfMatch, "a", func() (int64, error) {
		v, err := a.Authority.Account(ctx, actor)
		return v.Account.NameVersion, err
	})
	if err != nil {
		return nil, err
	}
	return accountAnswer(a.Authority.RenameAccount(ctx, actor, from, in.Body.Name, version))
}

func accountAnswer(v authority.AccountView, err error) (*accountOut, error) {
	if err != nil {
		return nil, err
	}
	body := &wire.Account{ID: v.Account.ID.String(), Name: v.Account.Name, CreatedAt: wire.At(v.Account.CreatedAt),
		LocalSignIn: !v.Account.NoLocalSignIn, Owners: make([]wire.Owner, 0, len(v.Owners))}
	for _, o := range v.Owners {
		body.Owners = append(body.Owners, wire.Owner{Name: o.Name, Email: o.Email})
	}
	return &accountOut{ETag: etag("a", v.Account.NameVersion), Body: body}, nil
}
