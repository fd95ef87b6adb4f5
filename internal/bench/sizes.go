package bench

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"
)

// The accounts of a store of a given size have this many people with this many
// sessions each.
const (
	sizePeople = 50
	sizeEach   = 4
)

// ofSize is a population of about n sessions.
func (r *runner) ofSize(n int) (*population, error) {
	return newPopulation(r.own.secrets, time.Now(), (n+sizePeople*sizeEach-1)/(sizePeople*sizeEach), sizePeople, sizeEach)
}

// spread gives each of a crew its part of all sessions of a population, from
// which it draws at random. A session that was drawn before goes on with the
// token that it got.
func (r *runner) spread(p *population) []*worker {
	crew := r.crew(r.cfg.Clients)
	part := p.size() / len(crew)
	for _, w := range crew {
		known := map[int]*session{}
		dice := rand.New(&w.dice)
		w.draw = func() *session {
			n := dice.IntN(part)*len(crew) + w.number
			s := known[n]
			if s == nil || !s.live { // a lost one is drawn anew: its next refusal is counted too
				s = p.numbered(n)
				known[n] = s
			}
			return s
		}
	}
	return crew
}

// measureSizes refreshes sessions all over stores of several sizes.
func (r *runner) measureSizes(ctx context.Context, c benchCase) error {
	for i, size := range slices.Sorted(slices.Values(r.cfg.Sizes)) {
		if i > 0 { // a store of its own for each
			r.stage = ""
			if err := r.settle(ctx, c.stage); err != nil {
				return err
			}
		}
		p, err := r.ofSize(size)
		if err != nil {
			return err
		}
		if err := r.fill(ctx, p); err != nil {
			return err
		}
		out, err := r.repeat(ctx, c, r.spread(p), func() error { return nil })
		if err != nil {
			return err
		}
		out.InStore = p.size()
		r.add(out)
	}
	return nil
}
