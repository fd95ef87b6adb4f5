package authority

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/token"
)

// The life of a signing key. A new key is published for a while before it
// signs, so that verifiers that keep the key set have it by then; an old one
// stays published until the last token that it signed has expired.
const (
	SigningKeyLead = 10 * time.Minute
	// SigningKeyLife is how long a key signs until another takes its place by
	// itself. That one is published long before: nobody waits for it, and no
	// verifier is left that has not fetched it.
	SigningKeyLife   = 30 * 24 * time.Hour
	signingKeyNotice = 24 * time.Hour
	// signingKeyTail is the longest life of an access token that a setting
	// allows, and a minute for clocks that differ.
	signingKeyTail = 16 * time.Minute
)

// Keys keeps the installation's signing keys.
type Keys struct {
	Store   Store
	Secrets *token.Secrets
	Alg     string
}

// Load reads and opens all keys that have not expired. One that the secret
// does not open fails with token.ErrWrongSecret.
func (k Keys) Load(ctx context.Context, now time.Time) (keys []token.SigningKey, err error) {
	err = k.Store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		keys, err = k.load(ctx, r, now)
		return err
	})
	return keys, err
}

func (k Keys) load(ctx context.Context, r Reader, now time.Time) ([]token.SigningKey, error) {
	rows, err := r.SigningKeys(ctx)
	if err != nil {
		return nil, err
	}
	keys := make([]token.SigningKey, 0, len(rows))
	for _, row := range rows {
		if !row.ExpiresAt.IsZero() && !now.Before(row.ExpiresAt) {
			continue
		}
		key, err := k.Secrets.OpenSigningKey(row)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// Ensure makes the first key of an installation that has none. It seals keys
// anew that were sealed under a previous secret, so that that one can be
// dropped, and forgets keys that have expired.
func (k Keys) Ensure(ctx context.Context, now time.Time) error {
	keys, err := k.Load(ctx, now)
	if err != nil {
		return err
	}
	if len(keys) > 0 {
		return k.tidy(ctx, now)
	}
	key, sealed, err := k.generate(now, now)
	if err != nil {
		return err
	}
	return k.Store.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx Tx) error {
		if rows, err := tx.SigningKeys(ctx); err != nil || len(rows) > 0 {
			return err // another node was first
		}
		return insertKey(ctx, tx, key, sealed)
	})
}

// tidy seals anew what a previous secret sealed, and drops what has expired.
// With nothing to do it writes nothing.
func (k Keys) tidy(ctx context.Context, now time.Time) error {
	var rows []token.SealedKey
	err := k.Store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		rows, err = r.SigningKeys(ctx)
		return err
	})
	if err != nil || !slices.ContainsFunc(rows, func(row token.SealedKey) bool {
		return !k.Secrets.IsCurrent(row.Sealed) || !row.ExpiresAt.IsZero() && !now.Before(row.ExpiresAt)
	}) {
		return err
	}
	return k.Store.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx Tx) error {
		if err := tx.DeleteSigningKeys(ctx, now); err != nil {
			return err
		}
		keys, err := k.load(ctx, tx, now)
		if err != nil {
			return err
		}
		for _, key := range keys {
			sealed, err := k.Secrets.SealSigningKey(key)
			if err != nil {
				return err
			}
			if err := tx.ResealSigningKey(ctx, key.KID, sealed.Sealed); err != nil {
				return err
			}
		}
		return nil
	})
}

// Rotate makes a new key, which signs after the lead time (at once when lead
// is 0), and lets all older ones expire when their last token has. A key of an
// earlier rotation that has not begun to sign is dropped: the new one comes in
// its place.
func (k Keys) Rotate(ctx context.Context, now time.Time, lead time.Duration) (token.SigningKey, error) {
	key, _, err := k.rotate(ctx, now, lead, func([]token.SealedKey) bool { return true })
	return key, err
}

