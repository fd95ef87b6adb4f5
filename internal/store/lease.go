package store

import (
	"context"
	"errors"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

var (
	// takeLease gives a row when the lease was free, had expired or is the
	// holder's already. Of two that come at once one gets it: the other waits
	// for the row, and then finds it taken.
	takeLease = statement(`INSERT INTO leases (name, holder, expires_at) VALUES ($1, $2, $4)
 ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
 WHERE leases.holder = excluded.holder OR leases.expires_at <= $3
 RETURNING expires_at`)
	releaseLease = statement(`DELETE FROM leases WHERE name = $1 AND holder = $2`)
)

func (c conn) TakeLease(ctx context.Context, name string, holder curfew.ID, now, until time.Time) (bool, error) {
	_, err := one(c.row(ctx, takeLease, name, holder[:], micros(now), micros(until)), func(scan func(...any) error) (t time.Time, err error) {
		err = scan(timeInto{&t})
		return t, err
	})
	if errors.Is(err, curfew.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

func (c conn) ReleaseLease(ctx context.Context, name string, holder curfew.ID) error {
	_, err := c.exec(ctx, releaseLease, name, holder[:])
	return err
}
