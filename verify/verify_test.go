package verify

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// inBubble runs a test against a fake authority and a verifier that is in step
// with it, in a time of its own.
func inBubble(t *testing.T, change func(*Config), test func(t *testing.T, a *fakeAuthority, v *Verifier)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a := newFake(t, time.Now)
		cfg := a.config(t)
		if change != nil {
			change(&cfg)
		}
		v, err := New(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		test(t, a, v)
	})
}

func want(t *testing.T, v *Verifier, token string, kind error) {
	t.Helper()
	if _, err := v.Verify(t.Context(), token); !errors.Is(err, kind) {
		t.Errorf("got %v, want %v", err, kind)
	}
}

func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestATokenIsAcceptedUntilItsSessionEnds(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, a *fakeAuthority, v *Verifier) {
		p := somebody()
		token := a.token(t, p)
		s, err := v.Verify(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		if s.ID != p.session.String() || s.UserID != p.user.String() || s.AccountID != p.account.String() || s.Role != "owner" {
			t.Errorf("the session is %+v", s)
		}
		want(t, v, token, nil)
		a.end(p)
		synctest.Wait()
		want(t, v, token, ErrRevoked)
		if a.seen().online != 0 {
			t.Errorf("the authority was asked about %d sessions", a.seen().online)
		}
		if h := v.Health(); h.State != Fresh || h.Entries != 1 || h.CachedTokens != 1 || h.Trouble != "" {
			t.Errorf("%+v", h)
		}
	})
}
