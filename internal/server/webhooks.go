package server

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/store/jobs"
	"github.com/curfew-auth/curfew/internal/webhook"
)

// jobsFile is where the queue of webhooks is beside a SQLite database.
func jobsFile(database string) string {
	return strings.TrimSuffix(database, filepath.Ext(database)) + "-jobs.db"
}

// migrateJobs makes the tables of the queue on PostgreSQL.
func migrateJobs(ctx context.Context, c config.Store) error {
	if c.DatabaseURL == "" {
		return nil
	}
	return jobs.Migrate(ctx, string(c.DatabaseURL))
}

// startWebhooks begins to tell endpoints of events, and has Stop wait for the
// attempts under way.
func (s *Server) startWebhooks(ctx context.Context) error {
	if err := s.authority.ResealWebhooks(ctx); err != nil {
		return err
	}
	now, log := s.data.Clock.Now, s.config.Log
	sender := webhook.NewSender(webhook.Guard{Allow: s.settings.WebhookAllow}, s.config.Version, now)
	d := webhook.New(webhook.Config{
		Authority: s.authority, Send: sender.Send, Now: now, Log: log, Observer: s.metrics.webhooks,
		Open: func(ctx context.Context, work func(context.Context, curfew.DeliveryKey) (time.Duration, error), ids []curfew.ID) (webhook.Queue, error) {
			return jobs.Open(ctx, jobs.Options{Path: jobsFile(s.settings.DatabasePath), URL: string(s.settings.DatabaseURL), Work: work, Log: log}, ids)
		},
	})
	s.data.DB.OnTold(d.Handed)
	d.Start()
	s.onStop(func() error {
		ctx, cancel := context.WithDeadline(context.Background(), s.stopBy)
		defer cancel()
		defer sender.Close()
		return d.Stop(ctx)
	})
	return nil
}

// webhookMetrics count what webhooks are told.
type webhookMetrics struct {
	attempts *prometheus.CounterVec
	took     *prometheus.HistogramVec
	delay    prometheus.Histogram
	waiting  prometheus.Gauge
	oldest   prometheus.Gauge
}

var attemptOutcomes = []string{"delivered", "refused", "failed"}

func newWebhookMetrics(registry *prometheus.Registry) *webhookMetrics {
	buckets := []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 60, 600}
	m := &webhookMetrics{
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "curfew_webhook_attempts_total",
			Help: "Attempts of this node to tell a webhook of an event: delivered, refused (another answer than success) or failed (none)."}, []string{"outcome"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "curfew_webhook_attempt_duration_seconds",
			Help: "How long attempts took.", Buckets: buckets}, []string{"outcome"}),
		delay: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "curfew_webhook_delay_seconds",
			Help: "How long after its event a webhook had been told, where the first attempt succeeded.", Buckets: buckets}),
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{Name: "curfew_webhook_waiting",
			Help: "Deliveries of the installation that are on their way, those that failed and are tried again included."}),
		oldest: prometheus.NewGauge(prometheus.GaugeOpts{Name: "curfew_webhook_oldest_seconds",
			Help: "How old the oldest of those is, 0 where there is none."}),
	}
	for _, outcome := range attemptOutcomes {
		m.attempts.WithLabelValues(outcome)
		m.took.WithLabelValues(outcome)
	}
	registry.MustRegister(m.attempts, m.took, m.delay, m.waiting, m.oldest)
	return m
}

// Attempted is part of webhook.Observer.
func (m *webhookMetrics) Attempted(outcome string, took time.Duration) {
	m.attempts.WithLabelValues(outcome).Inc()
	m.took.WithLabelValues(outcome).Observe(took.Seconds())
}

// Delivered is part of webhook.Observer.
func (m *webhookMetrics) Delivered(after time.Duration) { m.delay.Observe(after.Seconds()) }

// Waiting is part of webhook.Observer.
func (m *webhookMetrics) Waiting(count int64, oldest time.Duration) {
	m.waiting.Set(float64(count))
	m.oldest.Set(oldest.Seconds())
}
