package feed

import (
	"context"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/routine"
)

// Receipts is what the hub needs to tell owners which verifiers have applied
// what they did.
type Receipts interface {
	// OpenReceipts are those that wait for verifiers, WatchReceipt one of them
	// and what was heard of it so far.
	OpenReceipts(ctx context.Context) ([]curfew.ReceiptKey, error)
	WatchReceipt(ctx context.Context, key curfew.ReceiptKey) (curfew.Receipt, []curfew.ReceiptAck, error)
	// AcknowledgeReceipts keeps what was heard; the earliest stays.
	AcknowledgeReceipts(ctx context.Context, acks []curfew.ReceiptAck) error
	// SettleReceipt makes one final, if nobody is to be waited for any more.
	SettleReceipt(ctx context.Context, key curfew.ReceiptKey) error
}

const (
	// receiptsEvery is how often open receipts are looked for; one whose entry
	// was just read is looked for at once.
	receiptsEvery = time.Second
	// receiptsApart bounds how often.
	receiptsApart = 50 * time.Millisecond
	// settleSoon is how old a receipt is while it is looked at every second;
	// afterwards that is done every settleLater.
	settleSoon  = 30 * time.Second
	settleLater = 5 * time.Second
	// settleAtOnce bounds how many receipts are looked at in one go.
	settleAtOnce = 50
	// heardFor is how long it is remembered what a verifier said last.
	heardFor = time.Minute
)

// receiptBook is what a node knows of open receipts, and of what verifiers said
// last. The hub's lock guards it.
type receiptBook struct {
	open map[curfew.ReceiptKey]*openReceipt
	said map[curfew.ID]said
	acks []curfew.ReceiptAck // to be written
	// poked says that there may be a new receipt, or there is something to write.
	poked chan struct{}
}

// openReceipt is a receipt that verifiers are waited for.
type openReceipt struct {
	curfew.Receipt
	waiting map[curfew.ID]bool // false for those that need not be waited for any more
	judged  time.Time          // when it was last looked at whether all is over
}

// said is what a verifier said, and when it began to say so.
type said struct {
	curfew.Verifier
	since time.Time
	key   curfew.ID // the service key that it spoke with
}

func newReceiptBook() receiptBook {
	return receiptBook{open: map[curfew.ReceiptKey]*openReceipt{}, said: map[curfew.ID]said{}, poked: make(chan struct{}, 1)}
}

func (b *receiptBook) poke() {
	select {
	case b.poked <- struct{}{}:
	default:
	}
}

// hear takes what a verifier says.
func (b *receiptBook) hear(key curfew.ID, v curfew.Verifier) {
	before, known := b.said[v.ID]
	if !known && len(b.said) >= mostVerifiers {
		return
	}
	now := said{v, v.HeardAt, key}
	if known && before.Applied == v.Applied {
		now.since = before.since
	}
	b.said[v.ID] = now
	if known && before.Applied == v.Applied {
		return // every receipt was compared with that already, or is when it is opened
	}
	for _, r := range b.open {
		b.note(r, now)
	}
}

// note compares what a verifier said with a receipt. One that has applied no
// more than a part of the log, but not this, is to be waited for though nobody
// knew of it; one that knows it from the beginning is not.
func (b *receiptBook) note(r *openReceipt, s said) {
	if s.Applied == "" || r.Place.Seq == 0 {
		return
	}
	waiting, known := r.waiting[s.ID]
	if known && !waiting {
		return
	}
	applied, err := ParseCursor(s.Applied)
	if err != nil {
		return
	}
	ack := curfew.ReceiptAck{Receipt: curfew.ReceiptKey{AccountID: r.AccountID, ID: r.ID}, Verifier: s.ID, Name: s.Name, Mode: s.Mode, NotedAt: s.HeardAt}
	covers := applied[r.Place.Writer] >= r.Place.Seq
	switch {
	case covers && known:
		milliseconds := max(0, s.since.Sub(r.AcknowledgedAt).Milliseconds())
		ack.Milliseconds = &milliseconds
	case covers:
		r.waiting[s.ID] = false
		return
	case known:
		return
	}
	r.waiting[s.ID] = !covers
	b.acks = append(b.acks, ack)
	b.poke()
}

