package httpapi

import (
	"context"
	"net/http"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/wire"
)

func (a *API) registerPortal() {
	register(a, operation{ID: "createPortalLink", Method: http.MethodPost, Path: "/api/v1/service/portal-links", Tag: tagServices,
		Need: service, Scope: curfew.ScopeSessionsWrite, Status: http.StatusCreated,
		Summary: "Make a link to the hosted pages",
		Description: "Makes a link that opens the hosted pages for a person, who need not sign in again: once, within a minute, and only " +
			"while nobody has signed them out. Redirect their browser to it; it is not for mail.",
		Problems: []curfew.Kind{curfew.KindNotFound},
	}, a.createPortalLink)
	register(a, operation{ID: "openPortal", Method: http.MethodPost, Path: "/api/v1/auth/portal", Tag: tagAuth,
		Summary: "Open the hosted pages by a link",
		Description: "Exchanges the code of a portal link for a session. The refresh token comes as a cookie. A code that was used, is too old or was never " +
			"given out gets one answer. While somebody else is signed in in the browser the answer is 409 and the code is not spent, unless replace is true.",
		Problems: []curfew.Kind{curfew.KindLinkInvalid, curfew.KindOtherSession, curfew.KindSessionLimit, curfew.KindRateLimited},
	}, a.openPortal)
}

func (a *API) createPortalLink(ctx context.Context, actor curfew.Actor, from curfew.Origin, in *struct{ Body wire.PortalLinkRequest }) (*struct{ Body wire.PortalLink }, error) {
	b := in.Body
	ask := authority.NewPortalLink{Account: b.Account, User: b.User, Page: b.Page, ReturnURL: b.ReturnURL}
	if b.Session != "" {
		id, err := curfew.ParseID(b.Session)
		if err != nil {
			return nil, curfew.Invalid("session", "session must be an active session of the user")
		}
		ask.Session = &id
	}
	link, err := a.Authority.CreatePortalLink(ctx, actor, from, ask)
	if err != nil {
		return nil, err
	}
	return &struct{ Body wire.PortalLink }{wire.PortalLink{URL: link.URL, ExpiresAt: wire.At(link.ExpiresAt)}}, nil
}

// portalOut is a TokenResponse with where it leads, and the cookies.
type portalOut struct {
	SetCookie []string `header:"Set-Cookie" doc:"The refresh cookie, the mark of a known browser and, where forward-auth is on, the access cookie."`
	Body      wire.PortalResponse
}

func (a *API) openPortal(ctx context.Context, _ curfew.Actor, from curfew.Origin, in *struct{ Body wire.PortalRequest }) (*portalOut, error) {
	opened, err := a.Authority.OpenPortal(ctx, from, authority.OpenPortal{Code: in.Body.Code, Replace: in.Body.Replace,
		Cookie: presented(exchangeOf(ctx).request, a.cookies.refresh)})
	if err != nil {
		return nil, err
	}
	out := a.byCookie(ctx, opened.Granted, true)
	answer := &portalOut{SetCookie: out.SetCookie, Body: wire.PortalResponse{TokenResponse: *out.Body, Page: opened.Page}}
	if opened.ReturnURL != "" {
		answer.Body.ReturnURL = &opened.ReturnURL
	}
	return answer, nil
}
