package apitest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

const receipts = "/api/v1/receipts/"

// revoked wants an ending of many sessions to have ended so many, and gives its
// receipt.
func (a *answer) revoked(count int) value {
	a.w.t.Helper()
	v := a.Status(200).Shape(endedShape).JSON()
	if v.num("revoked_count") != count {
		a.fail("revoked %d, want %d", v.num("revoked_count"), count)
	}
	a.w.secret(v.str("receipt", "token"))
	return v.at("receipt")
}

// receipt makes a receipt in somebody's account, and ends nobody's session.
func (w *world) receipt(by *person) string {
	w.t.Helper()
	accountID, err := curfew.ParseID(by.account)
	must(w.t, err)
	now := w.clock.Now()
	r := curfew.Receipt{AccountID: accountID, ID: curfew.NewID(now), Scope: "all", AcknowledgedAt: now, WorstCaseAt: now.Add(time.Hour), ExpiresAt: now.Add(time.Hour)}
	must(w.t, w.keys.Store.InTx(context.Background(), accountID, func(ctx context.Context, tx authority.Tx) error { return tx.InsertReceipt(ctx, r) }))
	return r.ID.String()
}

// verifier is one as the store knows it.
func (w *world) verifier(name, mode string, silent time.Duration) curfew.Verifier {
	w.t.Helper()
	v := curfew.Verifier{ID: curfew.NewID(time.Now()), Name: name, Mode: mode}
	w.heard(v, silent)
	return v
}

// heard notes that a verifier was last heard of a while ago.
func (w *world) heard(v curfew.Verifier, silent time.Duration) {
	w.t.Helper()
	v.HeardAt = w.clock.Now().Add(-silent)
	must(w.t, w.keys.Store.InTx(context.Background(), v.ID, func(ctx context.Context, tx authority.Tx) error {
		return tx.RecordVerifiers(ctx, []curfew.Verifier{v})
	}))
}

// acknowledges notes that a verifier has applied a receipt's entry.
func (w *world) acknowledges(by *person, receipt string, v curfew.Verifier, milliseconds int64) {
	w.t.Helper()
	accountID, err := curfew.ParseID(by.account)
	must(w.t, err)
	id, err := curfew.ParseID(receipt)
	must(w.t, err)
	ack := curfew.ReceiptAck{Receipt: curfew.ReceiptKey{AccountID: accountID, ID: id}, Verifier: v.ID, Name: v.Name, Mode: v.Mode,
		NotedAt: w.clock.Now(), Milliseconds: &milliseconds}
	must(w.t, w.keys.Store.InTx(context.Background(), v.ID, func(ctx context.Context, tx authority.Tx) error { return tx.AcknowledgeReceipt(ctx, ack) }))
}

// board is what a receipt tells, in a line: the state, each verifier, p50 and max.
func (v value) board() string {
	line := v.str("state")
	for _, verifier := range v.at("verifiers").list() {
		line += " " + verifier.str("name") + ":" + verifier.str("state")
		if ms := verifier.at("milliseconds").v; ms != nil {
			line += fmt.Sprintf("(%v)", ms)
		}
	}
	return line + fmt.Sprintf(" %v %v", v.at("p50_ms").v, v.at("max_ms").v)
}

func wantBoard(t *testing.T, a *answer, want string) value {
	t.Helper()
	v := a.Status(200).Shape(receiptShape).JSON()
	if got := v.board(); got != want {
		t.Errorf("the receipt says %q, want %q", got, want)
	}
	return v
}

