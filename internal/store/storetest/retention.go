package storetest

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/token"
)

// happen writes events of an account at a time.
func (w *World) happen(id curfew.ID, n int, at time.Time) {
	w.T.Helper()
	w.Tx(func(ctx context.Context, tx authority.Tx) error {
		for range n {
			if err := tx.Audit(ctx, audit.Event{AccountID: id, ID: curfew.NewID(at), OccurredAt: at, Action: audit.AccountUpdate, Details: []byte("{}")}); err != nil {
				return err
			}
		}
		return nil
	})
}

func auditRetention(t *testing.T, open Open) {
	keep := func(w *World) *authority.AuditRetention {
		return &authority.AuditRetention{Store: w.Store, Now: w.Clock.Now, Chain: w.Chain, Keep: 400 * day}
	}
	removes := func(w *World, want int) {
		w.T.Helper()
		n, err := keep(w).Pass(bg, always)
		must(w.T, err)
		if n != want {
			w.T.Errorf("removed %d, want %d", n, want)
		}
	}
	numbers := func(w *World) (all []int64) {
		for _, e := range w.Events(w.Acme.ID()) {
			all = append(all, e.Seq)
		}
		return all
	}
	scenario(t, open, "the oldest go, to the microsecond, and the rest still verifies", func(w *World) {
		w.otherMayChange = true
		born := w.Clock.Now()
		w.Clock.Add(day)
		w.happen(w.Acme.ID(), 2, w.Clock.Now())
		w.happen(curfew.ZeroID, 3, born)
		w.Clock.Set(born.Add(400*day - µs))
		removes(w, 0)
		w.Clock.Add(µs)
		removes(w, 3+3+3) // of two sign-ups, and of no account
		if got := numbers(w); len(got) != 2 || got[0] != 4 || got[1] != 5 {
			w.T.Errorf("left are %v", got)
		}
		removes(w, 0)
		w.CheckChains()
		w.happen(w.Acme.ID(), 1, w.Clock.Now())
		w.happen(curfew.ZeroID, 1, w.Clock.Now())
		w.CheckChains()
		w.Clock.Add(800 * day) // now all of them
		removes(w, 3+1)
		if got := numbers(w); len(got) != 0 {
			w.T.Errorf("left are %v", got)
		}
		w.CheckChains()
		w.happen(w.Acme.ID(), 1, w.Clock.Now())
		if got := numbers(w); len(got) != 1 || got[0] != 7 {
			w.T.Errorf("left are %v", got)
		}
		w.CheckChains()
	})
	scenario(t, open, "an old event behind a young one stays until that one goes", func(w *World) {
		w.otherMayChange = true
		born := w.Clock.Now()
		w.happen(w.Acme.ID(), 1, born.Add(10*day)) // by a clock that was wrong
		w.happen(w.Acme.ID(), 1, born)
		w.Clock.Set(born.Add(400 * day))
		removes(w, 3+3)
		w.Clock.Add(10 * day)
		removes(w, 2)
		w.CheckChains()
	})
	scenario(t, open, "more than a chunk, paused and gone on with, and by two nodes at once while events are written", func(w *World) {
		w.otherMayChange = true
		born := w.Clock.Now()
		w.happen(w.Acme.ID(), 1498, born)
		w.Clock.Set(born.Add(400 * day))
		enough := errors.New("enough")
		r, removed := keep(w), 0
		for pass := 0; ; pass++ {
			turns := 0
			n, err := r.Pass(bg, func(context.Context) error {
				if turns++; turns > 2 {
					return enough
				}
				return nil
			})
			removed += n
			if err == nil {
				break
			}
			if !errors.Is(err, enough) || pass > 20 {
				w.T.Fatalf("pass %d: %v", pass, err)
			}
			w.CheckChains()
		}
		if removed != 1501+3 {
			w.T.Errorf("removed %d", removed)
		}
		w.happen(w.Acme.ID(), 1200, born)
		var total atomic.Int32
		together(5, func(i int) {
			if i == 0 {
				w.happen(w.Acme.ID(), 20, w.Clock.Now())
				return
			}
			n, err := keep(w).Pass(bg, always)
			if err != nil {
				w.T.Error(err)
			}
			total.Add(int32(n))
		})
		removes(w, 1200-int(total.Load()))
		if got := len(numbers(w)); got != 20 {
			w.T.Errorf("%d events are left", got)
		}
		w.CheckChains()
	})
	scenario(t, open, "a chain that does not verify is left as it is, and the others are not", func(w *World) {
		w.otherMayChange = true
		w.happen(w.Acme.ID(), 2, w.Clock.Now())
		w.Clock.Add(401 * day)
		r := keep(w)
		alien, err := audit.NewChain(func(id byte) ([32]byte, bool) { return [32]byte{9}, true }, 1)
		must(w.T, err)
		r.Chain = alien // every row looks changed
		n, err := r.Pass(bg, always)
		if err == nil || n != 0 || !strings.Contains(err.Error(), "row 1 was changed") {
			w.T.Errorf("removed %d, %v", n, err)
		}
		blind, err := audit.NewChain(func(id byte) ([32]byte, bool) { return [32]byte{9}, id == 77 }, 77)
		must(w.T, err)
		r.Chain = blind // the secret of that time is not there
		if n, err = r.Pass(bg, always); err == nil || n != 0 || !strings.Contains(err.Error(), "CURFEW_SECRET_PREVIOUS") {
			w.T.Errorf("removed %d, %v", n, err)
		}
		if len(numbers(w)) != 5 {
			w.T.Error("it was cut")
		}
		removes(w, 5+3)
	})
}

