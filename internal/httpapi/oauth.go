package httpapi

import (
	"context"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/token"
	"github.com/curfew-auth/curfew/internal/wire"
	"github.com/danielgtaylor/huma/v2"
)

const (
	oauthPrefix    = "/oauth2/"
	introspectPath = oauthPrefix + "introspect"
	revokePath     = oauthPrefix + "revoke"
)

// isOAuth reports whether OAuth clients ask at a path: their errors have a shape
// of their own (RFC 6749, section 5.2).
func isOAuth(path string) bool { return strings.HasPrefix(path, oauthPrefix) }

const oauthErrors = " Takes a form. Errors are problems that also have error and error_description, as application/json (RFC 6749, section 5.2). " +
	"Parameters that are not known are ignored, and one that is sent twice is refused."

func (a *API) registerOAuth() {
	form := reflect.TypeFor[wire.TokenForm]()
	ask := operation{ID: "introspectToken", Method: http.MethodPost, Path: introspectPath, Tag: tagServices,
		Need: service, Scope: curfew.ScopeTokensIntrospect, Form: form,
		Summary: "Ask what a token is worth",
		Description: "Tells whether an access token or a refresh token can be used at this moment, and what is known of it (RFC 7662). " +
			"The session is looked up in the store: both deadlines, its revocation, and the person's role as they are now. " +
			"Of anything that cannot be used the answer is {\"active\": false} and nothing else. " +
			"A refresh token can be used in its current generation only; asking never rotates it." + oauthErrors,
	}
	straight(a, &ask, a.introspect, nothing, writeIntrospection)
	register(a, ask, a.introspect)
	register(a, operation{ID: "revokeToken", Method: http.MethodPost, Path: revokePath, Tag: tagServices, Status: http.StatusOK,
		Need: service, Scope: curfew.ScopeSessionsWrite, Form: form,
		Summary: "End the session of a token",
		Description: "Ends the session of an access token in force or of a refresh token of any generation, at once and with all its tokens, " +
			"with the reason service (RFC 7009). A token that is unknown, expired or of another issuer is answered with 200 too: there is nothing to end. " +
			"503 where the end could not be stored; send the same request again." + oauthErrors,
	}, a.revokeToken)
}

type introspectOut struct{ Body *wire.Introspection }

func (a *API) introspect(ctx context.Context, _ curfew.Actor, _ curfew.Origin, _ *empty) (*introspectOut, error) {
	x := exchangeOf(ctx)
	text, err := x.formToken()
	if err != nil {
		return nil, err
	}
	found, active, err := a.Authority.Introspect(ctx, text)
	if err != nil || !active {
		return &introspectOut{&wire.Introspection{}}, err
	}
	s := &found.Standing.Session
	x.about(s.AccountID, s.UserID, s.ID)
	return &introspectOut{introspection(&found)}, nil
}

func introspection(found *authority.Introspected) *wire.Introspection {
	s := &found.Standing.Session
	out := &wire.Introspection{Active: true,
		Subject: s.UserID.String(), SessionID: s.ID.String(), AccountID: s.AccountID.String(), Role: string(found.Standing.User.Role),
		ClientID: token.ClientID, Issuer: found.Issuer, Audience: found.Audience,
		ExpiresAt: found.ExpiresAt.Unix(), IssuedAt: found.IssuedAt.Unix(), AuthTime: s.AuthTime.Unix(),
		AMR: s.AMR, TokenType: "Bearer",
	}
	if out.AMR == nil {
		out.AMR = []string{}
	}
	if found.Refresh {
		out.TokenType = "refresh_token"
	} else {
		out.TokenID = found.TokenID.String()
	}
	return out
}

func writeIntrospection(_ http.Header, b []byte, out *introspectOut) []byte {
	t := out.Body
	b = strconv.AppendBool(append(b, `{"active":`...), t.Active)
	b = appendText(b, `,"sub":`, t.Subject)
	b = appendText(b, `,"sid":`, t.SessionID)
	b = appendText(b, `,"account_id":`, t.AccountID)
	b = appendText(b, `,"role":`, t.Role)
	b = appendText(b, `,"client_id":`, t.ClientID)
	b = appendText(b, `,"iss":`, t.Issuer)
	b = appendText(b, `,"aud":`, t.Audience)
	b = appendNumber(b, `,"exp":`, t.ExpiresAt)
	b = appendNumber(b, `,"iat":`, t.IssuedAt)
	b = appendText(b, `,"jti":`, t.TokenID)
	b = appendNumber(b, `,"auth_time":`, t.AuthTime)
	if t.AMR != nil {
		b = append(b, `,"amr":[`...)
		for i, method := range t.AMR {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(b, method)
		}
		b = append(b, ']')
	}
	return append(appendText(b, `,"token_type":`, t.TokenType), '}')
}

// appendText and appendNumber write a member, unless it is left out.
func appendText(b []byte, name, s string) []byte {
	if s == "" {
		return b
	}
	return appendString(append(b, name...), s)
}

func appendNumber(b []byte, name string, n int64) []byte {
	if n == 0 {
		return b
	}
	return appendInt(append(b, name...), n)
}

func (a *API) revokeToken(ctx context.Context, actor curfew.Actor, from curfew.Origin, _ *empty) (*empty, error) {
	x := exchangeOf(ctx)
	text, err := x.formToken()
	if err != nil {
		return nil, err
	}
	st, err := a.Authority.RevokeToken(ctx, actor, from, text)
	x.about(st.Session.AccountID, st.Session.UserID, st.Session.ID)
	return &empty{}, err
}

// oauthError is OAuth's word for a kind of error (RFC 6749, sections 4.1.2.1 and
// 5.2; RFC 6750, section 3.1).
func oauthError(x *exchange, kind curfew.Kind) string {
	switch kind {
	case curfew.KindUnauthenticated:
		return "invalid_client"
	case curfew.KindInvalidToken:
		if x.basic {
			return "invalid_client"
		}
		return "invalid_token"
	case curfew.KindWrongScope:
		return "insufficient_scope"
	case curfew.KindCrossOrigin:
		return "access_denied"
	case curfew.KindUnavailable, curfew.KindRateLimited:
		return "temporarily_unavailable"
	case curfew.KindInternal:
		return "server_error"
	default:
		return "invalid_request"
	}
}

// describeForm documents the form that an operation takes. huma must not know of
// it before: it would read it, as JSON.
func describeForm(o *huma.Operation, form reflect.Type, registry huma.Registry) {
	o.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{formMedia: {Schema: registry.Schema(form, true, "")}}}
}

// oauthHeaders documents the headers of refusals.
func oauthHeaders(status int) map[string]*huma.Param {
	headers := problemHeaders(status)
	if challenge := headers["WWW-Authenticate"]; challenge != nil {
		challenge.Description = "Bearer, with error=\"invalid_token\" when a bearer token was refused; Basic when a client was; both when neither was there."
	}
	return headers
}
