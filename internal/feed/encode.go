package feed

import (
	"encoding/hex"
	"strconv"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// Entries are encoded by hand: a snapshot may hold half a million of them. A
// test holds the result to the shapes of the contract.

const timeLayout = "2006-01-02T15:04:05.999999Z"

func appendID(b []byte, id curfew.ID) []byte {
	b = append(b, '"')
	for i, part := range [][]byte{id[:4], id[4:6], id[6:8], id[8:10], id[10:]} {
		if i > 0 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, part)
	}
	return append(b, '"')
}

func appendTime(b []byte, t time.Time) []byte {
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, timeLayout)
	return append(b, '"')
}

// appendEntry appends the JSON object of an entry, in one line.
func appendEntry(b []byte, h held) []byte {
	b = append(b, '{')
	if !h.account.IsZero() {
		b = append(appendID(append(b, `"account_id":`...), h.account), ',')
	}
	if !h.session.IsZero() {
		b = append(appendID(append(b, `"session_id":`...), h.session), ',')
	}
	if m := h.more; m != nil {
		b = m.append(b)
	}
	b = appendTime(append(b, `"until":`...), time.UnixMicro(h.until))
	return append(b, '}')
}

func (m *more) append(b []byte) []byte {
	if !m.user.IsZero() {
		b = append(appendID(append(b, `"user_id":`...), m.user), ',')
	}
	if m.epoch != 0 {
		b = append(strconv.AppendInt(append(b, `"epoch":`...), m.epoch, 10), ',')
	}
	if len(m.except) > 0 {
		b = append(b, `"except":[`...)
		for i, id := range m.except {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendID(b, id)
		}
		b = append(b, ']', ',')
	}
	if !m.at.IsZero() {
		b = append(appendTime(append(b, `"at":`...), m.at), ',')
	}
	if !m.mintedBefore.IsZero() {
		b = append(appendTime(append(b, `"minted_before":`...), m.mintedBefore), ',')
	}
	return b
}

// appendEvent appends the event of an entry. Only the last one of a batch has
// an id: a reader who was cut off before it asks for the batch again.
func appendEvent(b []byte, h held, id string) []byte {
	b = append(b, "event: revocation\ndata: "...)
	b = append(appendEntry(b, h), '\n')
	return endEvent(b, id)
}

func endEvent(b []byte, id string) []byte {
	if id != "" {
		b = append(append(append(b, "id: "...), id...), '\n')
	}
	return append(b, '\n')
}
