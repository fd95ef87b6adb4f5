package bench

import (
	"context"
	"time"
)

const (
	// fairClients are the clients of the account that behaves, and fairRate
	// the refreshes that they need in a second.
	fairClients = 64
	fairRate    = 200
)

// measureFairness looks at the refreshes of one account, due at a fixed rate,
// alone and while another account's clients refresh as fast as they can; the
// two alternate.
func (r *runner) measureFairness(ctx context.Context, c benchCase) error {
	// Account 0 behaves, account 1 storms.
	p, err := newPopulation(r.own.secrets, time.Now(), 2, max(fairClients, r.cfg.Storm), 1)
	if err != nil {
		return err
	}
	if err := r.fill(ctx, p); err != nil {
		return err
	}
	crewOf := func(account, n int) []*worker {
		crew := r.crew(n)
		for who, w := range crew {
			w.sessions = []*session{p.session(account, who, 0)}
		}
		return crew
	}
	calm := pass{crewOf(0, fairClients), c, fairRate}
	storm := pass{crewOf(1, r.cfg.Storm), c, 0}
	var alone, stormed, storms []Result
	for i := range r.cfg.Runs {
		one := r.runOnce(ctx, r.cfg.Duration, calm)[0]
		both := r.runOnce(ctx, r.cfg.Duration, calm, storm)
		if err := ctx.Err(); err != nil {
			return err
		}
		alone, stormed, storms = append(alone, one), append(stormed, both[0]), append(storms, both[1])
		r.tell("fairness, alone", i, one)
		r.tell("fairness, in the storm", i, both[0])
		r.tell("fairness, the storm", i, both[1])
	}
	for _, row := range []struct {
		part    string
		runs    []Result
		clients int
		rate    float64
		by      func(a, b Result) int
	}{{"alone", alone, fairClients, fairRate, byP99}, {"in the storm", stormed, fairClients, fairRate, byP99}, {"the storm", storms, r.cfg.Storm, 0, byRate}} {
		out := summarizeBy(c, row.runs, row.by)
		out.Part, out.Clients, out.Rate = row.part, row.clients, row.rate
		r.add(out)
	}
	return nil
}
