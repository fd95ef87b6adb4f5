package verify

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func wantHealth(t *testing.T, v *Verifier, state State, trouble string) {
	t.Helper()
	if h := v.Health(); h.State != state || !strings.Contains(h.Trouble, trouble) || (trouble == "") != (h.Trouble == "") {
		t.Errorf("%+v, want %s with trouble %q", h, state, trouble)
	}
}

func TestStartedWhileTheAuthorityIsDown(t *testing.T) {
	for _, mode := range []Mode{Strict, Lenient} {
		t.Run(string(mode), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newFake(t, time.Now)
				a.refuse = http.StatusBadGateway
				cfg := a.config(t)
				cfg.NoWait, cfg.Mode = true, mode
				v, err := New(t.Context(), cfg)
				if err != nil {
					t.Fatal(err)
				}
				defer v.Close()
				after(3 * time.Second)
				token := a.token(t, somebody())
				want(t, v, token, ErrUnavailable)
				wantHealth(t, v, Starting, "502")
				a.set(func(a *fakeAuthority) { a.refuse = 0 })
				if err := v.Ready(t.Context()); err != nil {
					t.Fatal(err)
				}
				after(time.Second)
				want(t, v, token, nil)
				wantHealth(t, v, Fresh, "")
			})
		})
	}
}

// TestBeforeTheFirstSnapshot: keys alone are not enough to judge, in either mode.
func TestBeforeTheFirstSnapshot(t *testing.T) {
	for _, mode := range []Mode{Strict, Lenient} {
		t.Run(string(mode), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newFake(t, time.Now)
				cfg := a.config(t)
				// The service key is refused: keys come, the feed does not.
				cfg.NoWait, cfg.Mode, cfg.ServiceKey = true, mode, "cfk_another"
				v, err := New(t.Context(), cfg)
				if err != nil {
					t.Fatal(err)
				}
				defer v.Close()
				after(time.Second)
				alive, gone := somebody(), somebody()
				a.end(gone)
				want(t, v, a.token(t, alive), nil)
				want(t, v, a.token(t, gone), ErrRevoked)
				if a.seen().online != 2 {
					t.Errorf("the authority was asked %d times", a.seen().online)
				}
				wantHealth(t, v, Starting, "refuses the service key (401): create one with \"curfew service-keys create --scope revocations:read --name NAME\"")
				a.set(func(a *fakeAuthority) { a.noOnline = http.StatusServiceUnavailable })
				want(t, v, a.token(t, alive), ErrUnavailable)
			})
		})
	}
}

func TestNewSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*fakeAuthority, *Config)
		words  string
		soon   bool
	}{
		{"key", func(_ *fakeAuthority, c *Config) { c.ServiceKey = "cfk_another" }, `refuses the service key (401): create one with "curfew service-keys create --scope revocations:read --name NAME"`, true},
		{"issuer", func(a *fakeAuthority, _ *Config) { a.issuer = "https://other.example.com" }, `calls itself "https://other.example.com" and not "https://login.example.com": set Issuer`, true},
		{"down", func(a *fakeAuthority, _ *Config) { a.refuse = http.StatusServiceUnavailable }, "503", false},
		{"unreachable", func(_ *fakeAuthority, c *Config) {
			c.HTTPClient = &http.Client{Transport: failing{}}
		}, "cannot be reached: no route", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newFake(t, time.Now)
				cfg := a.config(t)
				c.change(a, &cfg)
				began := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				v, err := New(ctx, cfg)
				if err == nil {
					v.Close()
					t.Fatal("it started")
				}
				if !strings.Contains(err.Error(), c.words) || strings.Contains(err.Error(), cfg.ServiceKey) {
					t.Errorf("the error is %q, want %q in it", err, c.words)
				}
				if soon := time.Since(began) < time.Second; soon != c.soon || soon == errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("it took %s: %v", time.Since(began), err)
				}
			})
		})
	}
}

type failing struct{}

func (failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("no route") }

