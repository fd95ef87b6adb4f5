package storetest

import (
	"bytes"
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// touched is what one transaction touched: the accounts whose audit log it
// wrote, and whether it counted in the throttle, which everybody shares.
type touched struct {
	accounts [][]byte
	throttle bool
}

// transactions gives what each transaction of fn touched.
func (w *World) transactions(fn func()) (all []*touched) {
	w.T.Helper()
	var mu sync.Mutex
	w.Tap.Watch(func(c Call) error {
		mu.Lock()
		defer mu.Unlock()
		if c.Op == OpBegin {
			all = append(all, new(touched))
		}
		if !c.Statement() || len(all) == 0 {
			return nil
		}
		tx := all[len(all)-1]
		if strings.Contains(c.SQL, "throttles") && !strings.HasPrefix(c.SQL, "SELECT") {
			tx.throttle = true
		}
		for _, id := range auditedAccounts(c) {
			if !slices.ContainsFunc(tx.accounts, func(b []byte) bool { return bytes.Equal(b, id) }) {
				tx.accounts = append(tx.accounts, bytes.Clone(id))
			}
		}
		return nil
	})
	defer w.Tap.Watch(nil)
	fn()
	return all
}

// movedAccounts are in the parameter by which accounts are looked for.
var movedAccounts = regexp.MustCompile(`(?:WHERE id = |unnest\(CAST\()\$(\d+)`)

// auditedAccounts are the accounts whose audit log a statement moves on.
func auditedAccounts(c Call) [][]byte {
	_, moves, some := strings.Cut(c.SQL, "SET audit_seq =")
	if !some {
		return nil
	}
	number, _ := strconv.Atoi(movedAccounts.FindStringSubmatch(moves)[1]) // it is digits
	switch ids := c.Args[number-1].Value.(type) {
	case []byte:
		return [][]byte{ids}
	case [][]byte:
		return ids
	}
	return nil
}

// crossing: a transaction holds what it touched until it ends, and an account
// can make one of its own last. So none takes along what others need.
func crossing(t *testing.T, open Open) {
	throttled := func(c *authority.Config) { c.ThrottleOff = false }
	for _, c := range []struct {
		name string
		make func(w *World) func() error
	}{
		{"sign-in", func(w *World) func() error {
			return func() error {
				_, err := w.Authority.SignIn(bg, Origin, authority.SignIn{Email: w.Acme.Owner.Email, Password: Password, ByCookie: true, Cookie: w.Other.Owner.RefreshToken})
				return err
			}
		}},
		{"sign-up", func(w *World) func() error {
			return func() error {
				_, err := w.Authority.SignUp(bg, Origin, authority.SignUp{AccountName: "New", Name: "Nina", Email: "nina@new.example", Password: Password, Cookie: w.Other.Owner.RefreshToken})
				return err
			}
		}},
		{"an invitation", func(w *World) func() error {
			_, link := w.Invite(w.Acme, "bob@acme.example", curfew.RoleMember)
			return func() error {
				_, err := w.AcceptInvite(bg, Origin, authority.AcceptInvite{Token: link, Name: "Bob", Password: Password, Cookie: w.Other.Owner.RefreshToken})
				return err
			}
		}},
		{"a changed password", func(w *World) func() error {
			return func() error {
				return w.ChangePassword(bg, w.Acme.Owner.Actor(), Origin, Password, NewPassword)
			}
		}},
		{"a new password by a link", func(w *World) func() error {
			bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
			link := w.ResetLink(w.Acme.Owner, bob.User())
			return func() error { return w.ResetPassword(bg, Origin, link, NewPassword) }
		}},
		{"sign-out of two", func(w *World) func() error {
			return func() error {
				return w.SignOut(bg, Origin, authority.SignOut{Cookie: w.Acme.Owner.RefreshToken, Token: w.Other.Owner.RefreshToken, Bearer: w.Acme.Owner.AccessToken})
			}
		}},
	} {
		scenario(t, open, c.name+" keeps accounts, and the throttle, apart", func(w *World) {
			w.otherMayChange = true
			do := c.make(w)
			audited := 0
			for _, tx := range w.transactions(func() { must(w.T, do()) }) {
				audited += len(tx.accounts)
				if len(tx.accounts) > 1 {
					w.T.Errorf("a transaction holds %d accounts", len(tx.accounts))
				}
				if len(tx.accounts) > 0 && tx.throttle {
					w.T.Error("a transaction of an account holds the throttle")
				}
			}
			if audited == 0 {
				w.T.Error("nothing was seen")
			}
		}, throttled)
	}
	scenario(t, open, "a refusal to give the last owner up undoes nobody's work", func(w *World) {
		stop := w.Tap.Statements()
		_, err := w.UpdateUser(bg, w.Acme.Owner.Actor(), Origin, w.Acme.Owner.User(), authority.UserChange{Role: ptr(curfew.RoleMember)})
		ran := stop()
		w.WantKind(err, curfew.KindLastOwner)
		for _, text := range ran {
			if !strings.HasPrefix(text, "SELECT") {
				w.T.Errorf("it wrote before it was refused: %s", text)
			}
		}
	})
	scenario(t, open, "a node's sign of life and lease are not behind the sign-ins", func(w *World) {
		held, release := w.hold(nil)
		defer w.Tap.Watch(nil)
		nothing := func(context.Context, authority.Tx) error { return nil }
		full := make(chan struct{})
		stop := sync.OnceFunc(func() { close(full) })
		var wg sync.WaitGroup
		call := func() {
			if w.Store.InTx(bg, curfew.ZeroID, nothing) != nil {
				stop()
			}
		}
		wg.Go(call)
		<-held
		for range 2049 {
			wg.Go(call)
		}
		<-full
		node := curfew.NewID(w.Clock.Now())
		lease := authority.Lease{Store: w.Store, Now: w.Clock.Now, Name: "work", Holder: node, Term: time.Minute}
		var errs [2]error
		wg.Go(func() { errs[0] = w.Heartbeat(bg, node) })
		wg.Go(func() { _, errs[1] = lease.Hold(bg) })
		time.Sleep(20 * time.Millisecond) // as in gathered
		release()
		wg.Wait()
		must(w.T, errs[0])
		must(w.T, errs[1])
	})
}
