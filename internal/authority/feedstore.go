package authority

import (
	"context"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// FeedReader reads who follows the revocation feed, and what they are known to
// have applied.
type FeedReader interface {
	// Verifiers gives at most limit of those that were heard of since a time.
	Verifiers(ctx context.Context, since time.Time, limit int) ([]curfew.Verifier, error)
	// Receipt is one receipt; ReceiptAcks what was heard of it while it was open.
	// OpenReceipts are those, of all accounts, that are not final.
	Receipt(ctx context.Context, accountID, id curfew.ID) (curfew.Receipt, error)
	ReceiptAcks(ctx context.Context, accountID, id curfew.ID) ([]curfew.ReceiptAck, error)
	OpenReceipts(ctx context.Context) ([]curfew.ReceiptKey, error)
	// NewestHeartbeat is the latest time at which any node used this store,
	// zero for none.
	NewestHeartbeat(ctx context.Context) (time.Time, error)
}

// FeedTx writes that, and that nodes are alive.
type FeedTx interface {
	// InsertReceipt makes a receipt; the entry of the log that names it gives it
	// its place. AcknowledgeReceipt keeps what was heard of it: the earliest
	// acknowledgement of each verifier stays. SettleReceipt makes it final; false
	// when it was. ForgetReceipts drops those that were final before a time.
	InsertReceipt(ctx context.Context, r curfew.Receipt) error
	AcknowledgeReceipt(ctx context.Context, ack curfew.ReceiptAck) error
	SettleReceipt(ctx context.Context, accountID, id curfew.ID, at time.Time, outcome curfew.ReceiptOutcome) (bool, error)
	ForgetReceipts(ctx context.Context, before time.Time) (int, error)

	// RecordVerifiers keeps what was heard of verifiers, unless something newer
	// is known; ForgetVerifiers drops those not heard of since a time.
	RecordVerifiers(ctx context.Context, heard []curfew.Verifier) error
	ForgetVerifiers(ctx context.Context, before time.Time) (int, error)

	// Heartbeat records that a node was alive at a time, Farewell that it stops.
	Heartbeat(ctx context.Context, node curfew.ID, now time.Time) error
	Farewell(ctx context.Context, node curfew.ID, now time.Time) error
}