func TestACutStreamLosesNothing(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, a *fakeAuthority, v *Verifier) {
		before, during := somebody(), somebody()
		tokens := []string{a.token(t, before), a.token(t, during)}
		a.end(before)
		after(time.Second)
		last := a.seen().resumed[len(a.seen().resumed)-1]
		a.set(func(a *fakeAuthority) { a.cuts++ })
		a.end(during)
		synctest.Wait()
		want(t, v, tokens[0], ErrRevoked)
		after(time.Second)
		want(t, v, tokens[0], ErrRevoked)
		want(t, v, tokens[1], ErrRevoked)
		if got := a.seen().resumed[len(a.seen().resumed)-1]; len(a.seen().resumed) != 2 || got == last || got == "" {
			t.Errorf("the streams began after %q", a.seen().resumed)
		}
		if h := v.Health(); h.Reconnects != 1 || h.State != Fresh || h.LastError == "" || h.LastErrorAt.IsZero() {
			t.Errorf("%+v", h)
		}
	})
}

// TestASilentStream: a stream that is open and brings nothing, not even
// heartbeats. Only the head shows that something is missing.
func TestASilentStream(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, a *fakeAuthority, v *Verifier) {
		a.set(func(a *fakeAuthority) { a.silent = true })
		p := somebody()
		token := a.token(t, p)
		after(11 * time.Second)
		if n := len(a.seen().resumed); n != 1 {
			t.Errorf("a stream that owes nothing was left after less than 12 seconds: %d", n)
		}
		after(4 * time.Second)
		if n := len(a.seen().resumed); n < 2 {
			t.Error("a stream without a byte for 12 seconds was kept")
		}
		a.end(p)
		after(5500 * time.Millisecond)
		a.set(func(a *fakeAuthority) { a.noOnline = http.StatusServiceUnavailable })
		want(t, v, token, ErrRevoked)
		wantHealth(t, v, Fresh, "")
	})
}

// TestABufferingProxy holds back what the stream brings, and lets heartbeats
// through.
func TestABufferingProxy(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, a *fakeAuthority, v *Verifier) {
		a.set(func(a *fakeAuthority) { a.holding = true })
		for range 5 {
			p := somebody()
			token := a.token(t, p)
			want(t, v, token, nil)
			a.end(p)
			// Never accepted once its end is older than the limit, and known
			// without asking soon after.
			after(v.cfg.MaxStaleness + time.Millisecond)
			want(t, v, token, ErrRevoked)
			after(time.Second)
			wantHealth(t, v, Fresh, "")
		}
		asked := a.seen().online
		after(time.Minute)
		want(t, v, a.token(t, somebody()), nil)
		if a.seen().online != asked {
			t.Error("a verifier that is in step asks online")
		}
	})
}

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

// TestTheOwnClockDoesNotMatter: an hour off in either direction, neither the end
// of a token nor that of a revocation moves.
func TestTheOwnClockDoesNotMatter(t *testing.T) {
	for _, off := range []time.Duration{-time.Hour, time.Hour} {
		t.Run(off.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newFake(t, time.Now)
				start := time.Now()
				v, err := newVerifier(t.Context(), a.config(t), func() instant {
					return instant{mono: time.Since(start), wall: time.Now().Add(off).UnixNano()}
				})
				if err != nil {
					t.Fatal(err)
				}
				defer v.Close()
				alive, gone := somebody(), somebody()
				tokens := []string{a.token(t, alive), a.token(t, gone)}
				a.end(gone)
				synctest.Wait()
				wantHealth(t, v, Fresh, "")
				after(5*time.Minute - time.Millisecond)
				want(t, v, tokens[0], nil)
				want(t, v, tokens[1], ErrRevoked)
				after(time.Millisecond)
				want(t, v, tokens[0], ErrExpired)
				want(t, v, tokens[1], ErrExpired)
			})
		})
	}
}

// TestAfterASleep: a machine that slept notices by its wall clock that an hour is
// gone, before anything else has told it.
func TestAfterASleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newFake(t, time.Now)
		start := time.Now()
		var asleep atomic.Int64
		v, err := newVerifier(t.Context(), a.config(t), func() instant {
			return instant{mono: time.Since(start), wall: time.Now().Add(time.Duration(asleep.Load())).UnixNano()}
		})
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		token := a.token(t, somebody())
		want(t, v, token, nil)
		const slept = time.Hour
		asleep.Store(int64(slept))
		want(t, v, token, nil)
		if a.seen().online != 1 {
			t.Error("it judged by what it knew before it slept")
		}
		after(time.Second)
		want(t, v, token, nil)
		wantHealth(t, v, Fresh, "")
	})
}

