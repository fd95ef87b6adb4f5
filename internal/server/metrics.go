package server

import (
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/mail"
)

// metrics counts what the authority tells. Its labels come from closed sets.
type metrics struct {
	registry  *prometheus.Registry
	refreshes *prometheus.CounterVec
	signIns   *prometheus.CounterVec
	alarms    *prometheus.CounterVec
	mails     *prometheus.CounterVec

	passes, rows *prometheus.CounterVec
	passTime     *prometheus.HistogramVec
	lastDone     *prometheus.GaugeVec
	lease        prometheus.Gauge

	feed *feedMetrics
	// alarmed is what the operator's page tells of alarms.
	alarmed  alarmBook
	webhooks *webhookMetrics
	// ahead is told of sessions ahead of the store; nil before there is a feed.
	ahead func(sessionID curfew.ID)
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
	for _, kind := range []authority.LetterKind{authority.LetterReset, authority.LetterInvitation, authority.LetterSignIn, authority.LetterPassword} {
		for _, outcome := range []string{mail.Sent, mail.Failed, mail.Dropped} {
			m.mails.WithLabelValues(string(kind), outcome)
		}
	}
	m.newBackground()
	m.feed = newFeedMetrics(m.registry, &m.alarmed)
	m.webhooks = newWebhookMetrics(m.registry)
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "curfew_build_info", Help: "1; the labels name what runs.",
		ConstLabels: prometheus.Labels{"version": version, "go": runtime.Version()}})
	build.Set(1)
	m.registry.MustRegister(m.refreshes, m.signIns, m.alarms, m.mails, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// newBackground adds what tells of the background work.
func (m *metrics) newBackground() {
	m.passes = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "curfew_background_runs_total", Help: "Passes of background jobs on this node, by outcome."}, []string{"job", "outcome"})
	m.rows = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "curfew_background_rows_total", Help: "Rows that background jobs of this node removed, marked or made."}, []string{"job"})
	m.passTime = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "curfew_background_duration_seconds", Help: "How long passes of background jobs took, pauses included.",
		Buckets: []float64{.001, .01, .1, 1, 10, 60, 300}}, []string{"job"})
	m.lastDone = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "curfew_background_last_success_timestamp_seconds",
		Help: "When this node last found nothing left to do for a job, 0 for never. Of several nodes the greatest counts."}, []string{"job"})
	m.lease = prometheus.NewGauge(prometheus.GaugeOpts{Name: "curfew_background_lease_held", Help: "1 on the node that does the background work, else 0."})
	for _, job := range jobNames {
		m.rows.WithLabelValues(job)
		m.passTime.WithLabelValues(job)
		m.lastDone.WithLabelValues(job)
		for _, outcome := range []string{passDone, passPaused, passLost, passFailed} {
			m.passes.WithLabelValues(job, outcome)
		}
	}
	m.registry.MustRegister(m.passes, m.rows, m.passTime, m.lastDone, m.lease)
}

// passed counts a pass of a background job.
func (m *metrics) passed(job, outcome string, took time.Duration, now time.Time) {
	m.passes.WithLabelValues(job, outcome).Inc()
	m.passTime.WithLabelValues(job).Observe(took.Seconds())
	if outcome == passDone {
		m.lastDone.WithLabelValues(job).Set(float64(now.UnixMicro()) / 1e6)
	}
}

// removed counts rows that a background job dealt with.
func (m *metrics) removed(job string, rows int) { m.rows.WithLabelValues(job).Add(float64(rows)) }

// leaseHeld says whether this node does the background work.
func (m *metrics) leaseHeld(held bool) {
	m.lease.Set(0)
	if held {
		m.lease.Set(1)
	}
}

// Refreshed is part of authority.Observer.
func (m *metrics) Refreshed(outcome string) { m.refreshes.WithLabelValues(outcome).Inc() }

// SignedIn is part of authority.Observer.
func (m *metrics) SignedIn(outcome string) { m.signIns.WithLabelValues(outcome).Inc() }

// Alarm is part of authority.Observer.
func (m *metrics) Alarm(kind string) {
	m.alarms.WithLabelValues(kind).Inc()
	m.alarmed.note(alarmAhead)
}

// Ahead is part of authority.Observer.
func (m *metrics) Ahead(sessionID curfew.ID) {
	if m.ahead != nil {
		m.ahead(sessionID)
	}
}

// mailed counts what became of a mail.
func (m *metrics) mailed(kind authority.LetterKind, outcome string) {
	m.mails.WithLabelValues(string(kind), outcome).Inc()
}
