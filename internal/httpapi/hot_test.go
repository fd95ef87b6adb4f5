package httpapi_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// BenchmarkHotPaths is what the HTTP layer costs on the operations that are
// called thousands of times a second; the product behind it costs nothing
// here. The log is written as in production.
func BenchmarkHotPaths(b *testing.B) {
	c := config(&fake{})
	c.Log = slog.New(slog.NewJSONHandler(io.Discard, nil))
	api := newAPI(b, c)
	for _, op := range []struct{ name, method, path, body string }{
		{"refresh by body", "POST", "/api/v1/auth/refresh", `{"refresh_token":"cfr_x","attempt":"aaaaaaaaaaaaaaaa","inactive_seconds":3}`},
		{"refresh by cookie", "POST", "/api/v1/auth/refresh", ""},
		{"session", "GET", "/api/v1/auth/session", ""},
		{"introspection", "POST", "/oauth2/introspect", "token=cfr_x"},
	} {
		b.Run(op.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest(op.method, op.path, strings.NewReader(op.body))
				r.Header["Content-Type"] = []string{"application/json"}
				if op.name == "introspection" {
					r.Header["Content-Type"], r.Header["Authorization"] = []string{"application/x-www-form-urlencoded"}, []string{"Bearer cfk_x"}
				}
				r.Header["Cookie"] = []string{"__Host-curfew_refresh=cfr_x"}
				w := httptest.NewRecorder()
				if api.ServeHTTP(w, r); w.Code != http.StatusOK {
					b.Fatal(w.Code, w.Body)
				}
			}
		})
	}
}
