package apitest

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	loads  = regexp.MustCompile(`(?i)\s(?:src|href|action|data|poster|srcset)\s*=\s*["']?([^"'\s>]*)`)
	active = regexp.MustCompile(`(?i)<script|<iframe|<object|<embed|\son[a-z]+\s*=|\sstyle\s*=|<style|javascript:|@import|url\(`)
)

// problemKinds are the problems of the contract that exist by now.
var problemKinds = strings.Fields(`invalid-request unauthenticated invalid-token no-session session-expired session-revoked refresh-token-reused
	invalid-credentials forbidden wrong-scope cross-origin signup-closed not-found link-invalid method-not-allowed stale too-large unsupported-media-type rate-limited
	email-taken last-owner generation-moved session-limit idempotency-spent no-password other-session internal unavailable`)

// TestPagesLoadNothingFromElsewhere walks through every page that a page leads
// to.
func TestPagesLoadNothingFromElsewhere(t *testing.T) {
	once(t)
	t.Parallel()
	w := start(t)
	c := w.program().with("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	queue := []string{"/", "/docs", "/problems", "/problems/"}
	for _, kind := range problemKinds {
		queue = append(queue, "/problems/"+kind)
	}
	seen := map[string]bool{}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		if seen[path] {
			continue
		}
		seen[path] = true
		a := c.Get(path).Status(200)
		if !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
			continue
		}
		a.Is("Content-Type", "text/html; charset=utf-8")
		if found := active.Find(a.body); found != nil {
			a.fail("the page has %q", found)
		}
		for _, m := range loads.FindAllSubmatch(a.body, -1) {
			target := string(m[1])
			if strings.Contains(target, ":") || strings.HasPrefix(target, "//") {
				a.fail("the page leads to %s", target)
			}
			if target, _, _ = strings.Cut(target, "#"); strings.HasPrefix(target, "/") {
				queue = append(queue, target)
			} else if target != "" {
				a.fail("the page leads to %s", target)
			}
		}
	}
	for _, path := range []string{"/openapi.yaml", "/openapi.json", "/healthz"} {
		if !seen[path] {
			t.Errorf("no page leads to %s", path)
		}
	}
}

func TestProblemPages(t *testing.T) {
	once(t)
	t.Parallel()
	w := startEmpty(t)
	c := w.program()
	list := c.Get("/problems/").Status(200)
	for _, kind := range problemKinds {
		list.Has("/problems/" + kind)
		c.Get("/problems/" + kind).Status(200).Has(kind)
	}
	for _, op := range w.document().Paths {
		for _, o := range op {
			for status, r := range o.Responses {
				for _, kind := range r.ProblemTypes {
					if !slices.Contains(problemKinds, strings.TrimPrefix(kind, "/problems/")) {
						t.Errorf("%s answers %s with %s, which the contract does not know", o.OperationID, status, kind)
					}
				}
			}
		}
	}
	c.Get("/problems/no-such-thing").Status(404)
}

// TestRoutes: what is not there is told like every other error, as a problem
// to programs and as a page to people.
func TestRoutes(t *testing.T) {
	once(t)
	t.Parallel()
	w := start(t)
	c := w.program()
	for _, path := range []string{
		"/api", "/api/", "/api/v1", "/api/v1/", "/api/v2/users/me", "/api/v1/nothing", "/api/v1/users", "/api/v1/users/me/", "/api/v1/users/me/x",
		"/api/v1/accounts/" + w.ada.account, "/api/v1/accounts/me/sessions/", "/api//v1/users/me", "/api/v1//users/me", "/api/v1/../v1/users/me",
		"/api/v1/./users/me", "/api/v1/%2e%2e/v1/users/me", "/api/v1/users%2fme", "/API/v1/users/me/../../../api/v1/x", "/api/v1/Users/Me",
	} {
		for _, method := range []string{"GET", "POST", "PATCH", "DELETE", "PUT"} {
			if a := w.ada.send(method, path, nil); strings.HasPrefix(path, "/api") {
				a.Problem(404, "not-found")
			} else {
				a.Status(404)
			}
		}
	}
	allow := map[string][]string{}
	for _, op := range operations {
		path, _, _ := strings.Cut(op.path, "?")
		path = regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(path, w.bob.id)
		allow[path] = append(allow[path], op.method)
		if op.method == "GET" {
			allow[path] = append(allow[path], "HEAD")
		}
	}
	allow[me+"/sessions/revoke-others"] = []string{"POST", "DELETE"} // to DELETE it is an id like any other
	for path, methods := range allow {
		for _, method := range []string{"GET", "HEAD", "POST", "PATCH", "DELETE", "PUT", "TRACE", "PROPFIND", "OPTIONS", "QUERY"} {
			if slices.Contains(methods, method) {
				continue
			}
			a := c.with("Accept", "application/json").send(method, path, nil).Status(405)
			got := strings.Split(a.Header.Get("Allow"), ", ")
			slices.Sort(got)
			want := slices.Sorted(slices.Values(methods))
			if !slices.Equal(got, want) {
				t.Errorf("%s %s: Allow is %q, want %q", method, path, got, want)
			}
			if method != "HEAD" {
				a.Problem(405, "method-not-allowed")
			}
		}
	}
	for _, path := range []string{"/nothing", "/docs/", "/openapi", "/.well-known/nothing", "/..", "/%00"} {
		c.with("Accept", "text/html").Get(path).Status(404).Is("Content-Type", "text/html; charset=utf-8").Lacks(`src="http`)
		c.with("Accept", "application/json").Get(path).Problem(404, "not-found")
	}
	c.with("Accept", "text/html").Get("/<script>alert(1)</script>").Status(404).Lacks("alert")
	for _, path := range []string{"/", "/docs", "/healthz", me} {
		r, err := http.NewRequest("HEAD", w.url+path, nil)
		must(t, err)
		if a := w.ada.do(r, nil).Status(200); len(a.body) != 0 {
			a.fail("HEAD has a body")
		}
	}
}