// TestReceipt follows the ending of everybody's sessions to its end: by the
// receipt's token alone, as nobody is signed in any more.
func TestReceipt(t *testing.T) {
	t.Parallel()
	w := start(t)
	orders, mail := w.verifier("orders", "strict", 0), w.verifier("mail", "lenient", 4*time.Second)
	w.verifier("stopped", "strict", 2*time.Minute) // accepts nothing by itself any more
	w.verifier("yesterday", "lenient", 25*time.Hour)
	third := w.verifier("third", "strict", 20*time.Second)
	ended := w.clock.Now()
	key := w.ada.Post(bulk, obj{"scope": "all"}).revoked(2)
	id, bearer := key.str("id"), key.str("token")
	if !strings.HasPrefix(bearer, "cfq_") || key.str("expires_at") != stamp(ended.Add(30*time.Minute)) {
		t.Errorf("the key is %v", key.v)
	}
	holder := w.program().as(bearer)
	v := wantBoard(t, holder.Get(receipts+id), "spreading mail:lagging orders:lagging third:silent <nil> <nil>")
	worst, err := time.Parse(time.RFC3339, v.str("worst_case_at"))
	must(t, err)
	if v.str("id") != id || v.str("scope") != "all" || v.num("revoked_count") != 2 || v.str("acknowledged_at") != stamp(ended) || worst.Sub(ended) < 16*time.Minute {
		t.Errorf("the receipt is %v", v.v)
	}
	// A lenient verifier may accept until the last token is over, a strict one
	// asks a minute later at the latest.
	for i, want := range []time.Time{worst, ended.Add(time.Minute), ended.Add(time.Minute)} {
		if got := v.at("verifiers").list()[i].str("accepts_until"); got != stamp(want) {
			t.Errorf("verifier %d accepts until %s, want %s", i, got, stamp(want))
		}
	}
	w.acknowledges(w.ada, id, orders, 40)
	w.acknowledges(w.ada, id, orders, 90) // another node heard later
	v = wantBoard(t, holder.Get(receipts+id), "spreading mail:lagging orders:acknowledged(40) third:silent 40 40")
	if v.at("verifiers").list()[1].at("accepts_until").v != nil {
		t.Error("one that has acknowledged accepts nothing")
	}
	w.clock.pass(3 * time.Second)
	wantBoard(t, holder.Get(receipts+id), "spreading mail:silent orders:acknowledged(40) third:silent 40 40")
	w.heard(mail, 0)
	w.verifier("began later", "strict", 0)
	w.acknowledges(w.ada, id, third, 2500)
	wantBoard(t, holder.Get(receipts+id), "spreading mail:lagging orders:acknowledged(40) third:acknowledged(2500) 40 2500")
	w.acknowledges(w.ada, id, mail, 900)
	// The one without the feed is not waited for, but an answer that it had about
	// a session just before counts for a minute.
	wantBoard(t, holder.Get(receipts+id), "spreading mail:acknowledged(900) orders:acknowledged(40) third:acknowledged(2500) 900 2500")
	w.clock.set(ended.Add(time.Minute))
	final := "everywhere mail:acknowledged(900) orders:acknowledged(40) third:acknowledged(2500) 900 2500"
	wantBoard(t, holder.Get(receipts+id), final)
	w.clock.pass(19 * time.Minute)
	wantBoard(t, holder.Get(receipts+id), final)

	ada := w.signIn("ada@acme.example")
	wantBoard(t, ada.Get(receipts+id), final)
	e := ada.events("?action=account.revocation_receipt").at("items").list()
	if len(e) != 1 || e[0].str("actor", "type") != "system" || e[0].str("resource_id") != w.ada.account || e[0].at("details").num("max_ms") != 2500 ||
		e[0].at("details").num("verifier_count") != 3 || e[0].str("details", "receipt_id") != id {
		t.Errorf("audited %v", e)
	}
	w.clock.pass(10 * time.Minute)
	holder.Get(receipts+id).Problem(401, "invalid-token").Is("WWW-Authenticate", `Bearer error="invalid_token"`)
	ada.renew()
	wantBoard(t, ada.Get(receipts+id), final)
}

