// Package httpapi is the product's HTTP face: it decodes a request, finds who
// asks, calls one verb of the Authority, and encodes what comes back. It is the
// only package that knows huma, and the place where an error's kind becomes a
// status and a problem document (RFC 9457).
package httpapi

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/prometheus/client_golang/prometheus"
)

// Config is what an API is made of. Authority, PublicURL and JWKS must be set.
type Config struct {
	Authority Authority
	// PublicURL is the origin at which people reach Curfew; with https every
	// answer carries Strict-Transport-Security.
	PublicURL string
	// SecureCookies gives cookies the __Host- prefix and Secure. Off only over
	// http on a loopback address.
	SecureCookies bool
	// ForwardAuth sets and takes the access cookie.
	ForwardAuth bool
	// AllowedOrigins are the origins, each matched exactly, whose pages may
	// call the API with credentials.
	AllowedOrigins []string
	// TrustedProxies are the addresses whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// JWKS gives the key set that access tokens verify against (RFC 7517).
	JWKS func(now time.Time) any
	// Feed is this node's part of the revocation feed; nil for none.
	Feed Feed
	// StreamStall is how long a reader of the feed may take for one writing; 10
	// seconds by default.
	StreamStall time.Duration
	// AnswerWithin is how long a request may take, all its waiting for the store
	// together, before it is answered as unavailable; 15 seconds by default. Only
	// exports and streams take as long as somebody reads them.
	AnswerWithin time.Duration
	Now          func() time.Time // time.Now by default
	Log          *slog.Logger     // slog.Default by default
	// Metrics takes the request counters; nil for none.
	Metrics prometheus.Registerer
	// Version is the program's own, shown on the page at / where there is no
	// app.
	Version string
	// App is the hosted pages as they were built, with index.html at its top;
	// nil, or without that file, where they were not.
	App fs.FS
}

// answerWithin is the default of Config.AnswerWithin.
const answerWithin = 15 * time.Second

// API answers HTTP.
type API struct {
	Config
	cookies cookieJar
	proxies []netip.Prefix
	metrics *metrics
	mux     *http.ServeMux
	huma    huma.API
	// order has the ids of all operations as they were registered.
	order   []string
	pages   *pages
	app     *app
	handler http.Handler
	streams sync.WaitGroup // and what watches their connections
}

// New builds the API. It fails on settings that cannot work, so that a start
// with them stops.
func New(config Config) (*API, error) {
	if config.Authority == nil || config.JWKS == nil {
		return nil, errors.New("httpapi: Authority and JWKS must be set")
	}
	public, err := url.Parse(config.PublicURL)
	if err != nil || public.Host == "" || public.Scheme != "http" && public.Scheme != "https" {
		return nil, fmt.Errorf("httpapi: %q is not a public URL", config.PublicURL)
	}
	a := &API{
		Config:  config,
		cookies: newCookieJar(config.SecureCookies, config.ForwardAuth),
		proxies: unmapped(config.TrustedProxies),
		mux:     http.NewServeMux(),
	}
	a.Log = cmp.Or(a.Log, slog.Default())
	a.StreamStall = cmp.Or(a.StreamStall, streamStall)
	a.AnswerWithin = cmp.Or(a.AnswerWithin, answerWithin)
	if a.Feed == nil {
		a.Feed = noFeed{}
	}
	if a.Now == nil {
		a.Now = time.Now
	}
	if a.metrics, err = newMetrics(config.Metrics); err != nil {
		return nil, err
	}
	a.huma = newHuma(a.mux)
	a.registerAll()
	finishDocument(a.huma.OpenAPI())
	if a.pages, err = newPages(a); err != nil {
		return nil, err
	}
	if a.app, err = newApp(a.App); err != nil {
		return nil, err
	}
	a.pages.register(a.mux)
	if err := a.registerApp(); err != nil {
		return nil, err
	}
	a.mux.HandleFunc(catchAll, a.unmatched)
	a.handler, err = a.chain(public)
	return a, err
}

// registerAll registers every operation, resource by resource.
func (a *API) registerAll() {
	a.registerAuth()
	a.registerInviteLinks()
	a.registerResetLinks()
	a.registerSession()
	a.registerForwardAuth()
	a.registerSecurity()
	a.registerSessions()
	a.registerAudit()
	a.registerAccount()
	a.registerUsers()
	a.registerResets()
	a.registerInvites()
	a.registerMe()
	a.registerServiceAccounts()
	a.registerServiceSessions()
	a.registerServiceSecurity()
	a.registerServiceBounds()
	a.registerPortal()
	a.registerReceipts()
	a.registerRevocations()
	a.registerOAuth()
	a.registerWebhooks()
	a.registerOperations()
	a.registerWellKnown()
}

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }
