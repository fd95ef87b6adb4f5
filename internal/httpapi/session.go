package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/wire"
)

type sessionOut struct{ Body *wire.SessionState }

// registerSession registers the look at the caller's own session.
func (a *API) registerSession() {
	look := operation{ID: "getSession", Method: http.MethodGet, Path: "/api/v1/auth/session", Tag: tagAuth,
		Summary: "Look at the session",
		Description: "Reads the session of the bearer token or, without one, of the refresh cookie from the store. " +
			"Changes, extends, sets and clears nothing; session.generation is the current one. " +
			"An ended session gets the problem that a refresh would get.",
		Problems: []curfew.Kind{curfew.KindNoSession, curfew.KindInvalidToken, curfew.KindSessionExpired, curfew.KindSessionRevoked},
		Security: []map[string][]string{{accessToken: {}}, {refreshCookie: {}}},
	}
	straight(a, &look, a.observe, nothing, writeState)
	register(a, look, a.observe)
}

func (a *API) observe(ctx context.Context, _ curfew.Actor, _ curfew.Origin, _ *empty) (*sessionOut, error) {
	x := exchangeOf(ctx)
	bearer, err := bearerOf(x.request)
	x.judgesBearer = err != nil || bearer != ""
	if err != nil {
		return nil, err
	}
	show := authority.Presented{Bearer: bearer}
	if bearer == "" {
		show.Cookie = presented(x.request, a.cookies.refresh)
	}
	if show == (authority.Presented{}) {
		return nil, curfew.NewError(curfew.KindNoSession, "There is no session to look at.")
	}
	seen, err := a.Authority.Observe(ctx, show)
	if err != nil {
		return nil, err
	}
	s := &seen.Standing
	x.about(s.Session.AccountID, s.Session.UserID, s.Session.ID)
	return &sessionOut{&wire.SessionState{
		Session: sessionOf(s), User: sessionUserOf(s), Account: sessionAccountOf(s), ServerTime: wire.At(seen.Now),
	}}, nil
}

// sessionListIn chooses sessions of an account.
type sessionListIn struct {
	UserID string `query:"user_id" doc:"Only the sessions of this person."`
	Status string `query:"status" enum:"active,ended,all" default:"active" doc:"Only sessions that live, only those that are over, or both."`
	Paging
}

// mySessionListIn chooses sessions of the caller.
type mySessionListIn struct {
	Status string `query:"status" enum:"active,ended,all" default:"active" doc:"Only sessions that live, only those that are over, or both."`
	Paging
}

// idIn names one thing in the path.
type idIn struct {
	ID string `path:"id" doc:"The id."`
}

// userIDIn names one person in the path.
type userIDIn struct {
	UserID string `path:"user_id" doc:"The person's id."`
}

type sessionListOut struct{ Body *wire.SessionList }

type revokedOut struct{ Body wire.RevokedCount }

// registerSessions registers the owner's list of sessions and how to end them.
func (a *API) registerSessions() {
	register(a, operation{ID: "listSessions", Method: http.MethodGet, Path: "/api/v1/accounts/me/sessions", Tag: tagSecurity, Need: owner,
		Summary:     "List the account's sessions",
		Description: "Lists sessions, latest activity first.",
		Problems:    []curfew.Kind{curfew.KindInvalidRequest},
	}, a.listSessions)
	register(a, operation{ID: "revokeSession", Method: http.MethodDelete, Path: "/api/v1/accounts/me/sessions/{id}", Tag: tagSecurity, Need: owner,
		Summary:     "End a session",
		Description: "Ends one session of the account. Answers 204 also when it is over already; its first end stays.",
	}, a.revokeSession)
	register(a, operation{ID: "revokeUserSessions", Method: http.MethodPost, Path: "/api/v1/accounts/me/users/{user_id}/revoke-sessions", Tag: tagSecurity, Need: owner,
		Summary:     "End a person's sessions",
		Description: "Ends every active session of one person.",
	}, a.revokeUserSessions)
	register(a, operation{ID: "revokeSessions", Method: http.MethodPost, Path: "/api/v1/accounts/me/security/revoke-sessions", Tag: tagSecurity, Need: owner,
		Summary: "Sign everyone out",
		Description: "Ends every active session of the account, or every one but the caller's own sessions. " +
			"The receipt shows how the services that verify access tokens themselves follow.",
	}, a.revokeSessions)
}

func (a *API) listSessions(ctx context.Context, actor curfew.Actor, _ curfew.Origin, in *sessionListIn) (*sessionListOut, error) {
	userID, err := queryID("user_id", in.UserID)
	if err != nil {
		return nil, err
	}
	page, err := pageOf[authority.SessionKey](in.Paging)
	if err != nil {
		return nil, err
	}
	list, now, err := a.Authority.Sessions(ctx, actor, authority.SessionFilter{UserID: userID, Status: authority.SessionStatus(in.Status)}, page)
	if err != nil {
		return nil, err
	}
	return sessionList(actor, list, now), nil
}

func (a *API) revokeSession(ctx context.Context, actor curfew.Actor, from curfew.Origin, in *idIn) (*empty, error) {
	id, err := pathID(in.ID)
	if err != nil {
		return nil, err
	}
	return done(a.Authority.RevokeSession(ctx, actor, from, id))
}

func (a *API) revokeUserSessions(ctx context.Context, actor curfew.Actor, from curfew.Origin, in *userIDIn) (*revokedOut, error) {
	id, err := pathID(in.UserID)
	if err != nil {
		return nil, err
	}
	return revoked(a.Authority.RevokeUserSessions(ctx, actor, from, id))
}

func (a *API) revokeSessions(ctx context.Context, actor curfew.Actor, from curfew.Origin, in *struct{ Body wire.RevokeSessionsRequest }) (*struct{ Body wire.SessionsRevoked }, error) {
	ended, err := a.Authority.RevokeSessions(ctx, actor, from, authority.Scope(in.Body.Scope))
	if err != nil {
		return nil, err
	}
	return &struct{ Body wire.SessionsRevoked }{wire.SessionsRevoked{RevokedCount: ended.Count, Receipt: wire.ReceiptKey{
		ID: ended.ReceiptID.String(), Token: ended.ReceiptToken, ExpiresAt: wire.At(ended.ReceiptExpiresAt)}}}, nil
}

func revoked(count int, err error) (*revokedOut, error) {
	return &revokedOut{Body: wire.RevokedCount{RevokedCount: count}}, err
}

func sessionList(actor curfew.Actor, list authority.List[curfew.Standing, authority.SessionKey], now time.Time) *sessionListOut {
	items, next := page(list, func(s curfew.Standing) wire.SessionItem {
		item := sessionItem(s, actor.SessionID, now)
		if actor.Type == curfew.ActorService {
			item.User.ExternalID = s.User.ExternalID
		}
		return item
	})
	return &sessionListOut{Body: &wire.SessionList{Items: items, NextCursor: next}}
}

func sessionItem(s curfew.Standing, current curfew.ID, now time.Time) wire.SessionItem {
	status, end := s.Status(now)
	item := wire.SessionItem{
		ID:        s.Session.ID.String(),
		User:      wire.PersonMail{ID: s.User.ID.String(), Name: s.User.Name, Email: s.User.Email},
		StartedAt: wire.At(s.Session.StartedAt), LastActiveAt: wire.At(s.Session.LastActiveAt),
		IdleExpiresAt: wire.At(s.Session.IdleExpiresAt), AbsoluteExpiresAt: wire.At(s.Session.AbsoluteExpiresAt),
		Status: string(status), IP: s.Session.IP, Current: s.Session.ID == current,
		Device: wire.Device{Browser: s.Session.Device.Browser, OS: s.Session.Device.OS, Kind: deviceKind(s.Session.Device.Kind)},
	}
	if status != curfew.StatusActive {
		reason := string(end.Reason)
		item.EndedAt, item.Reason = wire.MaybeAt(end.At), &reason
	}
	return item
}

// deviceKind keeps to the documented words for a device nobody looked at.
func deviceKind(kind string) string {
	if kind == "" {
		return "other"
	}
	return kind
}
