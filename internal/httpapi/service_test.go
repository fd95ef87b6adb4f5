package httpapi

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// services knows one key, and one access token.
type services struct {
	Authority
	scopes  []curfew.Scope
	revoked bool
}

func (s *services) AuthenticateService(_ context.Context, key string, scope curfew.Scope) (curfew.Actor, error) {
	if key != "cfk_good" || s.revoked {
		return curfew.Actor{}, curfew.NewError(curfew.KindInvalidToken, "The service key is not valid.")
	}
	if !(curfew.ServiceKey{Scopes: s.scopes}).May(scope) {
		return curfew.Actor{}, &curfew.Error{Kind: curfew.KindWrongScope, Scope: scope, Detail: "The service key does not have the scope."}
	}
	return curfew.Actor{Type: curfew.ActorService, ServiceKeyID: curfew.ID{1}, Name: "orders"}, nil
}

func (s *services) Authenticate(_ context.Context, bearer string) (curfew.Actor, error) {
	if bearer != "eyJ.person" {
		return curfew.Actor{}, curfew.NewError(curfew.KindInvalidToken, "The access token is not valid.")
	}
	return curfew.Actor{Type: curfew.ActorUser, UserID: curfew.ID{2}, Role: curfew.RoleOwner}, nil
}

// apiFor is an API with one operation more for services and one for persons.
func apiFor(t *testing.T, s *services, handle func(context.Context, curfew.Actor)) *API {
	t.Helper()
	a, err := New(Config{Authority: s, PublicURL: "https://auth.example.com", Log: slog.New(slog.DiscardHandler),
		JWKS: func(time.Time) any { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	answer := func(ctx context.Context, actor curfew.Actor, _ curfew.Origin, _ *empty) (*empty, error) {
		handle(ctx, actor)
		return &empty{}, nil
	}
	register(a, operation{ID: "testService", Method: http.MethodGet, Path: "/api/v1/test/service", Need: service, Scope: curfew.ScopeSessionsRead,
		Summary: "A test", Description: "Is there for a test."}, answer)
	register(a, operation{ID: "testPerson", Method: http.MethodGet, Path: "/api/v1/test/person", Need: person,
		Summary: "A test", Description: "Is there for a test."}, answer)
	return a
}

func TestServiceKeysAtOperations(t *testing.T) {
	var seen curfew.Actor
	s := &services{}
	a := apiFor(t, s, func(_ context.Context, actor curfew.Actor) { seen = actor })
	const invalid = `Bearer error="invalid_token"`
	for _, tt := range []struct {
		name, path, authorization string
		scopes                    []curfew.Scope
		status                    int
		problem, challenge        string
	}{
		{"a key with the scope", "service", "Bearer cfk_good", []curfew.Scope{curfew.ScopeOperator, curfew.ScopeSessionsRead}, 204, "", ""},
		{"nothing", "service", "", nil, 401, "unauthenticated", "Bearer"},
		{"another scheme", "service", "Basic cfk_good", nil, 401, "invalid-token", invalid},
		{"an unknown key", "service", "Bearer cfk_bad", curfew.Scopes, 401, "invalid-token", invalid},
		{"a key without the scope", "service", "Bearer cfk_good", []curfew.Scope{curfew.ScopeSessionsWrite}, 403, "wrong-scope",
			`Bearer error="insufficient_scope", scope="sessions:read"`},
		{"a person's token", "service", "Bearer eyJ.person", curfew.Scopes, 401, "invalid-token", invalid},
		{"a key at a person's operation", "person", "Bearer cfk_good", curfew.Scopes, 401, "invalid-token", invalid},
		{"a person at a person's operation", "person", "Bearer eyJ.person", nil, 204, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.scopes, seen = tt.scopes, curfew.Actor{}
			r := httptest.NewRequest("GET", "https://auth.example.com/api/v1/test/"+tt.path, nil)
			if tt.authorization != "" {
				r.Header.Set("Authorization", tt.authorization)
			}
			w := httptest.NewRecorder()
			a.ServeHTTP(w, r)
			if w.Code != tt.status || w.Header().Get("WWW-Authenticate") != tt.challenge {
				t.Fatalf("%d, %v: %s", w.Code, w.Header(), w.Body)
			}
			if (tt.status == 204) != (seen != curfew.Actor{}) {
				t.Errorf("the operation saw %+v", seen)
			}
			var p struct{ Type, Scope string }
			if tt.problem == "" {
				return
			}
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Type != "/problems/"+tt.problem || (p.Scope != "") != (tt.status == 403) {
				t.Errorf("%+v, %v", p, err)
			}
		})
	}
}

// A long answer can ask whether its key still works.
func TestStillAllowed(t *testing.T) {
	s := &services{scopes: []curfew.Scope{curfew.ScopeSessionsRead}}
	asked := false
	a := apiFor(t, s, func(ctx context.Context, _ curfew.Actor) {
		still := exchangeOf(ctx).stillAllowed
		if err := still(ctx); err != nil {
			t.Errorf("at first: %v", err)
		}
		s.revoked = true
		if err := still(ctx); curfew.KindOf(err) != curfew.KindInvalidToken {
			t.Errorf("revoked: %v", err)
		}
		asked = true
	})
	r := httptest.NewRequest("GET", "https://auth.example.com/api/v1/test/service", nil)
	r.Header.Set("Authorization", "Bearer cfk_good")
	if a.ServeHTTP(httptest.NewRecorder(), r); !asked {
		t.Error("the operation was not reached")
	}
}

func TestServiceOperationsAreDocumented(t *testing.T) {
	o := operation{ID: "testService", Method: http.MethodGet, Path: "/x", Need: service, Scope: curfew.ScopeSessionsRead, Description: "Reads."}
	d := o.describe(newHuma(http.NewServeMux()).OpenAPI().Components.Schemas)
	if !reflect.DeepEqual(d.Security, []map[string][]string{{serviceKey: {}}}) || d.Responses["401"] == nil || d.Responses["403"] == nil ||
		d.Description != "Reads. For services, by a service key with the scope sessions:read." {
		t.Errorf("%+v", d)
	}
	for _, wrong := range []operation{{ID: "noScope", Need: service}, {ID: "scope", Need: person, Scope: curfew.ScopeOperator}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s is taken", wrong.ID)
				}
			}()
			register(&API{}, wrong, func(context.Context, curfew.Actor, curfew.Origin, *empty) (*empty, error) { return nil, nil })
		}()
	}
}
