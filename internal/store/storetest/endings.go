package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/token"
)

// fate is when each possible cause of a session's end comes, in minutes after
// its birth; 0 for never within the test.
type fate struct{ mark, account, user, absolute, idle int }

const ever = 600 // minutes: after the end of the test

// end is the earliest cause (rule 8), worked out without the product's help.
func (f fate) end(born, now time.Time) (end curfew.Ending, over bool) {
	for _, c := range []struct { // in the order in which they win a tie
		minutes int
		reason  curfew.Reason
	}{
		{f.mark, curfew.ReasonOwnerSession}, {f.account, curfew.ReasonOwnerAll}, {f.user, curfew.ReasonOwnerUser},
		{f.absolute, curfew.ReasonAbsolute}, {f.idle, curfew.ReasonIdle},
	} {
		at := born.Add(time.Duration(c.minutes) * time.Minute)
		if c.minutes > 0 && c.minutes < ever && (!over || at.Before(end.At)) {
			end, over = curfew.Ending{At: at, Reason: c.reason}, true
		}
	}
	return end, over
}

// fated is a session with its fate.
type fated struct {
	fate
	refresh token.Refresh
}

// fates fills the account under test with a session for every combination of
// causes and two times for each, and gives them with their birth.
func (w *World) fates() (all []fated, born time.Time) {
	born = w.Clock.Now()
	at := func(minutes int) time.Time { return born.Add(time.Duration(minutes) * time.Minute) }
	owner := w.Acme.Owner.Actor()
	users := map[int]Person{0: w.Acme.Owner, 10: w.Join(w.Acme, "Ten", "ten@acme.example", curfew.RoleMember),
		20: w.Join(w.Acme, "Twenty", "twenty@acme.example", curfew.RoleMember)}
	for epoch, account := range []int{10, 20, 0} { // each raise ends those born before it and after the last
		w.Tx(func(ctx context.Context, tx authority.Tx) error {
			for _, user := range []int{0, 10, 20} {
				for _, mark := range []int{0, 10, 20} {
					for _, absolute := range []int{10, 20, ever} {
						for _, idle := range []int{10, 20, ever} {
							if idle > absolute {
								continue // the idle deadline is never after the absolute one
							}
							r := token.NewRefresh(w.Acme.ID(), curfew.NewID(born))
							ok, err := tx.InsertSession(ctx, curfew.Session{AccountID: r.AccountID, ID: r.SessionID, UserID: users[user].User(),
								SecretHash: r.SecretHash(), Generation: 1, PolicyVersion: 1, StartedAt: born, AuthTime: born, LastActiveAt: born,
								IdleMinutes: idle, AbsoluteMinutes: absolute, IdleExpiresAt: at(idle), AbsoluteExpiresAt: at(absolute),
								AccountEpoch: int64(epoch), AMR: []string{"pwd"}})
							if err != nil || !ok {
								return fmt.Errorf("born %v: %w", ok, err)
							}
							if mark > 0 {
								if _, err := tx.RevokeSession(ctx, r.AccountID, r.SessionID, curfew.ReasonOwnerSession, at(mark)); err != nil {
									return err
								}
							}
							all = append(all, fated{fate{mark, account, user, absolute, idle}, r})
						}
					}
				}
			}
			if account == 0 {
				return nil
			}
			_, err := tx.RaiseAccountEpoch(ctx, w.Acme.ID(), authority.Raising{At: at(account), Reason: curfew.ReasonOwnerAll, Actor: owner})
			return err
		})
	}
	w.Tx(func(ctx context.Context, tx authority.Tx) error {
		for _, minutes := range []int{10, 20} {
			for i := range 2 { // only the first raise above a session's epoch counts
				_, err := tx.RaiseUserEpoch(ctx, w.Acme.ID(), users[minutes].User(), authority.Raising{At: at(minutes + i),
					Reason: []curfew.Reason{curfew.ReasonOwnerUser, curfew.ReasonPasswordChanged}[i], Actor: owner})
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
	return all, born
}

func endings(t *testing.T, open Open) {
	scenario(t, open, "the earliest cause, in every combination, in every reading, before and after sweeping", func(w *World) {
		all, born := w.fates()
		for _, now := range []time.Time{born.Add(5 * time.Minute), born.Add(10 * time.Minute), born.Add(15 * time.Minute), born.Add(30 * time.Minute)} {
			w.Clock.Set(now)
			w.checkFates(all, born, now)
		}
		now := w.Clock.Now()
		stamped, err := w.Sweep(bg)
		must(w.T, err)
		if stamped == 0 {
			w.T.Error("nothing was swept")
		}
		w.checkFates(all, born, now)
		w.Clock.Add(2 * time.Hour) // now the raises themselves are forgotten
		_, err = w.Sweep(bg)
		must(w.T, err)
		w.View(func(ctx context.Context, r authority.Reader) error {
			ids, err := r.RaisedAccounts(ctx)
			if len(ids) != 0 {
				w.T.Errorf("raises of %d accounts are still kept", len(ids))
			}
			return err
		})
		w.checkFates(all, born, now)
		for _, f := range all {
			end, over := f.end(born, now)
			if !over {
				continue
			}
			kind := curfew.KindSessionRevoked
			if end.Expired() {
				kind = curfew.KindSessionExpired
			}
			_, err := w.Refresh(w.Codec.Encode(f.refresh), "")
			w.WantKind(err, kind, end.Reason)
		}
		if again, err := w.Sweep(bg); err != nil || again != 0 {
			w.T.Errorf("swept %d once more, %v", again, err)
		}
	})
	scenario(t, open, "raises at one moment: the account's, and of one counter the first", func(w *World) {
		p := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
		now := w.Clock.Now()
		w.Tx(func(ctx context.Context, tx authority.Tx) error {
			for _, reason := range []curfew.Reason{curfew.ReasonPasswordChanged, curfew.ReasonUserDisabled} {
				if _, err := tx.RaiseUserEpoch(ctx, w.Acme.ID(), p.User(), authority.Raising{At: now, Reason: reason}); err != nil {
					return err
				}
			}
			return nil
		})
		q := w.SignIn(p.Email)
		w.Ended(p, curfew.ReasonPasswordChanged, now)
		w.Tx(func(ctx context.Context, tx authority.Tx) error {
			_, err := tx.RaiseUserEpoch(ctx, w.Acme.ID(), p.User(), authority.Raising{At: now, Reason: curfew.ReasonOwnerUser})
			if err == nil {
				_, err = tx.RaiseAccountEpoch(ctx, w.Acme.ID(), authority.Raising{At: now, Reason: curfew.ReasonOwnerAll})
			}
			return err
		})
		for range 3 {
			w.Ended(p, curfew.ReasonOwnerAll, now)
			w.Ended(q, curfew.ReasonOwnerAll, now)
			_, err := w.Sweep(bg)
			must(w.T, err)
			w.Clock.Add(time.Hour + µs)
		}
	})
	scenario(t, open, "a raise is kept for an hour, and as long as a session needs it", func(w *World) {
		p := w.SignIn(w.Acme.Owner.Email)
		at := w.Clock.Now()
		_, err := w.RevokeSessions(bg, p.Actor(), Origin, authority.ScopeAll)
		must(w.T, err)
		raised := func() (n int) {
			w.View(func(ctx context.Context, r authority.Reader) error {
				ids, err := r.RaisedAccounts(ctx)
				n = len(ids)
				return err
			})
			return n
		}
		forget := func() {
			w.Tx(func(ctx context.Context, tx authority.Tx) error {
				return tx.ForgetEpochs(ctx, w.Clock.Now())
			})
		}
		w.Clock.Add(2 * time.Hour)
		if forget(); raised() != 1 { // not stamped yet
			w.T.Error("forgotten before the session was stamped")
		}
		w.Ended(p, curfew.ReasonOwnerAll, at)
		_, err = w.Sweep(bg)
		must(w.T, err)
		if raised() != 0 {
			w.T.Error("not worked through")
		}
		w.Clock.Add(time.Hour + time.Microsecond)
		forget()
		w.Ended(p, curfew.ReasonOwnerAll, at)
	})
	scenario(t, open, "the sweeper stamps more than one transaction takes", func(w *World) {
		now := w.Clock.Now()
		w.Tx(func(ctx context.Context, tx authority.Tx) error {
			for range 1001 {
				r := token.NewRefresh(w.Acme.ID(), curfew.NewID(now))
				if _, err := tx.InsertSession(ctx, curfew.Session{AccountID: r.AccountID, ID: r.SessionID, UserID: w.Acme.Owner.User(),
					SecretHash: r.SecretHash(), Generation: 1, PolicyVersion: 1, StartedAt: now, AuthTime: now, LastActiveAt: now, IdleMinutes: 60,
					AbsoluteMinutes: 60, IdleExpiresAt: now.Add(time.Hour), AbsoluteExpiresAt: now.Add(time.Hour), AMR: []string{"pwd"}}); err != nil {
					return err
				}
			}
			return nil
		})
		n, err := w.revoke(w.Acme.Owner.Actor(), authority.ScopeAll)
		must(w.T, err)
		stamped, err := w.Sweep(bg)
		must(w.T, err)
		if n != 1002 || stamped != n {
			w.T.Errorf("revoked %d, stamped %d", n, stamped)
		}
	})
}

// checkFates reads every session in every way at a time.
func (w *World) checkFates(all []fated, born, now time.Time) {
	w.T.Helper()
	listed := map[authority.SessionStatus][]curfew.ID{}
	w.View(func(ctx context.Context, r authority.Reader) error {
		for _, status := range []authority.SessionStatus{authority.SessionsActive, authority.SessionsEnded, authority.SessionsAll} {
			list, err := r.SessionList(ctx, w.Acme.ID(), now, authority.SessionFilter{Status: status}, authority.Page[authority.SessionKey]{Limit: 5000})
			if err != nil {
				return err
			}
			for _, st := range list.Items {
				listed[status] = append(listed[status], st.Session.ID)
				if _, over := st.End(now); status == authority.SessionsActive && over || status == authority.SessionsEnded && !over {
					w.T.Errorf("a session that is over (%v) is listed as %s", over, status)
				}
			}
			slices.SortFunc(listed[status], func(a, b curfew.ID) int { return slices.Compare(a[:], b[:]) })
		}
		active := map[curfew.ID]int{}
		for _, f := range all {
			st, err := r.SessionStanding(ctx, w.Acme.ID(), f.refresh.SessionID)
			if err != nil {
				return err
			}
			want, wantOver := f.end(born, now)
			// Raises and marks of the test are there from the start, whatever
			// their times say; deadlines come with time.
			if wantOver && want.Expired() && want.At.After(now) {
				want, wantOver = curfew.Ending{}, false
				if f.mark+f.account+f.user > 0 {
					g := f.fate
					g.absolute, g.idle = ever, ever
					want, wantOver = g.end(born, now)
				}
			}
			end, over := st.End(now)
			if over != wantOver || end.Reason != want.Reason || !end.At.Equal(want.At) {
				w.T.Errorf("%+v at %v: over %v by %s at %v, want %v by %s at %v", f.fate, now.Sub(born), over, end.Reason, end.At.Sub(born), wantOver, want.Reason, want.At.Sub(born))
			}
			if !over {
				active[st.User.ID]++
			}
		}
		total := 0
		_, users, sessions, err := r.ActiveUsers(ctx, w.Acme.ID(), now, 10)
		if err != nil {
			return err
		}
		for id, n := range active {
			got, err := r.ActiveSessions(ctx, w.Acme.ID(), id, now)
			if err != nil {
				return err
			}
			if got != n && id != w.Acme.Owner.User() {
				w.T.Errorf("%d active sessions, want %d", got, n)
			}
			total += got
		}
		if sessions != total || users != len(active) {
			w.T.Errorf("security counts %d sessions of %d, want %d of %d", sessions, users, total, len(active))
		}
		return nil
	})
	both := slices.Concat(listed[authority.SessionsActive], listed[authority.SessionsEnded])
	slices.SortFunc(both, func(a, b curfew.ID) int { return slices.Compare(a[:], b[:]) })
	if !slices.Equal(both, listed[authority.SessionsAll]) {
		w.T.Errorf("active (%d) and ended (%d) are not all (%d)", len(listed[authority.SessionsActive]), len(listed[authority.SessionsEnded]), len(listed[authority.SessionsAll]))
	}
}
