package httpapi_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/httpapi"
)

var update = flag.Bool("update", false, "write api/openapi.yaml anew")

func TestOpenAPIIsCommitted(t *testing.T) {
	const path = "../../api/openapi.yaml"
	got, _, err := httpapi.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("api/openapi.yaml is not what the code says (%v); run: go test ./internal/httpapi -run OpenAPI -update", err)
	}
	served := call(t, newAPI(t, config(&fake{})), "GET", "/openapi.yaml", "")
	if !bytes.Equal(served.Body.Bytes(), want) {
		t.Error("the server publishes another document")
	}
}

// document is /openapi.json.
func document(t *testing.T) map[string]any {
	return decode(t, call(t, newAPI(t, config(&fake{})), "GET", "/openapi.json", ""))
}

type object = map[string]any

func TestEveryOperationIsDescribed(t *testing.T) {
	doc := document(t)
	if doc["openapi"] != "3.1.0" {
		t.Errorf("openapi %v", doc["openapi"])
	}
	id := regexp.MustCompile(`^[a-z]+[A-Za-z]+$`)
	var ids []string
	for path, item := range doc["paths"].(object) {
		for method, op := range item.(object) {
			o := op.(object)
			name, _ := o["operationId"].(string)
			if !id.MatchString(name) || slices.Contains(ids, name) {
				t.Errorf("%s %s: operationId %q", method, path, name)
			}
			ids = append(ids, name)
			summary, _ := o["summary"].(string)
			description, _ := o["description"].(string)
			if summary == "" || description == "" || o["tags"] == nil {
				t.Errorf("%s is not described", name)
			}
			responses := o["responses"].(object)
			if responses["500"] == nil || responses["default"] != nil {
				t.Errorf("%s: answers %v", name, responses)
			}
			if strings.HasPrefix(path, "/api/v1/accounts") || strings.HasPrefix(path, "/api/v1/users") {
				if o["security"] == nil || responses["401"] == nil {
					t.Errorf("%s does not say that it needs a token", name)
				}
			}
			if body, ok := o["requestBody"].(object); ok {
				content := body["content"].(object)
				if content["application/x-www-form-urlencoded"] != nil {
					if len(content) != 1 || !strings.HasPrefix(path, "/oauth2/") {
						t.Errorf("%s takes %v", name, content)
					}
				} else if (method == "patch") != (content["application/merge-patch+json"] != nil) || content["application/json"] == nil {
					t.Errorf("%s takes %v", name, content)
				}
			}
			parameters, _ := o["parameters"].([]any)
			for _, p := range parameters {
				if p.(object)["description"] == nil {
					t.Errorf("%s: parameter %v is not described", name, p.(object)["name"])
				}
			}
		}
	}
	if len(ids) < 43 {
		t.Errorf("%d operations: %v", len(ids), ids)
	}
}

func TestEveryMemberIsDescribed(t *testing.T) {
	for name, schema := range document(t)["components"].(object)["schemas"].(object) {
		s := schema.(object)
		for member, p := range s["properties"].(object) {
			property := p.(object)
			if property["description"] == nil {
				t.Errorf("%s.%s is not described", name, member)
			}
			text, _ := json.Marshal(property)
			if property["type"] == nil && property["$ref"] == nil && property["anyOf"] == nil {
				t.Errorf("%s.%s has no type: %s", name, member, text)
			}
			if strings.Contains(string(text), `"array","null"`) {
				t.Errorf("%s.%s is a list or null", name, member)
			}
		}
	}
}

func TestNullability(t *testing.T) {
	schemas := document(t)["components"].(object)["schemas"].(object)
	typeOf := func(schema, member string) string {
		text, _ := json.Marshal(schemas[schema].(object)["properties"].(object)[member].(object)["type"])
		return string(text)
	}
	for member, want := range map[string]string{
		"Security.idle_minutes": `["integer","null"]`, "SecurityPatch.idle_minutes": `["integer","null"]`, "SecurityPreviewRequest.absolute_minutes": `["integer","null"]`,
		"Security.updated_at": `["string","null"]`, "SessionItem.reason": `["string","null"]`, "SessionList.next_cursor": `["string","null"]`,
		"SessionItem.started_at": `"string"`, "UserPatch.role": `"string"`, "UserPatch.disabled": `"boolean"`, "RefreshRequest.generation": `"integer"`,
		"AuditEvent.details": `"object"`, "Security.presets": `"array"`,
	} {
		schema, name, _ := strings.Cut(member, ".")
		if got := typeOf(schema, name); got != want {
			t.Errorf("%s is %s, want %s", member, got, want)
		}
	}
	text, _ := json.Marshal(schemas["Security"].(object)["properties"].(object)["updated_by"])
	if !strings.Contains(string(text), `"anyOf":[{"$ref":"#/components/schemas/Person"},{"type":"null"}]`) {
		t.Errorf("updated_by is %s", text)
	}
	if schemas["LoginRequest"].(object)["additionalProperties"] != false || schemas["TokenResponse"].(object)["additionalProperties"] != nil {
		t.Error("requests are closed and answers are open")
	}
}

