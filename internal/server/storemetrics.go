package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/store"
)

// storeMetrics tells of the store when it is asked.
type storeMetrics struct{ stats func() store.Stats }

var (
	storeCalls       = queueDesc("calls_total", "Calls handed to the database, by queue.")
	storeBatches     = queueDesc("batches_total", "Transactions that they shared: calls by batches is how many share a commit.")
	storeRefused     = queueDesc("refused_total", "Calls answered 503 because the queue was full.")
	storeWaiting     = queueDesc("waiting", "Calls that wait for the database now.")
	storeRetries     = prometheus.NewDesc("curfew_store_retries_total", "Transactions tried again after a conflict or a lost connection.", nil, nil)
	storeUnknown     = prometheus.NewDesc("curfew_store_unknown_commits_total", "Commits whose answer was lost.", nil, nil)
	storeCheckpoints = prometheus.NewDesc("curfew_store_unfinished_checkpoints_total", "Times that SQLite's log could not be copied into the database.", nil, nil)
	storeConnections = prometheus.NewDesc("curfew_store_connections", "Connections to the database, by state.", []string{"state"}, nil)
)

func queueDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("curfew_store_"+name, help, []string{"queue"}, nil)
}

// Describe is part of prometheus.Collector.
func (storeMetrics) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{storeCalls, storeBatches, storeRefused, storeWaiting, storeRetries, storeUnknown, storeCheckpoints, storeConnections} {
		to <- d
	}
}

// Collect is part of prometheus.Collector.
func (m storeMetrics) Collect(to chan<- prometheus.Metric) {
	counter := func(d *prometheus.Desc, n uint64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	gauge := func(d *prometheus.Desc, n int, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n), labels...)
	}
	s := m.stats()
	for name, q := range map[string]store.Queue{"refresh": s.Refreshes, "session": s.Standings, "revocation": s.Revocations, "transaction": s.Transactions} {
		counter(storeCalls, q.Calls, name)
		counter(storeBatches, q.Batches, name)
		counter(storeRefused, q.Refused, name)
		gauge(storeWaiting, q.Waiting, name)
	}
	counter(storeRetries, s.Retries)
	counter(storeUnknown, s.Unknown)
	counter(storeCheckpoints, s.UnfinishedCheckpoints)
	gauge(storeConnections, s.InUse, "in_use")
	gauge(storeConnections, s.Idle, "idle")
}

// startMetrics tell of the starts that services ask for when they are asked.
func startMetrics(queue func() authority.StartQueue) []prometheus.Collector {
	return []prometheus.Collector{
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "curfew_service_starts_waiting",
			Help: "Starts of sessions by services that wait for others of their account now."},
			func() float64 { return float64(queue().Waiting) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "curfew_service_starts_refused_total",
			Help: "Starts of sessions by services answered 503 because too many of their account waited, or they for too long."},
			func() float64 { return float64(queue().Refused) }),
	}
}
