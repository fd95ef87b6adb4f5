package server

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/feed"
)

// newHub makes this node's part of the revocation feed.
func newHub(d *Data, a *authority.Authority, g *gate, node curfew.ID, m *metrics, log *slog.Logger) (*feed.Hub, error) {
	hub, err := feed.New(feed.Config{
		Log: d.DB, Now: d.Clock.Now, Ready: g.err, Reassert: a.Reassert, Observer: m.feed, Logger: log, Receipts: receipts{a, node},
		RecordVerifiers: func(ctx context.Context, heard []curfew.Verifier) error {
			return a.RecordVerifiers(ctx, node, heard)
		},
	})
	if err != nil {
		return nil, err
	}
	m.registry.MustRegister(hubMetrics{hub.Stats})
	m.ahead = hub.Ahead
	d.DB.OnLogged(hub.Logged)
	return hub, nil
}

// feedMetrics counts what the hub tells.
type feedMetrics struct {
	polls, fences prometheus.Histogram
	failed        *prometheus.CounterVec
	cuts          *prometheus.CounterVec
	snapshots     prometheus.Counter
	wentBack      prometheus.Counter
	alarmed       *alarmBook
}

func newFeedMetrics(registry prometheus.Registerer, alarmed *alarmBook) *feedMetrics {
	times := []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5}
	m := &feedMetrics{alarmed: alarmed,
		polls: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "curfew_feed_poll_duration_seconds",
			Help: "How long it took to read what is new in the revocation log.", Buckets: times}),
		fences: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "curfew_feed_fence_duration_seconds",
			Help: "How long the write took that proves that the database is the primary.", Buckets: times}),
		failed:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "curfew_feed_errors_total", Help: "What failed on the way to the revocation log."}, []string{"what"}),
		cuts:      prometheus.NewCounterVec(prometheus.CounterOpts{Name: "curfew_feed_streams_cut_total", Help: "Streams that this node ended, by why."}, []string{"why"}),
		snapshots: prometheus.NewCounter(prometheus.CounterOpts{Name: "curfew_feed_snapshots_total", Help: "Snapshots sent."}),
		wentBack: prometheus.NewCounter(prometheus.CounterOpts{Name: "curfew_feed_database_went_back_total",
			Help: "How often the database was found to have lost what it had acknowledged."}),
	}
	for _, what := range []string{"poll", "fence"} {
		m.failed.WithLabelValues(what)
	}
	for _, why := range []string{feed.CutSlow, feed.CutKey} {
		m.cuts.WithLabelValues(why)
	}
	registry.MustRegister(m.polls, m.fences, m.failed, m.cuts, m.snapshots, m.wentBack)
	return m
}

// Polled is part of feed.Observer, as are the others.
func (m *feedMetrics) Polled(took time.Duration, err error) {
	m.polls.Observe(took.Seconds())
	if err != nil {
		m.failed.WithLabelValues("poll").Inc()
	}
}

// Fenced tells of one fence.
func (m *feedMetrics) Fenced(took time.Duration, err error) {
	m.fences.Observe(took.Seconds())
	if err != nil {
		m.failed.WithLabelValues("fence").Inc()
	}
}

// StreamCut tells of a stream that was ended by this side.
func (m *feedMetrics) StreamCut(why string) { m.cuts.WithLabelValues(why).Inc() }

// SnapshotSent tells of a snapshot.
func (m *feedMetrics) SnapshotSent() { m.snapshots.Inc() }

// WentBack tells of a database that has lost something.
func (m *feedMetrics) WentBack() {
	m.wentBack.Inc()
	m.alarmed.note(alarmWentBack)
}

// hubMetrics are a hub's numbers at the moment when they are asked for.
type hubMetrics struct{ stats func() feed.Stats }

var (
	feedStreams  = prometheus.NewDesc("curfew_feed_streams", "Streams of the revocation feed that are open.", nil, nil)
	feedEntries  = prometheus.NewDesc("curfew_feed_entries", "Revocations that still matter, in memory.", nil, nil)
	feedVouching = prometheus.NewDesc("curfew_feed_vouching", "1 while this node can say how far the revocation log goes, else 0.", nil, nil)
	feedBehind   = prometheus.NewDesc("curfew_feed_behind_seconds", "How long ago the revocation log was last read to its end.", nil, nil)
)

// Describe is part of prometheus.Collector.
func (hubMetrics) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{feedStreams, feedEntries, feedVouching, feedBehind} {
		to <- d
	}
}

// Collect is part of prometheus.Collector.
func (m hubMetrics) Collect(to chan<- prometheus.Metric) {
	s := m.stats()
	vouching := 0.0
	if s.Vouching {
		vouching = 1
	}
	for d, v := range map[*prometheus.Desc]float64{feedStreams: float64(s.Streams), feedEntries: float64(s.Entries), feedVouching: vouching, feedBehind: s.Behind.Seconds()} {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v)
	}
}

// receipts is what the hub needs of them, in the name of this node.
type receipts struct {
	*authority.Authority
	node curfew.ID
}

// AcknowledgeReceipts is part of feed.Receipts.
func (r receipts) AcknowledgeReceipts(ctx context.Context, acks []curfew.ReceiptAck) error {
	return r.Authority.AcknowledgeReceipts(ctx, r.node, acks)
}
