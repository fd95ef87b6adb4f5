package apitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/danielgtaylor/huma/v2/yaml"
)

// document is the published OpenAPI document, as far as the tests read it.
type document struct {
	Paths      map[string]map[string]*documented
	Components struct{ Schemas map[string]*schema }

	templates map[*regexp.Regexp]map[string]*documented // of paths with parameters
}

type documented struct {
	OperationID string
	Responses   map[string]struct {
		Content      map[string]struct{ Schema *schema }
		ProblemTypes []string `json:"x-problem-types"`
	}
}

type schema struct {
	Ref        string `json:"$ref"`
	Type       any
	Properties map[string]*schema
	Required   []string
	Items      *schema
	Enum       []any
	AnyOf      []*schema
}

var (
	readDocument sync.Once
	theDocument  document
)

// document is /openapi.json, which is the same on every server.
func (w *world) document() *document {
	readDocument.Do(func() {
		resp, err := http.Get("http://" + w.addr + "/openapi.json")
		must(w.t, err)
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		must(w.t, err)
		must(w.t, json.Unmarshal(text, &theDocument))
		theDocument.templates = map[*regexp.Regexp]map[string]*documented{}
		for path, item := range theDocument.Paths {
			if pattern := pathParameter.ReplaceAllString(regexp.QuoteMeta(path), `[^/]+`); strings.Contains(path, "{") {
				theDocument.templates[regexp.MustCompile("^"+pattern+"$")] = item
			}
		}
	})
	return &theDocument
}

var pathParameter = regexp.MustCompile(`\\\{[a-z_]+\\\}`)

// operation finds the documented operation of a request, nil for none.
func (d *document) operation(method, path string) *documented {
	if item, ok := d.Paths[path]; ok {
		return item[strings.ToLower(method)]
	}
	for pattern, item := range d.templates {
		if op := item[strings.ToLower(method)]; op != nil && pattern.MatchString(path) {
			return op
		}
	}
	return nil
}

// documented holds an answer against what the document says of its operation.
func (a *answer) documented() {
	a.t.Helper()
	d := a.w.document()
	op := d.operation(a.request.Method, a.request.URL.EscapedPath())
	if op == nil || a.request.Host != "" && a.request.Host != strings.SplitAfter(a.w.url, "//")[1] {
		return // a foreign host is turned away before there is an operation
	}
	described, ok := op.Responses[strconv.Itoa(a.StatusCode)]
	if !ok {
		a.fail("the document knows no %d of %s", a.StatusCode, op.OperationID)
	}
	media, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
	if len(a.body) == 0 {
		return
	}
	content, ok := described.Content[media]
	if !ok {
		a.fail("the document knows no %s of %s", media, op.OperationID)
	}
	if !strings.HasSuffix(media, "json") {
		return
	}
	if wrong := d.fits(content.Schema, a.JSON().v, ""); len(wrong) > 0 {
		a.fail("not as documented:\n%s", strings.Join(wrong, "\n"))
	}
	if kind := a.JSON().members()["type"]; a.StatusCode >= 400 && !slices.Contains(described.ProblemTypes, fmt.Sprint(kind)) {
		a.fail("the document knows no problem %s of %s", kind, op.OperationID)
	}
}

// fits lists where a value is not as its schema says. A member that is not
// documented is wrong, too.
func (d *document) fits(s *schema, v any, at string) (wrong []string) {
	if s == nil {
		return nil
	}
	if s.Ref != "" {
		return d.fits(d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")], v, at)
	}
	if len(s.AnyOf) > 0 {
		for _, one := range s.AnyOf {
			if wrong = d.fits(one, v, at); len(wrong) == 0 {
				return nil
			}
		}
		return wrong
	}
	if !ofType(s.Type, v) {
		return []string{fmt.Sprintf("%s is %v, not of type %v", at, v, s.Type)}
	}
	if len(s.Enum) > 0 && v != nil && !slices.Contains(s.Enum, v) {
		return []string{fmt.Sprintf("%s is %v, none of %v", at, v, s.Enum)}
	}
	switch v := v.(type) {
	case map[string]any:
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				wrong = append(wrong, at+"."+name+" is missing")
			}
		}
		for name, inner := range v {
			member, ok := s.Properties[name]
			if !ok && s.Properties != nil {
				wrong = append(wrong, at+"."+name+" is not documented")
			}
			wrong = append(wrong, d.fits(member, inner, at+"."+name)...)
		}
	case []any:
		for i, item := range v {
			wrong = append(wrong, d.fits(s.Items, item, fmt.Sprintf("%s[%d]", at, i))...)
		}
	}
	return wrong
}

func ofType(t, v any) bool {
	switch t := t.(type) {
	case nil:
		return true
	case []any:
		return slices.ContainsFunc(t, func(one any) bool { return ofType(one, v) })
	}
	switch v.(type) {
	case nil:
		return t == "null"
	case string:
		return t == "string"
	case bool:
		return t == "boolean"
	case json.Number:
		return t == "integer" || t == "number"
	case []any:
		return t == "array"
	default:
		return t == "object"
	}
}

func TestDocumentIsPublished(t *testing.T) {
	once(t)
	t.Parallel()
	w := startEmpty(t)
	published := w.program().Get("/openapi.json").Status(200).Is("Content-Type", "application/json")
	committed, err := os.ReadFile(filepath.Join("..", "..", "api", "openapi.yaml"))
	must(t, err)
	if !bytes.Equal(w.program().Get("/openapi.yaml").Status(200).body, committed) {
		t.Error("/openapi.yaml is not api/openapi.yaml")
	}
	var converted bytes.Buffer
	must(t, yaml.Convert(&converted, bytes.NewReader(published.body)))
	if !bytes.Equal(converted.Bytes(), committed) {
		t.Error("/openapi.json is not the content of api/openapi.yaml")
	}
	published.Has(`"openapi":"3.1.`).Lacks("$schema")
}
