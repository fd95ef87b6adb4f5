package store

import (
	"context"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

const serviceKeyColumns = `id, name, scopes, secret_hash, previous_hash, previous_until, created_at, rotated_at, last_used_at, expires_at, revoked_at`

func scanServiceKey(scan func(...any) error) (k curfew.ServiceKey, err error) {
	var scopes string
	err = scan(idInto{&k.ID}, &k.Name, &scopes, hashInto{&k.SecretHash}, maybeHashInto{&k.PreviousHash}, timeInto{&k.PreviousUntil},
		timeInto{&k.CreatedAt}, timeInto{&k.RotatedAt}, timeInto{&k.LastUsedAt}, timeInto{&k.ExpiresAt}, timeInto{&k.RevokedAt})
	for word := range strings.FieldsSeq(scopes) {
		k.Scopes = append(k.Scopes, curfew.Scope(word))
	}
	return k, err
}

// maybeHashInto scans a stored SHA-256; NULL is the zero hash.
type maybeHashInto struct{ hash *[32]byte }

func (s maybeHashInto) Scan(v any) error {
	*s.hash = [32]byte{}
	if v == nil {
		return nil
	}
	return hashInto(s).Scan(v)
}

var (
	selectServiceKey  = statement(`SELECT ` + serviceKeyColumns + ` FROM service_keys WHERE id = $1`)
	selectServiceKeys = statement(`SELECT ` + serviceKeyColumns + ` FROM service_keys ORDER BY created_at, id`)
	insertServiceKey  = statement(`INSERT INTO service_keys (id, name, scopes, secret_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`)
	// A revoked key gets no new secret, whoever was first.
	rotateServiceKey = statement(`UPDATE service_keys SET secret_hash = $2, previous_hash = $3, previous_until = $4, rotated_at = $5, expires_at = $6
 WHERE id = $1 AND revoked_at IS NULL`)
	revokeServiceKey = statement(`UPDATE service_keys SET revoked_at = $2, previous_hash = NULL, previous_until = NULL WHERE id = $1 AND revoked_at IS NULL`)
	// Of several nodes that saw the same key in the same minute one writes.
	touchServiceKey = statement(`UPDATE service_keys SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $3)`)
)

func (c conn) ServiceKey(ctx context.Context, id curfew.ID) (curfew.ServiceKey, error) {
	return one(c.row(ctx, selectServiceKey, id[:]), scanServiceKey)
}

func (c conn) ServiceKeys(ctx context.Context) (keys []curfew.ServiceKey, err error) {
	err = c.each(ctx, selectServiceKeys, func(scan func(...any) error) error {
		k, err := scanServiceKey(scan)
		keys = append(keys, k)
		return err
	})
	return keys, err
}

func (c conn) InsertServiceKey(ctx context.Context, k curfew.ServiceKey) error {
	words := make([]string, len(k.Scopes))
	for i, scope := range k.Scopes {
		words[i] = string(scope)
	}
	_, err := c.exec(ctx, insertServiceKey, k.ID[:], k.Name, strings.Join(words, " "), k.SecretHash[:], micros(k.CreatedAt), micros(k.ExpiresAt))
	return err
}

func (c conn) RotateServiceKey(ctx context.Context, k curfew.ServiceKey) (bool, error) {
	var previous any
	if !k.PreviousUntil.IsZero() {
		previous = k.PreviousHash[:]
	}
	n, err := c.exec(ctx, rotateServiceKey, k.ID[:], k.SecretHash[:], previous, micros(k.PreviousUntil), micros(k.RotatedAt), micros(k.ExpiresAt))
	return n > 0, err
}

func (c conn) RevokeServiceKey(ctx context.Context, id curfew.ID, now time.Time) (bool, error) {
	n, err := c.exec(ctx, revokeServiceKey, id[:], micros(now))
	return n > 0, err
}

func (c conn) TouchServiceKey(ctx context.Context, id curfew.ID, at, before time.Time) error {
	_, err := c.exec(ctx, touchServiceKey, id[:], micros(at), micros(before))
	return err
}
