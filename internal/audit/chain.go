package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// Head is the end of a chain: the number and the MAC of its newest row. An
// empty chain has the zero head.
type Head struct {
	Seq int64
	MAC [32]byte
}

// HeadSeal is the proof that a head was made by whoever has the key: the id of
// the key, and a MAC over the account, the number and the newest row's MAC. It
// is kept beside the head. Without it the head could be set back to any older
// row, whose MAC stands readable in that row.
type HeadSeal [33]byte

// Sealed is an event as it is stored: bound to the row before it by a MAC.
type Sealed struct {
	Event
	MAC   [32]byte
	KeyID byte
}

// KeyLookup gives the key with an id; ok is false for a key that this
// installation does not have, or has no more.
type KeyLookup func(keyID byte) (key [32]byte, ok bool)

// Chain binds the events of an account to each other (ASVS 16.4.2): the MAC of
// a row covers every field of the row and the MAC of the row before it, so
// whoever changes, removes, adds or moves a row needs the key, which is never
// in the database. The newest row's number and MAC are kept apart as the Head,
// so that rows cut off the end show.
//
// What no chain shows is an account's log put back, with its head and the head's
// seal, to what they were before, by whoever kept a copy of all three. An export
// kept elsewhere does.
//
// A Chain is immutable and safe for concurrent use.
type Chain struct {
	keys    KeyLookup
	current byte
	key     [32]byte
}

// NewChain makes a chain whose new rows are bound with the current key.
func NewChain(keys KeyLookup, current byte) (*Chain, error) {
	key, ok := keys(current)
	if !ok {
		return nil, fmt.Errorf("audit: the key with id %d is not known", current)
	}
	return &Chain{keys: keys, current: current, key: key}, nil
}

// Link makes e the row after head: it sets e.Seq, and returns what is stored
// with the row and the head after it.
func (c *Chain) Link(head Head, e *Event) (mac [32]byte, keyID byte, next Head) {
	e.Seq = head.Seq + 1
	mac = bind(c.key, head.MAC, *e, c.current)
	return mac, c.current, Head{Seq: e.Seq, MAC: mac}
}

// SealHead seals a head of an account's chain; an empty chain's head is sealed
// too, so that a log cannot be wiped as a whole.
func (c *Chain) SealHead(account curfew.ID, head Head) HeadSeal {
	return sealHead(headSeal, c.key, c.current, account, head)
}

// SealAnchor seals what retention removed up to: the head that the chain had
// when its newest removed row was its newest.
func (c *Chain) SealAnchor(account curfew.ID, anchor Head) HeadSeal {
	return sealHead(anchorSeal, c.key, c.current, account, anchor)
}

// HeadKeyKnown reports whether the key that sealed a head is there, without
// which nothing can be said of it.
func (c *Chain) HeadKeyKnown(seal HeadSeal) bool {
	_, ok := c.keys(seal[0])
	return ok
}

// HeadHolds reports whether a head is one that was sealed. A caller that
// appends to a chain whose head does not hold leaves its new head unsealed (the
// zero seal), so that the break stays in sight.
func (c *Chain) HeadHolds(account curfew.ID, head Head, seal HeadSeal) bool {
	return c.holds(headSeal, account, head, seal)
}

// AnchorHolds reports whether an anchor is one that was sealed as an anchor: a
// head, whose seal anybody may read, is none. The zero anchor needs no seal,
// because all rows must then be there.
func (c *Chain) AnchorHolds(account curfew.ID, anchor Head, seal HeadSeal) bool {
	return anchor == Head{} || c.holds(anchorSeal, account, anchor, seal)
}

func (c *Chain) holds(kind string, account curfew.ID, head Head, seal HeadSeal) bool {
	key, ok := c.keys(seal[0])
	if !ok {
		return false
	}
	want := sealHead(kind, key, seal[0], account, head)
	return hmac.Equal(want[:], seal[:])
}

// What a seal is for begins what it covers; no row's canonical form begins so.
const (
	headSeal   = "audit head v1\x00"
	anchorSeal = "audit anchor v1\x00"
)

func sealHead(kind string, key [32]byte, keyID byte, account curfew.ID, head Head) (seal HeadSeal) {
	h := hmac.New(sha256.New, key[:])
	h.Write([]byte(kind))
	h.Write([]byte{keyID})
	h.Write(account[:])
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(head.Seq)))
	h.Write(head.MAC[:])
	seal[0] = keyID
	h.Sum(seal[:1])
	return seal
}

// Report is the outcome of a verification.
type Report struct {
	// Rows is how many rows were found in order before the first bad one.
	Rows int64
	// BadSeq is the number at which the chain breaks first, 0 for a chain
	// that holds; Problem says what is wrong there, for people.
	BadSeq  int64
	Problem string
	// KeyMissing says that the chain could not be checked beyond BadSeq,
	// because the secret of that time is not there.
	KeyMissing bool
}

