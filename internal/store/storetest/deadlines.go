package storetest

import (
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
	"github.com/curfew-auth/curfew/internal/token"
)

// limits sets the account's policy for sessions to come.
func (w *World) limits(tenant *Tenant, idle, absolute int) {
	w.T.Helper()
	_, err := w.SetPolicy(bg, tenant.Owner.Actor(), Origin, authority.SetPolicy{Change: change(&idle, &absolute)})
	must(w.T, err)
}

// change sets both fields; nil clears.
func change(idle, absolute *int) policy.Change {
	return policy.Change{IdleMinutes: policy.Edit{Set: true, Value: idle}, AbsoluteMinutes: policy.Edit{Set: true, Value: absolute}}
}

// boundary is a moment at which a session turns from alive to over.
var boundary = []struct {
	name string
	off  time.Duration
	over bool
}{
	{"a microsecond before", -µs, false},
	{"at the very microsecond", 0, true},
	{"a microsecond after", µs, true},
}

func deadlines(t *testing.T, open Open) {
	for _, b := range boundary {
		// Every way to ask agrees about the moment.
		look := func(w *World, p Person, reason curfew.Reason, at time.Time) {
			w.T.Helper()
			w.Clock.Set(at.Add(b.off))
			_, observeErr := w.Observe(bg, authority.Presented{Cookie: p.RefreshToken})
			_, bearerErr := w.Authenticate(bg, w.Bearer(p))
			_, callerErr := w.Me(bg, p.Actor())
			granted, refreshErr := w.Refresh(p.RefreshToken, "")
			for name, err := range map[string]error{"observe": observeErr, "bearer": bearerErr, "caller": callerErr, "refresh": refreshErr} {
				if b.over {
					w.WantKind(err, curfew.KindSessionExpired, reason)
				} else if err != nil {
					w.T.Errorf("%s: %v", name, err)
				}
			}
			if b.over {
				w.Ended(p, reason, at)
			} else if exp := granted.AccessTokenExpiresAt; exp.After(granted.Standing.Session.IdleExpiresAt) {
				w.T.Errorf("the access token expires at %v, the session at %v", exp, granted.Standing.Session.IdleExpiresAt)
			}
		}
		scenario(t, open, "idle, "+b.name, func(w *World) {
			w.limits(w.Acme, 15, 60)
			p := w.SignIn(w.Acme.Owner.Email)
			look(w, p, curfew.ReasonIdle, p.Now.Add(15*time.Minute))
		})
		scenario(t, open, "idle after activity, "+b.name, func(w *World) {
			w.limits(w.Acme, 15, 60)
			p := w.SignIn(w.Acme.Owner.Email)
			w.Clock.Add(10*time.Minute + 7*µs)
			p = w.MustRefresh(p, "")
			look(w, p, curfew.ReasonIdle, p.Now.Add(15*time.Minute))
		})
		scenario(t, open, "absolute, "+b.name, func(w *World) {
			w.limits(w.Acme, 15, 60)
			p := w.SignIn(w.Acme.Owner.Email)
			end := p.Now.Add(time.Hour)
			for range 5 {
				w.Clock.Add(11 * time.Minute)
				p = w.MustRefresh(p, "")
			}
			if s := p.Standing.Session; !s.AbsoluteExpiresAt.Equal(end) || !s.IdleExpiresAt.Equal(end) {
				w.T.Fatalf("deadlines %v and %v, want both %v", s.IdleExpiresAt, s.AbsoluteExpiresAt, end)
			}
			look(w, p, curfew.ReasonAbsolute, end) // both deadlines at once: absolute
		})
	}
	inactivity(t, open)
	accessTokens(t, open)
	scenario(t, open, "the policy at sign-in is copied and a later one leaves it alone", func(w *World) {
		w.limits(w.Acme, 30, 120)
		p := w.SignIn(w.Acme.Owner.Email)
		w.limits(w.Acme, 15, 60)
		p = w.MustRefresh(p, "")
		s := p.Standing.Session
		if s.IdleMinutes != 30 || s.AbsoluteMinutes != 120 || !s.AbsoluteExpiresAt.Equal(s.AuthTime.Add(2*time.Hour)) {
			w.T.Errorf("%+v", s)
		}
		w.limits(w.Acme, 60, 240)
		if s := w.MustRefresh(p, "").Standing.Session; s.IdleMinutes != 30 || s.AbsoluteMinutes != 120 {
			w.T.Errorf("lengthened: %+v", s)
		}
	})
}

