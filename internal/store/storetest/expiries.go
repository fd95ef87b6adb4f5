package storetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// expiries: webhooks are told of each session that a deadline ended, once.
func expiries(t *testing.T, open Open) {
	scenario(t, open, "sessions whose deadline passed are found by account, page by page", func(w *World) {
		w.Clock.Add(365 * 24 * time.Hour) // past all that the making of the world left
		deadline := w.Now()
		at := func(d time.Duration) func(int, *curfew.Session) {
			return func(_ int, s *curfew.Session) {
				s.IdleExpiresAt, s.AbsoluteExpiresAt = deadline.Add(d), deadline.Add(time.Hour)
			}
		}
		born := deadline.Add(-time.Hour)
		before, ended, after := w.start(w.Acme, 1, born, at(0)), w.start(w.Acme, 3, born, at(time.Minute)), w.start(w.Acme, 1, born, at(time.Minute+µs))
		w.otherMayChange = true
		others := w.start(w.Other, 1, born, at(µs))
		marked := ended[1]
		w.Tx(func(ctx context.Context, tx authority.Tx) error {
			_, err := tx.RevokeSession(ctx, w.Acme.ID(), marked.ID, curfew.ReasonLogout, deadline)
			return err
		})
		found := func(account curfew.ID, last curfew.ID, limit int) (ids []curfew.ID) {
			w.T.Helper()
			all, err := got(w, func(ctx context.Context, r authority.Reader) ([]curfew.Standing, error) {
				return r.Expired(ctx, account, last, deadline, deadline.Add(time.Minute), limit)
			})
			must(w.T, err)
			for _, st := range all {
				if st.Account.ID != account {
					w.T.Errorf("%s is of %s", st.Session.ID, st.Account.ID)
				}
				ids = append(ids, st.Session.ID)
			}
			return ids
		}
		want := []curfew.ID{ended[0].ID, ended[2].ID}
		slices.SortFunc(want, curfew.ID.Compare)
		if got := found(w.Acme.ID(), curfew.ZeroID, 10); !slices.Equal(got, want) {
			w.T.Errorf("found %v, want %v, and neither %v nor %v nor %v", got, want, before[0].ID, after[0].ID, marked.ID)
		}
		pages := slices.Concat(found(w.Acme.ID(), curfew.ZeroID, 1), found(w.Acme.ID(), want[0], 1), found(w.Acme.ID(), want[1], 1))
		if !slices.Equal(pages, want) {
			w.T.Errorf("page by page %v, want %v", pages, want)
		}
		if got := found(w.Other.ID(), curfew.ZeroID, 10); !slices.Equal(got, []curfew.ID{others[0].ID}) {
			w.T.Errorf("of the other account %v", got)
		}

		look := func(last *curfew.ID, from, by time.Time, limit int) authority.Look {
			w.T.Helper()
			l, err := got(w, func(ctx context.Context, r authority.Reader) (authority.Look, error) {
				return r.AccountsWithExpired(ctx, last, from, by, limit)
			})
			must(w.T, err)
			return l
		}
		accounts := []curfew.ID{w.Acme.ID(), w.Other.ID()}
		slices.SortFunc(accounts, curfew.ID.Compare)
		if l := look(nil, deadline, deadline.Add(time.Minute), 10); !slices.Equal(l.Old, accounts) || l.Last != nil {
			w.T.Errorf("all accounts: %+v", l)
		}
		if l := look(nil, deadline, deadline.Add(µs), 10); !slices.Equal(l.Old, []curfew.ID{w.Other.ID()}) {
			w.T.Errorf("the first microsecond: %+v", l)
		}
		var old []curfew.ID
		looks := 0
		for last := (*curfew.ID)(nil); ; looks++ { // the account without a customer is one, too
			l := look(last, deadline, deadline.Add(time.Minute), 1)
			old = append(old, l.Old...)
			if last = l.Last; last == nil {
				break
			}
		}
		if !slices.Equal(old, accounts) || looks != 3 {
			w.T.Errorf("%v after %d looks", old, looks)
		}
	})
	scenario(t, open, "each is told of once, by however many nodes", func(w *World) {
		w.otherMayChange = true
		h := w.hook(curfew.EventSessionExpired)
		w.Settle(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember, 3)
		w.Settle(w.Other, "Eve", "eve@other.example", curfew.RoleMember, 2)
		w.Clock.Add(365 * 24 * time.Hour)
		together(3, func(int) {
			teller := authority.ExpiredTeller{Store: w.Store, Now: w.Clock.Now}
			if _, err := teller.Pass(bg, always); err != nil {
				w.T.Error(err)
			}
		})
		all, err := w.Deliveries(bg, h.ID, authority.DeliveryFilter{Limit: 100})
		must(w.T, err)
		told := map[curfew.ID]int{}
		for _, d := range all {
			told[d.Subject]++
		}
		if len(all) != 2+3+2 || len(told) != len(all) { // the owners', too
			w.T.Errorf("%d deliveries of %d sessions", len(all), len(told))
		}
		again, err := (&authority.ExpiredTeller{Store: w.Store, Now: w.Clock.Now}).Pass(bg, always)
		if err != nil || again != 0 {
			w.T.Errorf("%d were found again, %v", again, err)
		}
	})
}
