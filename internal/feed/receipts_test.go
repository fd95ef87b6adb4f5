package feed

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// stubborn are receipts past their worst case, which cannot be settled.
type stubborn struct {
	mu    sync.Mutex
	open  map[curfew.ReceiptKey]curfew.Receipt
	asked map[curfew.ReceiptKey]int
}

func (s *stubborn) OpenReceipts(context.Context) (keys []curfew.ReceiptKey, err error) {
	for key := range s.open {
		keys = append(keys, key)
	}
	return keys, nil
}

func (s *stubborn) WatchReceipt(_ context.Context, key curfew.ReceiptKey) (curfew.Receipt, []curfew.ReceiptAck, error) {
	return s.open[key], nil, nil
}

func (s *stubborn) AcknowledgeReceipts(context.Context, []curfew.ReceiptAck) error { return nil }

func (s *stubborn) SettleReceipt(_ context.Context, key curfew.ReceiptKey) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[key]++
	return errors.New("the chain of the account's log is broken")
}

// TestOneReceiptKeepsNoOtherFromBeingSettled: what is wrong in one account is the
// matter of that account.
func TestOneReceiptKeepsNoOtherFromBeingSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stubborn{open: map[curfew.ReceiptKey]curfew.Receipt{}, asked: map[curfew.ReceiptKey]int{}}
		for i := range byte(20) {
			key := curfew.ReceiptKey{AccountID: acme, ID: curfew.ID{i, 15: 1}}
			s.open[key] = curfew.Receipt{AccountID: key.AccountID, ID: key.ID, AcknowledgedAt: time.Now(), WorstCaseAt: time.Now()}
		}
		started(t, new(memoryLog), func(c *Config) { c.Receipts = s })
		pass(receiptsEvery + time.Millisecond)
		s.mu.Lock()
		defer s.mu.Unlock()
		for key := range s.open {
			if s.asked[key] != 1 {
				t.Errorf("%v was tried %d times in the first second", key.ID, s.asked[key])
			}
		}
	})
}
