package httpapi

import (
	"context"
	"net/http"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/wire"
)

type meOut struct {
	ETag string `header:"ETag" doc:"The person's version, for If-Match."`
	Body wire.User
}

func (a *API) registerMe() {
	register(a, operation{ID: "getMe", Method: http.MethodGet, Path: "/api/v1/users/me", Tag: tagMe, Need: person,
		Summary: "Read oneself", Description: "Reads the person who is signed in.",
	}, a.me)
	register(a, operation{ID: "updateMe", Method: http.MethodPatch, Path: "/api/v1/users/me", Tag: tagMe, Need: person,
		Summary: "Rename oneself", Description: "Changes the caller's own name.",
		Problems: []curfew.Kind{curfew.KindStale},
	}, a.renameMe)
	register(a, operation{ID: "changePassword", Method: http.MethodPost, Path: "/api/v1/users/me/password", Tag: tagMe, Need: person,
		Summary:     "Change one's password",
		Description: "Changes the caller's password and ends the caller's other sessions. A wrong current_password is 422 on that member.",
		Problems:    []curfew.Kind{curfew.KindRateLimited},
	}, a.changePassword)
	register(a, operation{ID: "listMySessions", Method: http.MethodGet, Path: "/api/v1/users/me/sessions", Tag: tagMe, Need: person,
		Summary: "List one's sessions", Description: "Lists the caller's sessions, latest activity first.",
		Problems: []curfew.Kind{curfew.KindInvalidRequest},
	}, a.mySessions)
	register(a, operation{ID: "revokeMySession", Method: http.MethodDelete, Path: "/api/v1/users/me/sessions/{id}", Tag: tagMe, Need: person,
		Summary:     "End one of one's sessions",
		Description: "Ends one session of the caller. Answers 204 also when it is over already; its first end stays.",
	}, a.revokeMySession)
	register(a, operation{ID: "revokeMyOtherSessions", Method: http.MethodPost, Path: "/api/v1/users/me/sessions/revoke-others", Tag: tagMe, Need: person,
		Summary: "End one's other sessions", Description: "Ends every session of the caller but the one that asks.",
	}, a.revokeMyOtherSessions)
}

func (a *API) me(ctx context.Context, actor curfew.Actor, _ curfew.Origin, _ *empty) (*meOut, error) {
	return meAnswer(a.Authority.Me(ctx, actor))
}

func (a *API) renameMe(ctx context.Context, actor curfew.Actor, from curfew.Origin, in *namePatchIn) (*meOut, error) {
	version, err := ifMatch(in.IfMatch, "u", func() (int64, error) {
		v, err := a.Authority.Me(ctx, actor)
		return v.User.Version, err
	})
	if err != nil {
		return nil, err
	}
	return meAnswer(a.Authority.RenameMe(ctx, actor, from, in.Body.Name, version))
}

func meAnswer(v authority.UserView, err error) (*meOut, error) {
	return &meOut{ETag: etag("u", v.User.Version), Body: userOf(v)}, err
}

func (a *API) changePassword(ctx context.Context, actor curfew.Actor, from curfew.Origin, in *struct{ Body wire.PasswordChangeRequest }) (*empty, error) {
	return done(a.Authority.ChangePassword(ctx, actor, from, in.Body.CurrentPassword, in.Body.NewPassword))
}

func (a *API) mySessions(ctx context.Context, actor curfew.Actor, _ curfew.Origin, in *mySessionListIn) (*sessionListOut, error) {
	page, err := pageOf[authority.SessionKey](in.Paging)
	if err != nil {
		return nil, err
	}
	list, now, err := a.Authority.MySessions(ctx, actor, authority.SessionStatus(in.Status), page)
	if err != nil {
		return nil, err
	}
	return sessionList(actor, list, now), nil
}

func (a *API) revokeMySession(ctx context.Context, actor curfew.Actor, from curfew.Origin, in *idIn) (*empty, error) {
	id, err := pathID(in.ID)
	if err != nil {
		return nil, err
	}
	return done(a.Authority.RevokeMySession(ctx, actor, from, id))
}

func (a *API) revokeMyOtherSessions(ctx context.Context, actor curfew.Actor, from curfew.Origin, _ *empty) (*revokedOut, error) {
	return revoked(a.Authority.RevokeMyOtherSessions(ctx, actor, from))
}
