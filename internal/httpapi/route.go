package httpapi

import (
	"net/http"
	"path"
	"strings"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// catchAll is the pattern of whatever no other pattern matches.
const catchAll = "/"

// route hands a request to its handler. The standard mux would redirect paths
// with // or /../ in them and answer unknown methods in plain text; here both
// are told like every other error.
func (a *API) route(w http.ResponseWriter, r *http.Request) {
	if clean := path.Clean(r.URL.Path); clean != r.URL.Path && clean+"/" != r.URL.Path {
		a.nothingHere(r)
		return
	}
	a.mux.ServeHTTP(w, r)
}

var (
	errNothingHere = curfew.NewError(curfew.KindNotFound, "There is nothing at this address.")
	errWrongMethod = curfew.NewError(curfew.KindMethodNotAllowed,
		"This address does not take this method. The Allow header names those that it takes.")
)

// unmatched answers what no pattern matches: 405 with Allow where another
// method would have been right (RFC 9110, section 15.5.6), else 404.
func (a *API) unmatched(w http.ResponseWriter, r *http.Request) {
	allowed := a.allowed(r)
	if len(allowed) == 0 {
		a.nothingHere(r)
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	a.tell(r, errWrongMethod)
}

// tell answers a program with a problem document, and a person with a page.
func (a *API) tell(r *http.Request, err *curfew.Error) {
	x := exchangeOf(r.Context())
	if isAPI(r.URL.Path) || prefersJSON(r.Header.Get("Accept")) {
		a.refuse(x, err)
		return
	}
	x.problem = err.Kind
	a.pages.failure(x, err)
}

// allowed lists the methods that the request's path takes.
func (a *API) allowed(r *http.Request) []string {
	var methods []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		probe := &http.Request{Method: method, Host: r.Host, URL: r.URL}
		if _, pattern := a.mux.Handler(probe); pattern == "" || pattern == catchAll {
			continue
		}
		methods = append(methods, method)
		if method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
	}
	return methods
}

// prefersJSON reports whether an Accept header names JSON and does not name
// HTML before it. Without a word of either, a person is asking.
func prefersJSON(accept string) bool {
	accept = strings.ToLower(accept)
	json := strings.Index(accept, "json")
	html := strings.Index(accept, "text/html")
	return json >= 0 && (html < 0 || json < html)
}
