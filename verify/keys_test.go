package verify

import (
	"net/http"
	"testing"
	"time"
)

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
