package store

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// fencing is a fence of a database that began at a time.
func fencing(db *DB, at time.Time) authority.Fencing {
	clock := authority.NewClock(func() time.Time { return at })
	db.SetClock(clock.Now)
	return authority.Fencing{Store: db, Clock: clock, At: at, Latest: clock.Now, Cause: "test", Progress: func(int64, int64) {}}
}

func epochs(t *testing.T, db *DB) (all map[curfew.ID]int64) {
	t.Helper()
	all = map[curfew.ID]int64{}
	if err := db.View(context.Background(), func(ctx context.Context, r authority.Reader) error {
		accounts, err := r.Accounts(ctx)
		for _, a := range accounts {
			all[a.ID] = a.SessionEpoch
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// A fence ends every session of every account with a time and a reason, and
// once only, however often it is interrupted.
func TestFence(t *testing.T) {
	onEngines(t, func(t *testing.T, db *DB) {
		ctx := context.Background()
		refreshes := seed(t, db, 3)
		account := refreshes[0].AccountID
		for range 150 {
			id := curfew.NewID(copyTime)
			if err := db.InTx(ctx, id, func(ctx context.Context, tx authority.Tx) error {
				return tx.InsertAccount(ctx, curfew.Account{ID: id, Name: "More", CreatedAt: copyTime})
			}); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.InTx(ctx, account, func(ctx context.Context, tx authority.Tx) error {
			for range 2 {
				if _, err := tx.RaiseAccountEpoch(ctx, account, authority.Raising{At: copyTime, Reason: curfew.ReasonOwnerAll}); err != nil {
					return err
				}
			}
			st, err := tx.SessionStanding(ctx, account, refreshes[0].SessionID)
			if err != nil {
				return err
			}
			return tx.InsertReset(ctx, curfew.Reset{AccountID: account, UserID: st.User.ID, CreatedAt: copyTime, ExpiresAt: copyTime.Add(time.Hour)})
		}); err != nil {
			t.Fatal(err)
		}

		// The first try stops half way.
		at := time.Now().UTC().Truncate(time.Microsecond)
		begun, err := db.BeginFence(ctx, at)
		if err != nil || begun.Restored || !begun.At.Equal(at) {
			t.Fatalf("%+v, %v", begun, err)
		}
		short, cancel := context.WithCancel(ctx)
		f := fencing(db, at)
		f.Progress = func(done, all int64) {
			if all != 151 {
				t.Errorf("%d accounts", all)
			}
			if done > 64 {
				cancel()
			}
		}
		if _, _, err := f.Run(short); err == nil {
			t.Fatal("it was not cut short")
		}
		cancel()
		for _, use := range []func() error{
			func() error { return db.UseCopy(ctx) },
			func() error { _, err := Copy(ctx, db, openEmpty(t), copyTime, silent); return err },
			func() error { _, err := Backup(ctx, db, openEmpty(t), copyTime, silent); return err },
		} {
			if err := use(); !errors.Is(err, ErrUnfinishedFence) {
				t.Errorf("half way: %v", err)
			}
		}
		if _, err := Restore(ctx, openEmpty(t), db, copyTime, silent); !errors.Is(err, ErrInUse) {
			t.Errorf("restored over it: %v", err)
		}

		// The second goes on with the same, and a third finds nothing to do.
		for range 2 {
			again, err := db.BeginFence(ctx, at.Add(time.Minute))
			if err != nil || !again.At.Equal(at) {
				t.Fatalf("%+v, %v", again, err)
			}
			now := at.Add(time.Minute)
			f := fencing(db, now)
			f.At = again.At
			n, before, err := f.Run(ctx)
			if err != nil || n != 151 || before.Before(now) || before.Sub(now) >= time.Second || !before.Equal(before.Truncate(time.Second)) {
				t.Fatalf("%d accounts, minted before %v, %v", n, before, err)
			}
		}
		for id, epoch := range epochs(t, db) {
			want := int64(1 << 20)
			if id == account {
				want += 2
			}
			if epoch != want {
				t.Errorf("the epoch is %d, want %d", epoch, want)
			}
			if report, err := authority.VerifyAudit(ctx, db, testChain(t), id); err != nil || !report.OK() || report.Rows != 1 {
				t.Errorf("the audit log: %+v, %v", report, err)
			}
		}
		var open int
		if err := db.read.QueryRowContext(ctx, `SELECT count(*) FROM reset_tokens WHERE used_at IS NULL`).Scan(&open); err != nil || open != 0 {
			t.Errorf("%d links to new passwords still work (%v)", open, err)
		}

		// A server that began meanwhile keeps it from being done.
		if err := db.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx authority.Tx) error {
			return tx.Heartbeat(ctx, curfew.NewID(at), at.Add(2*time.Minute))
		}); err != nil {
			t.Fatal(err)
		}
		if err := db.EndFence(ctx, begun, db.WriterID()); err == nil || !strings.Contains(err.Error(), "a server came to life meanwhile") {
			t.Errorf("got %v", err)
		}
		last, err := db.BeginFence(ctx, at)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.EndFence(ctx, last, db.WriterID()); err != nil {
			t.Fatal(err)
		}
		if err := db.UseCopy(ctx); err != nil {
			t.Error(err)
		}
		// One log is left, in which the last of them refuses what is older, and
		// no time of a node is before that.
		all, heads, err := db.RevocationsAfter(ctx, nil, 100)
		if err != nil || len(heads) != 1 || len(all) != 2 {
			t.Fatalf("%+v, %v, %v", all, heads, err)
		}
		if all[1].MintedBefore.Before(at.Add(time.Minute)) || !all[1].AccountID.IsZero() || all[1].Until.Before(all[1].MintedBefore.Add(curfew.RevocationLife)) {
			t.Errorf("%+v", all[1])
		}
		if newest, err := db.newestSign(ctx); err != nil || newest.Before(all[1].MintedBefore) {
			t.Errorf("the newest sign of life is %v (%v)", newest, err)
		}
		for _, refresh := range refreshes {
			st, err := db.Standing(ctx, account, refresh.SessionID)
			if err != nil {
				t.Fatal(err)
			}
			// What the owner ended before keeps its own reason.
			if end, over := st.End(at); !over || end.Reason != curfew.ReasonOwnerAll {
				t.Errorf("%+v, %v", end, over)
			}
			if _, err := db.Rotate(ctx, authority.Rotation{AccountID: account, SessionID: refresh.SessionID, Generation: 1, SecretHash: refresh.SecretHash(),
				Now: at, ActiveAt: at, Nonce: make([]byte, 16)}); !errors.Is(err, curfew.ErrNotFound) {
				t.Errorf("a refresh of the copy: %v", err)
			}
		}

		// Another fence is another one.
		next, err := db.BeginFence(ctx, at.Add(time.Hour))
		if err != nil || !next.At.Equal(at.Add(time.Hour)) {
			t.Fatalf("%+v, %v", next, err)
		}
		if _, _, err := fencing(db, next.At).Run(ctx); err != nil {
			t.Fatal(err)
		}
		if got := epochs(t, db)[account]; got != 2<<20+2 {
			t.Errorf("the epoch is %d", got)
		}
	})
}

// Epochs stay below 2^53, and a fence of an installation without accounts is
// one all the same.
func TestFenceHasRoom(t *testing.T) {
	onEngines(t, func(t *testing.T, db *DB) {
		ctx := context.Background()
		begun, err := db.BeginFence(ctx, copyTime)
		if err != nil {
			t.Fatal(err)
		}
		f := fencing(db, begun.At)
		if n, _, err := f.Run(ctx); n != 0 || err != nil {
			t.Errorf("%d accounts, %v", n, err)
		}
		if err := db.EndFence(ctx, begun, db.WriterID()); err != nil {
			t.Fatal(err)
		}
		account := seed(t, db, 1)[0].AccountID
		for _, tt := range []struct {
			epoch int64
			ok    bool
		}{{0, true}, {1<<53 - 2<<20 - 1, true}, {1<<53 - 2<<20, false}, {1 << 53, false}} {
			if _, err := db.write.ExecContext(ctx, `UPDATE accounts SET session_epoch = $2 WHERE id = $1`, account[:], tt.epoch); err != nil {
				t.Fatal(err)
			}
			if err := fencing(db, copyTime).Check(ctx); (err == nil) != tt.ok {
				t.Errorf("%d: %v", tt.epoch, err)
			}
		}
	})
}
