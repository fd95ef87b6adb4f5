package password

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// cheap makes a Hasher with the least that argon2id does at all.
func cheap(t testing.TB, c Config) *Hasher {
	t.Helper()
	c.MemoryKiB, c.Passes, c.Lanes = 8, 1, 1
	h, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestDefaultsAreOWASPs(t *testing.T) {
	h, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	phc, err := h.Hash(t.Context(), "correct horse battery staple")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash is %q", phc)
	}
	stored, err := parse(phc)
	if err != nil || len(stored.salt) != 16 || len(stored.key) != 32 {
		t.Errorf("salt %d bytes, key %d bytes, %v", len(stored.salt), len(stored.key), err)
	}
	if ok, err := h.Verify(t.Context(), phc, "correct horse battery staple"); !ok || err != nil {
		t.Errorf("Verify = %v, %v", ok, err)
	}
}

func TestNewRefusesWhatItCouldNotReadBack(t *testing.T) {
	for _, c := range []Config{{MemoryKiB: 7}, {MemoryKiB: maxMemoryKiB + 1}, {Passes: maxPasses + 1}, {Lanes: maxLanes + 1}} {
		if _, err := New(c); err == nil {
			t.Errorf("New(%+v) succeeded", c)
		}
	}
}

// ASVS 6.2.8: exactly as typed.
func TestVerifyIsExact(t *testing.T) {
	h := cheap(t, Config{})
	const typed = "Caf\u00e9 au lait, s'il te pla\u00eet" // NFC
	phc, err := h.Hash(t.Context(), typed)
	if err != nil {
		t.Fatal(err)
	}
	for name, password := range map[string]string{
		"trailing space": typed + " ",
		"leading space":  " " + typed,
		"other case":     strings.ToLower(typed),
		"NFD":            strings.ReplaceAll(typed, "\u00e9", "e\u0301"),
		"cut":            typed[:len(typed)-1],
		"NUL appended":   typed + "\x00",
		"empty":          "",
	} {
		if ok, err := h.Verify(t.Context(), phc, password); ok || err != nil {
			t.Errorf("%s: Verify = %v, %v", name, ok, err)
		}
	}
	if ok, err := h.Verify(t.Context(), phc, typed); !ok || err != nil {
		t.Errorf("Verify = %v, %v", ok, err)
	}
}

func TestSaltIsNew(t *testing.T) {
	h := cheap(t, Config{})
	one, _ := h.Hash(t.Context(), "the same password")
	two, _ := h.Hash(t.Context(), "the same password")
	if one == "" || one == two {
		t.Errorf("two hashes of one password: %q and %q", one, two)
	}
}

func TestLongestPassword(t *testing.T) {
	h := cheap(t, Config{})
	longest := strings.Repeat("x", MaxBytes)
	phc, err := h.Hash(t.Context(), longest)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := h.Verify(t.Context(), phc, longest); !ok || err != nil {
		t.Errorf("%d bytes: Verify = %v, %v", MaxBytes, ok, err)
	}
	if _, err := h.Hash(t.Context(), longest+"x"); err == nil {
		t.Errorf("%d bytes were hashed", MaxBytes+1)
	}
	if ok, err := h.Verify(t.Context(), phc, longest+"x"); ok || err != nil {
		t.Errorf("%d bytes: Verify = %v, %v", MaxBytes+1, ok, err)
	}
}

// Whoever the person is, the same work is done (ASVS 6.3.8).
func TestUnknownPersonCostsTheSame(t *testing.T) {
	h := cheap(t, Config{})
	phc, err := h.Hash(t.Context(), "correct horse battery staple")
	if err != nil {
		t.Fatal(err)
	}
	type work struct {
		params
		password, salt int
	}
	var done []work
	h.derive = func(password, salt []byte, p params) []byte {
		done = append(done, work{p, len(password), len(salt)})
		return argon2id(password, salt, p)
	}
	for _, password := range []string{"correct horse battery stapler", "", strings.Repeat("x", MaxBytes), strings.Repeat("x", MaxBytes+1)} {
		done = nil
		known, err1 := h.Verify(t.Context(), phc, password)
		first := done
		done = nil
		noPassword, err2 := h.Verify(t.Context(), "", password)
		second := done
		done = nil
		err3 := h.VerifyNothing(t.Context(), password)
		if known || noPassword || errors.Join(err1, err2, err3) != nil {
			t.Errorf("verified: %v, %v, %v", known, noPassword, errors.Join(err1, err2, err3))
		}
		if !slices.Equal(first, second) || !slices.Equal(first, done) {
			t.Errorf("work for a known person %v, without a password %v, unknown %v", first, second, done)
		}
	}
}