func TestKeysAreRotatedDuringAnOutage(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, a *fakeAuthority, v *Verifier) {
		p := somebody()
		old := a.token(t, p)
		a.set(func(a *fakeAuthority) {
			a.keys = append(a.keys, newSigning(t, "second", "ES256"))
			a.refuse = http.StatusBadGateway
		})
		after(10 * time.Second)
		fresh := a.token(t, p)
		want(t, v, fresh, ErrUnavailable) // and not invalid: the client must not sign out
		a.set(func(a *fakeAuthority) { a.refuse = 0 })
		after(15 * time.Second)
		want(t, v, fresh, nil)
		want(t, v, old, nil)
		// The first key is withdrawn: what it signed is refused, cached or not.
		a.set(func(a *fakeAuthority) { a.keys = a.keys[1:] })
		after(keysEvery)
		want(t, v, old, ErrInvalid)
		want(t, v, fresh, nil)
	})
}

func TestUnknownKeysAreFetchedOnceForAll(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, a *fakeAuthority, v *Verifier) {
		after(10 * time.Second)
		before := a.seen().fetched
		a.set(func(a *fakeAuthority) { a.keys = append(a.keys, newSigning(t, "third", "RS256")) })
		token := a.token(t, somebody())
		verdicts := make(chan error, 50)
		for range cap(verdicts) {
			go func() {
				_, err := v.Verify(t.Context(), token)
				verdicts <- err
			}()
		}
		for range cap(verdicts) {
			if err := <-verdicts; err != nil {
				t.Error(err)
			}
		}
		if n := a.seen().fetched - before; n != 1 {
			t.Errorf("the keys were fetched %d times", n)
		}
		// Whatever strangers send, they are fetched every few seconds at most.
		stranger := newSigning(t, "stranger", "EdDSA")
		for range 200 {
			want(t, v, stranger.sign(t, a.claims(somebody())), ErrInvalid)
			after(50 * time.Millisecond)
		}
		if n := a.seen().fetched - before; n > 4 {
			t.Errorf("the keys were fetched %d times in ten seconds", n)
		}
	})
}

func TestGarbageIsNotPassedOver(t *testing.T) {
	for name, garbage := range map[string]string{
		"json":    "event: revocation\ndata: {\"account_id\": \nid: AQ\n\n",
		"id":      "event: revocation\ndata: {\"account_id\":\"x\",\"session_id\":\"y\"}\nid: AQ\n\n",
		"unknown": "event: revocation\ndata: {\"tribe\":\"0197\",\"until\":\"2099-01-01T00:00:00Z\"}\nid: AQ\n\n",
		"long":    "event: revocation\ndata: " + strings.Repeat("x", maxEvent+1) + "\n\n",
		"binary":  "\x00\xff\x00\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, a *fakeAuthority, v *Verifier) {
				p := somebody()
				token := a.token(t, p)
				before := v.resume()
				a.set(func(a *fakeAuthority) { a.garbage = garbage })
				synctest.Wait()
				if v.resume() != before {
					t.Error("garbage counts as received")
				}
				a.end(p)
				after(time.Second)
				want(t, v, token, ErrRevoked)
				after(time.Second)
				wantHealth(t, v, Fresh, "")
			})
		})
	}
}

// TestACacheDoesNotVouch: a head that was answered before is no head.
func TestACacheDoesNotVouch(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, a *fakeAuthority, v *Verifier) {
		cached, _ := json.Marshal(map[string]any{"cursor": a.cursor(), "server_time": time.Now().UTC()})
		a.set(func(a *fakeAuthority) { a.cached = cached })
		after(7 * time.Second)
		wantHealth(t, v, Stale, "from a cache")
	})
}

// TestSlowAnswers: two seconds for each. The verifier is never as fresh as the
// answers are slow, and says so.
func TestSlowAnswers(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, a *fakeAuthority, v *Verifier) {
		a.set(func(a *fakeAuthority) { a.slow = 2 * time.Second })
		after(10 * time.Second)
		for range 20 {
			after(300 * time.Millisecond)
			if h := v.Health(); h.State != Fresh || h.Staleness < 2*time.Second {
				t.Errorf("%+v", h)
			}
		}
		a.set(func(a *fakeAuthority) { a.slow = 6 * time.Second })
		after(30 * time.Second)
		wantHealth(t, v, Stale, "no answer in time")
	})
}

