package storetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// portals: links to the hosted pages, and what ends with what.
func portals(t *testing.T, open Open) {
	scenario(t, open, "a link is of one account, works once, and until its very end", spentPortals)
	scenario(t, open, "who waits for a link, and what ends with a session", tiedPortals)
}

// link makes a link that a person of a tenant may open for a minute.
func (w *World) link(p Person, tied curfew.ID) curfew.PortalLink {
	w.T.Helper()
	now := w.Now()
	l := curfew.PortalLink{AccountID: p.Standing.User.AccountID, ID: curfew.NewID(now), UserID: p.User(), SecretHash: [32]byte{7}, CreatedAt: now,
		ExpiresAt: now.Add(time.Minute), AccountEpoch: 3, UserEpoch: 4, Page: "sessions", ReturnURL: "https://app.example.com/", TiedTo: tied}
	w.Tx(func(ctx context.Context, tx authority.Tx) error { return tx.InsertPortalLink(ctx, l) })
	return l
}

// spend reports whether a link could be used up.
func (w *World) spend(account, id, session curfew.ID, kept, now time.Time) bool {
	w.T.Helper()
	return done(w, func(ctx context.Context, tx authority.Tx) (bool, error) {
		return tx.SpendPortalLink(ctx, account, id, session, kept, now)
	})
}

func (w *World) portalLink(account, id curfew.ID) (curfew.PortalLink, error) {
	return got(w, func(ctx context.Context, r authority.Reader) (curfew.PortalLink, error) {
		return r.PortalLink(ctx, account, id)
	})
}

func spentPortals(w *World) {
	acme, other := w.Acme.ID(), w.Other.ID()
	l, late := w.link(w.Acme.Owner, curfew.ZeroID), w.link(w.Acme.Owner, w.Acme.Owner.Session())
	for _, want := range []curfew.PortalLink{l, late} {
		if got, err := w.portalLink(acme, want.ID); err != nil || got != want {
			w.T.Errorf("stored is\n%+v, %v, want\n%+v", got, err, want)
		}
	}
	nothing[curfew.PortalLink](w, "of another account")(w.portalLink(other, l.ID))
	nothing[curfew.PortalLink](w, "unknown")(w.portalLink(acme, curfew.NewID(w.Now())))
	session, kept := curfew.NewID(w.Now()), l.ExpiresAt.Add(time.Hour)
	for _, c := range []struct {
		what        string
		account, id curfew.ID
		now         time.Time
		want        bool
	}{
		{"of another account", other, l.ID, w.Now(), false},
		{"unknown", acme, session, w.Now(), false},
		{"at its end", acme, late.ID, late.ExpiresAt, false},
		{"just before", acme, late.ID, late.ExpiresAt.Add(-µs), true},
		{"once more", acme, late.ID, w.Now(), false},
	} {
		if got := w.spend(c.account, c.id, session, kept, c.now); got != c.want {
			w.T.Errorf("%s: spent %v", c.what, got)
		}
	}
	if got, err := w.portalLink(acme, late.ID); err != nil || got.SessionID != session {
		w.T.Errorf("it was spent for %s, %v", got.SessionID, err)
	}

	// Of very many at once one has it.
	sessions, spent := make([]curfew.ID, 12), make([]bool, 12)
	together(len(spent), func(i int) {
		sessions[i] = curfew.NewID(w.Now())
		must(w.T, w.Store.InTx(bg, curfew.NewID(w.Now()), func(ctx context.Context, tx authority.Tx) (err error) {
			spent[i], err = tx.SpendPortalLink(ctx, acme, l.ID, sessions[i], kept, w.Now())
			return err
		}))
	})
	stored, err := w.portalLink(acme, l.ID)
	must(w.T, err)
	for i := range spent {
		if spent[i] != (stored.SessionID == sessions[i]) {
			w.T.Errorf("%d spent it: %v, and it is of %s", i, spent[i], stored.SessionID)
		}
	}

	// One that nobody opened is kept until its end, a spent one as long as said.
	unopened := w.link(w.Acme.Owner, curfew.ZeroID)
	forget := func(by time.Time) int {
		w.T.Helper()
		return done(w, func(ctx context.Context, tx authority.Tx) (int, error) { return tx.ForgetPortalLinks(ctx, by) })
	}
	for _, c := range []struct {
		by   time.Time
		want int
	}{{unopened.ExpiresAt.Add(-µs), 0}, {unopened.ExpiresAt, 1}, {kept.Add(-µs), 0}, {kept, 2}} {
		if got := forget(c.by); got != c.want {
			w.T.Errorf("%d were dropped by %s, want %d", got, c.by, c.want)
		}
	}
}

func tiedPortals(w *World) {
	acme, other := w.Acme.ID(), w.Other.ID()
	bob := w.Settle(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember, 3)
	tied := func(account, session curfew.ID) []curfew.ID {
		w.T.Helper()
		ids, err := got(w, func(ctx context.Context, r authority.Reader) ([]curfew.ID, error) {
			return r.Tied(ctx, account, session)
		})
		must(w.T, err)
		slices.SortFunc(ids, curfew.ID.Compare)
		return ids
	}
	waits := func(account, user curfew.ID, others bool, now time.Time, want bool) {
		w.T.Helper()
		if got, err := got(w, func(ctx context.Context, r authority.Reader) (bool, error) {
			return r.PortalWaits(ctx, account, user, others, now)
		}); err != nil || got != want {
			w.T.Errorf("a link waits: %v, %v, want %v", got, err, want)
		}
	}
	now := w.Now()
	waits(acme, bob[0].User(), false, now, false)
	l := w.link(bob[0], bob[0].Session())
	for _, c := range []struct {
		account, user curfew.ID
		others        bool
		now           time.Time
		want          bool
	}{
		{acme, bob[0].User(), false, now, true},
		{acme, bob[0].User(), true, now, false},
		{acme, w.Acme.Owner.User(), false, now, false},
		{acme, w.Acme.Owner.User(), true, now, true},
		{other, bob[0].User(), false, now, false},
		{other, w.Other.Owner.User(), true, now, false},
		{acme, bob[0].User(), false, l.ExpiresAt.Add(-µs), true},
		{acme, bob[0].User(), false, l.ExpiresAt, false},
	} {
		waits(c.account, c.user, c.others, c.now, c.want)
	}
	if ids := tied(acme, bob[0].Session()); len(ids) > 0 {
		w.T.Errorf("a link that nobody opened ties %v", ids)
	}
	again := w.link(bob[0], bob[0].Session())
	for i, l := range []curfew.PortalLink{l, again} {
		w.spend(acme, l.ID, bob[i+1].Session(), now.Add(time.Hour), now)
	}
	waits(acme, bob[0].User(), false, now, false)
	want := []curfew.ID{bob[1].Session(), bob[2].Session()}
	slices.SortFunc(want, curfew.ID.Compare)
	if ids := tied(acme, bob[0].Session()); !slices.Equal(ids, want) {
		w.T.Errorf("tied are %v, want %v", ids, want)
	}
	if ids := slices.Concat(tied(other, bob[0].Session()), tied(acme, bob[1].Session()), tied(acme, curfew.ZeroID)); len(ids) > 0 {
		w.T.Errorf("tied are also %v", ids)
	}
}
