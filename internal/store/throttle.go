package store

import "context"

var (
	// The empty update locks the bucket, so that two failures at once count
	// as two.
	lockThrottle = statement(`INSERT INTO throttles (bucket, tat) VALUES ($1, 0)
 ON CONFLICT (bucket) DO UPDATE SET tat = throttles.tat RETURNING tat`)
	setThrottle     = statement(`UPDATE throttles SET tat = $2 WHERE bucket = $1`)
	deleteThrottles = statement(`DELETE FROM throttles WHERE tat < $1`)
)

func (c conn) Throttle(ctx context.Context, bucket [32]byte) (tat int64, err error) {
	err = c.row(ctx, lockThrottle, bucket[:]).Scan(&tat)
	return tat, err
}

func (c conn) SetThrottle(ctx context.Context, bucket [32]byte, tat int64) error {
	_, err := c.exec(ctx, setThrottle, bucket[:], tat)
	return err
}
