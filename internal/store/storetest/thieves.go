package storetest

import (
	"errors"
	"testing"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// thieves hold a copy of one refresh token.
func thieves(t *testing.T, open Open) {
	const attempt = "the-victims-attempt-1"
	scenario(t, open, "a thief without the attempt goes first", func(w *World) {
		p := w.SignIn(w.Acme.Owner.Email)
		stolen := w.MustRefresh(p, "")
		w.NewEvents(w.Acme.ID())
		_, err := w.Refresh(p.RefreshToken, attempt)
		w.WantKind(err, curfew.KindRefreshTokenReused)
		w.WantActions(w.Acme.ID(), audit.SessionReuseDetected)
		w.Ended(stolen, curfew.ReasonReuseDetected, w.Clock.Now())
	})
	scenario(t, open, "the victim goes first", func(w *World) {
		p := w.SignIn(w.Acme.Owner.Email)
		next := w.MustRefresh(p, attempt)
		_, err := w.Refresh(p.RefreshToken, "")
		w.WantKind(err, curfew.KindRefreshTokenReused)
		w.Ended(next, curfew.ReasonReuseDetected, w.Clock.Now())
	})
	scenario(t, open, "both at once: one is caught, and the session is over", func(w *World) {
		for range 10 {
			p := w.SignIn(w.Acme.Owner.Email)
			errs := make([]error, 2)
			together(2, func(i int) { _, errs[i] = w.Refresh(p.RefreshToken, []string{attempt, "the-thiefs-attempt-1"}[i]) })
			if (errs[0] == nil) == (errs[1] == nil) {
				w.T.Fatalf("%v, %v", errs[0], errs[1])
			}
			w.WantKind(errors.Join(errs...), curfew.KindRefreshTokenReused)
			_, err := w.Refresh(p.RefreshToken, attempt)
			w.WantKind(err, curfew.KindSessionRevoked, curfew.ReasonReuseDetected)
		}
	})
}