// TestRevocationsAreForgottenInTime: after their time, and not before.
func TestRevocationsAreForgottenInTime(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, a *fakeAuthority, v *Verifier) {
		for range 100 {
			a.end(somebody())
		}
		p := somebody()
		a.revoke(map[string]any{"account_id": p.account, "epoch": 5, "except": []id{p.session}})
		a.revoke(map[string]any{"account_id": p.account, "user_id": p.user, "epoch": 5})
		a.revoke(map[string]any{"minted_before": time.Now().UTC().Add(-time.Hour)})
		synctest.Wait()
		after(16 * time.Minute)
		if n := v.Health().Entries; n != 103 {
			t.Errorf("%d entries are left before their time", n)
		}
		after(30 * time.Second)
		if n := v.Health().Entries; n != 0 {
			t.Errorf("%d entries are left after their time", n)
		}
	})
}

// TestTheAuthorityLearnsWhoKnows: after an epoch the verifier reports at once
// that it has applied it, and not at its next regular question.
func TestTheAuthorityLearnsWhoKnows(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, a *fakeAuthority, v *Verifier) {
		after(10*time.Second + 10*time.Millisecond) // just after a question
		before := len(a.seen().heads)
		a.revoke(map[string]any{"account_id": newID(), "epoch": 2})
		after(nudgeAfter + 50*time.Millisecond)
		if len(a.seen().heads) != before+1 {
			t.Fatalf("%d questions", len(a.seen().heads)-before)
		}
		got, err := url.ParseQuery(a.seen().heads[len(a.seen().heads)-1])
		if err != nil {
			t.Fatal(err)
		}
		if got.Get("applied") != a.cursor() || got.Get("mode") != "strict" || got.Get("name") != "orders" || len(got.Get("verifier")) != 36 {
			t.Errorf("asked %v", got)
		}
	})
}

func TestAClosedVerifierAcceptsNothing(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, a *fakeAuthority, v *Verifier) {
		token := a.token(t, somebody())
		want(t, v, token, nil)
		v.Close()
		want(t, v, token, ErrUnavailable)
		wantHealth(t, v, Closed, "")
		if err := v.Ready(t.Context()); !errors.Is(err, errClosed) {
			t.Errorf("ready: %v", err)
		}
		v.Close()
	})
}

// TestClosedWhileWaiting: nobody waits for a verifier that was closed.
func TestClosedWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newFake(t, time.Now)
		a.refuse = http.StatusBadGateway
		cfg := a.config(t)
		cfg.NoWait = true
		v, err := New(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan error)
		go func() { got <- v.Ready(t.Context()) }()
		synctest.Wait()
		v.Close()
		if err := <-got; !errors.Is(err, errClosed) {
			t.Errorf("ready: %v", err)
		}
	})
}

// TestAfterALongCut: the stream cannot go on where it was left, so everything is
// fetched anew, and what was known stays.
func TestAfterALongCut(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, a *fakeAuthority, v *Verifier) {
		before, during := somebody(), somebody()
		tokens := []string{a.token(t, before), a.token(t, during)}
		a.end(before)
		synctest.Wait()
		a.set(func(a *fakeAuthority) {
			a.tooOld = true
			a.log = nil // not in its snapshot either
			a.cuts++
		})
		a.end(during)
		after(2 * time.Second)
		want(t, v, tokens[0], ErrRevoked)
		want(t, v, tokens[1], ErrRevoked)
		wantHealth(t, v, Fresh, "")
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

// TestLeeway is added to the end of tokens, and to that of revocations with them.
func TestLeeway(t *testing.T) {
	inBubble(t, func(c *Config) { c.Leeway = time.Minute }, func(t *testing.T, a *fakeAuthority, v *Verifier) {
		p := somebody()
		token := a.token(t, p)
		a.end(somebody())
		// Tokens end on whole seconds, as the bubble's time begins.
		after(6*time.Minute - time.Microsecond)
		want(t, v, token, nil)
		after(time.Microsecond)
		want(t, v, token, ErrExpired)
		after(11*time.Minute + 5*time.Second)
		if n := v.Health().Entries; n != 1 {
			t.Errorf("%d entries a moment before their time and the leeway are over", n)
		}
		after(30 * time.Second)
		if n := v.Health().Entries; n != 0 {
			t.Errorf("%d entries after it", n)
		}
	})
}

func TestNotBefore(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, a *fakeAuthority, v *Verifier) {
		claims := a.claims(somebody())
		claims["nbf"] = claims["iat"].(int64) + 5
		token := a.keys[0].sign(t, claims)
		want(t, v, token, ErrInvalid)
		after(5 * time.Second)
		want(t, v, token, nil)
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
