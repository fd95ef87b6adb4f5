package mail

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// TestHangingServer: a server that says nothing is given up, and holds up one
// worker and not all.
func TestHangingServer(t *testing.T) {
	reached := make(chan struct{})
	s := newServer(t, func(s *smtpServer) {
		s.greet = func(n int) bool {
			if n == 1 {
				close(reached)
			}
			return n > 1
		}
	})
	p := newPost(t, Config{Server: s.server(true)})
	p.Start()
	later := func() {
		if !p.Later(authority.LetterReset, func(context.Context) (authority.Letter, error) { return reset, nil }) {
			t.Error("not taken")
		}
	}
	later()
	<-reached
	done := make(chan struct{})
	for range 3 {
		later()
	}
	p.Later(authority.LetterReset, func(context.Context) (authority.Letter, error) { close(done); return nil, nil })
	<-done
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		p.Stop(ctx)
	}()
	<-p.stopping.Done()
	cancel() // the time to stop is over
	<-stopped
	p.mu.Lock()
	defer p.mu.Unlock()
	total := 0
	for _, n := range p.counts {
		total += n
	}
	if total != 4 || p.counts["reset failed"]+p.counts["reset dropped"] < 1 {
		t.Errorf("counted %v", p.counts)
	}
}

// TestWhatFailsHoldsUpNothing: letters that wait to be tried again, however
// many, let others pass.
func TestWhatFailsHoldsUpNothing(t *testing.T) {
	s := newServer(t, func(s *smtpServer) {
		s.answer = func(_ int, command string) string {
			return map[bool]string{true: "450 4.1.2 no such domain"}[strings.Contains(command, "@nowhere.example")]
		}
	})
	p := newPost(t, Config{Server: s.server(true)})
	p.rest = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	lost, sent := reset, make(chan struct{})
	lost.To = "eve@nowhere.example"
	for range 3 * workers {
		p.Later(authority.LetterReset, func(context.Context) (authority.Letter, error) { return lost, nil })
	}
	p.Later(authority.LetterReset, func(context.Context) (authority.Letter, error) { return reset, nil })
	p.Later(authority.LetterReset, func(context.Context) (authority.Letter, error) { close(sent); return nil, nil })
	p.Start()
	<-sent
	p.Stop(context.Background())
	p.want(t, map[string]int{"reset sent": 1, "reset failed": 3 * workers}, "answered 450 4.1.2")

	// There is not room for all of them: the rest is given up at once.
	p = newPost(t, Config{Server: s.server(true)})
	for range queueLength {
		p.resting <- struct{}{}
	}
	p.sends(lost)
	p.want(t, map[string]int{"reset failed": 1}, `"tries":1`)
}

// TestWriting: what becomes of letters that are not written at once.
func TestWriting(t *testing.T) {
	for _, tt := range []struct {
		name   string
		write  func(try int) (authority.Letter, error)
		tries  int
		counts map[string]int
	}{
		{"none", func(int) (authority.Letter, error) { return nil, nil }, 1, map[string]int{}},
		{"the store is away for a moment", func(try int) (authority.Letter, error) {
			if try == 1 {
				return nil, curfew.Unavailable(errors.New("x"))
			}
			return reset, nil
		}, 2, map[string]int{"reset sent": 1}},
		{"the store is away", func(int) (authority.Letter, error) { return nil, curfew.Unavailable(errors.New("x")) }, 4, map[string]int{"reset failed": 1}},
		{"it cannot be written", func(int) (authority.Letter, error) { return nil, errors.New("x") }, 1, map[string]int{"reset failed": 1}},
		{"a panic", func(int) (authority.Letter, error) { panic("a bug") }, 1, map[string]int{"reset failed": 1}},
		{"no words for it", func(int) (authority.Letter, error) { return strange{}, nil }, 1, map[string]int{"reset failed": 1}},
		{"no address", func(int) (authority.Letter, error) { return authority.ResetLetter{To: "a@b\r\nRCPT TO:<c@d>"}, nil }, 1, map[string]int{"reset failed": 1}},
		{"an address in quotes", func(int) (authority.Letter, error) {
			return authority.ResetLetter{To: `"a@b.example> ORCPT=x@y.example"@c.example`}, nil // go-mail CVE-2025-59937
		}, 1, map[string]int{"reset failed": 1}},
		{"several addresses", func(int) (authority.Letter, error) { return authority.ResetLetter{To: "a@b, c@d"}, nil }, 1, map[string]int{"reset failed": 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, nil)
			p := newPost(t, Config{Server: s.server(true)})
			tries := 0
			p.Later(authority.LetterReset, func(context.Context) (authority.Letter, error) {
				tries++
				return tt.write(tries)
			})
			p.works()
			if tries != tt.tries {
				t.Errorf("it was asked %d times, want %d", tries, tt.tries)
			}
			p.want(t, tt.counts)
		})
	}
}

type strange struct{}

func (strange) Recipient() string { return "x@y" }
