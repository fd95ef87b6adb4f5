package authority

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"slices"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/token"
)

const (
	// receiptTokenLife is how long the token of a receipt reads it.
	receiptTokenLife = 30 * time.Minute
	// receiptKept is how long a receipt can be read after it became final. The
	// audit log keeps what came of it.
	receiptKept = 24 * time.Hour
	// receiptSettles is how long after the acknowledgement a receipt stays open
	// at least: within that time every verifier that accepts tokens has been
	// heard of, also one that began just before.
	receiptSettles = 2 * time.Second
	// clocksApart is more than the clocks of nodes can be apart, and what a
	// commit takes.
	clocksApart = 10 * time.Second
	// strictLimit is how long a strict verifier goes by what it knows, and by an
	// answer about a session, at most: then it asks.
	strictLimit = time.Minute
	// auditedVerifiers is how many verifiers one event names.
	auditedVerifiers = 200
	// expectedVerifiers is how many verifiers a receipt names, so that whoever
	// has a key to be one cannot make endings slow by being very many. Where
	// there may be more, a receipt does not know of all, and says "everywhere"
	// only when no token of before is alive.
	expectedVerifiers = 1000
)

// Ended is what became of an ending of many sessions.
type Ended struct {
	Count     int
	ReceiptID curfew.ID
	// ReceiptToken reads the receipt, and nothing else, until ReceiptExpiresAt.
	ReceiptToken     string
	ReceiptExpiresAt time.Time
}

// newReceipt makes the receipt of an ending that is being written, and the
// token that reads it.
func (a *Authority) newReceipt(accountID curfew.ID, scope Scope) (curfew.Receipt, string) {
	r := curfew.Receipt{AccountID: accountID, ID: curfew.NewID(a.now()), Scope: string(scope)}
	var text string
	text, r.TokenHash = token.NewLink(token.LinkReceipt, accountID, r.ID)
	return r, text
}

// issueReceipt stores a receipt in the transaction of its ending. told says
// whether there is anything to be told to verifiers.
func (a *Authority) issueReceipt(ctx context.Context, tx Tx, r *curfew.Receipt, told bool) error {
	r.AcknowledgedAt = a.now()
	r.WorstCaseAt = r.AcknowledgedAt
	r.ExpiresAt = r.AcknowledgedAt.Add(receiptTokenLife)
	r.Expected = []curfew.Verifier{}
	if told {
		r.WorstCaseAt = r.AcknowledgedAt.Add(curfew.LongestTokenLife + verifierLeeway + clocksApart)
		known, err := tx.Verifiers(ctx, r.AcknowledgedAt.Add(-verifierMemory), expectedVerifiers)
		if err != nil {
			return err
		}
		for _, v := range known {
			v.Applied = ""
			r.Expected = append(r.Expected, v)
		}
	}
	return tx.InsertReceipt(ctx, *r)
}

// withoutFeed reports whether a verifier had stopped to go by the feed before an
// ending: a strict one that was silent for long, and still is. If it runs at all
// it asks about each session, and an answer of before counts for strictLimit.
func withoutFeed(v curfew.Verifier, ending time.Time) bool {
	return v.Mode == curfew.ModeStrict && v.HeardAt.Add(strictLimit).Before(ending)
}

// ReceiptView is a receipt, and what has become of whom.
type ReceiptView struct {
	curfew.Receipt
	curfew.ReceiptOutcome
}

// Receipt gives a receipt to an owner of its account.
func (a *Authority) Receipt(ctx context.Context, actor curfew.Actor, id curfew.ID) (view ReceiptView, err error) {
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		if _, err := caller(ctx, r, actor, a.now(), curfew.RoleOwner); err != nil {
			return err
		}
		view, err = a.receipt(ctx, r, actor.AccountID, id)
		return err
	})
	if err != nil {
		return view, notFound(err, "receipt")
	}
	return a.settled(ctx, view)
}

