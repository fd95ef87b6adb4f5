package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/curfew-auth/curfew/verify/internal/rig"
)

const (
	// walkers are the sessions that are refreshed.
	walkers = 512
	// aside is how many sessions a second are ended where streams are to have
	// something to carry.
	aside = 20
)

// load refreshes sessions at a fixed rate, in turns without any stream and with
// many, all at one node.
func load(ctx context.Context, s settings, st *stage, t *table) error {
	sessions := st.filled["small"]
	walk, ending := sessions[:walkers], sessions[walkers:]
	if err := st.renew(ctx, st.accounts["small"]); err != nil {
		return err
	}
	err := st.renew(ctx, walk)
	if err != nil {
		return err
	}
	window := func(streams, each int) (p99 time.Duration, memory int64, err error) {
		readers, err := st.listen(ctx, streams, false, func(int) func([16]byte) { return func([16]byte) {} })
		if err != nil {
			return 0, 0, err
		}
		ended, stop := context.WithCancel(ctx)
		var aside sync.WaitGroup
		if each > 0 {
			aside.Go(func() { ending = st.endSome(ended, ending, each) })
		}
		took, err := st.refreshAll(ctx, s, walk, s.window/2)
		memory = resident(st.nodes[0].PID())
		stop()
		aside.Wait()
		if lost := readers.close(); err == nil && lost > 0 {
			err = fmt.Errorf("%d streams ended by themselves", lost)
		}
		return took.at(.99), memory, err
	}
	if _, _, err := window(0, aside); err != nil { // to warm up
		return err
	}
	var ratios, grown []float64
	var p99 [2][]time.Duration // without, with
	var busy []time.Duration
	for round := range max(s.rounds, 2) {
		var pair [2]time.Duration
		var memory [2]int64
		for _, i := range [][]int{{0, 1}, {1, 0}}[round%2] { // whoever comes second has no advantage
			if pair[i], memory[i], err = window(i*s.streams, 0); err != nil {
				return err
			}
			p99[i] = append(p99[i], pair[i])
		}
		ratios = append(ratios, float64(pair[1])/float64(pair[0]))
		grown = append(grown, float64(memory[1]-memory[0])/(1<<20))
		took, _, err := window(s.streams, aside)
		if err != nil {
			return err
		}
		busy = append(busy, took)
	}
	name := fmt.Sprintf("%d streams on one node: ", s.streams)
	t.add(name+"more memory", st.database, fmt.Sprintf("%.1f MiB", grown[0]), "< 40 MiB", grown[0] < 40) // what comes later finds what the first has left
	t.add(name+fmt.Sprintf("refresh p99 at %.0f/s, without; with", s.refreshes), st.database, text(median(p99[0]))+"; "+text(median(p99[1])), "", true)
	change := median(ratios)
	t.add(name+"the same, median of the pairs' ratios", st.database, fmt.Sprintf("%+.0f %%", (change-1)*100), "< +20 %", change < 1.2)
	t.add(name+fmt.Sprintf("refresh p99 while %d sessions a second are ended", aside), st.database, text(median(busy)), "", true)
	return nil
}

// refreshAll refreshes sessions at a fixed rate for a while, and returns how
// long each took from when it was due.
func (s *stage) refreshAll(ctx context.Context, c settings, walk []*rig.Session, d time.Duration) (durations, error) {
	n := int(c.refreshes * d.Seconds())
	took := make(durations, n)
	var next atomic.Int64
	var clients sync.WaitGroup
	var once sync.Once
	var failure error
	const crew = 32
	start := time.Now()
	for w := range crew {
		clients.Go(func() {
			for turn := w; ctx.Err() == nil; turn += crew {
				i := int(next.Add(1) - 1)
				if i >= n {
					return
				}
				due := start.Add(time.Duration(float64(i) / c.refreshes * 1e9))
				pause(ctx, time.Until(due))
				if err := s.people.Renew(ctx, walk[turn%len(walk)]); err != nil {
					once.Do(func() { failure = fmt.Errorf("refreshing: %w", err) })
					return
				}
				took[i] = time.Since(due)
			}
		})
	}
	clients.Wait()
	return took.sorted(), failure
}

// endSome ends sessions now and then, and returns those that are left.
func (s *stage) endSome(ctx context.Context, ending []*rig.Session, rate int) []*rig.Session {
	for ctx.Err() == nil && len(ending) > 0 {
		pause(ctx, time.Second/time.Duration(rate))
		one := ending[0]
		ending = ending[1:]
		// Whether that succeeds is measured elsewhere.
		_ = s.people.End(context.WithoutCancel(ctx), s.owner[one.ID], one.ID)
	}
	return ending
}
