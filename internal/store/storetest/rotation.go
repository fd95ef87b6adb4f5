package storetest

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/token"
)

// grace is a configuration with another grace period.
func grace(d time.Duration) func(*authority.Config) {
	return func(c *authority.Config) { c.RefreshGrace = d }
}

// outcome is what a presented token comes to.
type outcome int

const (
	successor outcome = iota
	reused
)

func rotation(t *testing.T, open Open) {
	// Second presentations of a token that was rotated once, by attempt.
	none, one, two := "", "attempt-one-16-chars", "attempt-two-16-chars"
	for _, c := range []struct {
		name          string
		grace         time.Duration
		first, second string
		after         time.Duration // since the rotation
		want          outcome
	}{
		{"at once without attempts", Grace, none, none, 0, successor},
		{"at once with equal attempts", Grace, one, one, 0, successor},
		{"at once with another attempt", Grace, one, two, 0, reused},
		{"at once without the attempt", Grace, one, none, 0, reused},
		{"at once with an attempt where there was none", Grace, none, one, 0, reused},
		{"a microsecond before the end of the grace period", Grace, one, one, Grace - µs, successor},
		{"at the end of the grace period", Grace, one, one, Grace, reused},
		{"after the grace period", Grace, none, none, Grace + µs, reused},
		{"by a clock 5 s behind", Grace, one, one, -5 * time.Second, successor},
		{"by a clock more than 5 s behind", Grace, one, one, -5*time.Second - µs, reused},
		{"in a longer period", time.Minute, one, one, time.Minute - µs, successor},
		{"without a period, at once", 0, one, one, 0, reused},
		{"without a period, by a clock behind", 0, one, one, -5 * time.Second, reused},
	} {
		scenario(t, open, "presented again "+c.name, func(w *World) {
			p := w.SignIn(w.Acme.Owner.Email)
			w.Clock.Add(time.Minute)
			next := w.MustRefresh(p, c.first)
			before := w.Stands(p)
			w.NewEvents(w.Acme.ID())
			w.Clock.Add(c.after)
			again, err := w.Refresh(p.RefreshToken, c.second)
			if c.want == successor {
				must(w.T, err)
				if again.RefreshToken != next.RefreshToken || !again.Rotated {
					w.T.Error("not the same successor")
				}
				if after := w.Stands(p); !sameSession(before, after) {
					w.T.Errorf("the replay changed the session:\n%+v\n%+v", before.Session, after.Session)
				}
				w.WantActions(w.Acme.ID())
				w.MustRefresh(next, one)
				return
			}
			w.WantKind(err, curfew.KindRefreshTokenReused)
			e := w.WantActions(w.Acme.ID(), audit.SessionReuseDetected)[0]
			if e.ResourceType != "session" || e.ResourceID != p.Session() || e.Actor != nil {
				w.T.Errorf("event %+v", e)
			}
			w.Ended(next, curfew.ReasonReuseDetected, w.Clock.Now())
		}, grace(c.grace))
	}
	scenario(t, open, "presented again after its successor was used", func(w *World) {
		p := w.SignIn(w.Acme.Owner.Email)
		next := w.MustRefresh(w.MustRefresh(p, one), one)
		_, err := w.Refresh(p.RefreshToken, one)
		w.WantKind(err, curfew.KindRefreshTokenReused)
		w.Ended(next, curfew.ReasonReuseDetected, w.Clock.Now())
		// Presented once more it is told what happened, and nothing is added.
		w.NewEvents(w.Acme.ID())
		_, err = w.Refresh(p.RefreshToken, one)
		w.WantKind(err, curfew.KindSessionRevoked, curfew.ReasonReuseDetected)
		w.WantActions(w.Acme.ID())
	})
	scenario(t, open, "a replay's access token follows from what is stored now", func(w *World) {
		p := w.SignIn(w.Acme.Owner.Email)
		w.MustRefresh(p, one)
		w.Clock.Add(20 * time.Second)
		again, err := w.Refresh(p.RefreshToken, one)
		must(w.T, err)
		if want := w.Clock.Now().Add(5 * time.Minute).Truncate(time.Second); !again.AccessTokenExpiresAt.Equal(want) {
			w.T.Errorf("exp %v, want %v", again.AccessTokenExpiresAt, want)
		}
	})
	young(t, open)
	strange(t, open)
}