func TestAuditActionsAreDocumented(t *testing.T) {
	text, _ := json.Marshal(document(t)["paths"].(object)["/api/v1/accounts/me/audit-events"])
	for _, action := range audit.Actions {
		if !strings.Contains(string(text), `"`+string(action)+`"`) {
			t.Errorf("%s is no filter", action)
		}
	}
}

// TestPageFiles: what every page loads is kept for ever, and the icon is the app's.
func TestPageFiles(t *testing.T) {
	api := newAPI(t, config(&fake{}))
	docs := call(t, api, "GET", "/docs", "").Body.String()
	for rel, contentType := range map[string]string{"stylesheet": "text/css; charset=utf-8", "icon": "image/svg+xml"} {
		found := regexp.MustCompile(`<link rel="` + rel + `" href="([^"]+)"`).FindStringSubmatch(docs)
		if found == nil {
			t.Fatalf("/docs has no %s", rel)
		}
		w := call(t, api, "GET", found[1], "")
		if w.Header().Get("Content-Type") != contentType || w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s is %v", found[1], w.Header())
		}
		if icon, err := os.ReadFile("../../web/src/icon.svg"); rel == "icon" && (err != nil || w.Body.String() != string(icon)) {
			t.Errorf("the icon is not the app's: %v, %s", err, w.Body)
		}
	}
}

func TestPages(t *testing.T) {
	api := newAPI(t, config(&fake{}))
	for _, path := range []string{"/", "/docs", "/problems", "/problems/", "/problems/session-expired", "/nothing"} {
		w := call(t, api, "GET", path, "")
		page := w.Body.String()
		if w.Header().Get("Content-Type") != "text/html; charset=utf-8" || !strings.HasSuffix(strings.TrimSpace(page), "</html>") {
			t.Fatalf("%s: %d %s %s", path, w.Code, w.Header().Get("Content-Type"), page)
		}
		for _, bad := range []string{"<script", "style=", "<style", "http://", "https://", `src=`, `onclick`} {
			if strings.Contains(page, bad) {
				t.Errorf("%s holds %s", path, bad)
			}
		}
		for _, link := range regexp.MustCompile(`(?:href)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			target, fragment, _ := strings.Cut(link[1], "#")
			if fragment != "" && !strings.Contains(page, `id="`+fragment+`"`) {
				t.Errorf("%s: #%s leads nowhere", path, fragment)
			}
			if target != "" {
				if w := call(t, api, "GET", target, ""); w.Code != 200 {
					t.Errorf("%s leads to %s, which is %d", path, target, w.Code)
				}
			}
		}
	}
	home := call(t, api, "GET", "/", "").Body.String()
	for _, want := range []string{"Curfew", "1.2.3", `href="/docs"`, `href="/openapi.yaml"`, `href="/healthz"`} {
		if !strings.Contains(home, want) {
			t.Errorf("the start page has no %s", want)
		}
	}
	docs := call(t, api, "GET", "/docs", "").Body.String()
	for path, item := range document(t)["paths"].(object) {
		for _, op := range item.(object) {
			if name := op.(object)["operationId"].(string); !strings.Contains(docs, `id="`+name+`"`) {
				t.Errorf("/docs does not show %s of %s", name, path)
			}
		}
	}
}

func TestWellKnown(t *testing.T) {
	api := newAPI(t, config(&fake{}))
	m := decode(t, call(t, api, "GET", "/.well-known/oauth-authorization-server", ""))
	if m["issuer"] != "https://auth.example.com" || m["jwks_uri"] != "https://auth.example.com/.well-known/jwks.json" ||
		len(m["response_types_supported"].([]any)) != 0 || m["token_endpoint"] != nil {
		t.Errorf("got %v", m)
	}
	w := call(t, api, "GET", "/.well-known/jwks.json", "")
	if decode(t, w)["keys"] == nil || w.Header().Get("Cache-Control") != "public, max-age=300" {
		t.Errorf("got %s, Cache-Control %s", w.Body, w.Header().Get("Cache-Control"))
	}
}

func TestHealth(t *testing.T) {
	f := &fake{err: errBug}
	api := newAPI(t, config(f))
	if w := call(t, api, "GET", "/healthz", ""); w.Code != 200 {
		t.Errorf("healthz %d", w.Code)
	}
	wantProblem(t, call(t, api, "GET", "/readyz", ""), 503, "unavailable")
	f.err = nil
	if w := call(t, api, "GET", "/readyz", ""); w.Code != 200 || decode(t, w)["status"] != "ok" {
		t.Errorf("readyz %d %s", w.Code, w.Body)
	}
}
