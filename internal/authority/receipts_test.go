package authority

import (
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// TestReceiptOfVeryMany: a receipt that may not know of every verifier does not
// say "everywhere" when all that it knows have acknowledged.
func TestReceiptOfVeryMany(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		verifiers int
		now       time.Time
		want      bool
	}{
		{expectedVerifiers - 1, at.Add(time.Minute), true},
		{expectedVerifiers, at.Add(time.Minute), false},
		{expectedVerifiers, at.Add(time.Hour), true},
	} {
		r := curfew.Receipt{AcknowledgedAt: at, WorstCaseAt: at.Add(time.Hour)}
		var acks []curfew.ReceiptAck
		for i := range tt.verifiers {
			id, took := curfew.ID{byte(i >> 8), byte(i), 15: 1}, int64(i)
			r.Expected = append(r.Expected, curfew.Verifier{ID: id, Name: "a", Mode: curfew.ModeStrict, HeardAt: at})
			acks = append(acks, curfew.ReceiptAck{Verifier: id, Name: "a", Mode: curfew.ModeStrict, NotedAt: at, Milliseconds: &took})
		}
		if got := judgeReceipt(r, acks, nil, tt.now).Everywhere; got != tt.want {
			t.Errorf("%d verifiers, %s later: %v", tt.verifiers, tt.now.Sub(at), got)
		}
	}
}
