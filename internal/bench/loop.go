package bench

import (
	"context"
	"fmt"
)

// measureLoop runs a case of the sessions that were signed in: closed loops
// that alternate with the case's limit, then open ones.
func (r *runner) measureLoop(ctx context.Context, c benchCase) error {
	ready := func() error {
		if !c.signedIn {
			return nil
		}
		if err := r.signIn(ctx); err != nil {
			return fmt.Errorf("sign in: %w", err)
		}
		return nil
	}
	out, err := r.repeat(ctx, c, r.workers, ready)
	if err != nil {
		return err
	}
	r.add(out)
	rate := r.cfg.Rate
	if rate == Half {
		rate = out.Median.PerSecond / 2
	}
	if !c.paced || rate <= 0 {
		return nil
	}
	var runs []Result
	for i := range r.cfg.Runs {
		if err := ready(); err != nil {
			return err
		}
		res := r.runOnce(ctx, r.cfg.Duration, pass{r.workers, c, rate})[0]
		if err := ctx.Err(); err != nil {
			return err
		}
		r.tell(fmt.Sprintf("%s at %s/s", c.name, thousands(rate)), i, res)
		runs = append(runs, res)
	}
	out = summarizeBy(c, runs, byP99)
	out.Rate = rate
	r.add(out)
	return nil
}

// add puts a case into the report.
func (r *runner) add(c Case) { r.report.Cases = append(r.report.Cases, c) }

// repeat runs the closed loop of a case several times, each after its limit
// where it has one, and after ready.
func (r *runner) repeat(ctx context.Context, c benchCase, workers []*worker, ready func() error) (Case, error) {
	var runs []Result
	var rounds []Round
	for i := range r.cfg.Runs {
		if err := ready(); err != nil {
			return Case{}, err
		}
		round, err := r.limits.measure(ctx, c.limit, r.cfg.Duration)
		if err != nil {
			return Case{}, err
		}
		res := r.runOnce(ctx, r.cfg.Duration, pass{workers, c, 0})[0]
		if err := ctx.Err(); err != nil {
			return Case{}, err
		}
		r.tell(c.name, i, res)
		runs = append(runs, res)
		if len(round) > 0 {
			r.say("%s, its limit: %s", c.name, round)
			rounds = append(rounds, round)
		}
	}
	out := summarize(c, runs)
	out.against(rounds)
	return out, r.profile(ctx, c, workers)
}

// tell says how a run went.
func (r *runner) tell(what string, run int, res Result) {
	r.say("%s, run %d of %d: %s/s, p99 %s ms, %d errors", what, run+1, r.cfg.Runs, thousands(res.PerSecond), millis(res.P99), res.Errors)
}
