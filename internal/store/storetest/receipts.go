package storetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// receipts: who has heard of an ending of many sessions.
func receipts(t *testing.T, open Open) {
	scenario(t, open, "a receipt is of one account, and the earliest acknowledgement stays", heardReceipts)
	scenario(t, open, "a receipt becomes final once, and is forgotten in time", finalReceipts)
}

// receiptOf makes a receipt of an ending that nobody was to be told of.
func (w *World) receiptOf(tenant *Tenant) curfew.Receipt {
	w.T.Helper()
	now := w.Now()
	r := curfew.Receipt{AccountID: tenant.ID(), ID: curfew.NewID(now), Scope: "all", RevokedCount: 2, AcknowledgedAt: now, WorstCaseAt: now.Add(time.Hour),
		TokenHash: [32]byte{5}, ExpiresAt: now.Add(time.Minute), Expected: []curfew.Verifier{{ID: curfew.ID{1}, Name: "api", Mode: curfew.ModeStrict, HeardAt: now}}}
	w.Tx(func(ctx context.Context, tx authority.Tx) error { return tx.InsertReceipt(ctx, r) })
	return r
}

func (w *World) receipt(account, id curfew.ID) (curfew.Receipt, error) {
	return got(w, func(ctx context.Context, r authority.Reader) (curfew.Receipt, error) {
		return r.Receipt(ctx, account, id)
	})
}

func heardReceipts(w *World) {
	acme, other := w.Acme.ID(), w.Other.ID()
	r := w.receiptOf(w.Acme)
	if got, err := w.receipt(acme, r.ID); err != nil || got.RevokedCount != 2 || got.Final() || got.Outcome != nil || !slices.Equal(got.Expected, r.Expected) {
		w.T.Errorf("stored is %+v, %v", got, err)
	}
	nothing[curfew.Receipt](w, "of another account")(w.receipt(other, r.ID))
	nothing[curfew.Receipt](w, "unknown")(w.receipt(acme, curfew.NewID(w.Now())))

	acks := func(account curfew.ID) (took map[curfew.ID]int64) {
		w.T.Helper()
		all, err := got(w, func(ctx context.Context, reader authority.Reader) ([]curfew.ReceiptAck, error) {
			return reader.ReceiptAcks(ctx, account, r.ID)
		})
		must(w.T, err)
		took = map[curfew.ID]int64{}
		for _, a := range all {
			if took[a.Verifier] = -1; a.Milliseconds != nil {
				took[a.Verifier] = *a.Milliseconds
			}
		}
		return took
	}
	say := func(verifier byte, milliseconds int64) {
		a := curfew.ReceiptAck{Receipt: curfew.ReceiptKey{AccountID: acme, ID: r.ID}, Verifier: curfew.ID{verifier}, Name: "api", Mode: curfew.ModeStrict, NotedAt: w.Now()}
		if milliseconds >= 0 {
			a.Milliseconds = &milliseconds
		}
		must(w.T, w.AcknowledgeReceipts(bg, curfew.ID{9}, []curfew.ReceiptAck{a}))
	}
	for _, c := range []struct {
		verifier          byte
		says, then, later int64 // -1 for one that has not applied it yet
	}{{1, -1, -1, 90}, {1, 90, 90, 90}, {1, -1, 90, 90}, {1, 120, 90, 90}, {1, 40, 40, 40}, {2, 0, 0, 0}, {2, 7, 0, 0}} {
		say(c.verifier, c.says)
		if got := acks(acme)[curfew.ID{c.verifier}]; got != c.then {
			w.T.Errorf("%d said %d, and it took %d, want %d", c.verifier, c.says, got, c.then)
		}
	}
	if got := acks(other); len(got) > 0 {
		w.T.Errorf("another account reads %v", got)
	}
}

func finalReceipts(w *World) {
	acme := w.Acme.ID()
	r, open := w.receiptOf(w.Acme), w.receiptOf(w.Other)
	keys := func() []curfew.ReceiptKey {
		w.T.Helper()
		all, err := w.OpenReceipts(bg)
		must(w.T, err)
		return all
	}
	key := curfew.ReceiptKey{AccountID: acme, ID: r.ID}
	if got := keys(); len(got) != 2 || !slices.Contains(got, key) {
		w.T.Errorf("open are %v", got)
	}
	// Whoever of many nodes is the first writes it down.
	w.Clock.Set(r.WorstCaseAt)
	w.NewEvents(acme)
	together(8, func(int) {
		if err := w.SettleReceipt(bg, key); err != nil {
			w.T.Error(err)
		}
	})
	w.WantActions(acme, audit.AccountRevocationReceipt)
	if got, err := w.receipt(acme, r.ID); err != nil || !got.FinalAt.Equal(r.WorstCaseAt) || got.Outcome == nil || !got.Outcome.Everywhere {
		w.T.Errorf("final is %+v, %v", got, err)
	}
	if got := keys(); len(got) != 1 || got[0].ID != open.ID {
		w.T.Errorf("open are %v", got)
	}
	settle := func(account, id curfew.ID) bool {
		return done(w, func(ctx context.Context, tx authority.Tx) (bool, error) {
			return tx.SettleReceipt(ctx, account, id, w.Now(), curfew.ReceiptOutcome{})
		})
	}
	if settle(acme, r.ID) || settle(acme, open.ID) || settle(acme, curfew.NewID(w.Now())) {
		w.T.Error("one was settled that is final, another's, or not there")
	}
	for _, c := range []struct {
		before time.Time
		want   int
	}{{r.WorstCaseAt, 0}, {r.WorstCaseAt.Add(µs), 1}, {r.WorstCaseAt.Add(24 * time.Hour), 0}} {
		if n := done(w, func(ctx context.Context, tx authority.Tx) (int, error) { return tx.ForgetReceipts(ctx, c.before) }); n != c.want {
			w.T.Errorf("%d of before %s were dropped, want %d", n, c.before, c.want)
		}
	}
	nothing[curfew.Receipt](w, "forgotten")(w.receipt(acme, r.ID))
	if _, err := w.receipt(w.Other.ID(), open.ID); err != nil {
		w.T.Errorf("one that is open was dropped: %v", err)
	}
}
