package httpapi_test

import (
	"strings"
	"testing"
	"testing/fstest"
)

// An app that would hide what the server answers itself, or that no address
// leads to, stops the start.
func TestAppThatCannotBeServed(t *testing.T) {
	for name, want := range map[string]string{
		"login":            "where the server answers GET /login itself",
		"docs":             "where the server answers GET /docs itself",
		"openapi.json":     "where the server answers GET /openapi.json itself",
		"problems/x.html":  "where the server answers GET /problems/{type} itself",
		"assets/{file}.js": "cannot stand in an address",
		"a b.js":           "cannot stand in an address",
		"a%2fb.js":         "cannot stand in an address",
	} {
		c := config(new(fake))
		c.App = fstest.MapFS{"index.html": {}, name: {Data: []byte("x")}}
		_, err := newErr(c)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want something with %q", name, err, want)
		}
	}
}
