package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/curfew-auth/curfew/verify"
	"github.com/curfew-auth/curfew/verify/internal/history"
	"github.com/curfew-auth/curfew/verify/internal/probe"
	"github.com/curfew-auth/curfew/verify/internal/rig"
)

// spread ends sessions one by one at a fixed rate while verifiers follow, and
// takes for each and every one the time from the answer to its being refused
// there. Some of the verifiers are whole ones, and of the others the time is
// when they have received it.
func spread(ctx context.Context, s settings, st *stage, t *table) error {
	ending := st.filled["small"]
	ending = slices.Clone(ending[:min(len(ending), int(s.rate*s.window.Seconds()))])
	if err := st.renew(ctx, st.accounts["small"]); err != nil {
		return err
	}
	rand.Shuffle(len(ending), func(i, j int) { ending[i], ending[j] = ending[j], ending[i] })
	m := newArrivals(ending, s.verifiers)
	whole := min(s.whole, s.verifiers)
	followers, done, err := st.follow(ctx, whole, m.probe)
	if err != nil {
		return err
	}
	defer done()
	others, err := st.listen(ctx, s.verifiers-whole, true, func(i int) func([16]byte) { return m.probe(whole + i).Ended })
	if err != nil {
		return err
	}
	defer others.close()
	watch, err := newSample(ctx, st, ending, followers)
	if err != nil {
		return err
	}

	own, servers, began := ownCPU(), st.cpu(), time.Now()
	watching, stop := context.WithCancel(ctx)
	var watches sync.WaitGroup
	watches.Go(func() { watch.run(watching, nil) })
	answers, failed := st.endAll(ctx, s, ending, m, watch)
	took := time.Since(began)
	missed := m.wait(ctx, 5*time.Second)
	own, servers = ownCPU()-own, st.cpu()-servers
	watch.all()
	pause(ctx, 1500*time.Millisecond) // until questions find nothing more on their way
	var steady durations
	quiet, over := context.WithTimeout(ctx, 2*time.Second)
	defer over()
	watch.run(quiet, &steady)
	stop()
	watches.Wait()

	name := fmt.Sprintf("revocations at %.0f/s, %d verifiers on %d nodes: ", s.rate, s.verifiers, len(st.nodes))
	t.add(name+"rate that was reached", st.database, fmt.Sprintf("%.0f/s", float64(len(answers))/took.Seconds()), "", true)
	t.add(name+"answer to the owner, p50; p99", st.database, text(answers.at(.5))+"; "+text(answers.at(.99)), "", true)
	half, most := 100*time.Millisecond, 300*time.Millisecond
	if st.database == "sqlite" {
		half, most = 50*time.Millisecond, 50*time.Millisecond
	}
	applied, received := m.late(0, whole), m.late(whole, s.verifiers)
	for _, of := range []struct {
		what string
		late durations
	}{
		{fmt.Sprintf("acknowledged to refused by %d whole ones", whole), applied},
		{fmt.Sprintf("acknowledged to received by %d others", s.verifiers-whole), received},
	} {
		if len(of.late) > 0 {
			t.below(name+of.what+", p50", st.database, of.late.at(.5), half)
			t.below(name+of.what+", p99", st.database, of.late.at(.99), most)
			t.add(name+of.what+", the last", st.database, text(of.late.at(1)), "", true)
		}
	}
	t.add(name+"missed; endings that failed", st.database, fmt.Sprintf("%d of %d; %d", missed, len(answers)*s.verifiers, failed), "0; 0", missed+failed == 0)
	t.add(name+"cores used: servers; verifiers and clients", st.database, fmt.Sprintf("%.2f; %.2f", servers.Seconds()/took.Seconds(), own.Seconds()/took.Seconds()), "", true)
	broken := history.Check(watch.record.Events())
	for i, wrong := range broken {
		if say("  %s", wrong); i == 5 {
			break
		}
	}
	t.add("broken promises in the history of that", st.database, fmt.Sprintf("%d in %d events", len(broken), len(watch.record.Events())), "0", len(broken) == 0)
	t.below("stated staleness under that load, the greatest", st.database, watch.staleness.sorted().at(1), verifyLimit)
	t.below("stated staleness when nothing happens, the greatest", st.database, steady.sorted().at(1), time.Second)
	return nil
}

// verifyLimit is when a verifier asks online instead.
const verifyLimit = 5 * time.Second

// cpu is what the servers have used.
func (s *stage) cpu() (sum time.Duration) {
	for _, n := range s.nodes {
		sum += cpuOf(n.PID())
	}
	return sum
}

// arrivals are when each session was acknowledged to have ended, and when each
// verifier began to refuse it.
type arrivals struct {
	began time.Time
	index map[[16]byte]int32
	acked []atomic.Int64
	seen  [][]atomic.Int64 // by verifier
	left  atomic.Int64     // arrivals that are still to come, if all are acknowledged
}

func newArrivals(ending []*rig.Session, verifiers int) *arrivals {
	m := &arrivals{began: time.Now(), index: make(map[[16]byte]int32, len(ending)), acked: make([]atomic.Int64, len(ending)), seen: make([][]atomic.Int64, verifiers)}
	for i, one := range ending {
		m.index[binary(one.ID)] = int32(i)
	}
	for i := range m.seen {
		m.seen[i] = make([]atomic.Int64, len(ending))
	}
	m.left.Store(int64(len(ending) * verifiers))
	return m
}

