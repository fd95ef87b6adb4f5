package feed

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// A cursor on the wire is base64url without padding of a version byte and, for
// each writer in the order of the ids, 16 bytes of id and 8 bytes of the last
// sequence number, the greatest byte first. Writers of whom nothing matters any
// more are left out. One cursor covers another when it has a number at least as
// great for every writer of the other.
const (
	cursorVersion = 1
	cursorEntry   = 16 + 8
	// mostWriters is how many a verifier takes: its cursors have 40 KiB at most.
	mostWriters = 1250
)

var errCursor = errors.New("feed: not a cursor")

// strict refuses what is not exactly the encoding of something.
var strict = base64.RawURLEncoding.Strict()

// EncodeCursor is the text of a cursor; equal cursors have equal texts.
func EncodeCursor(c curfew.Cursor) string {
	b := make([]byte, 1, 1+len(c)*cursorEntry)
	b[0] = cursorVersion
	for _, writer := range slices.SortedFunc(maps.Keys(c), func(x, y curfew.ID) int { return bytes.Compare(x[:], y[:]) }) {
		b = append(b, writer[:]...)
		b = binary.BigEndian.AppendUint64(b, uint64(c[writer]))
	}
	return strict.EncodeToString(b)
}

// ParseCursor reads what EncodeCursor wrote, and nothing else.
func ParseCursor(text string) (curfew.Cursor, error) {
	b, err := strict.DecodeString(text)
	// The decoder passes over line breaks.
	if err != nil || strings.ContainsAny(text, "\r\n") || len(b) == 0 || b[0] != cursorVersion || (len(b)-1)%cursorEntry != 0 {
		return nil, errCursor
	}
	c := make(curfew.Cursor, len(b)/cursorEntry)
	var last []byte
	for b = b[1:]; len(b) > 0; b = b[cursorEntry:] {
		seq := int64(binary.BigEndian.Uint64(b[16:cursorEntry]))
		if seq < 1 || last != nil && bytes.Compare(last, b[:16]) >= 0 {
			return nil, errCursor
		}
		last = b[:16]
		c[curfew.ID(last)] = seq
	}
	return c, nil
}

// Covers reports whether everything up to other is known to who has applied
// everything up to c.
func Covers(c, other curfew.Cursor) bool {
	for writer, seq := range other {
		if c[writer] < seq {
			return false
		}
	}
	return true
}
