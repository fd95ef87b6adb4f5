package store

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/store/storetest"
)

// A copy is used and made anew at once: whoever is second is refused, and
// nothing that is used is cleared.
func TestCopyAndUseAtOnce(t *testing.T) {
	ctx := context.Background()
	for _, tt := range []struct {
		name   string
		first  func(from, to *DB) error
		second func(from, to *DB) error
		want   error
	}{
		{"used while a copy begins", func(_, to *DB) error { return to.UseCopy(ctx) }, func(from, to *DB) error {
			_, err := Copy(ctx, from, to, copyTime.Add(time.Second), silent)
			return err
		}, ErrInUse},
		{"begun while it comes into use", func(_, to *DB) error {
			_, err := to.write.ExecContext(ctx, `UPDATE copies SET finished_at = NULL`)
			return err
		}, func(_, to *DB) error { return to.UseCopy(ctx) }, ErrUnfinishedCopy},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var tap storetest.Tap
			from, url := openEmpty(t), migratedDatabase(t, testChain(t))
			fill(t, from, 1)
			other, to := openAt(t, Options{URL: url, Chain: testChain(t)}), openAt(t, Options{URL: url, Chain: testChain(t), Wrap: tap.Wrap})
			if _, err := Copy(ctx, from, to, copyTime, silent); err != nil {
				t.Fatal(err)
			}
			done := false
			tap.Watch(func(c storetest.Call) error {
				if c.Op != storetest.OpExec || done || !strings.Contains(c.SQL, " copies ") {
					return nil
				}
				done = true
				return tt.first(from, other)
			})
			err := tt.second(from, to)
			tap.Watch(nil)
			if !errors.Is(err, tt.want) || !done {
				t.Errorf("%v", err)
			}
			sameRows(t, from, other)
		})
	}
}
