package httpapi

import (
	"context"
	"net/http"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/wire"
)

type userPatchIn struct {
	ID   string `path:"id" doc:"The person's id."`
	Body wire.UserPatch
}

func (a *API) registerUsers() {
	register(a, operation{ID: "listUsers", Method: http.MethodGet, Path: "/api/v1/accounts/me/users", Tag: tagPeople, Need: owner,
		Summary:     "List the account's people",
		Description: "Lists everyone in the account, by name.",
		Problems:    []curfew.Kind{curfew.KindInvalidRequest},
	}, a.listUsers)
	register(a, operation{ID: "updateUser", Method: http.MethodPatch, Path: "/api/v1/accounts/me/users/{id}", Tag: tagPeople, Need: owner,
		Summary: "Change a person's role, or disable them",
		Description: "Changes the members that are sent. Demoting or disabling someone ends their sessions. " +
			"The last owner who can sign in can be neither demoted nor disabled.",
		Problems: []curfew.Kind{curfew.KindLastOwner},
	}, a.updateUser)
}

func (a *API) listUsers(ctx context.Context, actor curfew.Actor, _ curfew.Origin, in *struct{ Paging }) (*struct{ Body *wire.UserList }, error) {
	ask, err := pageOf[authority.UserKey](in.Paging)
	if err != nil {
		return nil, err
	}
	list, err := a.Authority.Users(ctx, actor, ask)
	if err != nil {
		return nil, err
	}
	items, next := page(list, userOf)
	return &struct{ Body *wire.UserList }{&wire.UserList{Items: items, NextCursor: next}}, nil
}

func (a *API) updateUser(ctx context.Context, actor curfew.Actor, from curfew.Origin, in *userPatchIn) (*struct{ Body wire.User }, error) {
	id, err := pathID(in.ID)
	if err != nil {
		return nil, err
	}
	change, err := userChangeOf(in.Body)
	if err != nil {
		return nil, err
	}
	v, err := a.Authority.UpdateUser(ctx, actor, from, id, change)
	return &struct{ Body wire.User }{userOf(v)}, err
}

// userChangeOf reads a patch. A role and whether someone is disabled cannot be
// cleared, so null is refused rather than ignored.
func userChangeOf(p wire.UserPatch) (change authority.UserChange, err error) {
	var refused []curfew.FieldError
	if p.Role.Null {
		refused = append(refused, curfew.FieldError{Field: "role", Detail: "role must be one of owner, member"})
	} else if p.Role.Set {
		role := curfew.Role(p.Role.Value)
		change.Role = &role
	}
	if p.Disabled.Null {
		refused = append(refused, curfew.FieldError{Field: "disabled", Detail: "disabled must be true or false"})
	} else if p.Disabled.Set {
		change.Disabled = &p.Disabled.Value
	}
	if len(refused) > 0 {
		return change, curfew.InvalidFields(refused)
	}
	return change, nil
}

func userOf(v authority.UserView) wire.User {
	u := v.User
	return wire.User{ID: u.ID.String(), Name: u.Name, Email: u.Email, Role: string(u.Role), Disabled: u.Disabled(),
		HasPassword: u.PasswordHash != "", CreatedAt: wire.At(u.CreatedAt), LastLoginAt: wire.MaybeAt(u.LastLoginAt),
		SessionCount: v.SessionCount}
}
