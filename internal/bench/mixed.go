package bench

import (
	"context"
	"time"
)

// The shares of the case mixed, in tenths of a percent. A turnover is a
// sign-out followed by a sign-in.
const (
	shareRefresh = 600
	shareSession = 379
	shareList    = 20
	shareTurn    = 1
)

// mixed does one of several things, drawn by their shares.
func (w *worker) mixed(ctx context.Context, s *session, now time.Time) error {
	switch n := w.dice.Uint64() % (shareRefresh + shareSession + shareList + shareTurn); {
	case n < shareRefresh:
		return w.refresh(ctx, s, now)
	case n < shareRefresh+shareSession:
		return w.session(ctx, s, now)
	case n < shareRefresh+shareSession+shareList:
		return w.ownList(ctx, s, now)
	}
	if err := w.logout(ctx, s, now); err != nil {
		return err
	}
	return w.login(ctx, s, time.Now())
}