// No password is that of nobody, not even the one whose key was drawn.
func TestVerifyNothingIsAlwaysFalse(t *testing.T) {
	h := cheap(t, Config{})
	h.derive = func(_, _ []byte, _ params) []byte { return h.nothing.key }
	if ok, err := h.Verify(t.Context(), "", "anything"); ok || err != nil {
		t.Errorf("Verify = %v, %v", ok, err)
	}
}

func TestAtMostConcurrencyAndQueue(t *testing.T) {
	const concurrency, queue = 2, 3
	synctest.Test(t, func(t *testing.T) {
		h := cheap(t, Config{Concurrency: concurrency, Queue: queue})
		var running, most atomic.Int32
		finish := make(chan struct{})
		h.derive = func([]byte, []byte, params) []byte {
			for now := running.Add(1); ; {
				if seen := most.Load(); now <= seen || most.CompareAndSwap(seen, now) {
					break
				}
			}
			<-finish
			running.Add(-1)
			return nil
		}
		var callers sync.WaitGroup
		var served, wrong atomic.Int32
		for range concurrency + queue {
			callers.Go(func() {
				if err := h.VerifyNothing(t.Context(), "password"); err == nil {
					served.Add(1)
				} else {
					wrong.Add(1)
				}
			})
		}
		synctest.Wait()
		if n := running.Load(); n != concurrency {
			t.Errorf("%d hashes at once, want %d", n, concurrency)
		}

		// One more is turned away at once, and nobody else notices.
		_, err := h.Hash(t.Context(), "password")
		var e *curfew.Error
		if !errors.As(err, &e) || e.Kind != curfew.KindUnavailable || e.RetryAfter != time.Second {
			t.Errorf("err = %v", err)
		}

		close(finish)
		callers.Wait()
		if served.Load() != concurrency+queue || wrong.Load() != 0 || most.Load() != concurrency {
			t.Errorf("%d served, %d refused, at most %d at once", served.Load(), wrong.Load(), most.Load())
		}

		// All places are free again.
		if err := h.VerifyNothing(t.Context(), "password"); err != nil {
			t.Error(err)
		}
	})
}

func TestNoQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := cheap(t, Config{Concurrency: 1, Queue: -1})
		finish := make(chan struct{})
		h.derive = func([]byte, []byte, params) []byte { <-finish; return nil }
		go h.VerifyNothing(t.Context(), "password")
		synctest.Wait()
		if err := h.VerifyNothing(t.Context(), "password"); curfew.KindOf(err) != curfew.KindUnavailable {
			t.Errorf("err = %v", err)
		}
		close(finish)
	})
}

func TestWaitingEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := cheap(t, Config{Concurrency: 1, Queue: 1})
		finish := make(chan struct{})
		h.derive = func([]byte, []byte, params) []byte { <-finish; return nil }
		go h.VerifyNothing(t.Context(), "password")
		synctest.Wait()

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := h.VerifyNothing(ctx, "password"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("err = %v", err)
		}
		// The place in the queue was given back: the next one waits.
		waited := make(chan error)
		go func() { waited <- h.VerifyNothing(t.Context(), "password") }()
		synctest.Wait()
		close(finish)
		if err := <-waited; err != nil {
			t.Error(err)
		}
		// Too late is too late even when a slot is free.
		if err := h.VerifyNothing(ctx, "password"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("err = %v", err)
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	h := cheap(t, Config{Concurrency: 3, Queue: 1000})
	phc, err := h.Hash(t.Context(), "right")
	if err != nil {
		t.Fatal(err)
	}
	var callers sync.WaitGroup
	for i := range 50 {
		callers.Go(func() {
			password := "right"
			if i%2 == 1 {
				password = "wrong"
			}
			if ok, err := h.Verify(t.Context(), phc, password); err != nil || ok != (i%2 == 0) {
				t.Errorf("%s: Verify = %v, %v", password, ok, err)
			}
		})
	}
	callers.Wait()
}

func BenchmarkHash(b *testing.B) {
	h, err := New(Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := h.VerifyNothing(b.Context(), "correct horse battery staple"); err != nil {
			b.Fatal(err)
		}
	}
}