// RotateDue makes a new key when the newest has signed for long enough, and
// else forgets keys that have expired. It reports whether it made one. Of two
// nodes that do it at once one does.
func (k Keys) RotateDue(ctx context.Context, now time.Time) (made bool, err error) {
	due := func(rows []token.SealedKey) bool {
		for _, row := range rows {
			if row.ExpiresAt.IsZero() && row.ActiveAt.Add(SigningKeyLife-signingKeyNotice).After(now) {
				return false
			}
		}
		return len(rows) > 0
	}
	var rows []token.SealedKey
	if err := k.Store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		rows, err = r.SigningKeys(ctx)
		return err
	}); err != nil {
		return false, err
	}
	if !due(rows) {
		return false, k.tidy(ctx, now)
	}
	lead := time.Duration(signingKeyNotice)
	if signing(rows, now) == "" {
		lead = 0
	}
	_, made, err = k.rotate(ctx, now, lead, due)
	return made, err
}

// rotate makes a key where that is still due when it is stored.
func (k Keys) rotate(ctx context.Context, now time.Time, lead time.Duration, due func([]token.SealedKey) bool) (key token.SigningKey, made bool, err error) {
	key, sealed, err := k.generate(now, now.Add(lead))
	if err != nil {
		return token.SigningKey{}, false, err
	}
	err = k.Store.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx Tx) error {
		made = false
		rows, err := tx.SigningKeys(ctx)
		if err != nil || !due(rows) {
			return err
		}
		made = true
		if err := tx.DeleteSigningKeys(ctx, now); err != nil {
			return err
		}
		if err := tx.DeletePendingKeys(ctx, now); err != nil {
			return err
		}
		// The key that signs may expire soon after one was to take its place
		// that never will; it goes on signing until this one does.
		if kid := signing(rows, now); kid != "" {
			if err := tx.KeepSigningKey(ctx, kid); err != nil {
				return err
			}
		}
		if err := insertKey(ctx, tx, key, sealed); err != nil {
			return err
		}
		return tx.RetireSigningKeys(ctx, key.KID, key.ActiveAt.Add(signingKeyTail))
	})
	return key, made, err
}

// signing is the key that signs at a time: the newest of those that have begun
// and not expired, "" for none. The rows are in that order.
func signing(rows []token.SealedKey, now time.Time) (kid string) {
	for _, row := range rows {
		if !row.ActiveAt.After(now) && (row.ExpiresAt.IsZero() || now.Before(row.ExpiresAt)) {
			kid = row.KID
		}
	}
	return kid
}

// Withdraw lets every key but the one that signs now expire at once, after a
// key has leaked: tokens that the others signed are refused from then on, and
// those who hold one refresh.
func (k Keys) Withdraw(ctx context.Context, now time.Time) error {
	keys, err := k.Load(ctx, now)
	if err != nil {
		return err
	}
	ring := new(token.KeyRing)
	if err := ring.Replace(keys); err != nil {
		return err
	}
	current, err := ring.Current(now)
	if err != nil {
		return err
	}
	return k.Store.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx Tx) error { return tx.RetireSigningKeys(ctx, current.KID, now) })
}

func (k Keys) generate(now, active time.Time) (token.SigningKey, token.SealedKey, error) {
	key, err := token.GenerateSigningKey(k.Alg, now.UTC().Truncate(time.Microsecond))
	if err != nil {
		return key, token.SealedKey{}, fmt.Errorf("cannot make a signing key: %w", err)
	}
	key.ActiveAt = active.UTC().Truncate(time.Microsecond)
	sealed, err := k.Secrets.SealSigningKey(key)
	return key, sealed, err
}

func insertKey(ctx context.Context, tx Tx, key token.SigningKey, sealed token.SealedKey) error {
	if err := tx.InsertSigningKey(ctx, sealed); err != nil {
		return fmt.Errorf("cannot store signing key %s: %w", key.KID, err)
	}
	return nil
}
