package feed

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/curfew-auth/curfew/internal/curfew"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memoryLog is a log in memory, which can fail, hang and go back.
type memoryLog struct {
	mu      sync.Mutex
	entries []curfew.Revocation
	heads   curfew.Cursor
	fences  []time.Time
	err     error
	hang    bool
	reads   int
	onFence func()
	primary curfew.Cursor // the heads of where fences are written, nil for heads
}

func (l *memoryLog) wait(ctx context.Context) error {
	l.mu.Lock()
	hang, err := l.hang, l.err
	l.mu.Unlock()
	if hang {
		<-ctx.Done()
		return ctx.Err()
	}
	return err
}

func (l *memoryLog) RevocationsAfter(ctx context.Context, c curfew.Cursor, limit int) ([]curfew.Revocation, curfew.Cursor, error) {
	if err := l.wait(ctx); err != nil {
		return nil, nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reads++
	var found []curfew.Revocation
	for _, r := range l.entries {
		if r.Seq > c[r.Writer] {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(x, y curfew.Revocation) int {
		return cmp.Or(bytes.Compare(x.Writer[:], y.Writer[:]), cmp.Compare(x.Seq, y.Seq))
	})
	return found[:min(limit, len(found))], maps.Clone(l.heads), nil
}

func (l *memoryLog) Fence(ctx context.Context, now time.Time) (curfew.Cursor, error) {
	if l.onFence != nil {
		l.onFence()
	}
	if err := l.wait(ctx); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fences = append(l.fences, now)
	if l.primary != nil {
		return maps.Clone(l.primary), nil
	}
	return maps.Clone(l.heads), nil
}

// life is how long entries matter.
const life = 16*time.Minute + 10*time.Second

// write commits an entry of a writer and returns it as it is in the log.
func (l *memoryLog) write(writer curfew.ID, r curfew.Revocation) curfew.Revocation {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.heads == nil {
		l.heads = curfew.Cursor{}
	}
	l.heads[writer]++
	r.Writer, r.Seq = writer, l.heads[writer]
	r.Until = cmp.Or(r.Until, time.Now().Add(life))
	l.entries = append(l.entries, r)
	return r
}

// ended commits the end of a session.
func (l *memoryLog) ended(writer curfew.ID) curfew.Revocation {
	return l.write(writer, curfew.Revocation{AccountID: acme, SessionID: curfew.NewID(time.Now())})
}

var (
	acme = curfew.ID{1, 15: 1}
	one  = curfew.ID{7, 15: 1}
	two  = curfew.ID{7, 15: 2}
)

// tally counts what the hub tells.
type tally struct {
	mu                 sync.Mutex
	polls, fences      int
	snapshots, wentOff int
	cuts               []string
}

func (t *tally) do(fn func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fn()
}
func (t *tally) Polled(time.Duration, error) { t.do(func() { t.polls++ }) }
func (t *tally) Fenced(time.Duration, error) { t.do(func() { t.fences++ }) }
func (t *tally) StreamCut(why string)        { t.do(func() { t.cuts = append(t.cuts, why) }) }
func (t *tally) SnapshotSent()               { t.do(func() { t.snapshots++ }) }
func (t *tally) WentBack()                   { t.do(func() { t.wentOff++ }) }

// started is a hub over a log, that has read it once.
func started(t *testing.T, log *memoryLog, change ...func(*Config)) (*Hub, *tally) {
	t.Helper()
	seen := new(tally)
	c := Config{Log: log, Now: time.Now, Observer: seen}
	for _, f := range change {
		f(&c)
	}
	h, err := New(c)
	must(t, err)
	h.Start()
	t.Cleanup(h.Stop)
	synctest.Wait()
	return h, seen
}

// reader takes a stream apart as it comes.
type reader struct {
	mu      sync.Mutex
	text    strings.Builder
	err     error // what Write fails with
	writes  int
	blocked chan struct{}
	done    chan error
	stop    context.CancelFunc
}

func (r *reader) Write(all ...[]byte) error {
	if r.blocked != nil {
		<-r.blocked
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.writes++
		r.text.Write(bytes.Join(all, nil))
	}
	return r.err
}

func (r *reader) Interrupt() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = errors.New("interrupted")
}

// subscribed is a reader that runs.
func subscribed(t *testing.T, h *Hub, lastEventID string) *reader {
	t.Helper()
	s, err := h.Subscribe(lastEventID, always)
	must(t, err)
	r := new(reader)
	r.run(t, s)
	return r
}

func (r *reader) run(t *testing.T, s *Stream) {
	ctx, cancel := context.WithCancel(context.Background())
	r.done, r.stop = make(chan error, 1), cancel
	t.Cleanup(cancel)
	go func() { r.done <- s.Run(ctx, r) }()
	synctest.Wait()
}

type event struct{ name, id, data string }

// all is what came so far.
func (r *reader) all() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// events are the whole events so far.
func (r *reader) events() (all []event) {
	whole, _, _ := cutLast(r.all(), "\n\n")
	for block := range strings.SplitSeq(whole, "\n\n") {
		var e event
		var data []string
		for line := range strings.SplitSeq(block, "\n") {
			field, value, _ := strings.Cut(line, ": ")
			switch field {
			case "event":
				e.name = value
			case "id":
				e.id = value
			case "data":
				data = append(data, value)
			}
		}
		if e.data = strings.Join(data, "\n"); e.name != "" {
			all = append(all, e)
		}
	}
	return all
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return "", s, false
}

// entry is an entry as the contract has it.
type entry struct {
	AccountID    string   `json:"account_id"`
	SessionID    string   `json:"session_id"`
	UserID       string   `json:"user_id"`
	Epoch        int64    `json:"epoch"`
	Except       []string `json:"except"`
	At           string   `json:"at"`
	MintedBefore string   `json:"minted_before"`
	Until        string   `json:"until"`
}

type snapshotBody struct {
	Cursor     string    `json:"cursor"`
	ServerTime time.Time `json:"server_time"`
	Entries    []entry   `json:"entries"`
}

// sessions are the sessions that a reader was told of, in events and
// snapshots, each as often as it came, and the last id.
func (r *reader) sessions(t *testing.T) (ids []string, last string) {
	t.Helper()
	for _, e := range r.events() {
		if e.id != "" {
			last = e.id
		}
		entries := make([]entry, 1)
		if e.name == "snapshot" {
			var body snapshotBody
			must(t, json.Unmarshal([]byte(e.data), &body))
			entries = body.Entries
			if body.Cursor != e.id {
				t.Errorf("the snapshot is of %s, its event of %s", body.Cursor, e.id)
			}
		} else {
			must(t, json.Unmarshal([]byte(e.data), &entries[0]))
		}
		for _, x := range entries {
			ids = append(ids, x.SessionID)
		}
	}
	return ids, last
}

// same compares sessions without their order.
func same(t *testing.T, got []string, want ...curfew.Revocation) {
	t.Helper()
	var ids []string
	for _, r := range want {
		ids = append(ids, r.SessionID.String())
	}
	slices.Sort(ids)
	got = slices.Sorted(slices.Values(got))
	if !slices.Equal(got, ids) {
		t.Errorf("got %q, want %q", got, ids)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// always lets a stream go on.
func always(context.Context) error { return nil }

func ptr[T any](v T) *T { return &v }
