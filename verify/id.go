package verify

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
)

// id is a UUID: of a session, an account or a person.
type id [16]byte

var errID = errors.New("not a UUID in its hyphenated form")

// parseID reads the hyphenated form and nothing else.
func parseID[T string | []byte](s T) (id, error) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return id{}, errID
	}
	var digits [32]byte
	n := copy(digits[:], s[:8])
	n += copy(digits[n:], s[9:13])
	n += copy(digits[n:], s[14:18])
	n += copy(digits[n:], s[19:23])
	copy(digits[n:], s[24:])
	var out id
	if _, err := hex.Decode(out[:], digits[:]); err != nil {
		return id{}, errID
	}
	return out, nil
}

// newID draws a UUID of version 4 (RFC 9562, section 5.4).
func newID() id {
	var out id
	rand.Read(out[:])
	out[6] = out[6]&0x0f | 0x40
	out[8] = out[8]&0x3f | 0x80
	return out
}

func (i id) String() string {
	var b [36]byte
	hex.Encode(b[:8], i[:4])
	hex.Encode(b[9:13], i[4:6])
	hex.Encode(b[14:18], i[6:8])
	hex.Encode(b[19:23], i[8:10])
	hex.Encode(b[24:], i[10:])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}

func (i *id) UnmarshalText(text []byte) error {
	parsed, err := parseID(text)
	if err == nil {
		*i = parsed
	}
	return err
}

func (i id) MarshalText() ([]byte, error) { return []byte(i.String()), nil }