// Bearer is an access token of the person's session that by itself is good for
// an hour, as no real one is, so that only the store can refuse it.
func (w *World) Bearer(p Person) string {
	w.T.Helper()
	s := p.Standing.Session
	now := w.Clock.Now()
	bearer, err := w.Signer.Sign(token.Claims{UserID: s.UserID, AccountID: s.AccountID, SessionID: s.ID, Role: p.Standing.User.Role,
		IssuedAt: now, ExpiresAt: now.Add(time.Hour), AuthTime: s.AuthTime, IdleExpiresAt: s.IdleExpiresAt,
		AbsoluteExpiresAt: s.AbsoluteExpiresAt, AMR: s.AMR})
	must(w.T, err)
	return bearer
}

// inactivity is the human's: what a refresh reports, and what it cannot undo.
func inactivity(t *testing.T, open Open) {
	start := func(w *World) Person {
		w.limits(w.Acme, 15, 60)
		return w.SignIn(w.Acme.Owner.Email)
	}
	scenario(t, open, "background refreshes never extend an absent person's session", func(w *World) {
		p := start(w)
		left := p.Now
		for range 14 {
			w.Clock.Add(time.Minute)
			granted, err := w.Present(authority.Refresh{Token: p.RefreshToken, InactiveSeconds: int(w.Clock.Now().Sub(left) / time.Second)})
			must(w.T, err)
			p = Person{granted, p.Email}
			if s := granted.Standing.Session; !s.LastActiveAt.Equal(left) || !s.IdleExpiresAt.Equal(left.Add(15*time.Minute)) {
				w.T.Fatalf("last active %v, idle deadline %v; the person left at %v", s.LastActiveAt, s.IdleExpiresAt, left)
			}
		}
		w.Clock.Set(left.Add(15 * time.Minute))
		w.Ended(p, curfew.ReasonIdle, left.Add(15*time.Minute))
	})
	scenario(t, open, "activity that was not reported before the idle deadline does not count", func(w *World) {
		p := start(w)
		w.Clock.Add(15*time.Minute + time.Second)
		_, err := w.Present(authority.Refresh{Token: p.RefreshToken, InactiveSeconds: 60})
		w.WantKind(err, curfew.KindSessionExpired, curfew.ReasonIdle)
	})
	scenario(t, open, "activity counts from when it was", func(w *World) {
		p := start(w)
		w.Clock.Add(10 * time.Minute)
		granted, err := w.Present(authority.Refresh{Token: p.RefreshToken, InactiveSeconds: 90})
		must(w.T, err)
		if at := p.Now.Add(10*time.Minute - 90*time.Second); !granted.Standing.Session.LastActiveAt.Equal(at) {
			w.T.Errorf("last active %v, want %v", granted.Standing.Session.LastActiveAt, at)
		}
		// It never moves back: another tab, whose person was away longer.
		granted, err = w.Present(authority.Refresh{Token: granted.RefreshToken, InactiveSeconds: 500})
		must(w.T, err)
		if at := p.Now.Add(10*time.Minute - 90*time.Second); !granted.Standing.Session.LastActiveAt.Equal(at) {
			w.T.Errorf("moved back to %v", granted.Standing.Session.LastActiveAt)
		}
	})
	for name, seconds := range map[string]int{"input to come is input now": -3600, "nor can a number too large": -1 << 62, "whatever its sign": 1 << 62} {
		scenario(t, open, name, func(w *World) {
			p := start(w)
			w.Clock.Add(time.Minute)
			granted, err := w.Present(authority.Refresh{Token: p.RefreshToken, InactiveSeconds: seconds})
			must(w.T, err)
			if granted.Standing.Session.LastActiveAt.After(w.Clock.Now()) {
				w.T.Errorf("last active in the future: %v", granted.Standing.Session.LastActiveAt)
			}
		})
	}
	for name, c := range map[string]struct{ ahead, want time.Duration }{
		"a stored activity 5 s ahead stands":                  {5 * time.Second, 5 * time.Second},
		"a stored activity more than 5 s ahead counts as now": {5*time.Second + µs, 0},
	} {
		scenario(t, open, name, func(w *World) {
			p := start(w)
			now := w.Clock.Now().Add(time.Minute)
			w.Clock.Set(now.Add(c.ahead))
			p = w.MustRefresh(p, "") // active now, by a clock that is ahead
			w.Clock.Set(now)
			p = w.MustRefresh(p, "")
			if got := p.Standing.Session.LastActiveAt.Sub(now); got != c.want {
				w.T.Errorf("last active %v after now, want %v", got, c.want)
			}
			if got := p.Standing.Session.IdleExpiresAt.Sub(now); got != c.want+15*time.Minute {
				w.T.Errorf("idle deadline %v after now", got)
			}
		})
	}
}

