package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// logRetention: entries go once they matter no more, and no earlier; the log's
// numbers go on.
func logRetention(t *testing.T, open Open) {
	write := func(w *World, n int) {
		w.T.Helper()
		must(w.T, w.Store.InLog(bg, w.Acme.ID(), func(ctx context.Context, tx authority.Tx) error {
			for range n {
				if err := logging(w.Acme.ID(), curfew.NewID(w.Clock.Now()))(ctx, tx); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	scenario(t, open, "from the beginning, to the microsecond", func(w *World) {
		retention := &authority.LogRetention{Store: w.Store, Now: w.Clock.Now}
		removes := func(want int) {
			w.T.Helper()
			n, err := retention.Pass(bg, always)
			must(w.T, err)
			if n != want {
				w.T.Errorf("removed %d, want %d", n, want)
			}
		}
		w.Clock.Add(time.Hour)
		_, err := retention.Pass(bg, always) // what the making of the world left
		must(w.T, err)
		cursor := curfew.Cursor{}
		_, err = read(w.Log(), cursor, 100)
		must(w.T, err)
		began := w.Clock.Now()
		write(w, 3)
		w.Clock.Add(time.Second)
		write(w, 2)
		w.Clock.Set(began.Add(curfew.RevocationLife + time.Minute - µs))
		removes(0)
		w.Clock.Add(µs)
		removes(3)
		removes(0)
		if all, err := read(w.Log(), curfew.Cursor{}, 100); err != nil || len(all) != 2 || all[0].Seq != all[1].Seq-1 {
			w.T.Errorf("left are %+v, %v", all, err)
		}
		w.Clock.Add(time.Second)
		removes(2)
		writer := w.Log().WriterID()
		last := func() int64 {
			_, heads, err := w.Log().RevocationsAfter(bg, curfew.Cursor{}, 1)
			must(w.T, err)
			return heads[writer]
		}
		head := last()
		// Nobody forgets where it was while it is not silent for long.
		must(w.T, w.Heartbeat(bg, curfew.NewID(w.Clock.Now())))
		write(w, 1)
		if w.Log().WriterID() != writer || last() != head+1 {
			w.T.Errorf("the log goes on as %s at %d, not %s at %d", w.Log().WriterID(), last(), writer, head+1)
		}
		// Its place is kept while it has entries, however old.
		w.Clock.Add(3 * time.Hour)
		must(w.T, w.Heartbeat(bg, curfew.NewID(w.Clock.Now())))
		if last() != head+1 {
			w.T.Error("a writer with entries was forgotten")
		}
		removes(1)
		must(w.T, w.Heartbeat(bg, curfew.NewID(w.Clock.Now())))
		if last() != 0 {
			w.T.Error("a writer that was silent for hours is kept")
		}
		write(w, 1)
		if w.Log().WriterID() == writer {
			w.T.Error("numbers of a forgotten log are given again")
		}
		w.NewLogged()
	})
	scenario(t, open, "more than one chunk, and an interruption", func(w *World) {
		write(w, 4100)
		w.Clock.Add(time.Hour)
		retention := &authority.LogRetention{Store: w.Store, Now: w.Clock.Now}
		turns := 0
		n, err := retention.Pass(bg, func(context.Context) error {
			if turns++; turns > 1 {
				return errInjected
			}
			return nil
		})
		if n != 2000 || !errors.Is(err, errInjected) {
			w.T.Errorf("removed %d, %v", n, err)
		}
		n, err = retention.Pass(bg, always)
		must(w.T, err)
		if n < 2100 {
			w.T.Errorf("removed %d", n)
		}
		if left, _, err := w.Log().RevocationsAfter(bg, nil, 10); err != nil || len(left) != 0 {
			w.T.Errorf("%d are left, %v", len(left), err)
		}
	})
}
