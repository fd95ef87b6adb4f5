package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
	"pgregory.net/rapid"
)

func TestLinkNumbersRows(t *testing.T) {
	c := newChain(t, 7)
	rows, head := build(t, c, 3)
	for i, row := range rows {
		if row.Seq != int64(i+1) || row.KeyID != 7 || row.MAC == [32]byte{} {
			t.Errorf("row %d is %+v", i, row)
		}
	}
	if head != (Head{Seq: 3, MAC: rows[2].MAC}) {
		t.Errorf("head is %+v", head)
	}
}

// TestBindIsFixed holds the canonical form: a change of it would make every
// stored chain fail.
func TestBindIsFixed(t *testing.T) {
	c := newChain(t, 7)
	_, head := build(t, c, 2)
	const want = "cc895fd63be80ee3b8955c1cd853b562077fe2253a278848a1079e72587c0b62"
	if got := fmt.Sprintf("%x", head.MAC); got != want {
		t.Errorf("the second row's MAC is %s, want %s", got, want)
	}
}

func TestVerifyHolds(t *testing.T) {
	c := newChain(t, 7)
	for n := range 5 {
		rows, head := build(t, c, n)
		if r := verify(t, c, rows, Head{}, head); !r.OK() || r.Rows != int64(n) {
			t.Errorf("%d rows: %+v", n, r)
		}
		for cut := range n + 1 { // retention removed some, or all
			var anchor Head
			if cut > 0 {
				anchor = Head{Seq: rows[cut-1].Seq, MAC: rows[cut-1].MAC}
			}
			if r := verify(t, c, rows[cut:], anchor, head); !r.OK() || r.Rows != int64(n-cut) {
				t.Errorf("%d rows without the oldest %d: %+v", n, cut, r)
			}
		}
	}
}

func TestVerifyAcrossAKeyChange(t *testing.T) {
	rows, head := build(t, newChain(t, 7), 2)
	next := newChain(t, 8)
	rows, head = link(next, rows, head, full(9))
	if r := verify(t, next, rows, Head{}, head); !r.OK() || rows[2].KeyID != 8 {
		t.Errorf("%+v", r)
	}
}

// TestEveryFieldIsCovered changes each field of a stored row, found by
// reflection, so a field that the MAC does not cover fails here.
func TestEveryFieldIsCovered(t *testing.T) {
	c := newChain(t, 7)
	for at := range 3 {
		rows, head := build(t, c, 3)
		good := rows[at]
		var names []string
		leaves(reflect.ValueOf(&good).Elem(), "Sealed", func(name string, v reflect.Value) {
			if v.IsZero() {
				t.Errorf("%s is empty, so the test says nothing about it", name)
			}
			names = append(names, name)
		})
		if len(names) < 18 {
			t.Fatalf("only %d fields: %v", len(names), names)
		}
		for i, name := range names {
			bad, n := clone(good), -1
			leaves(reflect.ValueOf(&bad).Elem(), "Sealed", func(_ string, v reflect.Value) {
				if n++; n == i {
					alter(t, name, v)
				}
			})
			rows[at] = bad
			r := verify(t, c, rows, Head{}, head)
			if r.OK() || r.BadSeq != good.Seq {
				t.Errorf("row %d with another %s: %+v", good.Seq, name, r)
			}
		}
	}
}

