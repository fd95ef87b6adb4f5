package httpapi

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/wire"
	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// problem is an error on its way out: the document and its headers.
type problem struct {
	wire.Problem
	header http.Header
	oauth  string // OAuth's word for it, where OAuth clients ask
}

// Error, GetStatus, GetHeaders and ContentType are what huma asks of an error.
func (p *problem) Error() string           { return p.Detail }
func (p *problem) GetStatus() int          { return p.Status }
func (p *problem) GetHeaders() http.Header { return p.header }
func (p *problem) ContentType(string) string {
	if p.oauth != "" {
		return "application/json" // OAuth clients read no other
	}
	return "application/problem+json"
}

// MarshalJSONTo writes the document.
func (p *problem) MarshalJSONTo(to *jsontext.Encoder) error {
	if p.oauth != "" {
		return json.MarshalEncode(to, wire.OAuthError{Error: p.oauth, Description: p.Detail,
			Type: p.Type, Title: p.Title, Status: p.Status, Detail: p.Detail, Instance: p.Instance, Scope: p.Scope})
	}
	return json.MarshalEncode(to, p.Problem)
}

// huma makes its own errors through package variables. This is the one place
// that sets them, before any API is built.
func init() {
	huma.NewError = func(status int, _ string, _ ...error) huma.StatusError {
		return &problem{Problem: wire.Problem{Status: status}}
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, _ string, errs ...error) huma.StatusError {
		c, ok := ctx.(*call)
		if !ok {
			return &problem{Problem: wire.Problem{Status: status}}
		}
		return problemFor(c.exchange, c.judge(status, errs))
	}
	huma.ValidateStrictCasing = true  // idle_minutes is a member, IDLE_MINUTES is unknown
	huma.DefaultArrayNullable = false // a slice is never null on the wire
}

// withCookies is an error whose answer also sets or clears cookies.
type withCookies struct {
	error
	cookies []string
}

func (e withCookies) Unwrap() error { return e.error }

// problemFor turns any error into the document to answer with, and notes it
// for the log. An error that is none of ours tells the caller nothing.
func problemFor(x *exchange, err error) *problem {
	var known *curfew.Error
	if !errors.As(err, &known) {
		known = &curfew.Error{Kind: curfew.KindInternal, Cause: err}
		if x.request.Context().Err() != nil { // the caller has gone; nobody reads this
			known = curfew.Unavailable(err)
		}
	}
	kind, ok := problemTypeOf[known.Kind]
	if !ok {
		kind, known = problemTypeOf[curfew.KindInternal], &curfew.Error{Kind: curfew.KindInternal, Cause: err}
	}
	if known.Kind == curfew.KindInternal {
		known = &curfew.Error{Kind: curfew.KindInternal, Cause: err,
			Detail: "Something went wrong. The server's log has the details under this request's id."}
	}
	x.problem = kind.Kind
	if known.Cause != nil {
		x.err = known.Cause
	}
	p := &problem{header: headersFor(x, kind, known), Problem: wire.Problem{
		Type: kind.Path(), Title: kind.Title, Status: kind.Status, Detail: known.Detail, Instance: x.id,
		Reason: string(known.Reason), Generation: known.Generation, Scope: string(known.Scope),
	}}
	if p.Detail == "" {
		p.Detail = kind.Title + "."
	}
	if !known.SessionID.IsZero() {
		p.SessionID = known.SessionID.String()
	}
	if isOAuth(x.request.URL.Path) {
		p.oauth = oauthError(x, known.Kind)
	}
	for _, f := range known.Fields {
		p.Errors = append(p.Errors, wire.FieldError{Field: f.Field, Detail: f.Detail})
	}
	var with withCookies
	if errors.As(err, &with) {
		p.header["Set-Cookie"] = with.cookies
	}
	return p
}

// headersFor gives the headers that belong to a problem. Every 401 carries a
// challenge (RFC 9110, section 15.5.2); only one that is about a bearer token
// which was presented says why (RFC 6750, section 3.1).
func headersFor(x *exchange, kind problemType, err *curfew.Error) http.Header {
	h := http.Header{}
	switch {
	case kind.Status == http.StatusUnauthorized && x.basic:
		h.Set("WWW-Authenticate", basicChallenge)
	case kind.Kind == curfew.KindUnauthenticated && isOAuth(x.request.URL.Path):
		h["WWW-Authenticate"] = []string{"Bearer", basicChallenge}
	case kind.Status == http.StatusUnauthorized && x.judgesBearer && kind.Kind != curfew.KindUnauthenticated:
		h.Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	case kind.Status == http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
	case kind.Kind == curfew.KindWrongScope && !x.basic:
		h.Set("WWW-Authenticate", `Bearer error="insufficient_scope", scope="`+string(err.Scope)+`"`)
	case kind.Kind == curfew.KindRateLimited || kind.Kind == curfew.KindUnavailable:
		seconds := (err.RetryAfter + time.Second - 1) / time.Second
		h.Set("Retry-After", strconv.Itoa(int(max(1, seconds))))
	case kind.Kind == curfew.KindUnsupportedMedia:
		h.Set("Accept", "application/json") // RFC 9110, section 15.5.16
		if isOAuth(x.request.URL.Path) {
			h.Set("Accept", formMedia)
		}
		if x.request.Method == http.MethodPatch {
			h.Set("Accept", "application/json, application/merge-patch+json")
		}
	}
	return h
}

// refuse answers with a problem outside of huma: for unknown paths, refused
// origins, panics, and whatever is judged before the body is read.
func (a *API) refuse(x *exchange, err error) {
	p := problemFor(x, err)
	header := x.Header()
	for name, values := range p.header {
		header[name] = append(header[name], values...)
	}
	header.Set("Content-Type", p.ContentType(""))
	x.WriteHeader(p.Status)
	_ = writeJSON(x, p) // a caller who has gone is no error
}
