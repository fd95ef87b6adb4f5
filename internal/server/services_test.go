package server

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/routine"
	"github.com/curfew-auth/curfew/internal/token"
)

// failing is a store that can be made to fail.
type failing struct {
	authority.Store
	err error
}

func (f *failing) View(ctx context.Context, fn func(context.Context, authority.Reader) error) error {
	if f.err != nil {
		return f.err
	}
	return f.Store.View(ctx, fn)
}

func TestKeyReloader(t *testing.T) {
	c := settings(t).Store
	d, beside := openData(t, c), openData(t, c) // a server, and a command beside it
	ring := new(token.KeyRing)
	log, lines := newLog()
	store := &failing{Store: d.DB}
	keys := d.Keys
	keys.Store = store
	k := &keyReloader{keys: keys, now: time.Now, ring: ring, trouble: routine.Trouble{Log: log, What: "reading the signing keys"}}
	k.pass(t.Context())
	first, err := ring.Current(time.Now())
	must(t, err)

	second, err := beside.Keys.Rotate(t.Context(), time.Now(), time.Hour)
	must(t, err)
	k.pass(t.Context())
	if published := ring.Published(time.Now()); len(published) != 2 || published[0].KID != second.KID {
		t.Errorf("published: %v", published)
	}
	if now, err := ring.Current(time.Now()); err != nil || now.KID != first.KID {
		t.Errorf("signs with %s (%v), want %s until the lead time is over", now.KID, err, first.KID)
	}

	store.err = errors.New("no disk")
	k.pass(t.Context())
	k.pass(t.Context())
	if len(ring.Published(time.Now())) != 2 || lines.count("reading the signing keys failed") != 1 {
		t.Errorf("after a failing store: %v, log:\n%s", ring.Published(time.Now()), lines.b.String())
	}
	store.err = nil
	k.pass(t.Context())
	if lines.count("reading the signing keys works again") != 1 {
		t.Error(lines.b.String())
	}
}

// world is a clock keeper whose clocks a test moves.
type world struct {
	*clockKeeper
	data        *Data
	wall, store time.Duration // how far each is off
	lines       *logBuffer
}

func newClockWorld(t *testing.T) *world {
	t.Helper()
	w := &world{}
	config := settings(t)
	w.data = openData(t, config.Store)
	w.data.Clock = authority.NewClock(func() time.Time { return time.Now().Add(w.wall) })
	g := &gate{Store: w.data.DB}
	log, lines := newLog()
	a, err := newAuthority(w.data, config, g, new(token.KeyRing), nil, nil, log)
	must(t, err)
	w.lines = lines
	w.clockKeeper = &clockKeeper{clock: w.data.Clock, authority: a, node: curfew.NewID(time.Now()), gate: g, log: log,
		store:   func(context.Context) (time.Time, error) { return time.Now().Add(w.store), nil },
		trouble: routine.Trouble{Log: log, What: "the heartbeat"}}
	return w
}

// heartbeat is the newest one in the store.
func (w *world) heartbeat(t *testing.T) (newest time.Time) {
	t.Helper()
	must(t, w.data.DB.View(t.Context(), func(ctx context.Context, r authority.Reader) (err error) {
		newest, err = r.NewestHeartbeat(ctx)
		return err
	}))
	return newest
}

func (w *world) wantReady(t *testing.T, want bool) {
	t.Helper()
	err := w.authority.Ready(t.Context())
	write := w.gate.InTx(t.Context(), curfew.ZeroID, func(context.Context, authority.Tx) error { return nil })
	if want != (err == nil) || want != (write == nil) {
		t.Errorf("want ready %t: Ready says %v, a write %v", want, err, write)
	}
	if !want && (curfew.KindOf(err) != curfew.KindUnavailable || curfew.KindOf(write) != curfew.KindUnavailable) {
		t.Errorf("kinds %s and %s", curfew.KindOf(err), curfew.KindOf(write))
	}
}

func TestClocksApart(t *testing.T) {
	for name, move := range map[string]func(w *world, d time.Duration){
		"the store's is ahead": func(w *world, d time.Duration) { w.store = d },
		"ours is ahead":        func(w *world, d time.Duration) { w.wall = d },
		"both fell back": func(w *world, d time.Duration) {
			w.clock.Now() // time that was used
			w.wall, w.store = -d, -d
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newClockWorld(t)
			w.pass(t.Context())
			w.wantReady(t, true)
			before := w.heartbeat(t)
			if before.IsZero() {
				t.Fatal("no heartbeat")
			}
			move(w, 3*time.Second)
			w.pass(t.Context())
			w.pass(t.Context())
			w.wantReady(t, false)
			if !w.heartbeat(t).Equal(before) {
				t.Error("a heartbeat with a wrong clock")
			}
			move(w, 0)
			w.pass(t.Context())
			w.wantReady(t, true)
			if w.lines.count("nothing is written until") != 1 || w.lines.count("is right again") != 1 {
				t.Error(w.lines.b.String())
			}
		})
	}
}

func TestClocksNearEnough(t *testing.T) {
	w := newClockWorld(t)
	w.store = 1900 * time.Millisecond
	w.pass(t.Context())
	w.wantReady(t, true)
}

// A node whose wall clock is behind what another node used does not go back.
func TestClockStartsAtTheNewestHeartbeat(t *testing.T) {
	c := settings(t).Store
	d := openData(t, c)
	ahead := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	must(t, d.DB.InTx(t.Context(), curfew.ZeroID, func(ctx context.Context, tx authority.Tx) error {
		return tx.Heartbeat(ctx, curfew.NewID(ahead), ahead)
	}))
	if now := openData(t, c).Clock.Now(); now.Before(ahead) {
		t.Errorf("the time is %s, but %s was used already", now, ahead)
	}
}

func TestGateLetsReadsThrough(t *testing.T) {
	g := &gate{Store: openData(t, settings(t).Store).DB}
	g.shut(errors.New("the clock"))
	if err := g.View(t.Context(), func(context.Context, authority.Reader) error { return nil }); err != nil {
		t.Error(err)
	}
	if _, err := g.Rotate(t.Context(), authority.Rotation{}); curfew.KindOf(err) != curfew.KindUnavailable {
		t.Errorf("a refresh: %v", err)
	}
	g.open()
	if err := g.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	g.drain()
	if err := g.Ping(t.Context()); curfew.KindOf(err) != curfew.KindUnavailable {
		t.Errorf("a node that drains says %v", err)
	}
	if err := g.InTx(t.Context(), curfew.ZeroID, func(context.Context, authority.Tx) error { return nil }); err != nil {
		t.Errorf("what is under way cannot finish: %v", err)
	}
}
