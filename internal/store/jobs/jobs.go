// Package jobs is the queue by which deliveries to webhooks reach workers, by
// River. It is told what is to be done, does it again later where asked to, and
// may forget anything: the outbox in the store is the truth, and whoever watches
// that hands over again what was forgotten. So on SQLite its file is made anew at
// each start, and on PostgreSQL its tables are in a schema of their own.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"

	"github.com/curfew-auth/curfew/internal/curfew"
)

const (
	// workersEach is how many deliveries to one endpoint a node makes at once. An
	// endpoint has workers of its own, so one that does not answer holds up no
	// other.
	workersEach = 16
	fetchAtMost = 10 * time.Millisecond
	// lookEvery is how often a node looks for what another node put in.
	lookEvery = 500 * time.Millisecond
	// workFor is how long one delivery may take: an attempt, and what the store
	// needs.
	workFor = 40 * time.Second
	// softStop is how long deliveries under way may take at a stop.
	softStop = 12 * time.Second
	// afterTrouble is when something is done again that failed here.
	afterTrouble = 5 * time.Second
)

// Work does what is to be done for a delivery. It is done again after a while
// where that is not 0.
type Work func(ctx context.Context, key curfew.DeliveryKey) (again time.Duration, err error)

// Options say where the queue is.
type Options struct {
	// Path is the SQLite file, URL a PostgreSQL server's in its place.
	Path, URL string
	Work      Work
	Log       *slog.Logger
}

// Queue hands deliveries to workers. It is safe for concurrent use.
type Queue struct {
	client client
	close  func() error
}

// client is what River's clients of all engines have.
type client interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	StopAndCancel(ctx context.Context) error
	InsertManyFast(ctx context.Context, params []river.InsertManyParams) (int, error)
	Queues() *river.QueueBundle
}

// delivery are the arguments of a job.
type delivery struct {
	Account string `json:"account"`
	Event   string `json:"event"`
	Webhook string `json:"webhook"`
}

// Kind is part of river.JobArgs.
func (delivery) Kind() string { return "webhook_delivery" }

func (d delivery) key() (key curfew.DeliveryKey, err error) {
	for _, part := range []struct {
		into *curfew.ID
		text string
	}{{&key.AccountID, d.Account}, {&key.EventID, d.Event}, {&key.WebhookID, d.Webhook}} {
		var bad error
		if *part.into, bad = curfew.ParseID(part.text); bad != nil {
			err = errors.Join(err, bad)
		}
	}
	return key, err
}

type worker struct {
	river.WorkerDefaults[delivery]
	work Work
}

// Work is part of river.Worker.
func (w *worker) Work(ctx context.Context, job *river.Job[delivery]) error {
	key, err := job.Args.key()
	if err != nil {
		return river.JobCancel(err)
	}
	again, err := w.work(ctx, key)
	switch {
	case err != nil:
		return river.JobSnooze(max(again, afterTrouble))
	case again > 0:
		return river.JobSnooze(again)
	}
	return nil
}

// queueOf is the name of an endpoint's queue.
func queueOf(webhook curfew.ID) string { return "webhook-" + webhook.String() }

// Open opens the queue, and has it work for some endpoints: one at least.
func Open(ctx context.Context, o Options, webhooks []curfew.ID) (*Queue, error) {
	queues := map[string]river.QueueConfig{}
	for _, id := range webhooks {
		queues[queueOf(id)] = queueConfig()
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{work: o.Work})
	config := &river.Config{
		Queues: queues, Workers: workers, PollOnly: true,
		FetchCooldown: fetchAtMost, FetchPollInterval: lookEvery,
		JobTimeout: workFor, RescueStuckJobsAfter: workFor + 20*time.Second, SoftStopTimeout: softStop,
		CompletedJobRetentionPeriod: time.Minute, CancelledJobRetentionPeriod: time.Hour, DiscardedJobRetentionPeriod: time.Hour,
		Logger: slog.New(newQuiet(o.Log.Handler())),
	}
	open := openSQLite
	if o.URL != "" {
		open = openPostgres
	}
	q, err := open(ctx, o, config)
	if err != nil {
		return nil, fmt.Errorf("cannot open the queue of webhooks: %w", err)
	}
	if err := q.client.Start(context.WithoutCancel(ctx)); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot start the queue of webhooks: %w", err), q.close())
	}
	return q, nil
}

func queueConfig() river.QueueConfig { return river.QueueConfig{MaxWorkers: workersEach} }

// Add has the queue work for another endpoint; once more does no harm.
func (q *Queue) Add(webhook curfew.ID) error {
	err := q.client.Queues().Add(queueOf(webhook), queueConfig())
	var known *river.QueueAlreadyAddedError
	if errors.As(err, &known) {
		return nil
	}
	return err
}

// Remove has it work for an endpoint no more.
func (q *Queue) Remove(ctx context.Context, webhook curfew.ID) error {
	return q.client.Queues().Remove(ctx, queueOf(webhook))
}

// Insert has deliveries made as soon as a worker is free.
func (q *Queue) Insert(ctx context.Context, keys []curfew.DeliveryKey) error {
	params := make([]river.InsertManyParams, len(keys))
	for i, k := range keys {
		params[i] = river.InsertManyParams{Args: delivery{k.AccountID.String(), k.EventID.String(), k.WebhookID.String()},
			InsertOpts: &river.InsertOpts{Queue: queueOf(k.WebhookID)}}
	}
	_, err := q.client.InsertManyFast(ctx, params)
	return err
}

// Stop waits for the deliveries under way, and cuts them off when ctx ends.
func (q *Queue) Stop(ctx context.Context) error {
	err := q.client.Stop(ctx)
	if err != nil {
		cut, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		err = q.client.StopAndCancel(cut)
	}
	return errors.Join(err, q.close())
}

// onlyErrors passes on what an operator has to know of, once a minute: while the
// database is away, everything fails again and again.
type onlyErrors struct {
	slog.Handler
	last *atomic.Int64 // Unix seconds
}

func newQuiet(h slog.Handler) onlyErrors { return onlyErrors{h, new(atomic.Int64)} }

// quiet is how long nothing more is passed on.
const quiet = time.Minute

// Enabled is part of slog.Handler.
func (h onlyErrors) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelError && h.Handler.Enabled(ctx, level)
}

// Handle is part of slog.Handler.
func (h onlyErrors) Handle(ctx context.Context, r slog.Record) error {
	last := h.last.Load()
	if now := r.Time.Unix(); now-last < int64(quiet/time.Second) || !h.last.CompareAndSwap(last, now) {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs is part of slog.Handler.
func (h onlyErrors) WithAttrs(attrs []slog.Attr) slog.Handler {
	return onlyErrors{h.Handler.WithAttrs(attrs), h.last}
}

// WithGroup is part of slog.Handler.
func (h onlyErrors) WithGroup(name string) slog.Handler {
	return onlyErrors{h.Handler.WithGroup(name), h.last}
}
