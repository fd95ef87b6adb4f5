package verify

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

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
		{"scope", func(_ *fakeAuthority, c *Config) { c.ServiceKey = keyWithoutScope }, "does not let the service key read the feed (403): its scope must be", true},
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
				var log bytes.Buffer
				cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
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
				if said := err.Error() + log.String(); strings.Contains(said, "canceled") || strings.Count(err.Error(), "verify: ") != 1 {
					t.Errorf("it says more than what is wrong: %s", said)
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
