package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// verifiers are what nodes heard of those who verify.
func verifiers(t *testing.T, open Open) {
	scenario(t, open, "the newest word of each is kept, for a day", func(w *World) {
		known := func() map[string]string {
			w.T.Helper()
			applied := map[string]string{}
			w.View(func(ctx context.Context, r authority.Reader) error {
				all, err := r.Verifiers(ctx, w.Clock.Now().Add(-48*time.Hour), 100)
				for _, v := range all {
					applied[v.Name] = v.Applied
				}
				return err
			})
			return applied
		}
		one, two, now := curfew.ID{2, 15: 1}, curfew.ID{1, 15: 1}, w.Clock.Now()
		say := func(node curfew.ID, heard ...curfew.Verifier) {
			w.T.Helper()
			must(w.T, w.RecordVerifiers(bg, node, heard))
		}
		say(curfew.ID{9}, curfew.Verifier{ID: one, Name: "a", Mode: curfew.ModeStrict, Applied: "x", HeardAt: now},
			curfew.Verifier{ID: two, Name: "b", Mode: curfew.ModeLenient, HeardAt: now})
		say(curfew.ID{8}, curfew.Verifier{ID: one, Name: "a", Mode: curfew.ModeStrict, Applied: "y", HeardAt: now.Add(time.Second)})
		say(curfew.ID{9}, curfew.Verifier{ID: one, Name: "a", Mode: curfew.ModeStrict, Applied: "z", HeardAt: now.Add(time.Millisecond)})
		say(curfew.ID{9})
		if got := known(); len(got) != 2 || got["a"] != "y" || got["b"] != "" {
			w.T.Errorf("known are %v", got)
		}
		w.Clock.Add(24*time.Hour + time.Millisecond)
		n, err := w.ForgetVerifiers(bg, always)
		if must(w.T, err); n != 1 || len(known()) != 1 {
			w.T.Errorf("%d were forgotten, known are %v", n, known())
		}
	})
}

// reasserting is the writing again of what a database has lost.
func reasserting(t *testing.T, open Open) {
	scenario(t, open, "what was ended ends again, and is logged anew", func(w *World) {
		tenant, bystander := w.SignUp("Lost", "Lena", "lena@lost.example"), w.SignUp("Kept", "Karl", "karl@kept.example")
		second, third := w.SignIn("lena@lost.example"), w.SignIn("karl@kept.example")
		account, user, session := tenant.ID(), tenant.Owner.Standing.User.ID, third.Standing.Session.ID
		before := len(w.Logged())
		lost := []curfew.Revocation{
			{Writer: curfew.ID{1}, Seq: 7, AccountID: account, Epoch: 3, Except: []curfew.ID{{5}}},
			{Writer: curfew.ID{1}, Seq: 8, AccountID: bystander.ID(), SessionID: session},
			{Writer: curfew.ID{1}, Seq: 9, AccountID: account, UserID: user, Epoch: 2},
			{Writer: curfew.ID{1}, Seq: 10, AccountID: curfew.ID{1, 2, 3}, SessionID: curfew.ID{4, 5, 6}}, // nobody knows it any more
			{Writer: curfew.ID{1}, Seq: 11, AccountID: bystander.ID(), UserID: curfew.ID{9, 9}, Epoch: 4},
			{Writer: curfew.ID{1}, Seq: 12, MintedBefore: w.Clock.Now()},
		}
		for round := 1; round <= 2; round++ { // by another node, too
			must(w.T, w.Reassert(bg, lost))
			if n := len(w.Logged()) - before; n != round*len(lost) {
				w.T.Errorf("%d entries were logged", n)
			}
			w.View(func(ctx context.Context, r authority.Reader) error {
				u, err := r.User(ctx, account, user)
				must(w.T, err)
				a, err := r.Account(ctx, account)
				if must(w.T, err); a.SessionEpoch != 3 || u.SessionEpoch != 2 {
					w.T.Errorf("the epochs are %d and %d", a.SessionEpoch, u.SessionEpoch)
				}
				return nil
			})
		}
		for _, p := range []Person{tenant.Owner, second, third} {
			_, err := w.Refresh(p.RefreshToken, "")
			if w.WantKind(err, curfew.KindSessionRevoked); err.(*curfew.Error).Reason != curfew.ReasonOperator {
				w.T.Errorf("got %v", err)
			}
		}
		if _, err := w.Refresh(bystander.Owner.RefreshToken, ""); err != nil {
			w.T.Errorf("another session of the account: %v", err)
		}
		told := 0
		for _, e := range w.Events(account) {
			if e.Actor != nil && e.Actor.Type == curfew.ActorSystem && (e.Action == audit.SessionRevoke || e.Action == audit.UserSessionsRevoked) {
				told++
			}
		}
		if told != 2 {
			w.T.Errorf("the audit log tells of %d endings", told)
		}
	})
}