// OK reports whether the chain holds from its anchor to its head.
func (r Report) OK() bool { return r.Problem == "" }

// Verify walks an account's rows, oldest first, from anchor to head. The
// anchor is the head as it was when retention removed the rows up to it; it is
// zero while nothing was removed. Rows and heads must be read at one moment.
//
// It stops at the first row that does not hold, since nothing after it can be
// trusted to be in its place. The error is the reading's own, and then the
// report says nothing about the chain.
func (c *Chain) Verify(rows iter.Seq2[Sealed, error], anchor, head Head) (Report, error) {
	var report Report
	at := anchor
	bad := func(seq int64, format string, args ...any) Report {
		report.BadSeq, report.Problem = seq, fmt.Sprintf(format, args...)
		return report
	}
	if anchor.Seq < 0 || anchor.Seq == 0 && anchor != (Head{}) || anchor.Seq > head.Seq {
		return bad(max(anchor.Seq, 1), "the anchor says that rows up to %d were removed by retention, which does not fit a chain that ends at row %d",
			anchor.Seq, head.Seq), nil
	}
	for row, err := range rows {
		want := at.Seq + 1
		switch {
		case err != nil:
			return Report{}, err
		case row.Seq == want-1 && report.Rows > 0:
			return bad(row.Seq, "row %d is there twice", row.Seq), nil
		case row.Seq < want:
			return bad(row.Seq, "row %d stands where row %d belongs: it was inserted or moved", row.Seq, want), nil
		case row.Seq > head.Seq && want > head.Seq:
			return bad(row.Seq, "row %d is newer than row %d, which the account remembers as its newest: it was inserted, or the account's record was set back",
				row.Seq, head.Seq), nil
		case row.Seq == want+1:
			return bad(want, "row %d is missing or out of place: row %d follows row %d", want, row.Seq, at.Seq), nil
		case row.Seq > want:
			return bad(want, "rows %d to %d are missing or out of place: row %d follows row %d", want, row.Seq-1, row.Seq, at.Seq), nil
		}
		key, ok := c.keys(row.KeyID)
		if !ok {
			report.KeyMissing = true
			return bad(row.Seq, "row %d is bound with key %d, which this installation does not have: give the secret of that time as CURFEW_SECRET_PREVIOUS; if there was none, the row was changed",
				row.Seq, row.KeyID), nil
		}
		mac := bind(key, at.MAC, row.Event, row.KeyID)
		if !hmac.Equal(mac[:], row.MAC[:]) {
			if want == 1 {
				return bad(row.Seq, "row 1 was changed"), nil
			}
			return bad(row.Seq, "row %d was changed, or is not the row that followed row %d", row.Seq, at.Seq), nil
		}
		at = Head{Seq: row.Seq, MAC: row.MAC}
		report.Rows++
	}
	switch {
	case at.Seq+1 == head.Seq:
		return bad(head.Seq, "row %d, the newest, is missing", head.Seq), nil
	case at.Seq < head.Seq:
		return bad(at.Seq+1, "the newest rows, %d to %d, are missing", at.Seq+1, head.Seq), nil
	case !hmac.Equal(at.MAC[:], head.MAC[:]):
		return bad(max(at.Seq, 1), "row %d is not the one that the account remembers as its newest", at.Seq), nil
	}
	return report, nil
}

// bind is the MAC of a row: HMAC-SHA-256 over the MAC of the row before it and
// the row's canonical form.
func bind(key, previous [32]byte, e Event, keyID byte) [32]byte {
	h := hmac.New(sha256.New, key[:])
	h.Write(previous[:])
	h.Write(canonical(e, keyID))
	return [32]byte(h.Sum(nil))
}

// canonicalVersion is the first byte of every canonical form.
const canonicalVersion = 1

// canonical encodes every field of an event, each behind its length, so that
// no two events have the same bytes. It says what the store keeps: times in
// whole microseconds, no actor and an empty actor alike.
func canonical(e Event, keyID byte) []byte {
	b := make([]byte, 0, 512+len(e.Details))
	b = append(b, canonicalVersion, keyID)
	bytes := func(v []byte) {
		b = binary.BigEndian.AppendUint64(b, uint64(len(v)))
		b = append(b, v...)
	}
	number := func(n int64) {
		b = binary.BigEndian.AppendUint64(b, 8)
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	text := func(s string) { bytes([]byte(s)) }

	bytes(e.AccountID[:])
	number(e.Seq)
	bytes(e.ID[:])
	number(e.OccurredAt.UnixMicro())
	text(string(e.Action))
	actor := Actor{}
	if e.Actor != nil {
		actor = *e.Actor
	}
	text(string(actor.Type))
	bytes(actor.ID[:])
	text(actor.Name)
	text(actor.Email)
	text(e.ResourceType)
	bytes(e.ResourceID[:])
	text(e.RequestID)
	text(e.IP)
	text(e.UserAgent)
	bytes(e.Details)
	return b
}
