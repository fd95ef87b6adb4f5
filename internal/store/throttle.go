package store

import (
	"context"
	"errors"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

var (
	// The empty update locks the bucket, so that two failures at once count
	// as two.
	lockThrottle = statement(`INSERT INTO throttles (bucket, tat) VALUES ($1, 0)
 ON CONFLICT (bucket) DO UPDATE SET tat = throttles.tat RETURNING tat`)
	readThrottle    = statement(`SELECT tat FROM throttles WHERE bucket = $1`)
	setThrottle     = statement(`UPDATE throttles SET tat = $2 WHERE bucket = $1`)
	throttleKeys    = statement(`SELECT bucket FROM throttles WHERE bucket > $1 ORDER BY bucket LIMIT $2`)
	deleteThrottles = statement(`DELETE FROM throttles WHERE bucket > $1 AND bucket <= $2 AND tat < $3`)
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

func (c conn) ThrottleKeys(ctx context.Context, after []byte, limit int) (last []byte, looked int, err error) {
	if after == nil {
		after = []byte{} // before every bucket
	}
	err = c.each(ctx, throttleKeys, func(scan func(...any) error) error {
		looked++
		last = nil
		return scan(&last)
	}, after, limit)
	return last, looked, err
}

func (c conn) ForgetThrottles(ctx context.Context, after, upTo []byte, before time.Time) (int, error) {
	if after == nil {
		after = []byte{}
	}
	n, err := c.exec(ctx, deleteThrottles, after, upTo, micros(before))
	return int(n), err
}