// binary is an id without its hyphens.
func binary(id string) (b [16]byte) {
	_, _ = hex.Decode(b[:], []byte(strings.ReplaceAll(id, "-", "")))
	return b
}

func (m *arrivals) probe(verifier int) *probe.Probe {
	seen := m.seen[verifier]
	return &probe.Probe{Ended: func(session [16]byte) {
		if i, ok := m.index[session]; ok && seen[i].CompareAndSwap(0, int64(time.Since(m.began))) {
			m.left.Add(-1)
		}
	}}
}

// wait waits until everything has arrived, and returns how much has not.
func (m *arrivals) wait(ctx context.Context, limit time.Duration) int {
	_ = waitFor(ctx, limit, "the rest", func() bool { return m.left.Load() == 0 })
	missed := 0
	for i := range m.acked {
		for _, seen := range m.seen {
			if m.acked[i].Load() != 0 && seen[i].Load() == 0 {
				missed++
			}
		}
	}
	return missed
}

// late is how long after its acknowledgement each arrived at some of the
// verifiers; 0 for before.
func (m *arrivals) late(from, until int) (all durations) {
	for i := range m.acked {
		acked := m.acked[i].Load()
		for _, seen := range m.seen[from:until] {
			if at := seen[i].Load(); acked != 0 && at != 0 {
				all = append(all, time.Duration(max(at-acked, 0)))
			}
		}
	}
	return all.sorted()
}

// endAll ends sessions at a fixed rate, each when it is due whatever has become
// of those before, and returns how long each answer took from then.
func (s *stage) endAll(ctx context.Context, c settings, ending []*rig.Session, m *arrivals, watch *sample) (answers durations, failed int) {
	took := make(durations, len(ending))
	var next, wrong atomic.Int64
	var clients sync.WaitGroup
	var once sync.Once
	start := time.Now()
	for range 128 {
		clients.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1) - 1)
				if i >= len(ending) {
					return
				}
				due := start.Add(time.Duration(float64(i) / c.rate * 1e9))
				if time.Since(due) > tooLate {
					wrong.Add(1) // and never sent
					continue
				}
				pause(ctx, time.Until(due))
				e := history.Event{Kind: history.Ending, Session: ending[i].ID, Began: watch.record.Now()}
				err := s.at(i).End(ctx, s.owner[ending[i].ID], ending[i].ID)
				e.Ended, e.Acknowledged = watch.record.Now(), err == nil
				if watch.of[ending[i].ID] {
					watch.record.Add(e)
				}
				if err != nil {
					wrong.Add(1)
					once.Do(func() { say("  an ending: %v", err) })
					continue
				}
				m.acked[i].Store(int64(time.Since(m.began)))
				took[i] = time.Since(due)
			}
		})
	}
	clients.Wait()
	for _, d := range took {
		if d > 0 {
			answers = append(answers, d)
		}
	}
	return answers.sorted(), int(wrong.Load())
}

// tooLate is how long after it was due an ending is not sent any more: a server
// that far behind does not reach the rate.
const tooLate = 5 * time.Second

// sample is a few of the sessions, about which the verifiers are really asked.
type sample struct {
	record    *history.Recorder
	followers []*follower
	sessions  []*rig.Session
	of        map[string]bool
	staleness durations
}

const sampled = 40

func newSample(ctx context.Context, st *stage, ending []*rig.Session, followers []*follower) (*sample, error) {
	w := &sample{record: history.New(), followers: followers, of: map[string]bool{}}
	for i := 0; i < len(ending); i += max(len(ending)/sampled, 1) {
		w.sessions = append(w.sessions, ending[i])
		w.of[ending[i].ID] = true
	}
	return w, st.renew(ctx, w.sessions)
}

// run asks verifiers how they are, and about a session, until it is told to end.
// What they state goes to a place of its own if there is one.
func (w *sample) run(ctx context.Context, stated *durations) {
	if stated == nil {
		stated = &w.staleness
	}
	for i := 0; ctx.Err() == nil; i++ {
		f := w.followers[i%len(w.followers)]
		e := history.Event{Kind: history.Statement, Verifier: f.name, Began: w.record.Now()}
		h := f.Health()
		e.Ended, e.Staleness = w.record.Now(), h.Staleness
		w.record.Add(e)
		*stated = append(*stated, h.Staleness)
		w.ask(ctx, f, w.sessions[rand.IntN(len(w.sessions))])
		pause(ctx, time.Millisecond)
	}
}

func (w *sample) ask(ctx context.Context, f *follower, of *rig.Session) {
	e := history.Event{Kind: history.Verdict, Verifier: f.name, Session: of.ID, Bound: verifyLimit, Began: w.record.Now()}
	_, err := f.Verify(context.WithoutCancel(ctx), of.Access)
	e.Ended = w.record.Now()
	switch {
	case err == nil:
		e.Outcome = history.Accepted
	case errors.Is(err, verify.ErrRevoked):
		e.Outcome = history.Revoked
	default:
		e.Outcome = history.Unknown
	}
	w.record.Add(e)
}

// all asks every verifier about each of the sessions.
func (w *sample) all() {
	for _, f := range w.followers {
		for _, of := range w.sessions {
			w.ask(context.Background(), f, of)
		}
	}
}
