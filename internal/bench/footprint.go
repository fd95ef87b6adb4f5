package bench

import (
	"context"
	"slices"
)

// Footprint is the server's resident memory in bytes: the median of several
// looks while nothing is asked of it, just after its start and after a run of
// refreshes by all clients.
type Footprint struct {
	InStore  int   `json:"sessions_in_store"`
	Started  int64 `json:"started_bytes"`
	Worked   int64 `json:"worked_bytes"`
	Peak     int64 `json:"peak_bytes"`
	Requests int64 `json:"requests"`
}

// looks is how often the memory is looked at, over the time of a run.
const looks = 20

// measureMemory gives two stores the same work: one that holds the clients'
// sessions alone, and one with many more.
func (r *runner) measureMemory(ctx context.Context, c benchCase) error {
	for i, size := range []int{0, r.cfg.Full} {
		if i > 0 {
			r.stage = ""
			if err := r.settle(ctx, c.stage); err != nil {
				return err
			}
		}
		p, err := r.ofSize(max(size, r.cfg.Clients))
		if err != nil {
			return err
		}
		if err := r.fill(ctx, p); err != nil {
			return err
		}
		crew := r.crew(r.cfg.Clients)
		for _, w := range crew {
			w.sessions = []*session{p.numbered(w.number * (p.size() / len(crew)))}
		}
		f := Footprint{InStore: p.size(), Started: r.resident(ctx)}
		res := r.runOnce(ctx, r.cfg.Duration, pass{crew, c, 0})[0]
		f.Worked, f.Peak, f.Requests = r.resident(ctx), memoryOf(r.serverPID).peak, int64(res.Requests)
		if err := ctx.Err(); err != nil {
			return err
		}
		r.say("memory with %s sessions in the store: %s MiB at rest, %s MiB after %s refreshes",
			thousands(float64(f.InStore)), mebibytes(f.Started), mebibytes(f.Worked), thousands(float64(f.Requests)))
		r.report.Memory = append(r.report.Memory, f)
	}
	return nil
}

// resident is the median of several looks at the server's memory.
func (r *runner) resident(ctx context.Context) int64 {
	var seen []int64
	for range looks {
		pause(ctx, r.cfg.Duration/looks)
		seen = append(seen, memoryOf(r.serverPID).resident)
	}
	slices.Sort(seen)
	return seen[len(seen)/2]
}
