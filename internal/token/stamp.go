package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"hash"
	"sync"
)

// stampedFrame is a frame whose body proves that this installation made it:
//
//	version 1B | key id 1B | payload | mac 16B
//
// The mac is HMAC-SHA-256 over everything before it, under a key of its own
// purpose, truncated to 128 bits (RFC 2104, section 5), so one kind of token
// never passes for another.
type stampedFrame struct {
	frame
	current byte
	keys    map[byte]*macKey
}

const (
	stampVersion = 1
	stampHeader  = 2 // version, key id
	macSize      = 16
)

func newStampedFrame(prefix string, payloadSize int, secrets *Secrets, purpose Purpose) stampedFrame {
	s := stampedFrame{
		frame:   frame{prefix: prefix, size: stampHeader + payloadSize + macSize},
		current: secrets.current,
		keys:    make(map[byte]*macKey, len(secrets.derived)),
	}
	for id, keys := range secrets.derived {
		s.keys[id] = newMACKey(keys.byPurpose[purpose])
	}
	return s
}

// encode always stamps with the current key.
func (s *stampedFrame) encode(payload []byte) string {
	var space [maxBody]byte
	body := append(space[:0], stampVersion, s.current)
	body = append(body, payload...)
	mac := s.keys[s.current].sum(body)
	return s.frame.encode(append(body, mac[:]...))
}

// decode fills payload and reports whether text was made by encode, under the
// current key or one of the previous.
func (s *stampedFrame) decode(payload []byte, text string) bool {
	var space [maxBody]byte
	body := space[:s.size]
	if !s.frame.decode(body, text) || body[0] != stampVersion {
		return false
	}
	key := s.keys[body[1]]
	if key == nil {
		return false
	}
	signed, mac := body[:s.size-macSize], body[s.size-macSize:]
	want := key.sum(signed)
	if subtle.ConstantTimeCompare(want[:], mac) != 1 {
		return false
	}
	copy(payload, signed[stampHeader:])
	return true
}

// macKey computes MACs under one key without allocating: the states are
// reused, and each brings the memory that the hash interface would otherwise
// move to the heap.
type macKey struct{ states sync.Pool }

type macState struct {
	hash    hash.Hash
	message [maxBody]byte
	sum     [sha256.Size]byte
}

func newMACKey(key [32]byte) *macKey {
	return &macKey{states: sync.Pool{New: func() any {
		return &macState{hash: hmac.New(sha256.New, key[:])}
	}}}
}

func (k *macKey) sum(message []byte) (mac [macSize]byte) {
	state := k.states.Get().(*macState)
	defer k.states.Put(state)
	state.hash.Reset()
	state.hash.Write(state.message[:copy(state.message[:], message)])
	copy(mac[:], state.hash.Sum(state.sum[:0]))
	return mac
}
