package httpapi

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"
	"github.com/go-json-experiment/json/jsontext"
)

// member is a member of a body or a parameter, with the sentences for when it
// is missing or wrong. They are made from the schema, never from what was
// sent: huma's own messages quote the refused value, tokens and passwords
// included.
type member struct {
	name    string
	where   string // "body.name" or "query.name", as huma says it
	within  string // where the object is that it is a member of
	missing string // huma's words for a required member that is absent
	wrong   string // "name must be ..."
}

// membersOf lists what a request may hold, in the order of the declaration.
func membersOf[In any](registry huma.Registry) []member {
	var members []member
	for _, field := range reflect.VisibleFields(reflect.TypeFor[In]()) {
		for _, in := range []string{"path", "query", "header"} {
			if name := field.Tag.Get(in); name != "" {
				schema := huma.SchemaFromField(registry, field, "")
				members = append(members, member{name: name, where: in + "." + name, wrong: name + " must be " + words(schema)})
			}
		}
		if field.Name != "Body" {
			continue
		}
		members = append(members, bodyMembers(registry, field.Type, "body", "")...)
	}
	return members
}

// bodyMembers lists the members of an object, and behind each that is an object
// the members of that.
func bodyMembers(registry huma.Registry, object reflect.Type, within, prefix string) (members []member) {
	if object.Kind() == reflect.Pointer {
		object = object.Elem()
	}
	for _, f := range reflect.VisibleFields(object) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		schema := huma.SchemaFromField(registry, f, "")
		members = append(members, member{name: prefix + name, where: within + "." + name, within: within,
			missing: fmt.Sprintf(validation.MsgExpectedRequiredProperty, name),
			wrong:   prefix + name + " must be " + words(schema)})
		if schema.Ref != "" && f.Type.Kind() == reflect.Struct {
			members = append(members, bodyMembers(registry, f.Type, within+"."+name, prefix+name+".")...)
		}
	}
	return members
}

// words says what a value of a schema is.
func words(s *huma.Schema) string {
	switch {
	case len(s.Enum) > 0:
		names := make([]string, len(s.Enum))
		for i, v := range s.Enum {
			names[i] = fmt.Sprint(v)
		}
		return "one of " + strings.Join(names, ", ")
	case s.PatternDescription != "":
		return s.PatternDescription
	case s.Type == huma.TypeInteger && s.Minimum != nil && s.Maximum != nil:
		return fmt.Sprintf("a whole number between %.0f and %.0f", *s.Minimum, *s.Maximum)
	case s.Type == huma.TypeInteger:
		return "a whole number"
	case s.Type == huma.TypeBoolean:
		return "true or false"
	case s.Format == "date-time":
		return "a time (RFC 3339)"
	case s.Type == huma.TypeArray:
		return "a list of strings"
	case s.Ref != "":
		return "an object"
	default:
		return "a string"
	}
}

// judge turns huma's complaint about a request into ours. huma has only one
// word for each of: a body that is no JSON, one that is missing, and values
// that the schema refuses; which it was is looked up, not read from its text.
func (c *call) judge(status int, complaints []error) error {
	switch {
	case status >= 500:
		return fmt.Errorf("huma answered %d", status)
	case c.op.hasBody && len(c.body) == 0 && status == 400:
		return curfew.NewError(curfew.KindMalformed, "This operation needs a JSON body.")
	case len(c.body) > 0 && !jsontext.Value(c.body).IsValid():
		return errMalformed
	}
	type found struct {
		order int
		curfew.FieldError
	}
	var all []found
	for _, complaint := range complaints {
		order, field := c.place(complaint)
		if !slices.ContainsFunc(all, func(f found) bool { return f.order == order }) {
			all = append(all, found{order, field})
		}
	}
	slices.SortFunc(all, func(x, y found) int { return cmp.Compare(x.order, y.order) })
	fields := make([]curfew.FieldError, 0, len(all))
	for _, f := range all {
		fields = append(fields, f.FieldError)
	}
	if len(fields) == 0 {
		fields = []curfew.FieldError{{Detail: unfitting}}
	}
	return curfew.InvalidFields(fields)
}

const (
	unfitting = "The body does not have the shape that this operation takes."
	unknown   = "The body has a member that this operation does not know."
)

// place finds which member a complaint is about, and where that stands in the
// contract's order; what is unknown comes last.
func (c *call) place(complaint error) (int, curfew.FieldError) {
	last := len(c.op.members)
	detail, ok := complaint.(*huma.ErrorDetail)
	if !ok {
		return last + 1, curfew.FieldError{Detail: unfitting}
	}
	where, _, _ := strings.Cut(detail.Location, "[") // a list's item is the list's
	for i, m := range c.op.members {
		switch {
		case where == m.where && !c.misses(where, detail.Message):
			return i, curfew.FieldError{Field: m.name, Detail: m.wrong}
		case where == m.within && detail.Message == m.missing:
			return i, curfew.FieldError{Field: m.name, Detail: m.name + " is required"}
		}
	}
	if strings.HasPrefix(where, "body.") {
		return last, curfew.FieldError{Detail: unknown}
	}
	return last + 1, curfew.FieldError{Detail: unfitting}
}

// misses reports whether a complaint about an object is that it lacks a member.
func (c *call) misses(where, message string) bool {
	return slices.ContainsFunc(c.op.members, func(m member) bool { return m.within == where && m.missing == message })
}
