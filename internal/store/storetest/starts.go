package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// got is what one read of the store gives.
func got[T any](w *World, read func(ctx context.Context, r authority.Reader) (T, error)) (v T, err error) {
	err = w.Store.View(bg, func(ctx context.Context, r authority.Reader) (err error) {
		v, err = read(ctx, r)
		return err
	})
	return v, err
}

// done is what one write of the store says.
func done[T any](w *World, write func(ctx context.Context, tx authority.Tx) (T, error)) T {
	w.T.Helper()
	var v T
	w.Tx(func(ctx context.Context, tx authority.Tx) (err error) {
		v, err = write(ctx, tx)
		return err
	})
	return v
}

// nothing fails the test unless a single-row read found nothing.
func nothing[T any](w *World, what string) func(v T, err error) {
	return func(v T, err error) {
		w.T.Helper()
		if !errors.Is(err, curfew.ErrNotFound) {
			w.T.Errorf("%s: %+v, %v", what, v, err)
		}
	}
}

// claims reports whether an account gets a product's own id.
func (w *World) claims(externalID string, id curfew.ID) bool {
	w.T.Helper()
	return done(w, func(ctx context.Context, tx authority.Tx) (bool, error) { return tx.ClaimAccount(ctx, externalID, id) })
}

// starts: what a service names, and what it may repeat.
func starts(t *testing.T, open Open) {
	scenario(t, open, "a product's own ids", productIDs)
	scenario(t, open, "a start that may be repeated", repeatables)
	scenario(t, open, "another secret for a session that was never refreshed", renewedSecrets)
}

// productIDs are exact to the letter, of one account each, and of people within
// their account.
func productIDs(w *World) {
	w.otherMayChange = true
	for _, c := range []struct {
		id   string
		of   *Tenant
		want bool
	}{{"acme", w.Acme, true}, {"acme", w.Other, false}, {"acme", w.Acme, false}, {"Acme", w.Other, true}} {
		if got := w.claims(c.id, c.of.ID()); got != c.want {
			w.T.Errorf("%s for %s: %v", c.id, c.of.Owner.Standing.Account.Name, got)
		}
	}
	accountOf := func(id string) (curfew.ID, error) {
		return got(w, func(ctx context.Context, r authority.Reader) (curfew.ID, error) { return r.AccountOf(ctx, id) })
	}
	for id, want := range map[string]*Tenant{"acme": w.Acme, "Acme": w.Other} {
		if got, err := accountOf(id); err != nil || got != want.ID() {
			w.T.Errorf("%s is %v, %v", id, got, err)
		}
	}
	for _, id := range []string{"ACME", "acme ", "acm", "acme0", ""} {
		nothing[curfew.ID](w, id)(accountOf(id))
	}

	now := w.Now()
	ids := map[string]curfew.ID{}
	for _, tenant := range []*Tenant{w.Acme, w.Other} {
		for _, external := range []string{"ann", "Ann"} {
			user := curfew.User{AccountID: tenant.ID(), ID: curfew.NewID(now), Name: external, Email: "ann@example.com", Role: curfew.RoleMember, CreatedAt: now, ExternalID: external}
			ids[tenant.ID().String()+external] = user.ID
			if !done(w, func(ctx context.Context, tx authority.Tx) (bool, error) { return tx.InsertUser(ctx, user, "") }) {
				w.T.Error("people of a product share an address")
			}
		}
	}
	type both struct {
		account curfew.Account
		user    curfew.User
	}
	accountAndUser := func(account curfew.ID, external string) (both, error) {
		return got(w, func(ctx context.Context, r authority.Reader) (b both, err error) {
			b.account, b.user, err = r.AccountAndUserOf(ctx, account, external)
			return b, err
		})
	}
	userOf := func(account curfew.ID, external string) (curfew.User, error) {
		return got(w, func(ctx context.Context, r authority.Reader) (curfew.User, error) {
			return r.UserOf(ctx, account, external)
		})
	}
	for _, tenant := range []*Tenant{w.Acme, w.Other} {
		for _, external := range []string{"ann", "Ann"} {
			want := ids[tenant.ID().String()+external]
			if user, err := userOf(tenant.ID(), external); err != nil || user.ID != want || user.AccountID != tenant.ID() {
				w.T.Errorf("%s: %+v, %v", external, user, err)
			}
			if b, err := accountAndUser(tenant.ID(), external); err != nil || b.user.ID != want || b.account.ID != tenant.ID() {
				w.T.Errorf("%s with the account: %+v, %v", external, b, err)
			}
		}
	}
	for _, external := range []string{"ANN", "an", ""} { // people without such an id have none that is empty
		nothing[curfew.User](w, external)(userOf(w.Acme.ID(), external))
		nothing[both](w, external)(accountAndUser(w.Acme.ID(), external))
	}
	nothing[curfew.User](w, "of nobody's account")(userOf(curfew.NewID(now), "ann"))
	nothing[both](w, "of nobody's account")(accountAndUser(curfew.NewID(now), "ann"))
	w.Tx(func(ctx context.Context, tx authority.Tx) error {
		return tx.SetUserDetails(ctx, w.Other.ID(), ids[w.Acme.ID().String()+"ann"], "Eve", "eve@example.com")
	})
	if user, err := userOf(w.Acme.ID(), "ann"); err != nil || user.Name != "ann" {
		w.T.Errorf("renamed from another account: %+v, %v", user, err)
	}
}

