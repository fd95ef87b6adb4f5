package verify

import (
	"encoding/json"
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
