package storetest

import (
	"context"
	"sync"
	"testing"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// Run runs the whole suite on an engine.
func Run(t *testing.T, open Open) {
	t.Run("Races", func(t *testing.T) { races(t, open) })
}

func races(t *testing.T, open Open) {
	t.Run("32 refreshes of one token give one rotation and one successor", func(t *testing.T) {
		w := NewWorld(t, open)
		first := w.Acme.Owner.RefreshToken
		tokens, errs := make([]string, 32), make([]error, 32)
		var wg sync.WaitGroup
		start := make(chan struct{})
		for i := range tokens {
			wg.Go(func() {
				<-start
				granted, err := w.Refresh(first, "")
				tokens[i], errs[i] = granted.RefreshToken, err
			})
		}
		close(start)
		wg.Wait()
		for i := range tokens {
			if errs[i] != nil || tokens[i] != tokens[0] || tokens[i] == first {
				t.Fatalf("answer %d: %q, %v; want %q", i, tokens[i], errs[i], tokens[0])
			}
		}
		observed, err := w.Observe(context.Background(), authority.Presented{Cookie: tokens[0]})
		must(t, err)
		if g := observed.Standing.Session.Generation; g != 2 {
			t.Fatalf("generation %d, want 2", g)
		}
		w.CheckChains()
	})
	t.Run("others", func(t *testing.T) {
		w := NewWorld(t, open)
		ctx := context.Background()
		bob := w.Join(w.Acme, "Bob", "bob@acme.example", curfew.RoleMember)
		second := w.SignIn(w.Acme.Owner.Email)
		n, err := w.RevokeSessions(ctx, second.Actor(), Origin, authority.ScopeOthers)
		must(t, err)
		if n != 1 {
			t.Fatalf("revoked %d, want 1", n)
		}
		_, err = w.Refresh(bob.RefreshToken, "")
		w.WantKind(err, curfew.KindSessionRevoked, curfew.ReasonOwnerOthers)
		_, err = w.Refresh(second.RefreshToken, "")
		must(t, err)
		_, err = w.Refresh(w.Other.Owner.RefreshToken, "")
		must(t, err)
		list, _, err := w.Sessions(ctx, second.Actor(), authority.SessionFilter{Status: authority.SessionsAll}, authority.Page[authority.SessionKey]{Limit: 50})
		must(t, err)
		if len(list.Items) != 3 {
			t.Fatalf("%d sessions listed, want 3", len(list.Items))
		}
		s, err := w.Security(ctx, second.Actor())
		must(t, err)
		if s.UserCount != 1 || s.SessionCount != 2 {
			t.Fatalf("security: %+v", s)
		}
		w.CheckChains()
	})
}
