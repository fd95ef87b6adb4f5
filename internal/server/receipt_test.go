package server

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/feed"
	"github.com/curfew-auth/curfew/internal/pgserver/pgtest"
	"github.com/curfew-auth/curfew/internal/wire"
)

// receiptOwner is an owner who ends sessions.
type receiptOwner struct {
	*node
	actor curfew.Actor
}

func (n *node) owner() receiptOwner {
	n.t.Helper()
	g, err := n.authority.SignUp(n.t.Context(), curfew.Origin{}, authority.SignUp{AccountName: "Acme", Name: "Ada", Email: "ada@acme.example", Password: "a quite long phrase"})
	must(n.t, err)
	s := g.Standing.Session
	return receiptOwner{n, curfew.Actor{Type: curfew.ActorUser, AccountID: s.AccountID, UserID: s.UserID, SessionID: s.ID, Role: curfew.RoleOwner}}
}

// says has a verifier tell a node how far it has come.
func (n *node) says(v curfew.ID, name string, applied curfew.Cursor) {
	n.t.Helper()
	q := url.Values{"verifier": {v.String()}, "name": {name}, "mode": {"strict"}, "applied": {feed.EncodeCursor(applied)}}
	var head wire.RevocationHead
	if status := n.ask("head?"+q.Encode(), &head); status != 200 {
		n.t.Fatalf("head: %d", status)
	}
}

// receipt reads one by its token.
func (n *node) receipt(key authority.Ended) (r wire.Receipt) {
	n.t.Helper()
	request, err := http.NewRequestWithContext(n.t.Context(), http.MethodGet, n.Settings().PublicURL+"/api/v1/receipts/"+key.ReceiptID.String(), nil)
	must(n.t, err)
	request.Header.Set("Authorization", "Bearer "+key.ReceiptToken)
	answer, err := n.http.Do(request)
	must(n.t, err)
	defer answer.Body.Close()
	must(n.t, json.NewDecoder(answer.Body).Decode(&r))
	if answer.StatusCode != 200 {
		n.t.Fatalf("the receipt: %s", answer.Status)
	}
	return r
}

// becomes waits until a receipt is as wanted.
func (n *node) becomes(key authority.Ended, what string, as func(r wire.Receipt) bool) (r wire.Receipt) {
	n.t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if r = n.receipt(key); as(r) {
			return r
		}
		if time.Now().After(end) {
			n.t.Fatalf("the receipt does not become %s: %+v", what, r)
		}
	}
}

// eventually waits for what happens in a moment.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it does not happen that %s", what)
		}
	}
}

func acknowledged(n int) func(wire.Receipt) bool {
	return func(r wire.Receipt) bool {
		count := 0
		for _, v := range r.Verifiers {
			if v.State == curfew.VerifierAcknowledged {
				count++
			}
		}
		return count == n
	}
}

// TestReceiptFollowsVerifiers: what verifiers say of themselves, on whichever
// node, is in the receipt in a moment; and when all have said it the receipt is
// final on every node and audited once, though nobody looks.
func TestReceiptFollowsVerifiers(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		n := startNode(t, settings(t))
		followsVerifiers(t, n, n)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		c := onPostgres(t, pgtest.Database(t))
		followsVerifiers(t, startNode(t, c), startNode(t, c))
	})
}

func followsVerifiers(t *testing.T, one, two *node) {
	owner := one.owner()
	before := one.head()
	near, far := curfew.NewID(time.Now()), curfew.NewID(time.Now())
	one.says(near, "near", before)
	two.says(far, "far", before)
	eventually(t, "both verifiers are known", func() bool {
		known := 0
		must(t, one.data.DB.View(t.Context(), func(ctx context.Context, r authority.Reader) error {
			all, err := r.Verifiers(ctx, time.Now().Add(-time.Minute), 100)
			known = len(all)
			return err
		}))
		return known == 2
	})
	began := time.Now()
	key, err := owner.authority.RevokeSessions(t.Context(), owner.actor, curfew.Origin{}, authority.ScopeAll)
	must(t, err)
	after := one.head()
	one.says(near, "near", after)
	r := one.becomes(key, "acknowledged by one", acknowledged(1))
	if took := time.Since(began); r.State != "spreading" || len(r.Verifiers) != 2 || r.Verifiers[1].Milliseconds == nil || *r.Verifiers[1].Milliseconds > took.Milliseconds()+1 {
		t.Errorf("after %s: %+v", took, r)
	}
	two.says(far, "far", before)
	if r := two.receipt(key); r.Verifiers[0].State != curfew.VerifierLagging || r.Verifiers[0].AcceptsUntil == nil {
		t.Errorf("a verifier that is behind is told as %+v", r.Verifiers[0])
	}
	// One that nobody knew of, and that does not know.
	late := curfew.NewID(time.Now())
	two.says(late, "late", before)
	two.becomes(key, "held up by a third", func(r wire.Receipt) bool { return len(r.Verifiers) == 3 })
	two.says(curfew.NewID(time.Now()), "new", after) // began with what it needs
	two.says(far, "far", after)
	two.says(late, "late", after)
	two.becomes(key, "acknowledged by all", acknowledged(3))
	audited := func() (n int) {
		must(t, one.data.DB.View(t.Context(), func(ctx context.Context, r authority.Reader) error {
			list, err := r.AuditList(ctx, owner.actor.AccountID, authority.AuditFilter{Action: string(audit.AccountRevocationReceipt)}, authority.Page[int64]{Limit: 10})
			n = len(list.Items)
			return err
		}))
		return n
	}
	eventually(t, "it is final", func() bool { return audited() > 0 })
	for _, n := range []*node{one, two} {
		if r := n.receipt(key); r.State != "everywhere" || len(r.Verifiers) != 3 || r.Max == nil || !acknowledged(3)(r) {
			t.Errorf("in the end: %+v", r)
		}
	}
	if n := audited(); n != 1 {
		t.Errorf("audited %d times", n)
	}
}