// sameSession compares what a refresh may change.
func sameSession(a, b curfew.Standing) bool {
	x, y := a.Session, b.Session
	return x.Generation == y.Generation && x.RotatedAt.Equal(y.RotatedAt) && bytes.Equal(x.RotationAttempt, y.RotationAttempt) &&
		bytes.Equal(x.RotationNonce, y.RotationNonce) && x.LastActiveAt.Equal(y.LastActiveAt) &&
		x.IdleExpiresAt.Equal(y.IdleExpiresAt) && x.AbsoluteExpiresAt.Equal(y.AbsoluteExpiresAt)
}

// young tokens are given back to clients that name the generation.
func young(t *testing.T, open Open) {
	for _, c := range []struct {
		name  string
		grace time.Duration
		after time.Duration
		young bool
	}{
		{"just rotated", Grace, 0, true},
		{"a microsecond before the end of the grace period", Grace, Grace - µs, true},
		{"at the end of the grace period", Grace, Grace, false},
		{"rotated by a clock 5 s ahead", Grace, -5 * time.Second, true},
		{"rotated by a clock more than 5 s ahead", Grace, -5*time.Second - µs, false},
		{"with grace 0", 0, 0, false},
		{"with grace 0 and a clock behind", 0, -time.Second, false},
	} {
		scenario(t, open, "a named generation, "+c.name, func(w *World) {
			p := w.MustRefresh(w.SignIn(w.Acme.Owner.Email), "the-first-attempt-1")
			before := w.Stands(p).Session
			w.Clock.Add(c.after)
			in := w.Named(p.RefreshToken)
			in.Attempt = "another-attempt-22"
			granted, err := w.Present(in)
			must(w.T, err)
			after := w.Stands(p).Session
			if !c.young {
				if !granted.Rotated || after.Generation != before.Generation+1 {
					w.T.Errorf("not rotated: generation %d after %d", after.Generation, before.Generation)
				}
				return
			}
			if granted.Rotated || granted.RefreshToken != p.RefreshToken || granted.AccessToken == p.AccessToken {
				w.T.Error("a young token was not given back with a new access token")
			}
			if after.Generation != before.Generation || !after.RotatedAt.Equal(before.RotatedAt) ||
				!bytes.Equal(after.RotationAttempt, before.RotationAttempt) || !bytes.Equal(after.RotationNonce, before.RotationNonce) {
				w.T.Errorf("changed by a young answer:\n%+v\n%+v", before, after)
			}
			if want := w.Clock.Now(); c.after >= 0 && !after.LastActiveAt.Equal(want) || !granted.Standing.Session.LastActiveAt.Equal(after.LastActiveAt) {
				w.T.Errorf("activity %v, want %v", after.LastActiveAt, want)
			}
		}, grace(c.grace))
	}
	scenario(t, open, "a session that never rotated has no young generation", func(w *World) {
		p := w.SignIn(w.Acme.Owner.Email)
		granted, err := w.Present(w.Named(p.RefreshToken))
		must(w.T, err)
		if !granted.Rotated || granted.Standing.Session.Generation != 2 {
			w.T.Errorf("generation %d", granted.Standing.Session.Generation)
		}
	})
	scenario(t, open, "an unnamed generation is never young", func(w *World) {
		p := w.MustRefresh(w.MustRefresh(w.SignIn(w.Acme.Owner.Email), ""), "")
		if p.Standing.Session.Generation != 3 {
			w.T.Errorf("generation %d", p.Standing.Session.Generation)
		}
	})
	scenario(t, open, "a young answer does not use the token: the one before is still a replay", func(w *World) {
		p := w.SignIn(w.Acme.Owner.Email)
		next := w.MustRefresh(p, "attempt-one-16-chars")
		_, err := w.Present(w.Named(next.RefreshToken))
		must(w.T, err)
		again, err := w.Refresh(p.RefreshToken, "attempt-one-16-chars")
		must(w.T, err)
		if again.RefreshToken != next.RefreshToken {
			w.T.Error("forked")
		}
	})
	scenario(t, open, "ten tabs restored at once cost one rotation", func(w *World) {
		p := w.SignIn(w.Acme.Owner.Email)
		w.Clock.Add(time.Hour)
		for range 10 {
			in := w.Named(p.RefreshToken)
			in.Attempt = "one-attempt-of-all"
			granted, err := w.Present(in)
			must(w.T, err)
			p = Person{granted, p.Email}
		}
		if g := w.Stands(p).Session.Generation; g != 2 {
			w.T.Errorf("generation %d, want 2", g)
		}
	})
}