// ReceiptByToken gives the receipt that a token reads.
func (a *Authority) ReceiptByToken(ctx context.Context, text string, id curfew.ID) (view ReceiptView, err error) {
	accountID, of, hash, err := token.ParseLink(token.LinkReceipt, text)
	if err != nil {
		return view, invalidReceiptToken()
	}
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		view, err = a.receipt(ctx, r, accountID, of)
		return err
	})
	switch {
	case errors.Is(err, curfew.ErrNotFound):
		return ReceiptView{}, invalidReceiptToken()
	case err != nil:
		return ReceiptView{}, err
	case subtle.ConstantTimeCompare(hash[:], view.TokenHash[:]) != 1 || !a.now().Before(view.ExpiresAt):
		return ReceiptView{}, invalidReceiptToken()
	case of != id:
		return ReceiptView{}, curfew.NewError(curfew.KindNotFound, "This token is for another receipt.")
	}
	return a.settled(ctx, view)
}

// invalidReceiptToken is the one answer for a receipt's token that is unknown,
// altered or expired.
func invalidReceiptToken() error {
	return curfew.NewError(curfew.KindInvalidToken, "The receipt's token is not valid, or not any more.")
}

// receipt reads a receipt and judges it.
func (a *Authority) receipt(ctx context.Context, r Reader, accountID, id curfew.ID) (view ReceiptView, err error) {
	if view.Receipt, err = r.Receipt(ctx, accountID, id); err != nil {
		return view, err
	}
	if view.Outcome != nil {
		view.ReceiptOutcome = *view.Outcome
		return view, nil
	}
	acks, err := r.ReceiptAcks(ctx, accountID, id)
	if err != nil {
		return view, err
	}
	now := a.now()
	heard, err := r.Verifiers(ctx, view.AcknowledgedAt.Add(-verifierMemory), expectedVerifiers)
	if err != nil {
		return view, err
	}
	view.ReceiptOutcome = judgeReceipt(view.Receipt, acks, heard, now)
	return view, nil
}

// judgeReceipt says what has become of every verifier that was expected, or
// turned out not to know, and whether that is everything.
func judgeReceipt(r curfew.Receipt, acks []curfew.ReceiptAck, heard []curfew.Verifier, now time.Time) curfew.ReceiptOutcome {
	all := map[curfew.ID]curfew.Verifier{}
	for _, v := range r.Expected {
		all[v.ID] = v
	}
	took := map[curfew.ID]*int64{}
	for _, ack := range acks {
		if _, known := all[ack.Verifier]; !known {
			all[ack.Verifier] = curfew.Verifier{ID: ack.Verifier, Name: ack.Name, Mode: ack.Mode, HeardAt: ack.NotedAt}
		}
		took[ack.Verifier] = ack.Milliseconds
	}
	for _, v := range heard {
		if before, counts := all[v.ID]; counts && v.HeardAt.After(before.HeardAt) {
			all[v.ID] = v
		}
	}
	ids := make([]curfew.ID, 0, len(all))
	settles := r.AcknowledgedAt.Add(receiptSettles)
	for id, v := range all {
		if withoutFeed(v, r.AcknowledgedAt) && took[id] == nil {
			settles = r.AcknowledgedAt.Add(strictLimit)
			continue
		}
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(x, y curfew.ID) int { return cmp.Or(cmp.Compare(all[x].Name, all[y].Name), x.Compare(y)) })
	o := curfew.ReceiptOutcome{Verifiers: make([]curfew.ReceiptVerifier, len(ids))}
	var times []int64
	for i, id := range ids {
		v := all[id]
		o.Verifiers[i] = curfew.ReceiptVerifier{Name: v.Name, LastHeardAt: v.HeardAt, Milliseconds: took[id]}
		told := &o.Verifiers[i]
		switch {
		case told.Milliseconds != nil:
			told.State = curfew.VerifierAcknowledged
			times = append(times, *told.Milliseconds)
			continue
		case now.Sub(v.HeardAt) <= curfew.VerifierSilence:
			told.State = curfew.VerifierLagging
		default:
			told.State = curfew.VerifierSilent
		}
		told.AcceptsUntil = r.WorstCaseAt
		if strict := later(v.HeardAt, r.AcknowledgedAt).Add(strictLimit); v.Mode == curfew.ModeStrict && strict.Before(r.WorstCaseAt) {
			told.AcceptsUntil = strict
		}
	}
	if n := len(times); n > 0 {
		slices.Sort(times)
		o.P50, o.Max = &times[(n-1)/2], &times[n-1]
	}
	everyone := len(ids) > 0 && len(r.Expected) < expectedVerifiers && len(times) == len(ids) && !now.Before(settles)
	o.Everywhere = everyone || !now.Before(r.WorstCaseAt)
	return o
}

func later(x, y time.Time) time.Time {
	if x.After(y) {
		return x
	}
	return y
}

