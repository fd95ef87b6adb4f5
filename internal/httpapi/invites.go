package httpapi

import (
	"context"
	"net/http"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/wire"
)

// registerInviteLinks registers what the holder of an invitation's link does.
func (a *API) registerInviteLinks() {
	register(a, operation{ID: "getInvitation", Method: http.MethodPost, Path: "/api/v1/auth/invite", Tag: tagAuth,
		Summary:     "Look at an invitation",
		Description: "Tells what an invitation's link stands for, without using it up.",
		Problems:    []curfew.Kind{curfew.KindLinkInvalid, curfew.KindRateLimited},
	}, a.invitation)
	register(a, operation{ID: "acceptInvite", Method: http.MethodPost, Path: "/api/v1/auth/accept-invite", Tag: tagAuth, Status: http.StatusCreated,
		Summary:     "Accept an invitation",
		Description: "Creates the person in the account and signs them in. The refresh token comes as a cookie. The link works once.",
		Problems:    []curfew.Kind{curfew.KindLinkInvalid, curfew.KindEmailTaken, curfew.KindRateLimited},
	}, a.acceptInvite)
}

// registerInvites registers what an owner does with invitations.
func (a *API) registerInvites() {
	register(a, operation{ID: "createInvite", Method: http.MethodPost, Path: "/api/v1/accounts/me/invites", Tag: tagPeople, Need: owner, Status: http.StatusCreated,
		Summary: "Invite someone",
		Description: "Makes a link that lets someone join the account. It is shown this once, works once, and stops working after 7 days. " +
			"Where mail is set up it is also sent to the address, unless the account has had too many sent.",
	}, a.createInvite)
	register(a, operation{ID: "listInvites", Method: http.MethodGet, Path: "/api/v1/accounts/me/invites", Tag: tagPeople, Need: owner,
		Summary:     "List open invitations",
		Description: "Lists the invitations that nobody has accepted yet, newest first.",
		Problems:    []curfew.Kind{curfew.KindInvalidRequest},
	}, a.listInvites)
	register(a, operation{ID: "deleteInvite", Method: http.MethodDelete, Path: "/api/v1/accounts/me/invites/{id}", Tag: tagPeople, Need: owner,
		Summary:     "Withdraw an invitation",
		Description: "Makes an invitation's link stop working.",
	}, a.deleteInvite)
}

func (a *API) invitation(ctx context.Context, _ curfew.Actor, from curfew.Origin, in *struct{ Body wire.InviteLookupRequest }) (*struct{ Body wire.InviteLookup }, error) {
	i, err := a.Authority.Invitation(ctx, from, in.Body.Token)
	return &struct{ Body wire.InviteLookup }{wire.InviteLookup{AccountName: i.AccountName, Email: i.Email,
		Role: string(i.Role), ExpiresAt: wire.At(i.ExpiresAt)}}, err
}

func (a *API) acceptInvite(ctx context.Context, _ curfew.Actor, from curfew.Origin, in *struct{ Body wire.AcceptInviteRequest }) (*tokenOut, error) {
	granted, err := a.Authority.AcceptInvite(ctx, from, authority.AcceptInvite{
		Token: in.Body.Token, Name: in.Body.Name, Password: in.Body.Password,
		Cookie: presented(exchangeOf(ctx).request, a.cookies.refresh),
	})
	if err != nil {
		return nil, err
	}
	return a.byCookie(ctx, granted, true), nil
}

func (a *API) createInvite(ctx context.Context, actor curfew.Actor, from curfew.Origin, in *struct{ Body wire.InviteRequest }) (*struct{ Body wire.NewInvite }, error) {
	n, err := a.Authority.CreateInvite(ctx, actor, from, in.Body.Email, curfew.Role(in.Body.Role))
	return &struct{ Body wire.NewInvite }{wire.NewInvite{ID: n.Invite.ID.String(), InviteURL: n.URL, ExpiresAt: wire.At(n.Invite.ExpiresAt), Mailed: n.Mailed}}, err
}

func (a *API) listInvites(ctx context.Context, actor curfew.Actor, _ curfew.Origin, in *struct{ Paging }) (*struct{ Body *wire.InviteList }, error) {
	ask, err := pageOf[authority.InviteKey](in.Paging)
	if err != nil {
		return nil, err
	}
	list, err := a.Authority.Invites(ctx, actor, ask)
	if err != nil {
		return nil, err
	}
	items, next := page(list, func(i curfew.Invite) wire.Invite {
		return wire.Invite{ID: i.ID.String(), Email: i.Email, Role: string(i.Role), CreatedAt: wire.At(i.CreatedAt), ExpiresAt: wire.At(i.ExpiresAt)}
	})
	return &struct{ Body *wire.InviteList }{&wire.InviteList{Items: items, NextCursor: next}}, nil
}

func (a *API) deleteInvite(ctx context.Context, actor curfew.Actor, from curfew.Origin, in *idIn) (*empty, error) {
	id, err := pathID(in.ID)
	if err != nil {
		return nil, err
	}
	return done(a.Authority.DeleteInvite(ctx, actor, from, id))
}
