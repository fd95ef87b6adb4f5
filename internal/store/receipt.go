package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

const receiptColumns = `account_id, id, scope, revoked_count, acknowledged_at, worst_case_at, token_hash, expires_at, writer_id, seq, expected, final_at, outcome`

func scanReceipt(scan func(...any) error) (r curfew.Receipt, err error) {
	err = scan(idInto{&r.AccountID}, idInto{&r.ID}, &r.Scope, &r.RevokedCount, timeInto{&r.AcknowledgedAt}, timeInto{&r.WorstCaseAt},
		hashInto{&r.TokenHash}, timeInto{&r.ExpiresAt}, idInto{&r.Place.Writer}, numberInto{&r.Place.Seq},
		jsonInto{&r.Expected}, timeInto{&r.FinalAt}, jsonInto{&r.Outcome})
	return r, err
}

// jsonInto scans what was stored as JSON; NULL leaves what is there.
type jsonInto struct{ to any }

func (s jsonInto) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(v), s.to)
	case []byte:
		return json.Unmarshal(v, s.to)
	default:
		return errors.New("stored JSON is no text")
	}
}

var (
	insertReceipt = statement(`INSERT INTO receipts (account_id, id, scope, revoked_count, acknowledged_at, worst_case_at, token_hash, expires_at, expected)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`)
	placeReceipt  = statement(`UPDATE receipts SET writer_id = $3, seq = $4 WHERE account_id = $1 AND id = $2`)
	selectReceipt = statement(`SELECT ` + receiptColumns + ` FROM receipts WHERE account_id = $1 AND id = $2`)
	openReceipts  = statement(`SELECT account_id, id FROM receipts WHERE final_at IS NULL`)
	settleReceipt = statement(`UPDATE receipts SET final_at = $3, outcome = $4 WHERE account_id = $1 AND id = $2 AND final_at IS NULL`)

	selectReceiptAcks = statement(`SELECT account_id, receipt_id, verifier_id, name, mode, noted_at, milliseconds FROM receipt_acks
 WHERE account_id = $1 AND receipt_id = $2`)
	// Nodes may hear of a verifier in any order: the earliest acknowledgement
	// stays.
	insertReceiptAck = statement(`INSERT INTO receipt_acks (account_id, receipt_id, verifier_id, name, mode, noted_at, milliseconds)
 VALUES ($1, $2, $3, $4, $5, $6, $7)
 ON CONFLICT (account_id, receipt_id, verifier_id) DO UPDATE SET noted_at = excluded.noted_at, milliseconds = excluded.milliseconds
 WHERE excluded.milliseconds IS NOT NULL AND (receipt_acks.milliseconds IS NULL OR receipt_acks.milliseconds > excluded.milliseconds)`)

	forgetReceipts    = statement(`DELETE FROM receipts WHERE final_at < $1`)
	forgetReceiptAcks = statement(`DELETE FROM receipt_acks WHERE noted_at < $1`)
)

func (c conn) InsertReceipt(ctx context.Context, r curfew.Receipt) error {
	expected, err := json.Marshal(r.Expected)
	if err != nil {
		return err
	}
	_, err = c.exec(ctx, insertReceipt, r.AccountID[:], r.ID[:], r.Scope, r.RevokedCount, micros(r.AcknowledgedAt), micros(r.WorstCaseAt),
		r.TokenHash[:], micros(r.ExpiresAt), string(expected))
	return err
}

// placeReceipts tells receipts where the entries are that speak of them.
func (c conn) placeReceipts(ctx context.Context, entries []curfew.Revocation) error {
	for i := range entries {
		e := &entries[i]
		if e.Receipt.IsZero() {
			continue
		}
		if _, err := c.exec(ctx, placeReceipt, e.AccountID[:], e.Receipt[:], e.Writer[:], e.Seq); err != nil {
			return err
		}
	}
	return nil
}

func (c conn) Receipt(ctx context.Context, accountID, id curfew.ID) (curfew.Receipt, error) {
	return one(c.row(ctx, selectReceipt, accountID[:], id[:]), scanReceipt)
}

func (c conn) OpenReceipts(ctx context.Context) (open []curfew.ReceiptKey, err error) {
	err = c.each(ctx, openReceipts, func(scan func(...any) error) error {
		var k curfew.ReceiptKey
		err := scan(idInto{&k.AccountID}, idInto{&k.ID})
		open = append(open, k)
		return err
	})
	return open, err
}

func (c conn) ReceiptAcks(ctx context.Context, accountID, id curfew.ID) (acks []curfew.ReceiptAck, err error) {
	err = c.each(ctx, selectReceiptAcks, func(scan func(...any) error) error {
		var a curfew.ReceiptAck
		err := scan(idInto{&a.Receipt.AccountID}, idInto{&a.Receipt.ID}, idInto{&a.Verifier}, &a.Name, &a.Mode, timeInto{&a.NotedAt}, &a.Milliseconds)
		acks = append(acks, a)
		return err
	}, accountID[:], id[:])
	return acks, err
}

func (c conn) AcknowledgeReceipt(ctx context.Context, a curfew.ReceiptAck) error {
	var milliseconds any
	if a.Milliseconds != nil {
		milliseconds = *a.Milliseconds
	}
	_, err := c.exec(ctx, insertReceiptAck, a.Receipt.AccountID[:], a.Receipt.ID[:], a.Verifier[:], a.Name, a.Mode, micros(a.NotedAt), milliseconds)
	return err
}

func (c conn) SettleReceipt(ctx context.Context, accountID, id curfew.ID, at time.Time, outcome curfew.ReceiptOutcome) (bool, error) {
	text, err := json.Marshal(outcome)
	if err != nil {
		return false, err
	}
	n, err := c.exec(ctx, settleReceipt, accountID[:], id[:], micros(at), string(text))
	return n > 0, err
}

func (c conn) ForgetReceipts(ctx context.Context, before time.Time) (int, error) {
	n, err := c.exec(ctx, forgetReceipts, micros(before))
	if err != nil {
		return 0, err
	}
	_, err = c.exec(ctx, forgetReceiptAcks, micros(before))
	return int(n), err
}
