package httpapi

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// reader is the OpenAPI document as the page at /docs shows it.
type reader struct {
	Description []string
	Groups      []readerGroup
}

type readerGroup struct {
	ID, Name, Description string
	Operations            []readerOperation
}

type readerOperation struct {
	ID, Method, Path, Summary, Description string
	Proof                                  string
	Parameters, Body                       []readerMember
	BodyRequired                           bool
	Answers                                []readerAnswer
}

type readerMember struct {
	Name, Place, Type, Description string
	Required                       bool
}

type readerAnswer struct {
	Status, Description string
	Media               []string
	Problems            []string
	Headers, Members    []readerMember
}

// readerOf shows the operations in an order of their ids, the one in which they
// were registered: signing up comes before signing in.
func readerOf(doc *huma.OpenAPI, order []string) reader {
	byID := map[string]*huma.Operation{}
	for _, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				byID[op.OperationID] = op
			}
		}
	}
	r := reader{Description: strings.Split(doc.Info.Description, "\n\n")}
	for i, tag := range doc.Tags {
		group := readerGroup{ID: fmt.Sprintf("group-%d", i+1), Name: tag.Name, Description: tag.Description}
		for _, id := range order {
			if op := byID[id]; slices.Contains(op.Tags, tag.Name) {
				group.Operations = append(group.Operations, readerOperationOf(doc, op))
			}
		}
		r.Groups = append(r.Groups, group)
	}
	return r
}

func readerOperationOf(doc *huma.OpenAPI, op *huma.Operation) readerOperation {
	o := readerOperation{ID: op.OperationID, Method: op.Method, Path: op.Path, Summary: op.Summary,
		Description: op.Description, Proof: proofOf(op.Security)}
	for _, p := range op.Parameters {
		o.Parameters = append(o.Parameters, readerMember{Name: p.Name, Place: p.In, Type: typeWords(doc, p.Schema),
			Description: p.Description, Required: p.Required})
	}
	if op.RequestBody != nil {
		body := cmp.Or(op.RequestBody.Content["application/json"], op.RequestBody.Content[formMedia])
		o.Body = membersIn(doc, body.Schema, "")
		o.BodyRequired = op.RequestBody.Required
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		o.Answers = append(o.Answers, readerAnswerOf(doc, status, op.Responses[status]))
	}
	return o
}

func readerAnswerOf(doc *huma.OpenAPI, status string, response *huma.Response) readerAnswer {
	a := readerAnswer{Status: status, Description: response.Description, Media: slices.Sorted(maps.Keys(response.Content))}
	a.Problems, _ = response.Extensions["x-problem-types"].([]string)
	for _, name := range slices.Sorted(maps.Keys(response.Headers)) {
		h := response.Headers[name]
		a.Headers = append(a.Headers, readerMember{Name: name, Place: "header", Type: typeWords(doc, h.Schema),
			Description: cmp.Or(h.Description, h.Schema.Description)})
	}
	if content := response.Content["application/json"]; content != nil {
		a.Members = membersIn(doc, content.Schema, "")
	}
	return a
}

// wayWords are the ways to prove who one is, in words.
var wayWords = map[string]string{accessToken: "access token", refreshCookie: "refresh cookie", accessCookie: "access cookie",
	serviceKey: "service key", serviceClient: "service key as a client's secret", receiptToken: "receipt's token"}

// proofOf says how a caller proves who they are.
func proofOf(security []map[string][]string) string {
	var ways []string
	optional := false
	for _, requirement := range security {
		optional = optional || len(requirement) == 0
		for name := range requirement {
			ways = append(ways, wayWords[name])
		}
	}
	switch {
	case len(ways) == 0:
		return "none"
	case optional:
		return strings.Join(ways, " or ") + ", if there is one"
	default:
		return strings.Join(ways, " or ")
	}
}

// membersIn lists the members of an object, nested ones by their path.
func membersIn(doc *huma.OpenAPI, s *huma.Schema, prefix string) []readerMember {
	s = resolved(doc, s)
	if s == nil {
		return nil
	}
	if s.Type == huma.TypeArray {
		return membersIn(doc, s.Items, prefix+"[].")
	}
	var members []readerMember
	for _, name := range memberNames(s) {
		property := s.Properties[name]
		members = append(members, readerMember{Name: prefix + name, Type: typeWords(doc, property),
			Description: property.Description, Required: slices.Contains(s.Required, name)})
		members = append(members, membersIn(doc, nested(doc, property), nestedPrefix(doc, prefix+name, property))...)
	}
	return members
}

// memberNames are an object's members: the required ones as they are declared,
// then the others by name.
func memberNames(s *huma.Schema) []string {
	names := slices.Clone(s.Required)
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// nested is the object behind a member, or behind the items of one.
func nested(doc *huma.OpenAPI, s *huma.Schema) *huma.Schema {
	if s = resolved(doc, s); s != nil && s.Type == huma.TypeArray {
		return resolved(doc, s.Items)
	}
	return s
}

func nestedPrefix(doc *huma.OpenAPI, name string, s *huma.Schema) string {
	if s = resolved(doc, s); s != nil && s.Type == huma.TypeArray {
		name += "[]"
	}
	return name + "."
}

// resolved follows a reference, also one that may be null instead.
func resolved(doc *huma.OpenAPI, s *huma.Schema) *huma.Schema {
	if s != nil && len(s.AnyOf) > 0 {
		s = s.AnyOf[0]
	}
	for s != nil && s.Ref != "" {
		s = doc.Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s
}

// typeWords says what a value of a schema is, in a few words.
func typeWords(doc *huma.OpenAPI, s *huma.Schema) string {
	orNull := s.Nullable || len(s.AnyOf) > 0
	s = resolved(doc, s)
	kind := cmp.Or(s.Type, "any")
	switch {
	case len(s.Enum) > 0:
		names := make([]string, len(s.Enum))
		for i, v := range s.Enum {
			names[i] = fmt.Sprint(v)
		}
		kind = strings.Join(names, " | ")
	case s.PatternDescription != "":
		kind = s.PatternDescription
	case s.Format == "date-time":
		kind = "time"
	case s.Type == huma.TypeArray:
		kind = "list of " + typeWords(doc, s.Items) + "s"
	case s.Minimum != nil && s.Maximum != nil:
		kind += fmt.Sprintf(", %.0f to %.0f", *s.Minimum, *s.Maximum)
	}
	if s.Default != nil {
		kind += fmt.Sprintf(", default %v", s.Default)
	}
	if orNull {
		kind += " or null"
	}
	return kind
}

// Succeeded reports whether the answer is one, rather than a problem.
func (a readerAnswer) Succeeded() bool { return len(a.Status) == 3 && a.Status[0] == '2' }

// Changes reports whether the operation may change something.
func (o readerOperation) Changes() bool { return o.Method != http.MethodGet }
