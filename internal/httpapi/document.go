package httpapi

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/wire"
	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// The tags group operations in the document, in this order.
const (
	tagAuth       = "Sign-in"
	tagSecurity   = "Account security"
	tagAudit      = "Audit log"
	tagPeople     = "Account and people"
	tagMe         = "The signed-in user"
	tagServices   = "For other services"
	tagOperations = "Operations"
	tagKeys       = "Keys"
)

// The ways to prove who one is.
const (
	accessToken   = "accessToken"
	refreshCookie = "refreshCookie"
	accessCookie  = "accessCookie"
	serviceKey    = "serviceKey"
	receiptToken  = "receiptToken"
	serviceClient = "serviceClient"
)

const documentDescription = "Curfew is a session authority: it signs people in, keeps their sessions within the limits " +
	"that the owner of their account has set, and ends them on demand.\n\n" +
	"Bodies are JSON with snake_case names matched by exact case; unknown and repeated members are refused, and a body " +
	"holds at most 64 KiB. Ids are UUIDs. Times are RFC 3339 in UTC. Durations are whole minutes. In a PATCH an absent " +
	"member stays as it is and null clears it (RFC 7396). Lists take limit and cursor and answer items and next_cursor. " +
	"Every error is a problem document (RFC 9457) whose type leads to a page that explains it. Every answer carries " +
	"X-Request-Id; a request may choose its own (1 to 64 letters, digits, dots, underscores or hyphens)."

// newHuma makes the part of huma that registers, validates and documents
// operations. Built by hand rather than by huma.DefaultConfig, which adds
// $schema members, Link headers and a reader that loads scripts from a CDN.
func newHuma(mux *http.ServeMux) huma.API {
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	for _, alias := range [][2]reflect.Type{
		{reflect.TypeFor[wire.Time](), reflect.TypeFor[time.Time]()},
		{reflect.TypeFor[wire.Object](), reflect.TypeFor[map[string]any]()},
		{reflect.TypeFor[wire.Optional[wire.Int]](), reflect.TypeFor[*int64]()},
		{reflect.TypeFor[wire.Optional[string]](), reflect.TypeFor[*string]()},
		{reflect.TypeFor[wire.Optional[bool]](), reflect.TypeFor[*bool]()},
	} {
		registry.RegisterTypeAlias(alias[0], alias[1])
	}
	return humago.New(mux, huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: "Curfew", Version: "1", Description: documentDescription},
			Components: &huma.Components{Schemas: registry, SecuritySchemes: map[string]*huma.SecurityScheme{
				accessToken: {Type: "http", Scheme: "bearer", BearerFormat: "JWT",
					Description: "The access token of the last sign-in or refresh. Its session is checked in the store at every call."},
				refreshCookie: {Type: "apiKey", In: "cookie", Name: "__Host-curfew_refresh",
					Description: "Set by a sign-in with delivery cookie; over http on a loopback address it is named curfew_refresh."},
				accessCookie: {Type: "apiKey", In: "cookie", Name: "__Host-curfew_access",
					Description: "The access token, set by sign-ins and refreshes by cookie where CURFEW_FORWARD_AUTH is on; over http on a loopback address it is named curfew_access."},
				serviceKey: {Type: "http", Scheme: "bearer",
					Description: "A key of the form cfk_..., made with curfew service-keys create, which has the scope that the operation names."},
				serviceClient: {Type: "http", Scheme: "basic",
					Description: "A service key as the secret of an OAuth client (client_secret_basic), whose id is the id or the name of the key."},
				receiptToken: {Type: "http", Scheme: "bearer",
					Description: "A token of the form cfq_..., which the ending of many sessions answers with. It reads one receipt."},
			}},
			Tags: []*huma.Tag{
				{Name: tagAuth, Description: "Sign-up, sign-in, refresh and sign-out."},
				{Name: tagSecurity, Description: "The account's session policy and sessions; for owners."},
				{Name: tagAudit, Description: "What happened in the account; for owners."},
				{Name: tagPeople, Description: "The account, its people and invitations."},
				{Name: tagMe, Description: "The caller's own name, password and sessions."},
				{Name: tagServices, Description: "What other services ask with a service key."},
				{Name: tagOperations, Description: "Whether the server runs and is ready."},
				{Name: tagKeys, Description: "What services need to verify access tokens."},
			},
		},
		Formats:       map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat},
		DefaultFormat: "application/json",
		// NoFormatFallback stays off: it answers 406 to an Accept header that
		// does not fit after the handler has committed.
	})
}

// describe is the operation as huma and the document take it.
func (op operation) describe(registry huma.Registry) huma.Operation {
	o := huma.Operation{
		OperationID: op.ID, Method: op.Method, Path: op.Path, Tags: []string{op.Tag},
		Summary: op.Summary, Description: op.Description, DefaultStatus: op.Status, Security: op.Security,
		MaxBodyBytes: maxBody + 1, // readBody is the judge
		Responses:    map[string]*huma.Response{},
	}
	for status, answer := range op.Answers {
		o.Responses[status] = answer
	}
	switch op.Need {
	case person:
		o.Security = []map[string][]string{{accessToken: {}}}
	case owner:
		o.Security = []map[string][]string{{accessToken: {}}}
		o.Description += " Owners only."
	case holder:
		o.Security = []map[string][]string{{accessToken: {}}, {receiptToken: {}}}
	case service:
		o.Security = []map[string][]string{{serviceKey: {}}}
		o.Description += " For services, by a service key with the scope " + string(op.Scope) + "."
	}
	media, schema, headers := "application/problem+json", registry.Schema(reflect.TypeFor[problem](), true, ""), problemHeaders
	if op.Form != nil {
		o.Security = append(o.Security, map[string][]string{serviceClient: {}})
		media, schema, headers = "application/json", registry.Schema(reflect.TypeFor[wire.OAuthError](), true, ""), oauthHeaders
	}
	for _, kind := range op.kinds() {
		t := problemTypeOf[kind]
		status := strconv.Itoa(t.Status)
		if o.Responses[status] == nil {
			o.Responses[status] = &huma.Response{
				Headers:    headers(t.Status),
				Content:    map[string]*huma.MediaType{media: {Schema: schema}},
				Extensions: map[string]any{"x-problem-types": []string{}},
			}
		}
		answer := o.Responses[status]
		if answer.Description != "" {
			answer.Description += " "
		}
		answer.Description += t.Title + "."
		answer.Extensions["x-problem-types"] = append(answer.Extensions["x-problem-types"].([]string), t.Path())
	}
	return o
}

// kinds are all the problems that an operation can answer with, those of the
// conventions included.
func (op operation) kinds() []curfew.Kind {
	kinds := slices.Clone(op.Problems)
	switch op.Need {
	case person, owner, holder:
		kinds = append(kinds, curfew.KindUnauthenticated, curfew.KindInvalidToken, curfew.KindSessionExpired, curfew.KindSessionRevoked)
	case service:
		kinds = append(kinds, curfew.KindUnauthenticated, curfew.KindInvalidToken, curfew.KindWrongScope)
	}
	if op.Need == owner || op.Need == holder {
		kinds = append(kinds, curfew.KindForbidden)
	}
	if strings.Contains(op.Path, "{") {
		kinds = append(kinds, curfew.KindNotFound)
	}
	if op.Method == http.MethodPost || op.Method == http.MethodPut || op.Method == http.MethodPatch {
		kinds = append(kinds, curfew.KindMalformed, curfew.KindTooLarge, curfew.KindUnsupportedMedia)
		if op.Form == nil {
			kinds = append(kinds, curfew.KindInvalidRequest)
		}
	}
	return append(kinds, curfew.KindCrossOrigin, curfew.KindInternal, curfew.KindUnavailable)
}

func problemHeaders(status int) map[string]*huma.Param {
	text := func(description string) *huma.Param {
		return &huma.Param{Description: description, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	switch status {
	case http.StatusUnauthorized:
		return map[string]*huma.Param{"WWW-Authenticate": text("Bearer, with error=\"invalid_token\" when a bearer token was refused.")}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return map[string]*huma.Param{"Retry-After": text("After how many seconds to try again.")}
	default:
		return nil
	}
}

// finishDocument mends what huma cannot say by itself.
func finishDocument(doc *huma.OpenAPI) {
	registry := doc.Components.Schemas
	requests := map[string]bool{}
	for _, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Post, item.Put, item.Patch} {
			if op == nil || op.RequestBody == nil {
				continue
			}
			body := op.RequestBody.Content["application/json"]
			if body == nil {
				continue // a form, which may have more fields than are known
			}
			taken(registry, body.Schema, requests)
			if op == item.Patch {
				op.RequestBody.Content["application/merge-patch+json"] = body
			}
		}
	}
	for name, schema := range registry.Map() {
		if !requests[name] && schema.AdditionalProperties == false {
			schema.AdditionalProperties = nil // answers may gain members
		}
		nullableObjects(schema, registry.TypeFromRef("#/components/schemas/"+name))
	}
}

// taken notes the schemas of what a request may hold: unknown members are refused
// at every depth.
func taken(registry huma.Registry, s *huma.Schema, names map[string]bool) {
	if s.Ref == "" {
		return
	}
	names[strings.TrimPrefix(s.Ref, "#/components/schemas/")] = true
	for _, member := range registry.SchemaFromRef(s.Ref).Properties {
		taken(registry, member, names)
	}
}

// nullableObjects documents members that are an object or null, which huma
// knows for scalars only.
func nullableObjects(schema *huma.Schema, t reflect.Type) {
	for _, field := range reflect.VisibleFields(t) {
		if field.Type.Kind() != reflect.Pointer || field.Type.Elem().Kind() != reflect.Struct {
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if member := schema.Properties[name]; member != nil && member.Ref != "" {
			schema.Properties[name] = &huma.Schema{Description: member.Description,
				AnyOf: []*huma.Schema{{Ref: member.Ref}, {Type: "null"}}}
		}
	}
}

// OpenAPI is the document of the API, as /openapi.yaml and /openapi.json serve
// it, without a running authority.
func OpenAPI() (yaml, json []byte, err error) {
	a, err := New(Config{
		Authority: struct{ Authority }{},
		PublicURL: "https://auth.example.com",
		JWKS:      func(time.Time) any { return nil },
	})
	if err != nil {
		return nil, nil, err
	}
	if yaml, err = a.pages.openapiYAML(); err != nil {
		return nil, nil, err
	}
	json, err = a.pages.openapiJSON()
	return yaml, json, err
}

// empty is the input or output of an operation without parameters or body.
type empty struct{}

// done is the answer 204.
func done(err error) (*empty, error) { return &empty{}, err }
