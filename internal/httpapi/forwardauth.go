package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// forwardAuthOut tells a proxy whose request it has. Everything is an id, so
// that nothing anybody typed stands in a header.
type forwardAuthOut struct {
	User    string `header:"X-Curfew-User" doc:"The id of the person."`
	Account string `header:"X-Curfew-Account" doc:"The id of the account."`
	Session string `header:"X-Curfew-Session" doc:"The id of the session."`
	Role    string `header:"X-Curfew-Role" doc:"owner or member."`
}

func (a *API) registerForwardAuth() {
	register(a, operation{ID: "forwardAuth", Method: http.MethodGet, Path: "/api/v1/forward-auth", Tag: tagAuth, Status: http.StatusOK,
		Summary: "Tell a proxy whose request it has",
		Description: "Answers 200 with the ids of the presenter in headers, for the auth_request of nginx, the forward_auth of Caddy and the like. " +
			"Takes the bearer token or, with CURFEW_FORWARD_AUTH on, the access cookie; never the refresh cookie. The session is looked up " +
			"in the store, and never extended. By cookie, a request that may change something must come from a page of the same origin: " +
			"403 unless Sec-Fetch-Site is same-origin or none, or the original method is GET or HEAD, which the proxy tells in " +
			"X-Forwarded-Method or X-Original-Method. A request that opens a WebSocket must come from there too, by Sec-Fetch-Site or by Origin.",
		Problems: []curfew.Kind{curfew.KindUnauthenticated, curfew.KindInvalidToken, curfew.KindSessionExpired, curfew.KindSessionRevoked},
		Security: []map[string][]string{{accessToken: {}}, {accessCookie: {}}},
	}, a.forwardAuth)
}

func (a *API) forwardAuth(ctx context.Context, _ curfew.Actor, _ curfew.Origin, _ *empty) (*forwardAuthOut, error) {
	x := exchangeOf(ctx)
	token, err := bearerOf(x.request)
	x.judgesBearer = err != nil || token != ""
	if err != nil {
		return nil, err
	}
	if token == "" && a.cookies.forwardAuth {
		token = presented(x.request, a.cookies.access)
		h := x.request.Header
		if token != "" && !fromOwnPage(h) && (!changesNothing(h) || opensSocket(h) && !a.namesOwnOrigin(h)) {
			return nil, curfew.NewError(curfew.KindCrossOrigin,
				"A page of another origin may not do this by cookie. The proxy must tell the method of the request in X-Forwarded-Method.")
		}
	}
	if token == "" {
		return nil, curfew.NewError(curfew.KindUnauthenticated, "Nobody is signed in here.")
	}
	seen, err := a.Authority.Observe(ctx, authority.Presented{Bearer: token})
	if err != nil {
		return nil, err
	}
	s := &seen.Standing
	x.about(s.Session.AccountID, s.Session.UserID, s.Session.ID)
	return &forwardAuthOut{User: s.User.ID.String(), Account: s.User.AccountID.String(), Session: s.Session.ID.String(), Role: string(s.User.Role)}, nil
}

// changesNothing reports whether the request that a proxy has is one that only
// reads. Where the proxy does not say, or the client said something too, it is
// not known to be.
func changesNothing(h http.Header) bool {
	told := false
	for _, name := range []string{"X-Forwarded-Method", "X-Original-Method"} {
		for _, method := range h.Values(name) {
			if method != http.MethodGet && method != http.MethodHead {
				return false
			}
			told = true
		}
	}
	return told
}

// opensSocket reports whether the request that a proxy has opens a WebSocket:
// by GET, but what goes over it afterwards nobody asks about, and browsers let
// pages of any origin read it (OWASP ASVS 5.0, 4.4.2).
func opensSocket(h http.Header) bool {
	return slices.ContainsFunc(h.Values("Sec-Fetch-Mode"), func(mode string) bool { return mode == "websocket" }) ||
		len(h.Values("Sec-WebSocket-Key")) > 0
}

// namesOwnOrigin reports whether the one Origin of a request is this one; every
// browser names it when it opens a WebSocket, also one that sends no Fetch
// Metadata then.
func (a *API) namesOwnOrigin(h http.Header) bool {
	origins := h.Values("Origin")
	return len(origins) == 1 && strings.EqualFold(origins[0], strings.TrimSuffix(a.PublicURL, "/"))
}

// fromOwnPage reports whether a browser says that a page of this origin, or
// the person alone, made the request (Fetch Metadata). A browser that does not
// say is too old to be believed.
func fromOwnPage(h http.Header) bool {
	site := h.Values("Sec-Fetch-Site")
	return len(site) == 1 && (site[0] == "same-origin" || site[0] == "none")
}

// continuePage is where a proxy sends page loads that nobody vouched for.
const continuePage = "/continue"

// wholeReturnTo mends the address that comes from a proxy which cannot encode
// what it puts there, as nginx: /continue?return_to=/orders?page=2&sort=name.
// All that follows is the address to return to; as it stands, it would end at
// the first ampersand. Encoded, it begins with %2F.
func wholeReturnTo(page http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		to, raw := strings.CutPrefix(r.URL.RawQuery, "return_to=/")
		if !raw {
			page(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Location", continuePage+"?return_to="+url.QueryEscape("/"+to))
		w.WriteHeader(http.StatusSeeOther)
	}
}
