package server

import (
	"net/http"
	"net/http/pprof"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/httpapi"
	"github.com/curfew-auth/curfew/internal/mail"
)

// metrics counts what the authority tells. Its labels come from closed sets.
type metrics struct {
	registry  *prometheus.Registry
	refreshes *prometheus.CounterVec
	signIns   *prometheus.CounterVec
	alarms    *prometheus.CounterVec
	mails     *prometheus.CounterVec
}

func newMetrics(version string) *metrics {
	counter := func(name, help, label string, values ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
		for _, v := range values { // so that the first event is a rise from 0
			c.WithLabelValues(v)
		}
		return c
	}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		refreshes: counter("curfew_refresh_total", "Refresh tokens presented, by outcome.", "outcome",
			"rotated", "young", "replayed", "reused", "moved", "expired", "revoked", "invalid", "ahead", "unavailable"),
		signIns: counter("curfew_sign_in_total", "Attempts to sign in, by outcome.", "outcome", "ok", "refused", "throttled"),
		alarms:  counter("curfew_alarms_total", "What an operator should look at, by kind.", "kind", "generation_ahead"),
	}
	m.mails = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "curfew_mail_total", Help: "Mails, by kind and outcome."}, []string{"kind", "outcome"})
	for _, kind := range []authority.LetterKind{authority.LetterReset, authority.LetterInvitation, authority.LetterSignIn} {
		for _, outcome := range []string{mail.Sent, mail.Failed, mail.Dropped} {
			m.mails.WithLabelValues(string(kind), outcome)
		}
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "curfew_build_info", Help: "1; the labels name what runs.",
		ConstLabels: prometheus.Labels{"version": version, "go": runtime.Version()}})
	build.Set(1)
	m.registry.MustRegister(m.refreshes, m.signIns, m.alarms, m.mails, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Refreshed is part of authority.Observer.
func (m *metrics) Refreshed(outcome string) { m.refreshes.WithLabelValues(outcome).Inc() }

// SignedIn is part of authority.Observer.
func (m *metrics) SignedIn(outcome string) { m.signIns.WithLabelValues(outcome).Inc() }

// Alarm is part of authority.Observer.
func (m *metrics) Alarm(kind string) { m.alarms.WithLabelValues(kind).Inc() }

// mailed counts what became of a mail.
func (m *metrics) mailed(kind authority.LetterKind, outcome string) {
	m.mails.WithLabelValues(string(kind), outcome).Inc()
}

// admin answers on the operator's listener: metrics, profiles, and what else
// it is given. On a loopback address it answers to loopback names only, so that no
// web page reaches it by a name of its own.
func (m *metrics) admin(addr string, more map[string]http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	for pattern, h := range more {
		mux.Handle(pattern, h)
	}
	if !httpapi.IsLoopback(addr) {
		return mux
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "" && !httpapi.IsLoopback(r.Host) {
			http.Error(w, "this listener answers to the names of its own machine only", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}
