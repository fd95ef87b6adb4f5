package storetest

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/token"
)

// serviceKeys are the keys by which other services prove themselves.
func serviceKeys(t *testing.T, open Open) {
	const feed = curfew.ScopeRevocationsRead
	create := func(w *World, expiresIn time.Duration) (curfew.ServiceKey, string) {
		w.T.Helper()
		key, text, err := w.CreateServiceKey(bg, authority.NewServiceKey{Name: " orders ", Scopes: []curfew.Scope{feed, curfew.ScopeSessionsRead, feed}, ExpiresIn: expiresIn})
		must(w.T, err)
		return key, text
	}
	works := func(w *World, text string) {
		w.T.Helper()
		_, err := w.AuthenticateService(bg, text, feed)
		must(w.T, err)
	}
	refused := func(w *World, text string) {
		w.T.Helper()
		_, err := w.AuthenticateService(bg, text, feed)
		w.WantKind(err, curfew.KindInvalidToken)
	}
	stored := func(w *World, id curfew.ID) (key curfew.ServiceKey) {
		w.T.Helper()
		w.View(func(ctx context.Context, r authority.Reader) (err error) {
			key, err = r.ServiceKey(ctx, id)
			return err
		})
		return key
	}
	restarted := func(w *World) *World { return w.with(func(*authority.Config) {}) }

	scenario(t, open, "a key proves its service, and no more than its scopes", func(w *World) {
		key, text := create(w, 0)
		if key.Name != "orders" || !slices.Equal(key.Scopes, []curfew.Scope{curfew.ScopeSessionsRead, feed}) {
			w.T.Errorf("made %+v", key)
		}
		actor, err := w.AuthenticateService(bg, text, feed)
		must(w.T, err)
		if want := (curfew.Actor{Type: curfew.ActorService, ServiceKeyID: key.ID, Name: "orders"}); actor != want {
			w.T.Errorf("it is %+v, want %+v", actor, want)
		}
		_, err = w.AuthenticateService(bg, text, curfew.ScopeSessionsWrite)
		if w.WantKind(err, curfew.KindWrongScope); err.(*curfew.Error).Scope != curfew.ScopeSessionsWrite {
			w.T.Errorf("got %v", err)
		}
		works(restarted(w), text)
		_, err = w.AuthenticateService(bg, "", feed)
		w.WantKind(err, curfew.KindUnauthenticated)
		_, unknown := create(w, 0)
		for _, other := range []string{"x", "cfk_", text + "x", text[:20] + unknown[20:], w.Acme.Owner.AccessToken, w.Acme.Owner.RefreshToken} {
			refused(w, other)
		}
		// It is no person.
		_, err = w.Authenticate(bg, text)
		w.WantKind(err, curfew.KindInvalidToken)
	})

	scenario(t, open, "an overlap ends at its very moment", func(w *World) {
		key, first := create(w, 0)
		_, second, err := w.RotateServiceKey(bg, key.ID, time.Hour, 0)
		must(w.T, err)
		w.Clock.Add(time.Hour - time.Microsecond)
		works(w, first)
		works(w, second)
		w.Clock.Add(time.Microsecond)
		refused(w, first)
		works(w, second)
		// Two rotations at a time: the oldest ends at once.
		_, third, err := w.RotateServiceKey(bg, key.ID, time.Hour, 0)
		must(w.T, err)
		_, fourth, err := w.RotateServiceKey(bg, key.ID, time.Hour, 0)
		must(w.T, err)
		refused(w, second)
		works(w, third)
		works(w, fourth)
		// Without an overlap both end at once.
		_, fifth, err := w.RotateServiceKey(bg, key.ID, 0, 0)
		must(w.T, err)
		refused(w, third)
		refused(w, fourth)
		works(w, fifth)
	})

	scenario(t, open, "a revoked key is refused for good", func(w *World) {
		key, first := create(w, 0)
		_, second, err := w.RotateServiceKey(bg, key.ID, time.Hour, 0)
		must(w.T, err)
		_, revoked, err := w.RevokeServiceKey(bg, key.ID)
		must(w.T, err)
		_, again, err := w.RevokeServiceKey(bg, key.ID)
		must(w.T, err)
		if !revoked || again {
			w.T.Errorf("revoked %v, then %v", revoked, again)
		}
		for _, text := range []string{first, second} {
			refused(w, text)
			refused(restarted(w), text)
		}
		_, _, err = w.RotateServiceKey(bg, key.ID, 0, 0)
		w.WantKind(err, curfew.KindInvalidRequest)
		_, _, err = w.RevokeServiceKey(bg, curfew.NewID(w.Clock.Now()))
		w.WantKind(err, curfew.KindNotFound)
	})

	scenario(t, open, "an expired key is refused from its deadline on", func(w *World) {
		key, text := create(w, time.Hour)
		w.Clock.Add(time.Hour - time.Microsecond)
		works(w, text)
		_, text, err := w.RotateServiceKey(bg, key.ID, 24*time.Hour, 0) // the end stays
		must(w.T, err)
		works(w, text)
		w.Clock.Add(time.Microsecond)
		refused(w, text)
		_, _, err = w.RotateServiceKey(bg, key.ID, 0, time.Hour)
		w.WantKind(err, curfew.KindInvalidRequest)

		key, _ = create(w, time.Hour)
		rotated, text, err := w.RotateServiceKey(bg, key.ID, 0, 48*time.Hour)
		must(w.T, err)
		if end := w.Clock.Now().Add(48 * time.Hour); !rotated.ExpiresAt.Equal(end) || !stored(w, key.ID).ExpiresAt.Equal(end) {
			w.T.Errorf("it ends at %v, want %v", rotated.ExpiresAt, end)
		}
		w.Clock.Add(47 * time.Hour)
		works(w, text)
	})

	scenario(t, open, "what cannot be made", func(w *World) {
		for _, in := range []authority.NewServiceKey{
			{Name: "", Scopes: curfew.Scopes}, {Name: "two\nlines", Scopes: curfew.Scopes}, {Name: strings.Repeat("x", 201), Scopes: curfew.Scopes},
			{Name: "x"}, {Name: "x", Scopes: []curfew.Scope{"everything"}}, {Name: "x", Scopes: []curfew.Scope{feed, ""}},
			{Name: "x", Scopes: curfew.Scopes, ExpiresIn: -time.Hour}, {Name: "x", Scopes: curfew.Scopes, ExpiresIn: time.Second},
			{Name: "x", Scopes: curfew.Scopes, ExpiresIn: 11 * 365 * 24 * time.Hour},
		} {
			_, text, err := w.CreateServiceKey(bg, in)
			if w.WantKind(err, curfew.KindInvalidRequest); text != "" {
				w.T.Errorf("%+v gave a key", in)
			}
		}
		key, text := create(w, 0)
		for _, overlap := range []time.Duration{-1, 91 * 24 * time.Hour} {
			_, _, err := w.RotateServiceKey(bg, key.ID, overlap, 0)
			w.WantKind(err, curfew.KindInvalidRequest)
		}
		works(w, text)
		if keys, err := w.ServiceKeys(bg); err != nil || len(keys) != 1 {
			w.T.Errorf("%d keys, %v", len(keys), err)
		}
	})

	scenario(t, open, "use is recorded once a minute, by one node of several", func(w *World) {
		key, text := create(w, 0)
		other := restarted(w)
		stop := w.Tap.Statements()
		must(w.T, w.RecordServiceKeyUse(bg))
		if at := stored(w, key.ID).LastUsedAt; !at.IsZero() {
			w.T.Fatalf("used at %v", at)
		}
		first := w.Clock.Now()
		for range 59 {
			for _, node := range []*World{w, other} {
				works(node, text)
				must(w.T, node.RecordServiceKeyUse(bg))
			}
			if at := stored(w, key.ID).LastUsedAt; !at.Equal(first) {
				w.T.Fatalf("used at %v, want %v", at, first)
			}
			w.Clock.Add(time.Second)
		}
		if n := counted(stop(), "SET last_used_at"); n < 1 || n > 2 {
			w.T.Errorf("%d writes in a minute of two nodes", n)
		}
		w.Clock.Add(time.Second)
		// A key without the scope was used all the same; one that is refused was not.
		_, err := w.AuthenticateService(bg, text, curfew.ScopeOperator)
		w.WantKind(err, curfew.KindWrongScope)
		must(w.T, w.RecordServiceKeyUse(bg))
		if at := stored(w, key.ID).LastUsedAt; !at.Equal(first.Add(time.Minute)) {
			w.T.Errorf("used at %v, want a minute after %v", at, first)
		}
		used := stored(w, key.ID).LastUsedAt
		_, _, err = w.RevokeServiceKey(bg, key.ID)
		must(w.T, err)
		w.Clock.Add(time.Hour)
		refused(w, text)
		must(w.T, w.RecordServiceKeyUse(bg))
		if at := stored(w, key.ID).LastUsedAt; !at.Equal(used) {
			w.T.Errorf("a refused key was used at %v", at)
		}
	})

	scenario(t, open, "a key is read twice a second, and what is remembered is no older", func(w *World) {
		var elapsed atomic.Int64
		w = w.with(func(c *authority.Config) { c.Elapsed = func() time.Duration { return time.Duration(elapsed.Load()) } })
		key, text := create(w, 0)
		stop := w.Tap.Statements()
		for range 400 {
			works(w, text)
		}
		if n := counted(stop(), "FROM service_keys"); n != 1 {
			w.T.Errorf("%d reads for 400 checks", n)
		}
		_, _, err := restarted(w).RevokeServiceKey(bg, key.ID) // at the command line
		must(w.T, err)
		elapsed.Add(int64(500*time.Millisecond) - 1)
		works(w, text)
		elapsed.Add(1)
		refused(w, text)
		refused(w, text)

		// One that was made up is refused, and keeps nothing from the next that is
		// made, here or elsewhere.
		madeUp, _ := token.NewServiceKey(curfew.NewID(w.Clock.Now()))
		refused(w, madeUp)
		_, text = create(w, 0)
		works(w, text)
		_, text = create(restarted(w), 0)
		works(w, text)

		// A deadline is judged by the clock at every check.
		_, text = create(w, time.Hour)
		works(w, text)
		w.Clock.Add(time.Hour)
		refused(w, text)
	})

	scenario(t, open, "the log of the installation tells of keys, and holds none", func(w *World) {
		key, first := create(w, time.Hour)
		_, second, err := w.RotateServiceKey(bg, key.ID, time.Minute, 0)
		must(w.T, err)
		_, _, err = w.RevokeServiceKey(bg, key.ID)
		must(w.T, err)
		_, _, err = w.RevokeServiceKey(bg, key.ID)
		must(w.T, err)
		var got []audit.Action
		must(w.T, w.AccountAudit(bg, curfew.ZeroID, authority.AuditFilter{}, func(e audit.Event) error {
			if e.ResourceType != "service_key" {
				return nil
			}
			got = append(got, e.Action)
			if e.ResourceID != key.ID || e.Actor == nil || e.Actor.Type != curfew.ActorOperator || !strings.Contains(string(e.Details), `"name":"orders"`) {
				w.T.Errorf("%+v %s", e, e.Details)
			}
			for _, text := range []string{first, second, "cfk_"} {
				if strings.Contains(string(e.Details), text) {
					w.T.Errorf("%s holds a key", e.Action)
				}
			}
			return nil
		}))
		if want := []audit.Action{audit.ServiceKeyRevoke, audit.ServiceKeyRotate, audit.ServiceKeyCreate}; !slices.Equal(got, want) {
			w.T.Errorf("got %v, want %v", got, want)
		}
		report, err := w.VerifyAudit(bg, w.Chain, curfew.ZeroID)
		if err != nil || !report.OK() {
			w.T.Errorf("%+v, %v", report, err)
		}
	})
}

// counted is how many statements hold a text.
func counted(statements []string, text string) (n int) {
	for _, statement := range statements {
		if strings.Contains(statement, text) {
			n++
		}
	}
	return n
}
