package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// sessionsEach is how many sessions a person of a large account has.
	sessionsEach = 20
	// leastLarge is the least size of a large account: one person.
	leastLarge = sessionsEach
	// largeFor is how many times longer than other cases the reads of a large
	// account are measured: they are few, and their p99 is what is asked for.
	largeFor = 4
)

// largeAccounts fills the store with large accounts.
func (r *runner) largeAccounts(ctx context.Context, n int) (*population, error) {
	p, err := newPopulation(r.own.secrets, time.Now(), n, r.cfg.Large/sessionsEach, sessionsEach)
	if err != nil {
		return nil, err
	}
	return p, r.fill(ctx, p)
}

// ownerOf is a client that is signed in as the owner of an account.
func (r *runner) ownerOf(ctx context.Context, p *population, account int) (*worker, error) {
	w := r.crew(1)[0]
	w.sessions = []*session{p.session(account, 0, 0)}
	w.page.sessions = p.people * p.each
	defer w.client.close()
	if err := w.refresh(ctx, w.sessions[0], time.Now()); err != nil {
		return nil, fmt.Errorf("the owner's session: %w", err)
	}
	return w, nil
}

// measureLarge has one owner read about a large account, one request after the
// other.
func (r *runner) measureLarge(ctx context.Context, c benchCase) error {
	if r.owner == nil {
		p, err := r.largeAccounts(ctx, 1)
		if err != nil {
			return err
		}
		if r.owner, err = r.ownerOf(ctx, p, 0); err != nil {
			return err
		}
	}
	var runs []Result
	for i := range r.cfg.Runs {
		res := r.runOnce(ctx, largeFor*r.cfg.Duration, pass{[]*worker{r.owner}, c, 0})[0]
		if err := ctx.Err(); err != nil {
			return err
		}
		r.tell(c.name, i, res)
		runs = append(runs, res)
	}
	out := summarize(c, runs)
	out.Clients, out.InStore = 1, r.cfg.Large
	r.add(out)
	return r.profile(ctx, c, []*worker{r.owner})
}

// measureEveryone signs everybody of one large account after the other out.
func (r *runner) measureEveryone(ctx context.Context, c benchCase) error {
	p, err := r.largeAccounts(ctx, r.cfg.Runs)
	if err != nil {
		return err
	}
	var runs []Result
	for account := range r.cfg.Runs {
		owner, err := r.ownerOf(ctx, p, account)
		if err != nil {
			return err
		}
		s := owner.sessions[0]
		if err := owner.session(ctx, s, time.Now()); err != nil { // the connection is made here
			return err
		}
		before := r.usage(ctx)
		now := time.Now()
		err = c.do(owner, ctx, s, now)
		took := time.Since(now)
		used := r.usage(ctx).since(before)
		if err == nil {
			err = owner.signedOut(ctx, s)
		}
		owner.client.close()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			owner.tally.fail(err, time.Now())
		} else {
			owner.tally.latency.record(took)
			owner.tally.done++
		}
		res := newResult(&owner.tally, 0, took)
		res.charge(used, res.Requests)
		r.say("%s, run %d of %d: %s ms, %d errors", c.name, account+1, r.cfg.Runs, millis(res.Max), res.Errors)
		runs = append(runs, res)
	}
	out := summarize(c, runs)
	out.Clients, out.InStore = 1, r.cfg.Large
	r.add(out)
	return nil
}

// signedOut is an error unless the session has ended.
func (w *worker) signedOut(ctx context.Context, s *session) error {
	err := w.session(ctx, s, time.Now())
	if err == nil {
		return errors.New("a session went on after everybody was signed out")
	}
	if s.live {
		return err // it was not refused: something else went wrong
	}
	return nil
}