// followReceipts watches receipts until the end.
func (h *Hub) followReceipts() {
	trouble := routine.Trouble{Log: h.Logger, What: "following receipts"}
	timer := time.NewTimer(receiptsEvery)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-h.receipts.poked:
			if !h.wait(receiptsApart) {
				return
			}
		case <-h.ending.Done():
			return
		}
		if h.Ready == nil || h.Ready() == nil {
			trouble.Report(h.ending, h.receiptsTurn(h.ending))
		}
		timer.Reset(receiptsEvery)
	}
}

// receiptsTurn writes what was heard, learns of new receipts and looks at those
// that may be over.
func (h *Hub) receiptsTurn(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	keys, err := h.Receipts.OpenReceipts(ctx)
	if err != nil {
		return err
	}
	if err := h.watchNew(ctx, keys); err != nil {
		return err
	}
	if err := h.writeAcks(ctx); err != nil {
		return err
	}
	for _, key := range h.mayBeOver() {
		// One that cannot be settled keeps no other from it.
		if failed := h.Receipts.SettleReceipt(ctx, key); err == nil {
			err = failed
		}
	}
	return err
}

// watchNew begins to watch the receipts that are new, and ends it for those
// that are final.
func (h *Hub) watchNew(ctx context.Context, keys []curfew.ReceiptKey) error {
	h.mu.Lock()
	still := make(map[curfew.ReceiptKey]*openReceipt, len(keys))
	var fresh []curfew.ReceiptKey
	for _, key := range keys {
		if r := h.receipts.open[key]; r != nil {
			still[key] = r
		} else {
			fresh = append(fresh, key)
		}
	}
	h.receipts.open = still
	silent := h.Now().Add(-heardFor)
	for id, s := range h.receipts.said {
		if s.HeardAt.Before(silent) {
			delete(h.receipts.said, id)
		}
	}
	h.mu.Unlock()
	for _, key := range fresh {
		receipt, acks, err := h.Receipts.WatchReceipt(ctx, key)
		if err != nil {
			return err
		}
		r := &openReceipt{Receipt: receipt, waiting: map[curfew.ID]bool{}}
		for _, v := range receipt.Expected {
			r.waiting[v.ID] = true
		}
		for _, ack := range acks {
			r.waiting[ack.Verifier] = ack.Milliseconds == nil
		}
		h.mu.Lock()
		h.receipts.open[key] = r
		for _, s := range h.receipts.said {
			h.receipts.note(r, s)
		}
		h.mu.Unlock()
	}
	return nil
}

func (h *Hub) writeAcks(ctx context.Context) error {
	h.mu.Lock()
	acks := h.receipts.acks
	h.receipts.acks = nil
	h.mu.Unlock()
	if len(acks) == 0 {
		return nil
	}
	err := h.Receipts.AcknowledgeReceipts(ctx, acks)
	if err != nil {
		h.mu.Lock()
		h.receipts.acks = append(acks, h.receipts.acks...)
		h.mu.Unlock()
	}
	return err
}

// mayBeOver are the receipts that it is time to look at. Another node may hear
// what this one does not, so those are looked at, too, that this one waits for;
// but not those that nobody is expected to acknowledge before their worst case.
func (h *Hub) mayBeOver() []curfew.ReceiptKey {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.Now()
	var keys []curfew.ReceiptKey
	for key, r := range h.receipts.open {
		every := receiptsEvery
		if now.Sub(r.AcknowledgedAt) > settleSoon {
			every = settleLater
		}
		over := !now.Before(r.WorstCaseAt)
		if (over || len(r.waiting) > 0) && now.Sub(r.judged) >= every*9/10 && len(keys) < settleAtOnce {
			r.judged = now
			keys = append(keys, key)
		}
	}
	return keys
}
