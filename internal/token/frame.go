package token

import (
	"encoding/base64"
	"hash/crc32"
)

// frame is the outer form of every opaque token:
//
//	prefix + base64url(body) + checksum
//
// The prefix says what it is and the checksum that it is whole, so secret
// scanners recognise a leaked one without asking us. Neither protects
// anything: that is the business of what is in the body.
//
// A body has exactly one text: fixed length, no padding, no line breaks, and
// trailing bits that are zero (RFC 4648, section 3.5).
type frame struct {
	prefix string
	size   int // of the body, in bytes; at most maxBody
}

const (
	maxBody      = 74
	maxText      = 112
	checksumSize = 6
)

var (
	base64url = base64.RawURLEncoding.Strict()
	base62    = [62]byte([]byte("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
)

func (f frame) textSize() int {
	return len(f.prefix) + base64url.EncodedLen(f.size) + checksumSize
}

func (f frame) encode(body []byte) string {
	var space [maxText]byte
	text := append(space[:0], f.prefix...)
	text = base64url.AppendEncode(text, body)
	sum := checksum(text)
	return string(append(text, sum[:]...))
}

// decode fills body, which has f.size bytes, and reports whether text is one
// that encode makes.
func (f frame) decode(body []byte, text string) bool {
	if len(text) != f.textSize() || text[:len(f.prefix)] != f.prefix {
		return false
	}
	var space [maxText]byte
	all := space[:copy(space[:], text)]
	end := len(all) - checksumSize
	if checksum(all[:end]) != [checksumSize]byte(all[end:]) {
		return false
	}
	// The decoder skips line breaks; fewer bytes than f.size give them away.
	n, err := base64url.Decode(body, all[len(f.prefix):end])
	return err == nil && n == f.size
}

// checksum is the CRC-32 (IEEE) of text in base 62, most significant digit
// first. The loop is spelled out because crc32.ChecksumIEEE would move its
// argument to the heap.
func checksum(text []byte) (digits [checksumSize]byte) {
	crc := ^uint32(0)
	for _, b := range text {
		crc = crc32.IEEETable[byte(crc)^b] ^ crc>>8
	}
	crc = ^crc
	for i := len(digits) - 1; i >= 0; i-- {
		digits[i] = base62[crc%62]
		crc /= 62
	}
	return digits
}
