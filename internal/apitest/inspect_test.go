package apitest

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// everywhere is what every answer carries.
var everywhere = map[string]string{
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; font-src 'self'; " +
		"img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'",
	"X-Content-Type-Options":       "nosniff",
	"Referrer-Policy":              "no-referrer",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
}

var (
	ownPath = regexp.MustCompile(`^/[a-z]`)
	// oauthText is what a description may hold (RFC 6749, section 5.2).
	oauthText     = regexp.MustCompile(`^[\x20-\x21\x23-\x5b\x5d-\x7e]+$`)
	requestIDText = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	// insides are the marks of a server's insides: stacks, SQL, paths.
	insides = regexp.MustCompile(`(?i)goroutine \d|\.go:\d|runtime error|panic:|\bselect .* from\b|\binsert into\b|sqlite|sql:|driver|curfew\.db|/tmp/|/home/|/root/|\$argon2`)
)

// inspect holds any answer against the conventions. It runs for every answer
// of every test.
func (a *answer) inspect() {
	a.t.Helper()
	for name, want := range everywhere {
		a.Is(name, want)
	}
	hsts := ""
	if strings.HasPrefix(a.w.url, "https:") {
		hsts = "max-age=31536000"
	}
	a.Is("Strict-Transport-Security", hsts)
	if !requestIDText.MatchString(a.Header.Get("X-Request-Id")) || len(a.Header.Values("X-Request-Id")) != 1 {
		a.fail("X-Request-Id is %q", a.Header.Values("X-Request-Id"))
	}
	path := a.request.URL.Path
	api := path == "/api" || strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/oauth2/")
	if api {
		a.Is("Cache-Control", "no-store")
	}
	if a.request.Header.Get("Origin") == "" {
		for name := range a.Header {
			if strings.HasPrefix(name, "Access-Control-") {
				a.fail("%s without an Origin", name)
			}
		}
	}
	if a.StatusCode == 204 && len(a.body) > 0 {
		a.fail("a 204 with a body")
	}
	if to := a.Header.Get("Location"); a.StatusCode >= 300 && a.StatusCode < 400 && (a.StatusCode != 308 || api || !ownPath.MatchString(to)) {
		a.fail("a redirect to %q", to) // only a page's path with a slash at its end leads on
	}
	media := a.Header.Get("Content-Type")
	toPerson := strings.HasPrefix(media, "text/html") || strings.HasPrefix(path, "/assets/") && strings.HasPrefix(media, "text/plain")
	if a.StatusCode >= 400 && a.request.Method != "HEAD" && (api || !toPerson) {
		a.inspectProblem()
	}
	if strings.HasSuffix(media, "json") && media != "application/openapi+json" && path != "/openapi.json" && a.request.Method != "HEAD" {
		if wrong := wellFormed("", a.JSON().v); len(wrong) > 0 {
			a.fail("the conventions are broken:\n%s", strings.Join(wrong, "\n"))
		}
	}
	a.inspectStatus()
	a.inspectTokens()
	a.documented()
}

// basicChallenge asks an OAuth client for its secret.
const basicChallenge = `Basic realm="curfew"`

// extras are the members that problems of a type have beyond the common ones.
var extras = map[string]string{
	"session-expired": " reason", "session-revoked": " reason", "generation-moved": " generation session_id", "wrong-scope": " scope",
}

func (a *answer) inspectProblem() {
	a.t.Helper()
	a.Is("Content-Type", a.problemMedia())
	v := a.JSON()
	kind, ok := strings.CutPrefix(v.str("type"), "/problems/")
	if !ok || v.num("status") != a.StatusCode || v.str("title") == "" || v.str("detail") == "" || v.str("instance") != a.Header.Get("X-Request-Id") {
		a.fail("a problem that is none")
	}
	spec := problemShape + extras[kind]
	if strings.HasPrefix(a.request.URL.Path, "/oauth2/") {
		spec += " error error_description"
		if said := v.str("error_description"); said != v.str("detail") || !oauthText.MatchString(said) || v.str("error") == "" {
			a.fail("an error that OAuth clients cannot read")
		}
	}
	if errors, named := v.members()["errors"]; named && (a.StatusCode == 422 || a.StatusCode == 404) { // what is not there may say of what it could be made
		spec += " errors"
		list := value{a, errors}.list()
		if a.StatusCode == 422 && list[0].str("detail") != v.str("detail") {
			a.fail("the detail is not the first error's")
		}
		for _, e := range list { // an unknown member has no name to tell: it was sent
			if e.str("detail") == "" || len(e.members()) > 2 || len(e.members()) == 2 && e.str("field") == "" {
				a.fail("an error that is none: %v", e.v)
			}
		}
	}
	a.Shape(spec)
	for _, s := range a.sent {
		if len(s) >= minSecret && bytes.Contains(a.body, []byte(s)) {
			a.fail("the problem holds the secret %.12s...", s)
		}
	}
	if found := insides.Find(a.body); found != nil {
		a.fail("the problem shows the insides: %s", found)
	}
}

// inspectStatus wants the headers that belong to a status.
func (a *answer) inspectStatus() {
	a.t.Helper()
	switch a.StatusCode {
	case 401:
		got := strings.Join(a.Header.Values("WWW-Authenticate"), ", ")
		client := strings.HasPrefix(a.request.URL.Path, "/oauth2/") && (got == basicChallenge || got == "Bearer, "+basicChallenge)
		if got != "Bearer" && got != `Bearer error="invalid_token"` && !client {
			a.fail("WWW-Authenticate is %q", got)
		}
	case 405:
		if a.Header.Get("Allow") == "" || slices.Contains(strings.Split(a.Header.Get("Allow"), ", "), a.request.Method) {
			a.fail("Allow is %q", a.Header.Get("Allow"))
		}
	case 429, 503:
		if n, err := strconv.Atoi(a.Header.Get("Retry-After")); err != nil || n < 1 {
			a.fail("Retry-After is %q", a.Header.Get("Retry-After"))
		}
	}
}

// inspectTokens remembers the secrets that were given out, and wants those in
// a body to touch no cookie.
func (a *answer) inspectTokens() {
	a.t.Helper()
	for _, k := range a.Cookies() {
		a.w.secret(k.Value)
	}
	if a.StatusCode >= 300 || !strings.Contains(a.request.URL.Path, "/auth/") || len(a.body) == 0 {
		return
	}
	members := a.JSON().members()
	for _, name := range []string{"access_token", "refresh_token"} {
		if s, ok := members[name].(string); ok {
			a.w.secret(s)
		}
	}
	if _, ok := members["refresh_token"]; ok {
		a.Sets()
	}
}
