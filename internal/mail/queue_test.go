package mail

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/curfew-auth/curfew/internal/authority"
)

// TestQueue: no more wait than there is room for, who comes then is told, and
// nobody waits.
func TestQueue(t *testing.T) {
	s := newServer(t, nil)
	p := newPost(t, Config{Server: s.server(true)})
	later := func() bool {
		return p.Later(authority.LetterReset, func(context.Context) (authority.Letter, error) { return nil, nil })
	}
	for i := range queueLength {
		if !later() {
			t.Fatalf("number %d was not taken", i+1)
		}
	}
	for range 3 {
		if later() {
			t.Fatal("one too many was taken")
		}
	}
	p.want(t, map[string]int{"reset dropped": 3}, "too much of it is waiting")
	if n := strings.Count(p.log.String(), "\n"); n != 1 {
		t.Errorf("%d lines in the log", n)
	}
	p.works()
	if later() {
		t.Error("taken after the end")
	}
	p.want(t, map[string]int{"reset dropped": 4})
}

// TestStopSendsWhatWaits: a stop sends all, as long as it has time.
func TestStopSendsWhatWaits(t *testing.T) {
	s := newServer(t, nil)
	p := newPost(t, Config{Server: s.server(true)})
	p.sends(slices.Repeat([]authority.Letter{reset}, 20)...)
	p.Stop(context.Background()) // once more does no harm
	if mails, _ := s.taken(); len(mails) != 20 {
		t.Errorf("%d were sent", len(mails))
	}
	p.want(t, map[string]int{"reset sent": 20})

	p = newPost(t, Config{Server: s.server(true)})
	for range 5 {
		p.Later(authority.LetterReset, func(context.Context) (authority.Letter, error) { return reset, nil })
	}
	p.Stop(ended())
	p.Start()
	p.working.Wait()
	p.want(t, map[string]int{"reset dropped": 5}, "the time to stop was over")
}

// TestStopDoesNotWaitOutPauses: what failed once is given up at a stop.
func TestStopDoesNotWaitOutPauses(t *testing.T) {
	s := newServer(t, func(s *smtpServer) { s.answer = func(int, string) string { return "421 4.3.0 later" } })
	p := newPost(t, Config{Server: s.server(true)})
	paused := make(chan struct{})
	p.rest = func(ctx context.Context) error {
		close(paused)
		<-ctx.Done()
		return ctx.Err()
	}
	p.Later(authority.LetterReset, func(context.Context) (authority.Letter, error) { return reset, nil })
	p.Start()
	<-paused
	p.Stop(context.Background())
	p.want(t, map[string]int{"reset failed": 1}, `"tries":1`)
}
