package httpapi

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/rs/cors"
)

// contentSecurityPolicy allows what the pages need and nothing more: no
// inline script or style, nothing from elsewhere, no frame around them.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"font-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'"

// chain puts the layers around the routes. From the outside in: the log line,
// which sees everything; headers, which every answer carries; recovery, inside
// both so that a panic's answer has headers and a log line; the host; CORS, which answers
// preflights that carry no credentials; the cross-origin check; the routes.
func (a *API) chain(public *url.URL) (http.Handler, error) {
	protection := http.NewCrossOriginProtection()
	for _, origin := range a.AllowedOrigins {
		if err := protection.AddTrustedOrigin(origin); err != nil || strings.Contains(origin, "*") {
			return nil, fmt.Errorf("httpapi: %q is not an origin", origin)
		}
	}
	protection.SetDenyHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		a.refuse(exchangeOf(r.Context()), curfew.NewError(curfew.KindCrossOrigin,
			"A page of another origin may not do this. The operator can allow that origin."))
	}))
	var h http.Handler = http.HandlerFunc(a.route)
	h = protection.Handler(h)
	if len(a.AllowedOrigins) > 0 { // without any, rs/cors would allow every origin
		h = a.cors().Handler(h)
	}
	h = a.ownHost(public, h)
	h = a.recovering(h)
	h = withHeaders(h, public.Scheme == "https")
	return a.logged(h), nil
}

// cors allows exactly the configured origins. Its own list would lower their
// case and read * as a wildcard, so the match is ours.
func (a *API) cors() *cors.Cors {
	return cors.New(cors.Options{
		AllowOriginFunc:  func(origin string) bool { return slices.Contains(a.AllowedOrigins, origin) },
		AllowedMethods:   []string{"GET", "HEAD", "POST", "PATCH", "DELETE"},
		AllowedHeaders:   []string{"Authorization", "Content-Type", "If-Match", "X-Request-Id"},
		ExposedHeaders:   []string{"ETag", "Retry-After", "X-Request-Id", "WWW-Authenticate"},
		AllowCredentials: true,
		MaxAge:           600,
	})
}

// withHeaders sets what every answer carries (OWASP ASVS 5.0, 3.4 and 3.5.8).
// The values are shared between answers: nothing appends to these headers.
func withHeaders(next http.Handler, https bool) http.Handler {
	fixed := map[string][]string{
		"Content-Security-Policy":      {contentSecurityPolicy},
		"X-Content-Type-Options":       {"nosniff"},
		"Referrer-Policy":              {"no-referrer"},
		"Cross-Origin-Opener-Policy":   {"same-origin"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
	}
	if https {
		fixed["Strict-Transport-Security"] = []string{"max-age=31536000"}
	}
	noStore := []string{"no-store"}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		maps.Copy(header, fixed)
		if isAPI(r.URL.Path) {
			header["Cache-Control"] = noStore
		}
		next.ServeHTTP(w, r)
	})
}

// isAPI reports whether errors of a path are always problem documents, and
// its answers never stored.
func isAPI(path string) bool {
	return strings.HasPrefix(path, "/api/") || path == "/api" || isOAuth(path)
}

// recovering answers a panic with a problem and keeps the process up (OWASP
// ASVS 5.0, 16.5.4). When the answer has begun, the connection is cut, so that
// nobody takes half an answer for a whole one.
func (a *API) recovering(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if cause == http.ErrAbortHandler {
				panic(cause)
			}
			x := exchangeOf(r.Context())
			a.Log.ErrorContext(r.Context(), "panic", "request_id", x.id, "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
			if x.status != 0 {
				panic(http.ErrAbortHandler)
			}
			a.refuse(x, fmt.Errorf("panic: %v", cause))
		}()
		next.ServeHTTP(w, r)
	})
}

// logged writes one line a request and counts it. The line holds no query
// string, no body and no header but the request's id.
func (a *API) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		x, end := newExchange(w, r, clientIP(r, a.proxies), a.AnswerWithin)
		x.Header().Set("X-Request-Id", x.id)
		defer func() {
			end()
			if !x.detached {
				a.finish(x, time.Since(start))
			}
		}()
		next.ServeHTTP(x, x.request)
	})
}

func (a *API) finish(x *exchange, took time.Duration) {
	route := routeOf(x.request)
	status := x.status
	if status == 0 {
		status = http.StatusOK
	}
	a.metrics.observe(route, x.request.Method, status, took)
	level := slog.LevelInfo
	switch {
	case status >= 500:
		level = slog.LevelError
	case route == headPath && status == http.StatusOK:
		level = slog.LevelDebug // two a second from every verifier: the metrics count them
	}
	if !a.Log.Enabled(context.Background(), level) {
		return
	}
	attrs := make([]slog.Attr, 0, 13)
	attrs = append(attrs,
		slog.String("method", x.request.Method), slog.String("route", route), slog.Int("status", status),
		slog.Float64("duration_ms", float64(took.Microseconds())/1000), slog.Int64("bytes", x.written),
		slog.String("request_id", x.id), slog.String("ip", x.ip))
	for _, known := range [...]struct {
		name string
		id   curfew.ID
	}{{"account_id", x.account}, {"user_id", x.user}, {"session_id", x.session}, {"service_key_id", x.actor.ServiceKeyID}} {
		if !known.id.IsZero() {
			attrs = append(attrs, slog.String(known.name, known.id.String()))
		}
	}
	if x.problem != "" {
		attrs = append(attrs, slog.String("problem", string(x.problem)))
	}
	if x.err != nil {
		attrs = append(attrs, slog.String("error", x.err.Error()))
	}
	// Straight to the handler: the logger would look up the line of code each time.
	line := slog.NewRecord(time.Now(), level, "request", 0)
	line.AddAttrs(attrs...)
	_ = a.Log.Handler().Handle(x.request.Context(), line)
}

// routeOf is the pattern that answered, without its method; never the path
// itself, which may hold anything.
func routeOf(r *http.Request) string {
	pattern := r.Pattern
	if i := strings.IndexByte(pattern, ' '); i >= 0 {
		pattern = pattern[i+1:]
	}
	if pattern == "" || pattern == catchAll {
		return "unmatched"
	}
	return pattern
}
