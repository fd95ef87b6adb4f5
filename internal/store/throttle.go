package store

import (
	"context"
	"errors"

	"github.com/curfew-auth/curfew/internal/curfew"
)

var (
	// The empty update locks the bucket, so that two failures at once count
	// as two.
	lockThrottle = statement(`INSERT INTO throttles (bucket, tat) VALUES ($1, 0)
 ON CONFLICT (bucket) DO UPDATE SET tat = throttles.tat RETURNING tat`)
	readThrottle    = statement(`SELECT tat FROM throttles WHERE bucket = $1`)
	setThrottle     = statement(`UPDATE throttles SET tat = $2 WHERE bucket = $1`)
	deleteThrottles = statement(`DELETE FROM throttles WHERE tat < $1`)
)

func (c conn) ThrottleNow(ctx context.Context, bucket [32]byte) (int64, error) {
	tat, err := one(c.row(ctx, readThrottle, bucket[:]), func(scan func(...any) error) (tat int64, err error) {
		err = scan(&tat)
		return tat, err
	})
	if errors.Is(err, curfew.ErrNotFound) {
		err = nil
	}
	return tat, err
}

func (c conn) Throttle(ctx context.Context, bucket [32]byte) (tat int64, err error) {
	err = c.row(ctx, lockThrottle, bucket[:]).Scan(&tat)
	return tat, err
}

func (c conn) SetThrottle(ctx context.Context, bucket [32]byte, tat int64) error {
	_, err := c.exec(ctx, setThrottle, bucket[:], tat)
	return err
}
