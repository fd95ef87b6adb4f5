package verify

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestStrictAsksWhileTheFeedIsDown(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, a *fakeAuthority, v *Verifier) {
		alive, gone := somebody(), somebody()
		tokens := []string{a.token(t, alive), a.token(t, gone)}
		a.set(func(a *fakeAuthority) { a.noHead, a.silent = http.StatusServiceUnavailable, true })
		after(4 * time.Second)
		want(t, v, tokens[0], nil)
		if a.seen().online != 0 {
			t.Error("it asks before its knowledge is too old")
		}
		a.end(gone)
		after(2 * time.Second)
		wantHealth(t, v, Stale, "cannot vouch")
		want(t, v, tokens[1], ErrRevoked)
		for range 3 {
			want(t, v, tokens[0], nil)
		}
		if a.seen().online != 2 {
			t.Errorf("the authority was asked %d times about two sessions", a.seen().online)
		}
		after(v.cfg.MaxStaleness + time.Millisecond)
		want(t, v, tokens[0], nil)
		if a.seen().online != 3 {
			t.Errorf("an answer counted for longer than the limit: asked %d times", a.seen().online)
		}
		a.set(func(a *fakeAuthority) { a.noOnline = http.StatusBadGateway })
		after(v.cfg.MaxStaleness + time.Millisecond)
		asked := a.seen().online
		for range 100 {
			want(t, v, tokens[0], ErrUnavailable)
		}
		if n := a.seen().online - asked; n != 1 {
			t.Errorf("an authority that does not answer was asked %d times at once", n)
		}
		a.set(func(a *fakeAuthority) { a.noHead, a.silent, a.noOnline = 0, false, 0 })
		after(15 * time.Second)
		want(t, v, tokens[0], nil)
		want(t, v, tokens[1], ErrRevoked)
		wantHealth(t, v, Fresh, "")
	})
}

func TestLenientAcceptsUntilExpiry(t *testing.T) {
	var stale atomic.Int64
	change := func(c *Config) {
		c.Mode = Lenient
		c.Metrics = func(e Event) {
			if e.Kind == Verified && e.Outcome == AcceptedStale {
				stale.Add(1)
			}
		}
	}
	inBubble(t, change, func(t *testing.T, a *fakeAuthority, v *Verifier) {
		known, p := somebody(), somebody()
		tokens := []string{a.token(t, known), a.token(t, p)}
		a.end(known)
		synctest.Wait()
		a.set(func(a *fakeAuthority) { a.refuse = http.StatusBadGateway; a.cuts++ })
		after(time.Minute)
		want(t, v, tokens[0], ErrRevoked)
		want(t, v, tokens[1], nil)
		if h := v.Health(); h.State != Stale || h.AcceptedStale != 1 || stale.Load() != 1 || h.Staleness < 59*time.Second {
			t.Errorf("%+v, and %d metrics", h, stale.Load())
		}
		after(4 * time.Minute)
		want(t, v, tokens[1], ErrExpired)
		if a.seen().online != 0 {
			t.Error("a lenient verifier asked online")
		}
	})
}

// TestWhatWasSaidOnlineStays: the authority has said that a session is over, and
// then the feed is there again, but behind.
func TestWhatWasSaidOnlineStays(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, a *fakeAuthority, v *Verifier) {
		gone := somebody()
		token := a.token(t, gone)
		a.set(func(a *fakeAuthority) { a.noHead = http.StatusServiceUnavailable })
		after(6 * time.Second)
		a.set(func(a *fakeAuthority) { a.ended[gone.session] = true }) // and not in the log
		want(t, v, token, ErrRevoked)
		a.set(func(a *fakeAuthority) { a.noHead = 0 })
		after(3 * time.Second)
		wantHealth(t, v, Fresh, "")
		want(t, v, token, ErrRevoked)
		if a.seen().online != 1 {
			t.Errorf("the authority was asked %d times", a.seen().online)
		}
		after(6 * time.Minute)
		want(t, v, token, ErrExpired)
		if n := v.Health().Entries; n != 0 {
			t.Errorf("%d entries are left after the token has expired", n)
		}
	})
}

// TestOnlyCurfewSaysThatASessionLives: nobody else's answer, and none about
// another session, is taken for one.
func TestOnlyCurfewSaysThatASessionLives(t *testing.T) {
	for name, answer := range map[string]struct {
		status int
		text   string
	}{
		"another session":  {200, `{"session":{"id":"` + newID().String() + `"},"account":{"id":"ACCOUNT"},"server_time":"2026-01-01T00:00:00Z"}`},
		"another account":  {200, `{"session":{"id":"SESSION"},"account":{"id":"` + newID().String() + `"},"server_time":"2026-01-01T00:00:00Z"}`},
		"a page":           {200, `<html>Welcome</html>`},
		"a proxy's 401":    {401, `<html>Sign in</html>`},
		"a redirect":       {302, ``},
		"too many of them": {429, `{"type":"/problems/rate-limited"}`},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, a *fakeAuthority, v *Verifier) {
				p := somebody()
				token := a.token(t, p)
				text := strings.NewReplacer("SESSION", p.session.String(), "ACCOUNT", p.account.String()).Replace(answer.text)
				a.set(func(a *fakeAuthority) {
					a.noHead, a.noOnline, a.says = http.StatusServiceUnavailable, answer.status, text
				})
				after(10 * time.Second)
				want(t, v, token, ErrUnavailable)
			})
		})
	}
}