func TestVerifyFinds(t *testing.T) {
	c := newChain(t, 7)
	type rows = []Sealed
	for _, tt := range []struct {
		name   string
		tamper func(r rows, head *Head) rows
		seq    int64
		words  string
	}{
		{"first row removed", func(r rows, _ *Head) rows { return r[1:] }, 1, "row 1 is missing"},
		{"middle row removed", func(r rows, _ *Head) rows { return slices.Delete(r, 2, 3) }, 3, "row 3 is missing"},
		{"two middle rows removed", func(r rows, _ *Head) rows { return slices.Delete(r, 1, 3) }, 2, "rows 2 to 3 are missing"},
		{"last row removed", func(r rows, _ *Head) rows { return r[:4] }, 5, "row 5, the newest, is missing"},
		{"last two removed", func(r rows, _ *Head) rows { return r[:3] }, 4, "the newest rows, 4 to 5, are missing"},
		{"all removed", func(rows, *Head) rows { return nil }, 1, "the newest rows, 1 to 5, are missing"},
		{"swapped", func(r rows, _ *Head) rows { r[1], r[2] = r[2], r[1]; return r }, 2, "out of place"},
		{"swapped and renumbered", func(r rows, _ *Head) rows {
			r[1], r[2] = r[2], r[1]
			r[1].Seq, r[2].Seq = 2, 3
			return r
		}, 2, "row 2 was changed"},
		{"row twice", func(r rows, _ *Head) rows { return slices.Insert(r, 2, r[1]) }, 2, "there twice"},
		{"old row again later", func(r rows, _ *Head) rows { return slices.Insert(r, 3, r[0]) }, 1, "inserted or moved"},
		{"removed and renumbered", func(r rows, _ *Head) rows {
			r = slices.Delete(r, 2, 3)
			r[2].Seq, r[3].Seq = 3, 4
			return r
		}, 3, "row 3 was changed"},
		{"row put in and the rest renumbered", func(r rows, head *Head) rows {
			r = slices.Insert(r, 1, r[1])
			for i := range r {
				r[i].Seq = int64(i + 1)
			}
			head.Seq = 6
			return r
		}, 3, "row 3 was changed"},
		{"row of another account", func(r rows, _ *Head) rows {
			e := full(0)
			e.AccountID = curfew.ID{99}
			foreign, _ := link(c, nil, Head{}, e)
			r[0] = foreign[0]
			r[0].AccountID = curfew.ID{1}
			return r
		}, 1, "row 1 was changed"},
		{"row added at the end", func(r rows, _ *Head) rows {
			added := r[4]
			added.Seq = 6
			return append(r, added)
		}, 6, "newer than row 5"},
		{"rows cut and head's number set back", func(r rows, head *Head) rows { head.Seq = 4; return r[:4] }, 4, "not the one that the account remembers"},
		{"head's number set back", func(r rows, head *Head) rows { head.Seq = 4; return r }, 5, "newer than row 4"},
		{"head's number set ahead", func(r rows, head *Head) rows { head.Seq = 7; return r }, 6, "6 to 7, are missing"},
		{"head's mac changed", func(r rows, head *Head) rows { head.MAC[0] ^= 1; return r }, 5, "not the one that the account remembers"},
		{"head emptied", func(r rows, head *Head) rows { *head = Head{}; return r }, 1, "newer than row 0"},
		{"negative number", func(r rows, _ *Head) rows { r[0].Seq = -1; return r }, -1, "stands where row 1 belongs"},
		{"unknown key id", func(r rows, _ *Head) rows { r[3].KeyID = 9; return r }, 4, "key 9"},
		{"other known key id", func(r rows, _ *Head) rows { r[3].KeyID = 8; return r }, 4, "row 4 was changed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, head := build(t, c, 5)
			r = tt.tamper(r, &head)
			wantBad(t, verify(t, c, r, Head{}, head), tt.seq, tt.words)
		})
	}
}

func TestVerifyAnchor(t *testing.T) {
	c := newChain(t, 7)
	rows, head := build(t, c, 5)
	at := func(i int) Head { return Head{Seq: rows[i].Seq, MAC: rows[i].MAC} }
	changed := at(1)
	changed.MAC[5] ^= 1
	for _, tt := range []struct {
		name   string
		rows   []Sealed
		anchor Head
		head   Head
		seq    int64
		words  string
	}{
		{"rows older than the anchor", rows[1:], at(1), head, 2, "stands where row 3 belongs"},
		{"row after the anchor gone", rows[3:], at(1), head, 3, "row 3 is missing"},
		{"anchor's mac changed", rows[2:], changed, head, 3, "row 3 was changed"},
		{"anchor of another row", rows[2:], Head{Seq: 2, MAC: rows[0].MAC}, head, 3, "row 3 was changed"},
		{"anchor after the head", nil, Head{Seq: 6}, head, 6, "does not fit"},
		{"anchor without a number", rows, Head{MAC: [32]byte{1}}, head, 1, "does not fit"},
		{"negative anchor", rows, Head{Seq: -1}, head, 1, "does not fit"},
		{"all removed but another head", nil, at(4), Head{Seq: 5, MAC: rows[3].MAC}, 5, "not the one that the account remembers"},
		{"empty chain with a mac", nil, Head{}, Head{MAC: [32]byte{1}}, 1, "not the one that the account remembers"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantBad(t, verify(t, c, tt.rows, tt.anchor, tt.head), tt.seq, tt.words)
		})
	}
}

func TestVerifyWithTheWrongKey(t *testing.T) {
	rows, head := build(t, newChain(t, 7), 2)
	other, err := NewChain(func(byte) ([32]byte, bool) { return [32]byte{42}, true }, 7)
	if err != nil {
		t.Fatal(err)
	}
	wantBad(t, verify(t, other, rows, Head{}, head), 1, "row 1 was changed")
}

