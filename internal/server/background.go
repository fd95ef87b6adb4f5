package server

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/routine"
)

const (
	// backgroundEvery is how often a node looks whether the background work is
	// its own, and does what is due. leaseTerm is how long after the death of
	// the node that did it another takes over.
	backgroundEvery = time.Minute
	leaseTerm       = 2 * time.Minute
	backgroundLease = "background"

	// leastPause comes between two chunks of work, and more where a chunk takes
	// longer: a busy store gets at least half of its time back.
	leastPause = 50 * time.Millisecond
	// passBudget is how many chunks one job may do in one pass; what is left is
	// gone on with in the next.
	passBudget = 200
	// retryFailed is how long a job that failed waits at most.
	retryFailed = 10 * time.Minute
)

// Why a pass of a job ended early.
var (
	errBudget    = errors.New("server: the pass did as much as it may")
	errLeaseLost = errors.New("server: another node does the background work now")
)

// What comes of a pass of a job.
const (
	passDone   = "done"   // nothing is left to do
	passPaused = "paused" // it goes on in the next pass
	passLost   = "lost"   // another node goes on
	passFailed = "failed"
)

// job is one kind of background work.
type job struct {
	name string
	// every is how long after a pass that left nothing the next one begins.
	every time.Duration
	// pass works in chunks, asks before each, and returns how many rows it
	// removed, marked or made.
	pass func(context.Context, authority.Turn) (rows int, err error)

	due     time.Time
	trouble routine.Trouble
}

// The names of the jobs, as metrics tell them.
const (
	jobSweep     = "sweep"
	jobThrottles = "throttles"
	jobSessions  = "session_retention"
	jobAudit     = "audit_retention"
	jobKeys      = "signing_keys"
	jobLog       = "revocation_log"
	jobVerifiers = "verifiers"
	jobReceipts  = "receipts"
	jobStarts    = "repeatable_starts"
	jobExpired   = "expired_sessions"
	jobOutbox    = "webhook_deliveries"
	jobBacklog   = "webhook_backlog"
	jobPortal    = "portal_links"
)

var jobNames = []string{jobSweep, jobThrottles, jobVerifiers, jobReceipts, jobStarts, jobPortal, jobSessions, jobAudit, jobKeys, jobLog, jobExpired, jobOutbox, jobBacklog}

// background does what nobody waits for, on one node of all: the one that has
// the lease. The lease only saves work; every job may be done by two nodes at
// once.
type background struct {
	lease   *authority.Lease
	gate    *gate
	jobs    []*job
	now     func() time.Time
	sleep   func(context.Context, time.Duration) error
	metrics *metrics
	trouble routine.Trouble // with the lease
}