func keyRotation(t *testing.T, open Open) {
	load := func(w *World) (keys []token.SigningKey) {
		w.T.Helper()
		keys, err := w.Keys.Load(bg, w.Clock.Now())
		must(w.T, err)
		must(w.T, w.Ring.Replace(keys))
		return keys
	}
	due := func(w *World, want bool) {
		w.T.Helper()
		made, err := w.Keys.RotateDue(bg, w.Clock.Now())
		must(w.T, err)
		if made != want {
			w.T.Fatalf("made a key: %v, want %v", made, want)
		}
	}
	signs := func(w *World) string {
		w.T.Helper()
		key, err := w.Ring.Current(w.Clock.Now())
		must(w.T, err)
		return key.KID
	}
	scenario(t, open, "after a month, published a day before it signs, and the old one as long as its tokens live", func(w *World) {
		first := load(w)[0]
		w.Clock.Set(first.ActiveAt.Add(authority.SigningKeyLife - day - µs))
		due(w, false)
		w.Clock.Add(µs)
		due(w, true)
		due(w, false)
		if keys := load(w); len(keys) != 2 || signs(w) != first.KID || len(w.Ring.Published(w.Clock.Now())) != 2 {
			w.T.Fatalf("%d keys, %s signs", len(keys), signs(w))
		}
		w.Clock.Set(first.ActiveAt.Add(authority.SigningKeyLife - µs))
		p := w.SignIn(w.Acme.Owner.Email) // the last token of the old key
		if load(w); signs(w) != first.KID {
			w.T.Error("the new key signs early")
		}
		w.Clock.Add(µs)
		if signs(w) == first.KID {
			w.T.Error("the old key signs on")
		}
		w.Clock.Set(p.AccessTokenExpiresAt.Add(-µs))
		due(w, false)
		load(w)
		_, err := w.Authenticate(bg, p.AccessToken)
		must(w.T, err)
		w.Clock.Add(day)
		due(w, false) // forgets the expired one
		w.View(func(ctx context.Context, r authority.Reader) error {
			rows, err := r.SigningKeys(ctx)
			if len(rows) != 1 || rows[0].KID == first.KID {
				w.T.Errorf("%d keys are kept", len(rows))
			}
			return err
		})
	})
	scenario(t, open, "many nodes at once, and one that always signs", func(w *World) {
		for range 3 {
			w.Clock.Add(authority.SigningKeyLife)
			before := len(load(w))
			together(4, func(int) {
				if _, err := w.Keys.RotateDue(bg, w.Clock.Now()); err != nil {
					w.T.Error(err)
				}
			})
			if n := len(load(w)) - before; n != 1 {
				w.T.Fatalf("made %d keys", n)
			}
			due(w, false)
			for range 30 {
				load(w)
				signs(w)
				w.Clock.Add(time.Hour)
			}
		}
	})
	scenario(t, open, "a rotation by hand before the next one signs leaves no gap", func(w *World) {
		w.Clock.Add(authority.SigningKeyLife)
		due(w, true)
		first := signs(w)
		w.Clock.Add(day - time.Minute) // a minute before the pending key signs
		_, err := w.Keys.Rotate(bg, w.Clock.Now(), authority.SigningKeyLead)
		must(w.T, err)
		w.Clock.Add(authority.SigningKeyLead - µs)
		if load(w); signs(w) != first {
			w.T.Fatal("another key signs")
		}
		p := w.SignIn(w.Acme.Owner.Email)
		w.Clock.Set(p.AccessTokenExpiresAt.Add(-µs))
		load(w)
		if _, err := w.Authenticate(bg, p.AccessToken); err != nil {
			w.T.Errorf("a token that lives is refused: %v", err)
		}
	})
}