// repeatables hold their id against every other start for as long as they may be
// repeated, to the microsecond.
func repeatables(w *World) {
	now := w.Now()
	key := func(i int) [32]byte { return [32]byte{byte(i), 31: 1} }
	start := func(i int, at time.Time) curfew.Repeatable {
		return curfew.Repeatable{ID: key(i), BodyHash: [32]byte{byte(i)}, AccountID: w.Acme.ID(), SessionID: curfew.NewID(at), MadeAt: at}
	}
	claims := func(r curfew.Repeatable, after time.Time) bool {
		w.T.Helper()
		return done(w, func(ctx context.Context, tx authority.Tx) (bool, error) { return tx.ClaimRepeatable(ctx, r, after) })
	}
	kept := func(i int) (curfew.Repeatable, error) {
		return got(w, func(ctx context.Context, r authority.Reader) (curfew.Repeatable, error) {
			return r.Repeatable(ctx, key(i))
		})
	}
	nothing[curfew.Repeatable](w, "one that was never made")(kept(1))
	first := start(1, now)
	second := start(1, now.Add(time.Hour))
	for _, c := range []struct {
		start curfew.Repeatable
		after time.Time
		want  bool
	}{{first, now.Add(-time.Hour), true}, {second, now.Add(-µs), false}, {second, now, true}, {first, second.MadeAt.Add(-µs), false}} {
		if got := claims(c.start, c.after); got != c.want {
			w.T.Errorf("one of %s claimed the id of one after %s: %v", c.start.MadeAt, c.after, got)
		}
	}
	if kept, err := kept(1); err != nil || kept != second {
		w.T.Errorf("kept is %+v, %v, want %+v", kept, err, second)
	}

	// Of very many at once one has it.
	claimed := make([]bool, 12)
	together(len(claimed), func(i int) {
		must(w.T, w.Store.InTx(bg, []curfew.ID{w.Acme.ID(), w.Other.ID()}[i%2], func(ctx context.Context, tx authority.Tx) (err error) {
			claimed[i], err = tx.ClaimRepeatable(ctx, start(2, now.Add(time.Duration(i)*µs)), now.Add(-time.Hour))
			return err
		}))
	})
	winners := 0
	for i, won := range claimed {
		if won {
			winners++
			if kept, err := kept(2); err != nil || !kept.MadeAt.Equal(now.Add(time.Duration(i)*µs)) {
				w.T.Errorf("kept is %+v, %v, not that of %d", kept, err, i)
			}
		}
	}
	if winners != 1 {
		w.T.Errorf("%d of %d claimed one id", winners, len(claimed))
	}

	// What is old is looked for in its order, and dropped up to a time, with what
	// was made at that very time.
	old := func(before time.Time, limit int) time.Time {
		w.T.Helper()
		by, err := got(w, func(ctx context.Context, r authority.Reader) (time.Time, error) {
			return r.OldRepeatables(ctx, before, limit)
		})
		must(w.T, err)
		return by
	}
	forget := func(by time.Time) int {
		w.T.Helper()
		return done(w, func(ctx context.Context, tx authority.Tx) (int, error) { return tx.ForgetRepeatables(ctx, by) })
	}
	began := now.Add(-48 * time.Hour)
	for i := range 5 {
		claims(start(10+i, began.Add(time.Duration(4-i)*time.Minute)), began.Add(-time.Hour))
	}
	if by := old(began.Add(-µs), 10); !by.IsZero() {
		w.T.Errorf("something was made before all, by %s", by)
	}
	for limit, want := range map[int]time.Time{1: began, 3: began.Add(2 * time.Minute), 10: began.Add(3 * time.Minute)} {
		if by := old(began.Add(3*time.Minute), limit); !by.Equal(want) {
			w.T.Errorf("%d were made by %s, want %s", limit, by, want)
		}
	}
	if n := forget(began.Add(time.Minute - µs)); n != 1 {
		w.T.Errorf("%d were dropped", n)
	}
	if n := forget(began.Add(time.Minute)); n != 1 {
		w.T.Errorf("%d were dropped at the very time", n)
	}
	n, err := w.ForgetRepeatables(bg, always)
	must(w.T, err)
	if n != 3 {
		w.T.Errorf("%d were dropped", n)
	}
	if _, err := kept(1); err != nil {
		w.T.Errorf("one that may be repeated is gone: %v", err)
	}
}

// renewedSecrets are for a session whose first refresh token was not exchanged,
// and that nobody ended.
func renewedSecrets(w *World) {
	p := w.Settle(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember, 3)
	renew := func(account, session curfew.ID, first byte) bool {
		w.T.Helper()
		return done(w, func(ctx context.Context, tx authority.Tx) (bool, error) {
			return tx.RenewSecret(ctx, account, session, [32]byte{first}, w.Now())
		})
	}
	rotated := w.MustRefresh(p[1], "")
	must(w.T, w.RevokeSession(bg, w.Acme.Owner.Actor(), Origin, p[2].Session()))
	for i, c := range []struct {
		account, session curfew.ID
		want             bool
	}{
		{w.Acme.ID(), p[0].Session(), true}, {w.Acme.ID(), p[0].Session(), true}, {w.Other.ID(), p[0].Session(), false},
		{w.Acme.ID(), rotated.Session(), false}, {w.Acme.ID(), p[2].Session(), false}, {w.Acme.ID(), curfew.NewID(w.Now()), false},
	} {
		if got := renew(c.account, c.session, byte(i+1)); got != c.want {
			w.T.Errorf("case %d: renewed %v", i, got)
		}
	}
	if st := w.Stands(p[0]); st.Session.SecretHash != [32]byte{2} || st.Session.Generation != 1 {
		w.T.Errorf("its secret is %x of generation %d", st.Session.SecretHash[:2], st.Session.Generation)
	}
	_, err := w.Refresh(p[0].RefreshToken, "")
	w.WantKind(err, curfew.KindInvalidToken)
	w.MustRefresh(rotated, "")
}
