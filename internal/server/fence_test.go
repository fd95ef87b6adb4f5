package server

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// A fence ends what a database in place granted: not while a server runs, nor
// for a minute after one was killed.
func TestFence(t *testing.T) {
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			c := settings(t)
			place(t, &c.Store)
			s, _ := newServer(t, c)
			must(t, s.Start(t.Context()))
			signUp(t, s)
			access, refresh := accessOf(t, s)
			fenceAt := func(now time.Time) error {
				_, err := Fence(t.Context(), Fencing{At: c.Store, Cause: "fence", Now: func() time.Time { return now }, Progress: nobody})
				return err
			}
			for _, late := range []time.Duration{-time.Second, 0, 40 * time.Second} {
				if err := fenceAt(time.Now().Add(late)); err == nil || !strings.Contains(err.Error(), "a server used") {
					t.Errorf("while a server runs: %v", err)
				}
			}
			refresh = refreshAt(t, s, refresh) // it did nothing
			must(t, s.Stop())
			must(t, fenceAt(time.Now()))
			must(t, fenceAt(time.Now())) // another one
			s, _ = newServer(t, c)
			must(t, s.Start(t.Context()))
			if reason := refused(t, s, refresh); reason != "operator" {
				t.Errorf("ended by %q", reason)
			}
			if status := statusOf(t, s, access); status != http.StatusUnauthorized {
				t.Errorf("an access token of before: %d", status)
			}
			access, refresh = accessOf(t, s)
			if status := statusOf(t, s, access); status != http.StatusOK {
				t.Errorf("an access token of after: %d", status)
			}
			refreshAt(t, s, refresh)
			must(t, s.Stop())
		})
	}
}

// A server that comes to life during a fence keeps it from being taken as done.
func TestFenceAndServerAtOnce(t *testing.T) {
	c, _ := used(t, nil)
	// A server that looked for the mark before the fence set it.
	beside := openData(t, c.Store)
	_, err := Fence(t.Context(), Fencing{At: c.Store, Cause: "fence", Now: time.Now, Progress: func(int64, int64) {
		must(t, beside.DB.InTx(t.Context(), curfew.ZeroID, func(ctx context.Context, tx authority.Tx) error {
			return tx.Heartbeat(ctx, curfew.NewID(time.Now()), time.Now())
		}))
	}})
	if err == nil || !strings.Contains(err.Error(), "a server came to life meanwhile: stop it") {
		t.Errorf("got %v", err)
	}
	s, _ := newServer(t, c)
	if err := s.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "run 'curfew fence'") {
		t.Errorf("a server starts: %v", err)
	}
}