// strange tokens change nothing and are not audited.
func strange(t *testing.T, open Open) {
	// nothing runs a request that must change nothing, not even by a look.
	nothing := func(w *World, p Person, in authority.Refresh, kind curfew.Kind) error {
		w.T.Helper()
		before := w.all(w.Acme.ID())
		w.NewEvents(w.Acme.ID())
		w.NewEvents(curfew.ZeroID)
		_, err := w.Present(in)
		w.WantKind(err, kind)
		w.WantActions(w.Acme.ID())
		w.WantActions(curfew.ZeroID)
		if after := w.all(w.Acme.ID()); !sameState(before, after) {
			w.T.Errorf("changed:\n%+v\n%+v", before, after)
		}
		return err
	}
	scenario(t, open, "a moved generation or session is told from the token alone", func(w *World) {
		p := w.MustRefresh(w.SignIn(w.Acme.Owner.Email), "")
		other := curfew.NewID(w.Clock.Now())
		for _, in := range []authority.Refresh{
			{Token: p.RefreshToken, SessionID: ptr(p.Session()), Generation: ptr(uint32(1))},
			{Token: p.RefreshToken, SessionID: ptr(p.Session()), Generation: ptr(uint32(3))},
			{Token: p.RefreshToken, SessionID: &other, Generation: ptr(uint32(2))},
		} {
			stop := w.Tap.Statements()
			_, err := w.Present(in)
			if n := stop(); len(n) != 0 {
				w.T.Errorf("the store was asked: %v", n)
			}
			var e *curfew.Error
			if w.WantKind(err, curfew.KindGenerationMoved); !asError(err, &e) || e.Generation != 2 || e.SessionID != p.Session() {
				w.T.Errorf("told %+v", e)
			}
			nothing(w, p, in, curfew.KindGenerationMoved)
		}
		// Also of a session that has ended: 409 is decided first.
		must(w.T, w.SignOut(bg, Origin, authority.SignOut{Token: p.RefreshToken}))
		nothing(w, p, authority.Refresh{Token: p.RefreshToken, SessionID: ptr(p.Session()), Generation: ptr(uint32(1))}, curfew.KindGenerationMoved)
	})
	scenario(t, open, "another secret, whatever the generation and the state", func(w *World) {
		p := w.MustRefresh(w.MustRefresh(w.SignIn(w.Acme.Owner.Email), ""), "")
		for _, generation := range []uint32{0, 1, 2, 3, 4, 1 << 31, 1<<32 - 1} {
			forged := w.Decode(p.RefreshToken)
			forged.Generation = generation
			forged.Secret[7] ^= 1
			nothing(w, p, authority.Refresh{Token: w.Codec.Encode(forged)}, curfew.KindInvalidToken)
		}
		w.Alive(p)
		must(w.T, w.SignOut(bg, Origin, authority.SignOut{Token: p.RefreshToken}))
		forged := w.Decode(p.RefreshToken)
		forged.Secret[0] ^= 1
		nothing(w, p, authority.Refresh{Token: w.Codec.Encode(forged)}, curfew.KindInvalidToken)
		if seen := w.Seen.Take(); seen["alarm generation_ahead"] != 0 {
			w.T.Errorf("alarm for a token without the secret: %v", seen)
		}
	})
	scenario(t, open, "no such session, or one of another account", func(w *World) {
		p := w.Acme.Owner
		forged := w.Decode(p.RefreshToken)
		forged.SessionID = curfew.NewID(w.Clock.Now())
		nothing(w, p, authority.Refresh{Token: w.Codec.Encode(forged)}, curfew.KindInvalidToken)
		forged = w.Decode(p.RefreshToken)
		forged.AccountID = w.Other.ID()
		nothing(w, p, authority.Refresh{Token: w.Codec.Encode(forged)}, curfew.KindInvalidToken)
		w.Alive(p)
	})
	scenario(t, open, "unreadable or tampered", func(w *World) {
		p := w.Acme.Owner
		flipped := []byte(p.RefreshToken)
		flipped[20] ^= 1
		for _, text := range []string{"", "cfr_", "x", p.RefreshToken[1:], p.RefreshToken + "A", p.RefreshToken + " ", string(flipped), p.AccessToken} {
			nothing(w, p, authority.Refresh{Token: text}, curfew.KindInvalidToken)
		}
	})
	scenario(t, open, "above the stored generation: refused with an alarm, and nothing else", func(w *World) {
		p := w.SignIn(w.Acme.Owner.Email)
		w.Seen.Take()
		for i, generation := range []uint32{2, 3, 1<<32 - 1} {
			forged := w.Decode(p.RefreshToken)
			forged.Generation = generation
			nothing(w, p, authority.Refresh{Token: w.Codec.Encode(forged)}, curfew.KindInvalidToken)
			if seen := w.Seen.Take(); seen["alarm generation_ahead"] != 1 || seen["refresh ahead"] != 1 {
				w.T.Errorf("%d: counted %v", i, seen)
			}
		}
		w.MustRefresh(p, "")
	})
	scenario(t, open, "generation 0 is older than the first", func(w *World) {
		p := w.SignIn(w.Acme.Owner.Email)
		forged := w.Decode(p.RefreshToken)
		forged.Generation = 0
		_, err := w.Refresh(w.Codec.Encode(forged), "")
		w.WantKind(err, curfew.KindRefreshTokenReused)
	})
	scenario(t, open, "tokens under the previous CURFEW_SECRET", func(w *World) {
		previous, err := token.NewSecrets(previousSecret)
		must(w.T, err)
		p := w.SignIn(w.Acme.Owner.Email)
		old := token.NewRefreshCodec(previous).Encode(w.Decode(p.RefreshToken))
		if old == p.RefreshToken {
			w.T.Fatal("the same key")
		}
		granted, err := w.Refresh(old, "")
		must(w.T, err)
		again, err := w.Refresh(p.RefreshToken, "") // the same generation, under the current key
		must(w.T, err)
		if again.RefreshToken != granted.RefreshToken {
			w.T.Error("forked")
		}
		// Only a secret that is still configured counts.
		without, err := token.NewSecrets(secret)
		must(w.T, err)
		_, err = w.with(func(c *authority.Config) { c.Secrets = without }).Refresh(old, "")
		w.WantKind(err, curfew.KindInvalidToken)
	})
	scenario(t, open, "a clock that goes back revives nothing that was ended", func(w *World) {
		p := w.SignIn(w.Acme.Owner.Email)
		w.Clock.Add(time.Minute)
		at := w.Clock.Now()
		must(w.T, w.SignOut(bg, Origin, authority.SignOut{Token: p.RefreshToken}))
		w.Clock.Add(-2 * time.Minute)
		_, err := w.Refresh(p.RefreshToken, "")
		w.WantKind(err, curfew.KindSessionRevoked, curfew.ReasonLogout)
		w.Clock.Add(2 * time.Minute)
		w.Ended(p, curfew.ReasonLogout, at)
	})
	scenario(t, open, "a clock that goes back moves no activity and no deadline", func(w *World) {
		p := w.MustRefresh(w.SignIn(w.Acme.Owner.Email), "")
		before := w.Stands(p).Session
		w.Clock.Add(-4 * time.Second)
		p = w.MustRefresh(p, "")
		after := p.Standing.Session
		if !after.LastActiveAt.Equal(before.LastActiveAt) || !after.IdleExpiresAt.Equal(before.IdleExpiresAt) || !after.AbsoluteExpiresAt.Equal(before.AbsoluteExpiresAt) {
			w.T.Errorf("moved:\n%+v\n%+v", before, after)
		}
	})
	scenario(t, open, "the store's own answer equals what it keeps", func(w *World) {
		p := w.MustRefresh(w.SignIn(w.Acme.Owner.Email), "")
		st := w.Stands(p)
		got, want := p.Standing.Session, st.Session
		if got.ID != want.ID || got.UserID != want.UserID || got.Generation != want.Generation || !got.LastActiveAt.Equal(want.LastActiveAt) ||
			!got.StartedAt.Equal(want.StartedAt) || got.IdleMinutes != want.IdleMinutes || got.AbsoluteMinutes != want.AbsoluteMinutes ||
			!got.IdleExpiresAt.Equal(want.IdleExpiresAt) || got.AccountEpoch != want.AccountEpoch || got.UserEpoch != want.UserEpoch ||
			p.Standing.User.Name != st.User.Name || p.Standing.User.Email != st.User.Email || p.Standing.User.Role != st.User.Role ||
			p.Standing.Account.Name != st.Account.Name || p.Standing.Account.ID != st.Account.ID {
			w.T.Errorf("answered\n%+v, keeps\n%+v", p.Standing, st)
		}
		var user curfew.User
		w.View(func(ctx context.Context, r authority.Reader) (err error) {
			user, err = r.User(ctx, w.Acme.ID(), p.User())
			return err
		})
		if !user.LastLoginAt.Equal(st.Session.StartedAt) {
			w.T.Errorf("last login %v, want %v", user.LastLoginAt, st.Session.StartedAt)
		}
	})
}
