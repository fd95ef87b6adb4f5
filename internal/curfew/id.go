package curfew

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"
)

// ID is a UUID of version 7 (RFC 9562, section 5.7): 48 bits of Unix
// milliseconds, then random bits. IDs name things; they are not secrets
// (ASVS 11.5.1), so knowing one grants nothing.
type ID [16]byte

// ZeroID is the id of the account under which events without an account of
// their own are audited. No customer ever has it.
var ZeroID ID

// LastID comes after every id that is made: where a list begins that goes back
// from the newest.
var LastID = ID(bytes.Repeat([]byte{0xff}, len(ID{})))

var errID = errors.New("not a UUID in its hyphenated form")

// NewID makes an id that sorts by now.
func NewID(now time.Time) ID {
	var id ID
	rand.Read(id[6:])
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(now.UnixMilli()))
	copy(id[:6], ms[2:])
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id
}

// ParseID reads the hyphenated form, in either case. Nothing else is accepted.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return ID{}, errID
	}
	digits := s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	if _, err := hex.Decode(id[:], []byte(digits)); err != nil {
		return ID{}, errID
	}
	return id, nil
}

// String is the hyphenated lower-case form.
func (id ID) String() string {
	var b [36]byte
	return string(id.Append(b[:0]))
}

// Append appends String.
func (id ID) Append(b []byte) []byte {
	b = hex.AppendEncode(b, id[:4])
	b = hex.AppendEncode(append(b, '-'), id[4:6])
	b = hex.AppendEncode(append(b, '-'), id[6:8])
	b = hex.AppendEncode(append(b, '-'), id[8:10])
	return hex.AppendEncode(append(b, '-'), id[10:])
}

// Compare orders ids as the store does, byte by byte.
func (id ID) Compare(other ID) int { return bytes.Compare(id[:], other[:]) }

// IsZero reports whether id is the zero id.
func (id ID) IsZero() bool { return id == ZeroID }

// MarshalText is String, for JSON and logs.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText is ParseID.
func (id *ID) UnmarshalText(b []byte) error {
	parsed, err := ParseID(string(b))
	if err == nil {
		*id = parsed
	}
	return err
}
