package webhook

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/routine"
)

const (
	// watchEvery is how often it is looked for deliveries that nobody looks after,
	// and for those of other processes that cannot hand theirs over.
	watchEvery = 200 * time.Millisecond
	// listEvery is how often the endpoints are read.
	listEvery = time.Second
	// measureEvery is how often what waits is counted.
	measureEvery = 15 * time.Second
	// mostWaiting is how many deliveries wait here for the queue at most: what is
	// too much is found again in the outbox.
	mostWaiting = 20000
	// handedTogether is how many are put into the queue at a time.
	handedTogether = 500
)

// Authority is what a Dispatcher asks what there is to deliver.
type Authority interface {
	Webhooks(ctx context.Context) ([]curfew.Webhook, error)
	ClaimDelivery(ctx context.Context, key curfew.DeliveryKey) (authority.Claim, error)
	SettleDelivery(ctx context.Context, d curfew.Delivery, sent authority.Sent) (authority.Settled, error)
	OverdueDeliveries(ctx context.Context) (keys []curfew.DeliveryKey, more bool, err error)
	Backlogs(ctx context.Context) ([]curfew.Backlog, error)
}

// Queue hands deliveries to workers.
type Queue interface {
	Add(webhook curfew.ID) error
	Remove(ctx context.Context, webhook curfew.ID) error
	Insert(ctx context.Context, keys []curfew.DeliveryKey) error
	Stop(ctx context.Context) error
}

// Observer is told what happened, for metrics.
type Observer interface {
	// Attempted counts attempts: delivered, refused (another answer), or failed
	// (none).
	Attempted(outcome string, took time.Duration)
	// Delivered tells how long after its event a delivery arrived at the first try.
	Delivered(after time.Duration)
	// Waiting tells what waits for all endpoints, and since when.
	Waiting(count int64, oldest time.Duration)
}

// Config is what a Dispatcher is made of.
type Config struct {
	Authority Authority
	// Open opens the queue, once there is an endpoint.
	Open     func(ctx context.Context, work func(context.Context, curfew.DeliveryKey) (time.Duration, error), webhooks []curfew.ID) (Queue, error)
	Send     func(ctx context.Context, d authority.ClaimedDelivery) authority.Sent
	Now      func() time.Time
	Observer Observer
	Log      *slog.Logger
}

// Dispatcher leads deliveries from the outbox to the queue, and has attempts at
// them made. It starts once and stops once.
type Dispatcher struct {
	Config

	mu      sync.Mutex
	pending []curfew.DeliveryKey
	wake    chan struct{}
	// first is sent to where something was handed over and there is no queue yet.
	first chan struct{}

	stop    context.CancelFunc
	running sync.WaitGroup

	// Of the goroutine that watches:
	queue    Queue
	known    map[curfew.ID]bool
	listed   time.Time
	measured time.Time
	// ready is closed once there is a queue.
	ready chan struct{}
}

// New makes a Dispatcher.
func New(c Config) *Dispatcher {
	return &Dispatcher{Config: c, wake: make(chan struct{}, 1), first: make(chan struct{}, 1), known: map[curfew.ID]bool{}, ready: make(chan struct{})}
}

// Handed takes over deliveries that were committed just now. It waits for
// nothing.
func (d *Dispatcher) Handed(keys []curfew.DeliveryKey) {
	d.mu.Lock()
	if room := mostWaiting - len(d.pending); room > 0 {
		d.pending = append(d.pending, keys[:min(len(keys), room)]...)
	}
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
	select {
	case <-d.ready:
	case d.first <- struct{}{}:
	default:
	}
}

// Start begins.
func (d *Dispatcher) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	d.stop = cancel
	d.running.Go(func() { d.watch(ctx) })
	d.running.Go(func() { d.handOver(ctx) })
}

// Stop ends it, and waits for the attempts under way until ctx ends.
func (d *Dispatcher) Stop(ctx context.Context) error {
	if d.stop == nil {
		return nil
	}
	d.stop()
	d.running.Wait()
	if d.queue == nil {
		return nil
	}
	return d.queue.Stop(ctx)
}

// handOver puts what was handed here into the queue.
func (d *Dispatcher) handOver(ctx context.Context) {
	select {
	case <-d.ready:
	case <-ctx.Done():
		return
	}
	for {
		select {
		case <-d.wake:
		case <-ctx.Done():
			return
		}
		for keys := d.take(); len(keys) > 0; keys = d.take() {
			// What cannot be put in is found again in the outbox.
			if err := d.queue.Insert(ctx, keys); err != nil && ctx.Err() == nil {
				d.Log.WarnContext(ctx, "deliveries to webhooks could not be put into the queue, and come later", "error", err.Error())
			}
		}
	}
}