func TestVerifyPassesReadErrorsOn(t *testing.T) {
	broken := errors.New("disk")
	c := newChain(t, 7)
	rows, head := build(t, c, 2)
	_, err := c.Verify(func(yield func(Sealed, error) bool) {
		_ = yield(rows[0], nil) && yield(Sealed{}, broken)
	}, Head{}, head)
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestNewChainNeedsItsKey(t *testing.T) {
	if _, err := NewChain(keys, 1); err == nil {
		t.Error("a chain without its current key was made")
	}
}

// TestStoredFormIsTheSame holds that what a store cannot keep apart is bound
// alike: time zones and nanoseconds, no actor and an empty one, no details and
// empty ones.
func TestStoredFormIsTheSame(t *testing.T) {
	a := full(1)
	a.Actor, a.Details = nil, nil
	a.OccurredAt = start.Add(999).In(time.FixedZone("", 3600))
	b := a
	b.Actor, b.Details, b.OccurredAt = &Actor{}, json.RawMessage{}, start
	if !bytes.Equal(canonical(a, 7), canonical(b, 7)) {
		t.Error("two events with one stored form have two canonical forms")
	}
}

// TestCanonicalIsUnambiguous: two events have the same bytes only if they are
// the same.
func TestCanonicalIsUnambiguous(t *testing.T) {
	text := rapid.StringOfN(rapid.SampledFrom([]rune{0, 1, 'a'}), 0, 3, -1)
	event := rapid.Custom(func(t *rapid.T) Event {
		return Event{
			Seq: rapid.Int64Range(0, 1).Draw(t, "seq"), OccurredAt: time.UnixMicro(rapid.Int64Range(-1, 1).Draw(t, "at")),
			Action:       Action(text.Draw(t, "action")),
			Actor:        &Actor{Type: curfew.ActorType(text.Draw(t, "type")), Name: text.Draw(t, "name"), Email: text.Draw(t, "email")},
			ResourceType: text.Draw(t, "resource"), RequestID: text.Draw(t, "request"),
			IP: text.Draw(t, "ip"), UserAgent: text.Draw(t, "agent"), Details: json.RawMessage(text.Draw(t, "details")),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := event.Draw(t, "a"), event.Draw(t, "b")
		if same := reflect.DeepEqual(a, b); bytes.Equal(canonical(a, 7), canonical(b, 7)) != same {
			t.Fatalf("same event: %v, but not so the bytes", same)
		}
	})
	a, b := full(1), full(1)
	a.RequestID, a.IP = "ab", "c"
	b.RequestID, b.IP = "a", "bc"
	if bytes.Equal(canonical(a, 7), canonical(b, 7)) {
		t.Error("text moved from one field to the next is not seen")
	}
}

func BenchmarkLink(b *testing.B) {
	c := newChain(b, 7)
	e, head := full(1), Head{}
	for b.Loop() {
		_, _, head = c.Link(head, &e)
	}
}

func TestHeadSeal(t *testing.T) {
	keyed := func(id byte) *Chain {
		chain, err := NewChain(func(asked byte) ([32]byte, bool) { return [32]byte{42, id}, asked == id }, id)
		if err != nil {
			t.Fatal(err)
		}
		return chain
	}
	chain, other := keyed(1), keyed(2)
	account, head := curfew.ID{1}, Head{Seq: 7, MAC: [32]byte{9}}
	seal := chain.SealHead(account, head)
	if !chain.HeadHolds(account, head, seal) {
		t.Fatal("a head that was sealed does not hold")
	}
	for name, holds := range map[string]bool{
		"another number":   chain.HeadHolds(account, Head{Seq: 6, MAC: head.MAC}, seal),
		"another row":      chain.HeadHolds(account, Head{Seq: 7, MAC: [32]byte{8}}, seal),
		"another account":  chain.HeadHolds(curfew.ID{2}, head, seal),
		"an unknown key":   other.HeadHolds(account, head, seal),
		"no seal":          chain.HeadHolds(account, head, HeadSeal{}),
		"an empty log":     chain.HeadHolds(account, Head{}, seal),
		"an altered seal":  chain.HeadHolds(account, head, HeadSeal{seal[0], seal[1] ^ 1}),
		"no seal, no rows": chain.HeadHolds(account, Head{}, HeadSeal{}),
	} {
		if holds {
			t.Errorf("%s: the head holds", name)
		}
	}
	anchorSeal := chain.SealAnchor(account, head)
	if !chain.AnchorHolds(account, head, anchorSeal) || !chain.AnchorHolds(account, Head{}, HeadSeal{}) {
		t.Error("an anchor that was sealed, or none, does not hold")
	}
	for name, holds := range map[string]bool{
		"a head as the anchor":     chain.AnchorHolds(account, head, seal),
		"an anchor as the head":    chain.HeadHolds(account, head, anchorSeal),
		"another number":           chain.AnchorHolds(account, Head{Seq: 8, MAC: head.MAC}, anchorSeal),
		"another account's anchor": chain.AnchorHolds(curfew.ID{2}, head, anchorSeal),
		"an anchor without a seal": chain.AnchorHolds(account, head, HeadSeal{}),
		"row 0 with a MAC":         chain.AnchorHolds(account, Head{MAC: [32]byte{1}}, HeadSeal{}),
		"an unknown key":           other.AnchorHolds(account, head, anchorSeal),
	} {
		if holds {
			t.Errorf("%s: the anchor holds", name)
		}
	}
}
