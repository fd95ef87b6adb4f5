package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"
)

// Run measures all cases one after the other. On an error, which includes a
// context that ended, the report holds the cases that were complete by then.
// Wrong answers are no error of Run: they are counted in the report.
func Run(ctx context.Context, cfg Config) (report Report, err error) {
	r, err := newRunner(cfg)
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	err = r.run(ctx)
	return r.report, err
}

// runner is one call of Run.
type runner struct {
	cfg       Config
	cases     []benchCase
	target    target
	loginBody []byte
	workers   []*worker // with sessions that are signed in
	pause     func(context.Context, time.Duration)
	report    Report

	serverPID int
	dir       string  // on the disk of the server's data
	own       *own    // nil for a server of somebody else's
	stage     stage   // that own's store was made for
	owner     *worker // of the large account, once there is one
	service   []byte  // the service key of own's store, once there is one
	limits    limitSource

	progressMu sync.Mutex
}

func (r *runner) close() error {
	for _, w := range r.workers {
		w.client.close()
	}
	return errors.Join(r.limits.close(), r.own.close())
}

func (r *runner) run(ctx context.Context) error {
	r.report = Report{
		StartedAt:  time.Now().UTC().Truncate(time.Second),
		Machine:    Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), Go: runtime.Version()},
		Clients:    r.cfg.Clients,
		Sessions:   r.cfg.Sessions,
		RunsEach:   r.cfg.Runs,
		RunSeconds: r.cfg.Duration.Seconds(),
		Warmup:     r.cfg.Warmup.Seconds(),
	}
	if err := r.begin(ctx); err != nil {
		return err
	}
	short := min(r.cfg.Duration, time.Second)
	r.say("measuring the machine")
	var err error
	if r.report.Limits, err = measureLimits(ctx, r.dir, short); err != nil {
		return err
	}
	for _, c := range r.cases {
		if err := r.settle(ctx, c.stage); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		if err := c.measure(r, ctx, c); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	r.say("measuring the machine again")
	again, err := measureLimits(ctx, r.dir, short)
	if err != nil {
		return err
	}
	r.report.Limits = r.report.Limits.merge(again)
	r.report.relate()
	return nil
}

// begin makes ready what all cases need.
func (r *runner) begin(ctx context.Context) (err error) {
	if r.cfg.Own == nil {
		if r.cfg.SignUp {
			err = r.signUp(ctx)
		}
		return err
	}
	if r.own, err = newOwn(ctx, *r.cfg.Own, r.say); err != nil {
		return err
	}
	r.own.admin = r.cfg.Profiles != ""
	r.dir, r.report.Database = r.own.dir, r.own.describe()
	return r.limits.open(ctx, r.own)
}

// stage is a state of the store that several cases share; each begins with an
// empty one.
type stage string

const (
	stageSmall   stage = "small"   // one account, whose owner signs in
	stageService stage = "service" // as the following cases leave it
	stageStorm   stage = "storm"
	stageRevoke  stage = "revoke"
	stageFair    stage = "fair"
	stageLarge   stage = "large"
	stageBulk    stage = "bulk"
	stageMemory  stage = "memory"
	stageSize    stage = "size"
)

// settle gives a case the store that it wants. With a server of somebody
// else's there is only the one.
func (r *runner) settle(ctx context.Context, s stage) error {
	if r.own == nil || r.stage == s {
		return nil
	}
	for _, w := range r.workers {
		w.forget()
	}
	r.stage, r.owner, r.service = s, nil, nil
	if err := r.own.fresh(ctx); err != nil {
		return err
	}
	if err := r.restart(ctx); err != nil {
		return err
	}
	if s != stageSmall {
		return nil
	}
	return r.signUp(ctx)
}

// restart starts the server of one's own, anew if it runs, and finds out where
// it listens.
func (r *runner) restart(ctx context.Context) error {
	err := r.own.stop()
	if err == nil {
		err = r.own.start(ctx)
	}
	if err != nil {
		return err
	}
	r.serverPID = r.own.pid()
	r.target, err = parseTarget(r.own.url, nil)
	return err
}

// fill puts people into the store of the server of one's own.
func (r *runner) fill(ctx context.Context, p *population) error {
	r.say("filling the store with %s sessions", thousands(float64(p.size())))
	start := time.Now()
	if err := r.own.stop(); err != nil {
		return err
	}
	if err := r.own.fill(ctx, p); err != nil {
		return err
	}
	r.say("filled in %s", time.Since(start).Round(100*time.Millisecond))
	return r.restart(ctx)
}

// pass is what one crew of workers does in a run.
type pass struct {
	workers []*worker
	c       benchCase
	rate    float64 // of an open loop; 0 is a closed one
}

// runOnce has the workers of all passes go through warm-up and measured time,
// at the same time, and gives a result for each pass.
func (r *runner) runOnce(ctx context.Context, d time.Duration, passes ...pass) []Result {
	now := time.Now()
	win := window{start: now.Add(r.cfg.Warmup), end: now.Add(r.cfg.Warmup + d)}

	// Connections live as long as the run, whose context closes them.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	for _, p := range passes {
		plan := newSchedule(now, win.end, p.rate)
		for _, w := range p.workers {
			w.tally = tally{}
			w.client.dials = 0
			wg.Go(func() {
				defer w.client.close()
				if plan != nil {
					w.openLoop(ctx, p.c, win, plan)
				} else {
					w.closedLoop(ctx, p.c, win)
				}
			})
		}
	}
	pause(ctx, time.Until(win.start))
	before := r.usage(ctx)
	pause(ctx, time.Until(win.end))
	used := r.usage(ctx).since(before)
	wg.Wait()

	results := make([]Result, len(passes))
	var all uint64
	for i, p := range passes {
		var sum tally
		var reconnects int64
		for _, w := range p.workers {
			sum.add(&w.tally)
			reconnects += max(w.client.dials-1, 0)
		}
		results[i] = newResult(&sum, reconnects, d)
		all += results[i].Requests
	}
	for i := range results {
		results[i].charge(used, all)
	}
	return results
}

// usage reads what the server, its database and this process have used.
func (r *runner) usage(ctx context.Context) usage {
	u := usage{server: cpuTime(r.serverPID), generator: cpuTime(os.Getpid()), database: -1, memory: memoryOf(r.serverPID)}
	if r.own != nil {
		u.database = familyCPU(r.own.postmaster)
		u.counters = r.own.counters(ctx)
	}
	return u
}