// newBackground makes the background work of a node over its data.
func newBackground(d *Data, c config.Config, a *authority.Authority, g *gate, node curfew.ID, m *metrics, log *slog.Logger) *background {
	keys := d.Keys
	keys.Store = g
	b := &background{
		lease: &authority.Lease{Store: g, Now: d.Clock.Now, Name: backgroundLease, Holder: node, Term: leaseTerm},
		gate:  g, now: d.Clock.Now, sleep: routine.Pause, metrics: m, trouble: routine.Trouble{Log: log, What: "taking the lease of the background work"},
	}
	add := func(name string, every time.Duration, what string, pass func(context.Context, authority.Turn) (int, error)) {
		b.jobs = append(b.jobs, &job{name: name, every: every, pass: pass, trouble: routine.Trouble{Log: log, What: what}})
	}
	add(jobSweep, 0, "sweeping ended sessions", a.SweepSessions)
	add(jobKeys, 0, "rotating the signing keys", func(ctx context.Context, turn authority.Turn) (int, error) {
		if err := turn(ctx); err != nil {
			return 0, err
		}
		made, err := keys.RotateDue(ctx, d.Clock.Now())
		if !made {
			return 0, err
		}
		log.InfoContext(ctx, "made a signing key, which takes the place of the one in force in a day")
		return 1, err
	})
	add(jobThrottles, 10*time.Minute, "forgetting throttles", (&authority.ThrottleSweep{Store: g, Now: d.Clock.Now}).Pass)
	add(jobLog, 0, "removing old entries of the revocation log", (&authority.LogRetention{Store: g, Now: d.Clock.Now}).Pass)
	add(jobVerifiers, time.Hour, "forgetting verifiers", a.ForgetVerifiers)
	add(jobReceipts, time.Hour, "forgetting receipts", a.ForgetReceipts)
	add(jobStarts, 10*time.Minute, "forgetting starts that cannot be repeated any more", a.ForgetRepeatables)
	add(jobPortal, 10*time.Minute, "forgetting links to the hosted pages", a.ForgetPortalLinks)
	add(jobExpired, 0, "telling webhooks of expired sessions", (&authority.ExpiredTeller{Store: g, Now: d.Clock.Now}).Pass)
	add(jobOutbox, 10*time.Minute, "forgetting deliveries to webhooks", (&authority.DeliveryRetention{Store: g, Now: d.Clock.Now}).Pass)
	add(jobBacklog, 0, "dropping what is too much for a webhook",
		(&authority.DeliveryTrim{Store: g, Now: d.Clock.Now, Log: log, Most: authority.MostDeliveriesWaiting}).Pass)
	if c.SessionRetention > 0 {
		add(jobSessions, time.Hour, "removing sessions that ended long ago",
			(&authority.SessionRetention{Store: g, Now: d.Clock.Now, Keep: c.SessionRetention}).Pass)
	}
	if c.AuditRetention > 0 {
		add(jobAudit, time.Hour, "removing old events of the audit log",
			(&authority.AuditRetention{Store: g, Now: d.Clock.Now, Chain: d.Chain, Keep: c.AuditRetention}).Pass)
	}
	return b
}

// pass takes the lease and does what is due.
func (b *background) pass(ctx context.Context) {
	defer func() { b.metrics.leaseHeld(b.lease.Held()) }()
	if b.gate.err() != nil {
		return // the clock's trouble is reported elsewhere
	}
	held, err := b.lease.Hold(ctx)
	b.trouble.Report(ctx, err)
	b.metrics.leaseHeld(held)
	if !held {
		return
	}
	for _, j := range b.jobs {
		if b.now().Before(j.due) {
			continue
		}
		if outcome := b.do(ctx, j); outcome == passLost || ctx.Err() != nil {
			return
		}
	}
}

// do does one pass of a job, and says what came of it.
func (b *background) do(ctx context.Context, j *job) (outcome string) {
	began := time.Now()
	rows, err := j.pass(ctx, b.turns())
	switch {
	case errors.Is(err, errBudget):
		outcome, err = passPaused, nil
	case errors.Is(err, errLeaseLost):
		outcome, err = passLost, nil
	case errors.Is(err, curfew.ErrNotFound): // what it came for is gone already
		outcome, err = passDone, nil
	case err != nil:
		outcome = passFailed
	default:
		outcome = passDone
	}
	b.metrics.removed(j.name, rows)
	if ctx.Err() != nil {
		return outcome // the end of the loop, not of the work
	}
	j.trouble.Report(ctx, err)
	b.metrics.passed(j.name, outcome, time.Since(began), b.now())
	switch outcome {
	case passDone:
		j.due = b.now().Add(j.every)
	case passFailed:
		j.due = b.now().Add(min(j.every, retryFailed))
	}
	return outcome
}

// turns lets a job go on from chunk to chunk: after a pause, within the budget,
// and while the lease is held.
func (b *background) turns() authority.Turn {
	var last time.Time
	chunks := 0
	return func(ctx context.Context) error {
		if chunks++; chunks > passBudget {
			return errBudget
		}
		if chunks > 1 {
			if err := b.sleep(ctx, max(leastPause, time.Since(last))); err != nil {
				return err
			}
		}
		held, err := b.lease.Hold(ctx)
		switch {
		case err != nil:
			return err
		case !held:
			return errLeaseLost
		}
		last = time.Now()
		return nil
	}
}

// release gives the lease back at the end, if it can.
func (b *background) release() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	b.trouble.Report(ctx, b.lease.Release(ctx))
}
