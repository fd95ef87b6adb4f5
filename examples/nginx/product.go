package main

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"strings"
)

// product is a product that knows nothing of Curfew: it believes the headers of
// the proxy, which nobody can reach it around.
func product(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	seen := seen{Method: r.Method, Path: r.URL.RequestURI(), Body: string(body), Cookies: r.Header.Values("Cookie"), Curfew: map[string][]string{}}
	for name, values := range r.Header {
		if strings.HasPrefix(name, "X-Curfew-") {
			seen.Curfew[name] = values
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(seen)
		return
	}
	text, _ := json.MarshalIndent(seen, "", "  ")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, `<!doctype html><html lang="en"><meta charset="utf-8"><title>The product</title>
<h1>The product</h1><p>This is what it was told about you:</p><pre>`+html.EscapeString(string(text))+`</pre>
<p><a href="/orders?page=2&amp;sort=name#row-7">Another page</a> · <a href="/account">Your account</a></p>`)
}

// seen is what the product saw of a request.
type seen struct {
	Method  string              `json:"method"`
	Path    string              `json:"path"`
	Curfew  map[string][]string `json:"curfew"`
	Cookies []string            `json:"cookies"`
	Body    string              `json:"body,omitempty"`
}
