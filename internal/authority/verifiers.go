package authority

import (
	"context"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// verifierMemory is how long a verifier is remembered that is not heard of.
const verifierMemory = 24 * time.Hour

// RecordVerifiers keeps what a node heard from verifiers. It stands in a line
// of the node's own.
func (a *Authority) RecordVerifiers(ctx context.Context, node curfew.ID, heard []curfew.Verifier) error {
	return a.Store.InTx(ctx, node, func(ctx context.Context, tx Tx) error { return tx.RecordVerifiers(ctx, heard) })
}

// ForgetVerifiers drops the verifiers that were not heard of for a day, and
// returns how many.
func (a *Authority) ForgetVerifiers(ctx context.Context, turn Turn) (int, error) {
	return a.forget(ctx, turn, func(ctx context.Context, tx Tx) (int, error) {
		return tx.ForgetVerifiers(ctx, a.now().Add(-verifierMemory))
	})
}
