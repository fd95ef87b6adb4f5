package authority

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/token"
)

const (
	// longestServiceKeyLife and longestOverlap keep a slip of the finger from
	// making a key, or an old text of one, that works for ever.
	longestServiceKeyLife = 10 * 365 * 24 * time.Hour
	longestOverlap        = 90 * 24 * time.Hour
)

// NewServiceKey is a service key that the operator makes.
type NewServiceKey struct {
	Name   string
	Scopes []curfew.Scope
	// ExpiresIn is how long it works; 0 is until it is revoked.
	ExpiresIn time.Duration
}

// CreateServiceKey makes a service key for the operator. Its text is returned
// and kept nowhere.
func (a *Authority) CreateServiceKey(ctx context.Context, in NewServiceKey) (key curfew.ServiceKey, text string, err error) {
	now := a.now()
	key = curfew.ServiceKey{ID: curfew.NewID(now), CreatedAt: now}
	var f fields
	key.Name = f.name("name", in.Name)
	if len(in.Scopes) == 0 {
		f.add("scope", "a scope is needed: "+scopeWords())
	}
	for _, scope := range in.Scopes {
		if !slices.Contains(curfew.Scopes, scope) {
			f.add("scope", fmt.Sprintf("there is no scope %q; there are %s", scope, scopeWords()))
		}
	}
	// In the order in which scopes are documented, each once.
	for _, scope := range curfew.Scopes {
		if slices.Contains(in.Scopes, scope) {
			key.Scopes = append(key.Scopes, scope)
		}
	}
	key.ExpiresAt = f.expiry(now, in.ExpiresIn)
	if err := f.err(); err != nil {
		return key, "", err
	}
	text, key.SecretHash = token.NewServiceKey(key.ID)
	err = a.Store.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx Tx) error {
		if err := tx.InsertServiceKey(ctx, key); err != nil {
			return err
		}
		return writeServiceKey(ctx, tx, now, audit.ServiceKeyCreate, key,
			detail("name", key.Name).Set("scopes", key.Scopes).Set("expires_at", key.ExpiresAt))
	})
	return key, text, err
}

func scopeWords() string {
	words := make([]string, len(curfew.Scopes))
	for i, scope := range curfew.Scopes {
		words[i] = string(scope)
	}
	return strings.Join(words, ", ")
}

// expiry is the end of a key that lives for a while from now on; zero for 0.
func (f *fields) expiry(now time.Time, in time.Duration) time.Time {
	switch {
	case in == 0:
		return time.Time{}
	case in < time.Minute || in > longestServiceKeyLife:
		f.add("expires_in", "a service key lives for at least a minute and at most 10 years")
	}
	return now.Add(in)
}

// ServiceKeys lists all service keys, oldest first.
func (a *Authority) ServiceKeys(ctx context.Context) (keys []curfew.ServiceKey, err error) {
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		keys, err = r.ServiceKeys(ctx)
		return err
	})
	return keys, err
}

// RotateServiceKey gives a service key a new text. The one in use so far works
// for the overlap, 0 ends it at once; one that was in its own overlap ends now.
// The key's end stays, unless expiresIn gives it another.
func (a *Authority) RotateServiceKey(ctx context.Context, id curfew.ID, overlap, expiresIn time.Duration) (key curfew.ServiceKey, text string, err error) {
	now := a.now()
	var f fields
	end := f.expiry(now, expiresIn)
	if overlap < 0 || overlap > longestOverlap {
		f.add("overlap", "the overlap must be between 0 and 90 days")
	}
	if err := f.err(); err != nil {
		return key, "", err
	}
	text, hash := token.NewServiceKey(id)
	err = a.Store.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx Tx) error {
		key, err = tx.ServiceKey(ctx, id)
		if err != nil {
			return noServiceKey(err)
		}
		if key.Over(now) {
			return curfew.NewError(curfew.KindInvalidRequest, "the service key was revoked or has expired: create another")
		}
		key.PreviousHash, key.PreviousUntil = key.SecretHash, now.Add(overlap)
		if overlap == 0 {
			key.PreviousHash, key.PreviousUntil = [32]byte{}, time.Time{}
		}
		key.SecretHash, key.RotatedAt = hash, now
		if !end.IsZero() {
			key.ExpiresAt = end
		}
		if rotated, err := tx.RotateServiceKey(ctx, key); err != nil || !rotated {
			return errors.Join(err, noServiceKey(curfew.ErrNotFound))
		}
		return writeServiceKey(ctx, tx, now, audit.ServiceKeyRotate, key,
			detail("name", key.Name).Set("previous_until", key.PreviousUntil).Set("expires_at", key.ExpiresAt))
	})
	return key, text, err
}

// RevokeServiceKey ends a service key, and reports whether it was not revoked
// before.
func (a *Authority) RevokeServiceKey(ctx context.Context, id curfew.ID) (key curfew.ServiceKey, revoked bool, err error) {
	now := a.now()
	err = a.Store.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx Tx) error {
		key, err = tx.ServiceKey(ctx, id)
		if err != nil {
			return noServiceKey(err)
		}
		if revoked, err = tx.RevokeServiceKey(ctx, id, now); err != nil || !revoked {
			return err
		}
		return writeServiceKey(ctx, tx, now, audit.ServiceKeyRevoke, key, detail("name", key.Name))
	})
	return key, revoked, err
}

func noServiceKey(err error) error {
	if errors.Is(err, curfew.ErrNotFound) {
		return curfew.NewError(curfew.KindNotFound, "there is no service key with this id")
	}
	return err
}

// writeServiceKey appends what the operator did to a key to the log of events
// without an account.
func writeServiceKey(ctx context.Context, tx Tx, now time.Time, action audit.Action, key curfew.ServiceKey, details *audit.Details) error {
	return write(ctx, tx, curfew.Origin{}, now, event{account: curfew.ZeroID, action: action, actor: by(operator(curfew.ZeroID)),
		resource: "service_key", id: key.ID, details: details})
}
