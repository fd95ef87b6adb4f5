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

	partAlone   = "alone"
	partStormed = "in the storm"
)

// measureFairness looks at the refreshes of one account, due at a fixed rate,
// alone and while another account's clients refresh as fast as they can.
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
	return r.beside(ctx, calm, storm)
}

// beside has some do what is due at a fixed rate, alone and while others storm; the
// two alternate.
func (r *runner) beside(ctx context.Context, calm, storm pass) error {
	var alone, stormed, storms []Result
	for i := range r.cfg.Runs {
		one := r.runOnce(ctx, r.cfg.Duration, calm)[0]
		both := r.runOnce(ctx, r.cfg.Duration, calm, storm)
		if err := ctx.Err(); err != nil {
			return err
		}
		alone, stormed, storms = append(alone, one), append(stormed, both[0]), append(storms, both[1])
		r.tell(calm.c.name+", alone", i, one)
		r.tell(calm.c.name+", in the storm", i, both[0])
		r.tell(calm.c.name+", the storm", i, both[1])
	}
	for _, row := range []struct {
		part    string
		runs    []Result
		clients int
		rate    float64
		by      func(a, b Result) int
	}{{partAlone, alone, len(calm.workers), calm.rate, byP99}, {partStormed, stormed, len(calm.workers), calm.rate, byP99}, {"the storm", storms, len(storm.workers), 0, byRate}} {
		out := summarizeBy(calm.c, row.runs, row.by)
		out.Part, out.Clients, out.Rate = row.part, row.clients, row.rate
		r.add(out)
	}
	return nil
}
