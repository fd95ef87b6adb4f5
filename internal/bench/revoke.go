package bench

import (
	"context"
	"math"
	"time"
)

// revokePerSecond is more than a machine ends, so that no run wants for
// sessions.
const revokePerSecond = 12_000

// measureRevoke has as many owners as there are clients end the sessions of
// their accounts, one by one.
func (r *runner) measureRevoke(ctx context.Context, c benchCase) error {
	const people = 50
	seconds := float64(r.cfg.Runs+1) * (r.cfg.Duration + r.cfg.Warmup).Seconds() // one more for profiles
	each := int(math.Ceil(seconds*revokePerSecond/float64(people*r.cfg.Clients))) + 1
	p, err := newPopulation(r.own.secrets, time.Now(), r.cfg.Clients, people, each)
	if err != nil {
		return err
	}
	if err := r.fill(ctx, p); err != nil {
		return err
	}
	owners := make([]*worker, r.cfg.Clients)
	for a := range owners {
		if owners[a], err = r.ownerOf(ctx, p, a); err != nil {
			return err
		}
		owners[a].number = a
		for n := range people * each {
			if who := n % people; who > 0 { // all but the owner's own
				owners[a].doom = append(owners[a].doom, p.refresh(a, who, n/people).SessionID.String())
			}
		}
	}
	out, err := r.repeat(ctx, c, owners, func() error { return nil })
	if err != nil {
		return err
	}
	out.InStore = p.size()
	r.add(out)
	return nil
}