func (d *Dispatcher) take() []curfew.DeliveryKey {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := min(len(d.pending), handedTogether)
	keys := d.pending[:n:n]
	d.pending = d.pending[n:]
	if len(d.pending) == 0 {
		d.pending = nil
	}
	return keys
}

// watch looks again and again for what nobody looks after.
func (d *Dispatcher) watch(ctx context.Context) {
	trouble := routine.Trouble{Log: d.Log, What: "delivering to webhooks"}
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		trouble.Report(ctx, d.look(ctx))
		select {
		case <-ticker.C:
		case <-d.first:
			d.listed = time.Time{} // there is an endpoint
		case <-ctx.Done():
			return
		}
	}
}

func (d *Dispatcher) look(ctx context.Context) error {
	if began := time.Now(); d.listed.IsZero() || began.Sub(d.listed) >= listEvery {
		if err := d.list(ctx); err != nil {
			return err
		}
		d.listed = began
	}
	if d.queue == nil {
		return nil
	}
	for more := true; more && ctx.Err() == nil; {
		var keys []curfew.DeliveryKey
		var err error
		if keys, more, err = d.Authority.OverdueDeliveries(ctx); err != nil {
			return err
		}
		if len(keys) > 0 {
			if err := d.queue.Insert(ctx, keys); err != nil {
				return err
			}
		}
	}
	return d.measure(ctx)
}

// list has the queue work for the endpoints that there are. One that was
// disabled stays: what still waits for it is dropped in its turn.
func (d *Dispatcher) list(ctx context.Context) error {
	hooks, err := d.Authority.Webhooks(ctx)
	if err != nil {
		return err
	}
	there := map[curfew.ID]bool{}
	ids := make([]curfew.ID, len(hooks))
	for i, w := range hooks {
		ids[i], there[w.ID] = w.ID, true
	}
	if d.queue == nil {
		if len(hooks) == 0 {
			return nil
		}
		queue, err := d.Open(ctx, d.work, ids)
		if err != nil {
			return err
		}
		d.queue, d.known = queue, there
		close(d.ready)
		return nil
	}
	for _, id := range ids {
		if !d.known[id] {
			if err := d.queue.Add(id); err != nil {
				return err
			}
			d.known[id] = true
		}
	}
	for id := range d.known {
		if !there[id] {
			if err := d.queue.Remove(ctx, id); err != nil {
				return err
			}
			delete(d.known, id)
		}
	}
	return nil
}

func (d *Dispatcher) measure(ctx context.Context) error {
	began := time.Now()
	if !d.measured.IsZero() && began.Sub(d.measured) < measureEvery {
		return nil
	}
	backlogs, err := d.Authority.Backlogs(ctx)
	if err != nil {
		return err
	}
	var count int64
	var oldest time.Duration
	for _, b := range backlogs {
		if !d.known[b.WebhookID] {
			continue // of an endpoint that is none any more
		}
		count += b.Waiting
		oldest = max(oldest, d.Now().Sub(b.Oldest))
	}
	d.Observer.Waiting(count, oldest)
	d.measured = began
	return nil
}

// work makes one attempt at a delivery, if it is its turn.
func (d *Dispatcher) work(ctx context.Context, key curfew.DeliveryKey) (again time.Duration, err error) {
	claim, err := d.Authority.ClaimDelivery(ctx, key)
	if err != nil {
		return 0, d.trouble(ctx, err)
	}
	if claim.Delivery == nil {
		d.next(claim.Next)
		return claim.Again, nil
	}
	sent := d.Send(ctx, *claim.Delivery)
	settled, err := d.Authority.SettleDelivery(ctx, claim.Delivery.Delivery, sent)
	if err != nil {
		return 0, d.trouble(ctx, err)
	}
	d.observe(claim.Delivery.Delivery, sent)
	d.next(settled.Next)
	return settled.Again, nil
}

// next has the next delivery about the same subject made.
func (d *Dispatcher) next(key *curfew.DeliveryKey) {
	if key != nil {
		d.Handed([]curfew.DeliveryKey{*key})
	}
}

func (d *Dispatcher) observe(delivery curfew.Delivery, sent authority.Sent) {
	outcome := "failed"
	switch {
	case sent.Error == "":
		outcome = "delivered"
		if delivery.Attempts == 1 {
			d.Observer.Delivered(max(d.Now().Sub(delivery.CreatedAt), 0))
		}
	case sent.Status != 0:
		outcome = "refused"
	}
	d.Observer.Attempted(outcome, sent.Took)
}

// trouble logs what is no outage of the store, which is told of elsewhere.
func (d *Dispatcher) trouble(ctx context.Context, err error) error {
	if curfew.KindOf(err) != curfew.KindUnavailable && !errors.Is(err, context.Canceled) {
		d.Log.ErrorContext(ctx, "a delivery to a webhook failed here", "error", err.Error())
	}
	return err
}
