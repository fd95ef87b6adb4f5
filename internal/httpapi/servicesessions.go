package httpapi

import (
	"context"
	"net/http"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/wire"
)

func (a *API) registerServiceSessions() {
	register(a, operation{ID: "startServiceSession", Method: http.MethodPost, Path: "/api/v1/service/sessions", Tag: tagServices,
		Need: service, Scope: curfew.ScopeSessionsWrite, Status: http.StatusCreated,
		Summary: "Start a session",
		Description: "Starts a session, under the account's policy, for a person whom the product has signed in in its own way. Account and person are made " +
			"where they are not known yet and enough is sent to make them; otherwise the answer is 404 and errors names what is missing. " +
			"The refresh token is in the body. A start with an Idempotency-Key may be repeated for 24 hours: the same session is answered with another refresh token, " +
			"and the one before becomes unknown; once that was used, or the session is over, the answer is 409.",
		Problems: []curfew.Kind{curfew.KindNotFound, curfew.KindSessionLimit, curfew.KindIdempotencySpent},
	}, a.startServiceSession)
	register(a, operation{ID: "listServiceSessions", Method: http.MethodGet, Path: "/api/v1/service/accounts/{account}/sessions", Tag: tagServices,
		Need: service, Scope: curfew.ScopeSessionsRead,
		Summary:     "List an account's sessions",
		Description: "Lists sessions, latest activity first.",
		Problems:    []curfew.Kind{curfew.KindInvalidRequest},
	}, a.listServiceSessions)
	register(a, operation{ID: "revokeServiceSession", Method: http.MethodDelete, Path: "/api/v1/service/accounts/{account}/sessions/{id}", Tag: tagServices,
		Need: service, Scope: curfew.ScopeSessionsWrite,
		Summary:     "End a session",
		Description: "Ends one session of the account. Answers 204 also when it is over already; its first end stays.",
	}, a.revokeServiceSession)
	register(a, operation{ID: "revokeServiceSessions", Method: http.MethodPost, Path: "/api/v1/service/accounts/{account}/revoke-sessions", Tag: tagServices,
		Need: service, Scope: curfew.ScopeSessionsWrite,
		Summary:     "Sign everyone out",
		Description: "Ends every active session of the account, or every one but those of one person.",
	}, a.revokeServiceSessions)
	register(a, operation{ID: "revokeServiceUserSessions", Method: http.MethodPost, Path: "/api/v1/service/accounts/{account}/users/{user}/revoke-sessions", Tag: tagServices,
		Need: service, Scope: curfew.ScopeSessionsWrite,
		Summary:     "End a person's sessions",
		Description: "Ends every active session of one person.",
	}, a.revokeServiceUserSessions)
}

func (a *API) startServiceSession(ctx context.Context, actor curfew.Actor, from curfew.Origin, in *struct {
	Key  string `header:"Idempotency-Key" doc:"Names this start, in at most 255 printable ASCII characters, so that it may be repeated. Under one service key another body with the same name is refused for 24 hours."`
	Body wire.ServiceSessionStart
}) (*tokenOut, error) {
	b := in.Body
	start := authority.ServiceStart{Account: b.Account.ExternalID, AccountName: b.Account.Name,
		User: b.User.ExternalID, UserName: b.User.Name, Email: b.User.Email, Role: curfew.Role(b.User.Role),
		AMR: b.AMR, UserAgent: b.UserAgent, IP: b.IP, Key: in.Key}
	if b.AuthTime != nil {
		at := b.AuthTime.Std()
		start.AuthTime = &at
	}
	granted, err := a.Authority.StartSession(ctx, actor, from, start)
	if err != nil {
		return nil, err
	}
	return a.byBody(ctx, granted), nil
}

// serviceSessionsIn chooses sessions of an account.
type serviceSessionsIn struct {
	AccountPath
	User   string `query:"user" doc:"Only the sessions of this person, by the product's own id."`
	Status string `query:"status" enum:"active,ended,all" default:"active" doc:"Only sessions that live, only those that are over, or both."`
	Paging
}

func (a *API) listServiceSessions(ctx context.Context, actor curfew.Actor, _ curfew.Origin, in *serviceSessionsIn) (*sessionListOut, error) {
	page, err := pageOf[authority.SessionKey](in.Paging)
	if err != nil {
		return nil, err
	}
	list, now, err := a.Authority.ServiceSessions(ctx, actor, in.Account, in.User, authority.SessionStatus(in.Status), page)
	if err != nil {
		return nil, err
	}
	return sessionList(actor, list, now), nil
}

func (a *API) revokeServiceSession(ctx context.Context, actor curfew.Actor, from curfew.Origin, in *struct {
	AccountPath
	ID string `path:"id" doc:"The session's id."`
}) (*empty, error) {
	id, err := pathID(in.ID)
	if err != nil {
		return nil, err
	}
	if actor, err = a.inAccount(ctx, actor, in.Account); err != nil {
		return nil, err
	}
	return done(a.Authority.RevokeSession(ctx, actor, from, id))
}

func (a *API) revokeServiceSessions(ctx context.Context, actor curfew.Actor, from curfew.Origin, in *struct {
	AccountPath
	Body wire.ServiceRevokeSessionsRequest
}) (*revokedOut, error) {
	return revoked(a.Authority.ServiceRevokeSessions(ctx, actor, from, in.Account, authority.ServiceRevocation{
		Scope: authority.Scope(in.Body.Scope), KeepUser: in.Body.KeepUser, Reason: in.Body.Reason}))
}

func (a *API) revokeServiceUserSessions(ctx context.Context, actor curfew.Actor, from curfew.Origin, in *struct {
	UserPath
	Body *wire.ServiceRevokeUserSessionsRequest
}) (*revokedOut, error) {
	var reason string
	if in.Body != nil {
		reason = in.Body.Reason
	}
	return revoked(a.Authority.ServiceRevokeUserSessions(ctx, actor, from, in.Account, in.User, reason))
}

// inAccount is a service as it acts in an account, which the log line names.
func (a *API) inAccount(ctx context.Context, actor curfew.Actor, account string) (curfew.Actor, error) {
	actor, err := a.Authority.ServiceAccount(ctx, actor, account)
	exchangeOf(ctx).about(actor.AccountID, curfew.ZeroID, curfew.ZeroID)
	return actor, err
}
