package server

import (
	"context"
	"errors"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/routine"
	"github.com/curfew-auth/curfew/internal/token"
)

// worker is a node that does nothing but background work.
type worker struct {
	*background
	*loop
	metrics *metrics
	lines   *logBuffer
}

// newWorker makes a node over data of its own opening. It belongs to the
// caller's bubble.
func newWorker(t *testing.T, c config.Config) *worker {
	t.Helper()
	d, err := OpenData(t.Context(), c.Store, Access{Create: true, Migrate: true, Alg: "EdDSA", Now: time.Now})
	must(t, err)
	log, lines := newLog()
	g := &gate{Store: d.DB}
	a, err := newAuthority(d, c, g, new(token.KeyRing), nil, nil, log)
	must(t, err)
	w := &worker{metrics: newMetrics("test"), lines: lines}
	w.background = newBackground(d, c, a, g, curfew.NewID(time.Now()), w.metrics, log)
	w.loop = &loop{every: backgroundEvery, pass: w.background.pass}
	t.Cleanup(func() {
		w.loop.Stop()
		must(t, d.DB.Close())
	})
	return w
}

// metric is a metric as whoever scrapes it reads it.
func (w *worker) metric(t *testing.T, name string) float64 {
	t.Helper()
	answer := httptest.NewRecorder()
	w.metrics.admin("", nil, nil).ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	_, rest, found := strings.Cut(answer.Body.String(), "\n"+name+" ")
	value, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.ParseFloat(value, 64)
	if !found || err != nil {
		t.Fatalf("there is no %s: %q", name, value)
	}
	return n
}

// holds is what the gauge says.
func (w *worker) holds(t *testing.T) bool {
	t.Helper()
	return w.metric(t, "curfew_background_lease_held") == 1
}

// runs is how many passes of a job had an outcome.
func (w *worker) runs(t *testing.T, job, outcome string) int {
	t.Helper()
	return int(w.metric(t, `curfew_background_runs_total{job="`+job+`",outcome="`+outcome+`"}`))
}

// rows is how many rows a job dealt with.
func (w *worker) rows(t *testing.T, job string) int {
	t.Helper()
	return int(w.metric(t, `curfew_background_rows_total{job="`+job+`"}`))
}

// Of two nodes one works. When it dies the other takes over once the lease has
// lapsed, and when it is stopped at the next look.
func TestBackgroundIsOneNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := settings(t)
		a, b := newWorker(t, c), newWorker(t, c)
		a.Start()
		time.Sleep(time.Second)
		b.Start()
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if !a.holds(t) || b.holds(t) {
			t.Fatalf("after five minutes the first holds it: %v, the second: %v", a.holds(t), b.holds(t))
		}
		if n := a.runs(t, jobSweep, passDone); n != 5 {
			t.Errorf("the first swept %d times in five minutes", n)
		}
		if n := b.runs(t, jobSweep, passDone); n != 0 {
			t.Errorf("the second swept %d times", n)
		}
		a.loop.Stop() // it dies, and gives nothing back
		time.Sleep(time.Minute)
		synctest.Wait()
		if b.holds(t) {
			t.Error("taken over while the lease was another's")
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if !b.holds(t) || b.runs(t, jobSweep, passDone) == 0 {
			t.Error("not taken over")
		}

		third := newWorker(t, c)
		third.Start()
		b.loop.Stop()
		b.release()
		time.Sleep(time.Minute + time.Millisecond)
		synctest.Wait()
		if !third.holds(t) {
			t.Error("what was given back was not taken at the next look")
		}
		for _, w := range []*worker{a, b, third} {
			if w.lines.count("ERROR") != 0 {
				t.Error(w.lines.b.String())
			}
		}
	})
}

func TestBackgroundRotatesKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorker(t, settings(t))
		w.jobs = w.jobs[1:2]
		w.every = 6 * time.Hour
		w.Start()
		time.Sleep(authority.SigningKeyLife - 24*time.Hour - time.Minute)
		synctest.Wait()
		if n := w.rows(t, jobKeys); n != 0 {
			t.Errorf("made %v keys early", n)
		}
		time.Sleep(7 * time.Hour)
		synctest.Wait()
		if n := w.rows(t, jobKeys); n != 1 {
			t.Errorf("made %v keys", n)
		}
	})
}

// scripted is a job that does what a test says.
func (w *worker) scripted(pass func(context.Context, authority.Turn) (int, error)) *job {
	j := &job{name: jobSessions, every: time.Hour, pass: pass, trouble: routine.Trouble{Log: w.trouble.Log, What: "the job of the test"}}
	w.jobs = []*job{j}
	return j
}

