package httpapi

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/token"
	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// need is whom an operation is for.
type need int

const (
	anyone  need = iota // no sign-in
	person              // whoever is signed in
	owner               // an owner of the account
	service             // a service, by a key that has the operation's scope
	holder              // an owner, or whoever holds the token of the very receipt
)

// operation is an operation as its file declares it.
type operation struct {
	ID, Method, Path, Tag string
	Summary, Description  string
	Need                  need
	// Scope is what the key needs for an operation for services.
	Scope curfew.Scope
	// Form is the form that an operation of OAuth's takes in place of JSON; such
	// a one also takes the key as the secret of an OAuth client.
	Form   reflect.Type
	Status int // 200 unless told
	// Problems are the kinds that this operation answers beyond those that
	// follow from its need, its method and its body.
	Problems []curfew.Kind
	// Credentials, for an operation for anyone that still looks at some.
	Security []map[string][]string
	// Answers documents answers that are not JSON.
	Answers map[string]*huma.Response

	// straight answers a call past huma, where it can; see straight.go.
	straight func(*call) bool

	members  []member // of the body, in the contract's order, and parameters
	hasBody  bool
	hasQuery bool
}

// handler is what every operation's function looks like: who asks and from
// where are arguments, never hidden in the context. For an operation for
// anyone the actor is the zero one.
type handler[In, Out any] func(ctx context.Context, actor curfew.Actor, from curfew.Origin, in *In) (*Out, error)

// register adds an operation to the routes and to the OpenAPI document.
func register[In, Out any](a *API, op operation, handle handler[In, Out]) {
	if (op.Need == service) != slices.Contains(curfew.Scopes, op.Scope) {
		panic("httpapi: " + op.ID + " is for services and names no scope, or the other way round")
	}
	described := op.describe(a.huma.OpenAPI().Components.Schemas)
	described.Middlewares = huma.Middlewares{a.enter(&op)}
	a.order = append(a.order, op.ID)
	huma.Register(a.huma, described, func(ctx context.Context, in *In) (*Out, error) {
		x := exchangeOf(ctx)
		out, err := handle(ctx, x.actor, x.origin(), in)
		if err != nil {
			return nil, problemFor(x, err)
		}
		return out, nil
	})
	if op.Form != nil {
		describeForm(a.huma.OpenAPI().Paths[op.Path].Post, op.Form, a.huma.OpenAPI().Components.Schemas)
	}
	op.members = membersOf[In](a.huma.OpenAPI().Components.Schemas)
	op.hasBody = slices.ContainsFunc(op.members, func(m member) bool { return strings.HasPrefix(m.where, "body.") })
	op.hasQuery = slices.ContainsFunc(op.members, func(m member) bool { return strings.HasPrefix(m.where, "query.") })
}

// humaContext is huma.Context under a name that leaves its method Context free.
type humaContext = huma.Context

// call is one call of an operation, as huma sees it: a body that was read and
// judged already, and headers and parameters read without huma's shortcuts.
type call struct {
	humaContext
	exchange *exchange
	op       *operation
	body     []byte
	query    url.Values
}

// Unwrap leads humago back to the request.
func (c *call) Unwrap() huma.Context { return c.humaContext }

// BodyReader gives the body that readBody read.
func (c *call) BodyReader() io.Reader { return bytes.NewReader(c.body) }

// SetReadDeadline does nothing: the body was read already, and a deadline on
// the idle connection would cut off a handler that takes its time.
func (c *call) SetReadDeadline(time.Time) error { return nil }

// Query is the first value of a parameter.
func (c *call) Query(name string) string { return c.query.Get(name) }

// Header hides what huma must not choose by: bodies and answers are JSON
// whatever Accept says, because the work is done when the answer is written.
// Lines of the same name are joined (RFC 9110, section 5.3).
func (c *call) Header(name string) string {
	switch name {
	case "Accept":
		return ""
	case "Content-Type":
		return "application/json"
	}
	return strings.Join(c.exchange.request.Header.Values(name), ", ")
}

// enter is what happens before an operation: who asks, then whether they may,
// then the body, so that nothing of a stranger's body is even parsed.
func (a *API) enter(op *operation) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, _ := humago.Unwrap(ctx)
		c := &call{humaContext: ctx, exchange: exchangeOf(r.Context()), op: op}
		if err := a.admit(c); err != nil {
			a.refuse(c.exchange, err)
			return
		}
		if op.straight != nil && op.straight(c) {
			return
		}
		next(c)
	}
}

func (a *API) admit(c *call) (err error) {
	x := c.exchange
	if c.op.Need != anyone {
		if err := a.authenticate(x, c.op); err != nil {
			return err
		}
	}
	if raw := x.request.URL.RawQuery; raw != "" && c.op.hasQuery {
		if c.query, err = url.ParseQuery(raw); err != nil {
			return curfew.NewError(curfew.KindInvalidRequest, "The query string cannot be read.")
		}
	}
	if c.op.Form != nil {
		x.form, err = readForm(x)
		return err
	}
	c.body, err = readBody(x, c.op.hasBody)
	return err
}

// authenticate finds the service of a service key, or the person of an access
// token. For an owner's operation it turns everyone else away; that refusal is
// audited.
func (a *API) authenticate(x *exchange, op *operation) error {
	if op.Form != nil && hasBasic(x.request) {
		return a.authenticateClient(x, op.Scope)
	}
	bearer, err := bearerOf(x.request)
	if err != nil {
		x.judgesBearer = true
		return err
	}
	if bearer == "" {
		what := "an access token"
		if op.Need == service {
			what = "a service key"
		}
		return curfew.NewError(curfew.KindUnauthenticated, "This needs "+what+": Authorization: Bearer.")
	}
	x.judgesBearer = true
	switch {
	case op.Need == service:
		return a.authenticateService(x, bearer, op.Scope)
	case op.Need == holder && token.IsReceipt(bearer):
		x.receiptToken = bearer // which the operation judges
		return nil
	}
	actor, err := a.Authority.Authenticate(x.request.Context(), bearer)
	if err != nil {
		return err
	}
	x.actor = actor
	x.about(actor.AccountID, actor.UserID, actor.SessionID)
	if (op.Need == owner || op.Need == holder) && actor.Role != curfew.RoleOwner {
		return a.Authority.Deny(x.request.Context(), actor, x.origin(), op.ID)
	}
	return nil
}

func (a *API) authenticateService(x *exchange, key string, scope curfew.Scope) (err error) {
	x.actor, err = a.Authority.AuthenticateService(x.request.Context(), key, scope)
	key = strings.Clone(key) // a part of all headers, which would live as long as this
	x.stillAllowed = func(ctx context.Context) error {
		_, err := a.Authority.AuthenticateService(ctx, key, scope)
		return err
	}
	return err
}

// bearerOf is the request's bearer token (RFC 6750, section 2.1), "" without
// an Authorization header.
func bearerOf(r *http.Request) (string, error) {
	lines := r.Header["Authorization"]
	if len(lines) == 0 {
		return "", nil
	}
	scheme, token, _ := strings.Cut(lines[0], " ")
	if len(lines) > 1 || !strings.EqualFold(scheme, "Bearer") || token == "" || strings.ContainsAny(token, " \t,") {
		return "", curfew.NewError(curfew.KindInvalidToken, "The Authorization header does not hold one bearer token.")
	}
	return token, nil
}
