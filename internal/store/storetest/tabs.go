package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// browser is what the tabs of one browser share: the cookie, which the browser
// attaches by itself, and storage, which they read before they ask.
type browser struct {
	mu         sync.Mutex
	cookie     string
	generation uint32
	attempts   map[uint32]string
}

// read is what a tab finds in storage: the generation it believes current, and
// the attempt that all tabs make on it.
func (b *browser) read() (generation uint32, attempt string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.attempts[b.generation] == "" {
		b.attempts[b.generation] = fmt.Sprintf("attempt-on-generation-%d", b.generation)
	}
	return b.generation, b.attempts[b.generation]
}

// believe takes over a generation that is newer than what is believed.
func (b *browser) believe(generation uint32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.generation = max(b.generation, generation)
}

func (b *browser) attached() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.cookie
}

// set is Set-Cookie: whichever answer arrives last wins, be it old.
func (b *browser) set(cookie string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cookie = cookie
}

// tabs behave as the client does: they name the generation that they believe
// in, and adopt the one that a 409 tells.
func tabs(t *testing.T, open Open) {
	scenario(t, open, "two tabs and two rotations: the slow one adopts and goes on", func(w *World) {
		p := w.SignIn(w.Acme.Owner.Email)
		slow := w.Named(p.RefreshToken) // read from storage before the other tab rotates twice
		next := w.MustRefresh(p, "")
		w.Clock.Add(Grace)
		next = w.MustRefresh(next, "")
		slow.Token = next.RefreshToken // but the browser attaches the cookie of now
		_, err := w.Present(slow)
		var e *curfew.Error
		if w.WantKind(err, curfew.KindGenerationMoved); !asError(err, &e) || e.Generation != 3 {
			w.T.Fatalf("%v", err)
		}
		slow.Generation = &e.Generation
		granted, err := w.Present(slow)
		must(w.T, err)
		if granted.Rotated || granted.RefreshToken != next.RefreshToken {
			w.T.Error("rotated once more")
		}
	})
	scenario(t, open, "ten tabs that refresh without a lock are never signed out", func(w *World) {
		p := w.SignIn(w.Acme.Owner.Email)
		b := &browser{cookie: p.RefreshToken, generation: 1, attempts: map[uint32]string{}}
		for range 6 {
			together(10, func(int) {
				generation, attempt := b.read()
				for range 3 {
					in := authority.Refresh{Token: b.attached(), SessionID: ptr(p.Session()), Generation: &generation, Attempt: attempt}
					granted, err := w.Present(in)
					var e *curfew.Error
					if asError(err, &e) && e.Kind == curfew.KindGenerationMoved {
						b.believe(e.Generation)
						generation, attempt = e.Generation, fmt.Sprintf("attempt-on-generation-%d", e.Generation)
						continue
					}
					if err != nil {
						w.T.Errorf("a tab was refused: %v", err)
						return
					}
					b.believe(granted.Standing.Session.Generation)
					if granted.Rotated {
						b.set(granted.RefreshToken)
					}
					return
				}
			})
			w.Clock.Add(time.Hour)
		}
		// A wave costs one rotation, and one more where an old answer came last.
		if g := w.Stands(p).Session.Generation; g < 7 || g > 13 {
			w.T.Errorf("generation %d after 6 waves", g)
		}
		w.Alive(p)
	})
}
