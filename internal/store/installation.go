package store

import (
	"context"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/token"
)

// What belongs to the installation rather than to an account: signing keys
// and the heartbeats of nodes.

var (
	selectSigningKeys = statement(`SELECT kid, alg, public_key, sealed, created_at, active_at, expires_at
 FROM signing_keys ORDER BY active_at, created_at, kid`)
	insertSigningKey = statement(`INSERT INTO signing_keys (kid, alg, public_key, sealed, created_at, active_at, expires_at)
 VALUES ($1, $2, $3, $4, $5, $6, $7)`)
	retireSigningKeys = statement(`UPDATE signing_keys SET expires_at = $2 WHERE kid <> $1 AND (expires_at IS NULL OR expires_at > $2)`)
	deleteSigningKeys = statement(`DELETE FROM signing_keys WHERE expires_at <= $1`)
	deletePendingKeys = statement(`DELETE FROM signing_keys WHERE active_at > $1`)
	keepSigningKey    = statement(`UPDATE signing_keys SET expires_at = NULL WHERE kid = $1`)
	resealSigningKey  = statement(`UPDATE signing_keys SET sealed = $2 WHERE kid = $1`)

	newestHeartbeat = statement(`SELECT max(heartbeat) FROM writers`)
	beat            = statement(`INSERT INTO writers (id, started_at, heartbeat) VALUES ($1, $2, $2)
 ON CONFLICT (id) DO UPDATE SET heartbeat = $2`)
	farewell = statement(`UPDATE writers SET heartbeat = $2, stopped_at = $2 WHERE id = $1`)
	// A node that was silent for an hour is gone; the newest heartbeat stays,
	// and the number of a log's newest row for as long as it has rows.
	forgetNodes = statement(`DELETE FROM writers WHERE heartbeat < $2 AND id <> $1
 AND NOT EXISTS (SELECT 1 FROM revocation_log l WHERE l.writer_id = writers.id)`)
)

func (c conn) SigningKeys(ctx context.Context) (keys []token.SealedKey, err error) {
	err = c.each(ctx, selectSigningKeys, func(scan func(...any) error) error {
		var k token.SealedKey
		err := scan(&k.KID, &k.Alg, &k.Public, &k.Sealed, timeInto{&k.CreatedAt}, timeInto{&k.ActiveAt}, timeInto{&k.ExpiresAt})
		keys = append(keys, k)
		return err
	})
	return keys, err
}

func (c conn) InsertSigningKey(ctx context.Context, k token.SealedKey) error {
	_, err := c.exec(ctx, insertSigningKey, k.KID, k.Alg, k.Public, k.Sealed, micros(k.CreatedAt), micros(k.ActiveAt), micros(k.ExpiresAt))
	return err
}

func (c conn) RetireSigningKeys(ctx context.Context, except string, at time.Time) error {
	_, err := c.exec(ctx, retireSigningKeys, except, micros(at))
	return err
}

func (c conn) DeleteSigningKeys(ctx context.Context, now time.Time) error {
	_, err := c.exec(ctx, deleteSigningKeys, micros(now))
	return err
}

func (c conn) DeletePendingKeys(ctx context.Context, now time.Time) error {
	_, err := c.exec(ctx, deletePendingKeys, micros(now))
	return err
}

func (c conn) ResealSigningKey(ctx context.Context, kid string, sealed []byte) error {
	_, err := c.exec(ctx, resealSigningKey, kid, sealed)
	return err
}

func (c conn) KeepSigningKey(ctx context.Context, kid string) error {
	_, err := c.exec(ctx, keepSigningKey, kid)
	return err
}

func (c conn) NewestHeartbeat(ctx context.Context) (t time.Time, err error) {
	err = c.row(ctx, newestHeartbeat).Scan(timeInto{&t})
	return t, err
}

func (c conn) Heartbeat(ctx context.Context, node curfew.ID, now time.Time) error {
	if _, err := c.exec(ctx, beat, node[:], micros(now)); err != nil {
		return err
	}
	_, err := c.exec(ctx, forgetNodes, node[:], micros(now.Add(-time.Hour)))
	return err
}

func (c conn) Farewell(ctx context.Context, node curfew.ID, now time.Time) error {
	_, err := c.exec(ctx, farewell, node[:], micros(now))
	return err
}