// TestReceiptSettles: everywhere comes no sooner than two seconds after the
// ending, or a verifier that began just before it could be missing; and at the
// latest when every token is over.
func TestReceiptSettles(t *testing.T) {
	t.Parallel()
	w := start(t)
	orders := w.verifier("orders", "strict", 0)
	id := w.ada.Post(bulk, obj{"scope": "others"}).revoked(1).str("id")
	w.acknowledges(w.ada, id, orders, 10)
	wantBoard(t, w.ada.Get(receipts+id), "spreading orders:acknowledged(10) 10 10")
	late := curfew.Verifier{ID: curfew.NewID(time.Now()), Name: "late", Mode: "lenient"}
	w.clock.pass(2 * time.Second)
	wantBoard(t, w.ada.Get(receipts+id), "everywhere orders:acknowledged(10) 10 10")
	w.acknowledges(w.ada, id, late, 5000)
	wantBoard(t, w.ada.Get(receipts+id), "everywhere orders:acknowledged(10) 10 10")

	w.signIn("bob@acme.example")
	again := w.ada.Post(bulk, obj{"scope": "others"}).revoked(1).str("id")
	v := wantBoard(t, w.ada.Get(receipts+again), "spreading orders:lagging <nil> <nil>")
	worst, err := time.Parse(time.RFC3339, v.str("worst_case_at"))
	must(t, err)
	w.clock.set(worst.Add(-time.Microsecond))
	w.ada.renew()
	wantBoard(t, w.ada.Get(receipts+again), "spreading orders:silent <nil> <nil>")
	w.clock.set(worst)
	w.ada.renew()
	wantBoard(t, w.ada.Get(receipts+again), "everywhere orders:silent <nil> <nil>")
	if e := w.ada.events("?action=account.revocation_receipt").at("items").list(); len(e) != 2 ||
		e[0].at("details").at("verifiers").list()[0].str("state") != "silent" {
		t.Errorf("audited %v", e)
	}
}

// TestReceiptWithoutVerifiers: nobody reports, so nobody can be known to have
// heard before the last token is over; and where nothing ended nothing is to be
// heard.
func TestReceiptWithoutVerifiers(t *testing.T) {
	t.Parallel()
	w := start(t)
	id := w.ada.Post(bulk, obj{"scope": "others"}).revoked(1).str("id")
	for range 3 {
		w.clock.pass(5 * time.Minute)
		w.ada.renew()
	}
	// Whatever this node's setting: another one's tokens may live for so long.
	wantBoard(t, w.ada.Get(receipts+id), "spreading <nil> <nil>")
	w.clock.pass(time.Minute + 10*time.Second)
	wantBoard(t, w.ada.Get(receipts+id), "everywhere <nil> <nil>")
	w.verifier("orders", "lenient", 0)
	none := w.ada.Post(bulk, obj{"scope": "others"}).revoked(0).str("id")
	wantBoard(t, w.ada.Get(receipts+none), "everywhere <nil> <nil>")
}

// TestReceiptTokenIsForOneReceipt: nothing else is read by it, and no receipt by
// anything else.
func TestReceiptTokenIsForOneReceipt(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.bob.Get(receipts+w.receipt(w.ada)).Problem(403, "forbidden")
	first, second := w.ada.Post(bulk, obj{"scope": "others"}).revoked(1), w.ada.Post(bulk, obj{"scope": "others"}).revoked(0)
	holder := w.program().as(first.str("token"))
	holder.Get(receipts + first.str("id")).Status(200)
	holder.Get(receipts+second.str("id")).Problem(404, "not-found")
	for _, op := range operations {
		if op.who == anyone || op.id == "getReceipt" {
			continue
		}
		holder.send(op.method, op.path, op.body).Problem(401, "invalid-token")
	}
	changed := []byte(first.str("token"))
	slices.Reverse(changed[4:])
	for _, bearer := range []string{string(changed), "cfq_", first.str("token") + "A", strings.Replace(first.str("token"), "cfq_", "cfi_", 1), w.oleg.bearer} {
		a := w.program().as(bearer).Get(receipts + first.str("id"))
		if bearer == w.oleg.bearer {
			a.Problem(404, "not-found")
		} else {
			a.Problem(401, "invalid-token")
		}
	}
	w.program().Get(receipts+first.str("id")).Problem(401, "unauthenticated")
}