// accessTokens expire at the soonest of their own life and both deadlines.
func accessTokens(t *testing.T, open Open) {
	for _, c := range []struct {
		name  string
		after time.Duration // since sign-in, with the last activity at its start
		want  func(p Person, now time.Time) time.Time
	}{
		{"five minutes", time.Minute, func(_ Person, now time.Time) time.Time { return now.Add(5 * time.Minute) }},
		{"up to five minutes before the deadline", 10 * time.Minute, func(_ Person, now time.Time) time.Time { return now.Add(5 * time.Minute) }},
		{"the idle deadline", 10*time.Minute + µs, func(p Person, _ time.Time) time.Time { return p.Now.Add(15 * time.Minute) }},
		{"the idle deadline, a second away", 14*time.Minute + 59*time.Second, func(p Person, _ time.Time) time.Time { return p.Now.Add(15 * time.Minute) }},
	} {
		scenario(t, open, "exp is "+c.name, func(w *World) {
			w.limits(w.Acme, 15, 60)
			p := w.SignIn(w.Acme.Owner.Email)
			w.Clock.Add(c.after)
			granted, err := w.Present(authority.Refresh{Token: p.RefreshToken, InactiveSeconds: 7776000})
			must(w.T, err)
			want := c.want(p, w.Clock.Now()).Truncate(time.Second)
			claims, err := w.Verifier.Verify(granted.AccessToken, want.Add(-µs))
			must(w.T, err)
			if !granted.AccessTokenExpiresAt.Equal(want) || !claims.ExpiresAt.Equal(want) {
				w.T.Errorf("exp %v and %v, want %v", granted.AccessTokenExpiresAt, claims.ExpiresAt, want)
			}
			if _, err := w.Verifier.Verify(granted.AccessToken, want); err == nil {
				w.T.Error("accepted at its exp")
			}
			s := granted.Standing.Session
			if claims.SessionID != s.ID || claims.UserID != s.UserID || claims.AccountID != w.Acme.ID() || claims.Role != curfew.RoleOwner ||
				!claims.AuthTime.Equal(s.AuthTime.Truncate(time.Second)) {
				w.T.Errorf("claims %+v", claims)
			}
		})
	}
	scenario(t, open, "exp is the absolute deadline", func(w *World) {
		w.limits(w.Acme, 60, 60)
		p := w.SignIn(w.Acme.Owner.Email)
		w.Clock.Add(58 * time.Minute)
		granted, err := w.Refresh(p.RefreshToken, "")
		must(w.T, err)
		if want := p.Now.Add(time.Hour).Truncate(time.Second); !granted.AccessTokenExpiresAt.Equal(want) {
			w.T.Errorf("exp %v, want %v", granted.AccessTokenExpiresAt, want)
		}
	})
}