// settled makes a receipt final that nothing can change any more.
func (a *Authority) settled(ctx context.Context, view ReceiptView) (ReceiptView, error) {
	if !view.Everywhere || view.Final() {
		return view, nil
	}
	return a.settleReceipt(ctx, curfew.ReceiptKey{AccountID: view.AccountID, ID: view.ID})
}

// SettleReceipt makes a receipt final and audits it, once, if everybody has
// acknowledged or can accept nothing any more. Any node may do it.
func (a *Authority) SettleReceipt(ctx context.Context, key curfew.ReceiptKey) error {
	var view ReceiptView
	err := a.Store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		view, err = a.receipt(ctx, r, key.AccountID, key.ID)
		return err
	})
	if errors.Is(err, curfew.ErrNotFound) {
		return nil
	}
	if err == nil {
		_, err = a.settled(ctx, view)
	}
	return err
}

func (a *Authority) settleReceipt(ctx context.Context, key curfew.ReceiptKey) (view ReceiptView, err error) {
	err = a.Store.InTx(ctx, key.AccountID, func(ctx context.Context, tx Tx) error {
		if view, err = a.receipt(ctx, tx, key.AccountID, key.ID); err != nil || view.Final() || !view.Everywhere {
			return err
		}
		now := a.now()
		first, err := tx.SettleReceipt(ctx, key.AccountID, key.ID, now, view.ReceiptOutcome)
		if err != nil || !first {
			return err
		}
		view.FinalAt = now
		o := view.ReceiptOutcome
		return write(ctx, tx, curfew.Origin{}, now, event{account: key.AccountID, action: audit.AccountRevocationReceipt, actor: by(system(key.AccountID)),
			resource: "account", id: key.AccountID, details: detail("receipt_id", key.ID).Set("scope", view.Scope).Set("revoked_count", view.RevokedCount).
					Set("acknowledged_at", view.AcknowledgedAt).Set("worst_case_at", view.WorstCaseAt).Set("p50_ms", o.P50).Set("max_ms", o.Max).
					Set("verifier_count", len(o.Verifiers)).Set("verifiers", o.Verifiers[:min(len(o.Verifiers), auditedVerifiers)])})
	})
	return view, notFound(err, "receipt")
}

// OpenReceipts are the receipts that wait for verifiers, of all accounts.
func (a *Authority) OpenReceipts(ctx context.Context) (open []curfew.ReceiptKey, err error) {
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		open, err = r.OpenReceipts(ctx)
		return err
	})
	return open, err
}

// WatchReceipt gives a receipt, and what was heard of it so far, to a node that
// watches for verifiers.
func (a *Authority) WatchReceipt(ctx context.Context, key curfew.ReceiptKey) (r curfew.Receipt, acks []curfew.ReceiptAck, err error) {
	err = a.Store.View(ctx, func(ctx context.Context, reader Reader) error {
		if r, err = reader.Receipt(ctx, key.AccountID, key.ID); err != nil {
			return err
		}
		acks, err = reader.ReceiptAcks(ctx, key.AccountID, key.ID)
		return err
	})
	return r, acks, err
}

// AcknowledgeReceipts keeps what a node heard of receipts. It stands in a line
// of the node's own.
func (a *Authority) AcknowledgeReceipts(ctx context.Context, node curfew.ID, acks []curfew.ReceiptAck) error {
	// In the order of the keys, so that two nodes never wait for each other.
	acks = slices.SortedFunc(slices.Values(acks), func(x, y curfew.ReceiptAck) int {
		return cmp.Or(x.Receipt.AccountID.Compare(y.Receipt.AccountID), x.Receipt.ID.Compare(y.Receipt.ID), x.Verifier.Compare(y.Verifier))
	})
	return a.Store.InTx(ctx, node, func(ctx context.Context, tx Tx) error {
		for _, ack := range acks {
			if err := tx.AcknowledgeReceipt(ctx, ack); err != nil {
				return err
			}
		}
		return nil
	})
}

// ForgetReceipts drops what became final long ago, and returns how many
// receipts that were.
func (a *Authority) ForgetReceipts(ctx context.Context, turn Turn) (int, error) {
	return a.forget(ctx, turn, func(ctx context.Context, tx Tx) (int, error) {
		return tx.ForgetReceipts(ctx, a.now().Add(-receiptKept))
	})
}