// A job goes on from chunk to chunk with pauses, at least as long as a chunk
// takes, until its budget for the pass is used up.
func TestBackgroundPacesItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorker(t, settings(t))
		chunks := 0
		w.scripted(func(ctx context.Context, turn authority.Turn) (int, error) {
			for {
				if err := turn(ctx); err != nil {
					return chunks, err
				}
				if chunks++; chunks%2 == 0 {
					time.Sleep(time.Second) // a slow store
				}
			}
		})
		began := time.Now()
		w.background.pass(t.Context())
		if chunks != passBudget || w.runs(t, jobSessions, passPaused) != 1 {
			t.Errorf("%d chunks", chunks)
		}
		if took, want := time.Since(began), passBudget*time.Second; took < want || took > want+want/10 {
			t.Errorf("took %s, want half work and half pauses: %s", took, want)
		}
		w.background.pass(t.Context()) // goes on at once
		if chunks != 2*passBudget {
			t.Errorf("%d chunks after the second pass", chunks)
		}
	})
}

func TestBackgroundOutcomes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := settings(t)
		w, other := newWorker(t, c), newWorker(t, c)
		other.jobs = nil
		var outcome error
		passes := 0
		w.scripted(func(ctx context.Context, turn authority.Turn) (int, error) {
			passes++
			if err := turn(ctx); err != nil {
				return 0, err
			}
			return 3, outcome
		})
		w.background.pass(t.Context())
		w.background.pass(t.Context()) // nothing is due
		if passes != 1 || w.runs(t, jobSessions, passDone) != 1 || w.rows(t, jobSessions) != 3 ||
			w.metric(t, `curfew_background_last_success_timestamp_seconds{job="session_retention"}`) != float64(time.Now().Unix()) {
			t.Errorf("%d passes, %d done", passes, w.runs(t, jobSessions, passDone))
		}
		time.Sleep(time.Hour)
		outcome = errors.New("no disk")
		for range 2 {
			w.background.pass(t.Context())
			time.Sleep(retryFailed)
		}
		if w.runs(t, jobSessions, passFailed) != 2 || w.lines.count("the job of the test failed") != 1 {
			t.Errorf("%d failed, log:\n%s", w.runs(t, jobSessions, passFailed), w.lines.b.String())
		}
		outcome = nil
		w.background.pass(t.Context())
		if w.lines.count("the job of the test works again") != 1 {
			t.Error(w.lines.b.String())
		}

		time.Sleep(time.Hour)
		w.sleep = func(context.Context, time.Duration) error { return nil }
		w.scripted(func(ctx context.Context, turn authority.Turn) (int, error) {
			must(t, turn(ctx))
			time.Sleep(leaseTerm) // held up for so long that
			other.background.pass(ctx)
			return 0, turn(ctx)
		})
		w.background.pass(t.Context())
		if w.runs(t, jobSessions, passLost) != 1 || w.holds(t) || !other.holds(t) {
			t.Errorf("lost %d, held %v and by the other %v", w.runs(t, jobSessions, passLost), w.holds(t), other.holds(t))
		}

		// With a wrong clock nothing is done, and nothing is said twice.
		w.gate.shut(errors.New("the clock"))
		before := w.lines.b.Len()
		time.Sleep(time.Hour)
		w.background.pass(t.Context())
		if w.holds(t) || w.lines.b.Len() != before {
			t.Error(w.lines.b.String())
		}
	})
}

// Retention runs in a server as the settings say.
func TestBackgroundRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			sessions, audit time.Duration
			want            []string
		}{
			{0, 0, []string{jobSweep, jobKeys, jobLog, jobThrottles, jobVerifiers, jobReceipts, jobStarts, jobPortal, jobExpired, jobOutbox, jobBacklog}},
			{time.Hour, 0, []string{jobSweep, jobKeys, jobLog, jobThrottles, jobVerifiers, jobReceipts, jobStarts, jobPortal, jobExpired, jobOutbox, jobBacklog, jobSessions}},
			{0, time.Hour, []string{jobSweep, jobKeys, jobLog, jobThrottles, jobVerifiers, jobReceipts, jobStarts, jobPortal, jobExpired, jobOutbox, jobBacklog, jobAudit}},
			{time.Hour, time.Hour, []string{jobSweep, jobKeys, jobLog, jobThrottles, jobVerifiers, jobReceipts, jobStarts, jobPortal, jobExpired, jobOutbox, jobBacklog, jobSessions, jobAudit}},
		} {
			c := settings(t)
			c.SessionRetention, c.AuditRetention = tt.sessions, tt.audit
			w := newWorker(t, c)
			w.Start()
			time.Sleep(2 * time.Minute)
			synctest.Wait()
			for _, name := range jobNames {
				wanted := 0
				for _, n := range tt.want {
					if n == name {
						wanted = 1
					}
				}
				if got := min(w.runs(t, name, passDone), 1); got != wanted {
					t.Errorf("%+v: %s ran %d times", tt, name, w.runs(t, name, passDone))
				}
			}
			if w.lines.count("ERROR") != 0 {
				t.Error(w.lines.b.String())
			}
		}
	})
}
