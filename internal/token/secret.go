package token

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
)

// MinSecretBytes is the least length of an installation's master secret.
const MinSecretBytes = 32

// Purpose names what a derived key is for. Keys of different purposes are
// independent: knowing one says nothing about another.
type Purpose string

// The purposes. Each is the info string of HKDF (RFC 5869, section 3.2), so a
// changed string is a changed key.
const (
	PurposeRefresh   Purpose = "curfew refresh token mac v1"
	PurposeSeal      Purpose = "curfew seal aes-256-gcm v1"
	PurposeAudit     Purpose = "curfew audit chain mac v1"
	PurposeBrowser   Purpose = "curfew known browser mac v1"
	PurposeLoginName Purpose = "curfew login name digest v1"

	purposeKeyID Purpose = "curfew key id v1"
)

var purposes = []Purpose{PurposeRefresh, PurposeSeal, PurposeAudit, PurposeBrowser, PurposeLoginName}

// ErrWrongSecret says that sealed bytes were sealed under a secret that this
// installation does not have, or were altered since.
var ErrWrongSecret = errors.New("sealed under another secret, or altered since")

// Secrets holds what derives from the installation's master secret and from
// those that it replaced. It keeps no master secret. It is immutable and safe
// for concurrent use.
type Secrets struct {
	current byte
	derived map[byte]*derivedKeys
}

type derivedKeys struct {
	byPurpose map[Purpose][32]byte
	seal      cipher.AEAD
}

// NewSecrets derives all keys at once. Everything new is made under current;
// what was made under one of previous is still recognised.
//
// A key id is one byte, so two secrets meet by chance once in 256 times; that
// is an error here rather than an ambiguity later.
func NewSecrets(current []byte, previous ...[]byte) (*Secrets, error) {
	s := &Secrets{derived: make(map[byte]*derivedKeys, 1+len(previous))}
	for i, secret := range slices.Concat([][]byte{current}, previous) {
		if len(secret) < MinSecretBytes {
			return nil, fmt.Errorf("a secret needs at least %d bytes, and %s has %d",
				MinSecretBytes, ordinal(i), len(secret))
		}
		id, keys, err := derive(secret)
		if err != nil {
			return nil, err
		}
		if _, taken := s.derived[id]; taken {
			return nil, fmt.Errorf("%s is the same as another secret or has the same key id; choose another", ordinal(i))
		}
		if i == 0 {
			s.current = id
		}
		s.derived[id] = keys
	}
	return s, nil
}

func ordinal(i int) string {
	if i == 0 {
		return "the current one"
	}
	return fmt.Sprintf("previous one %d", i)
}

// derive is HKDF-SHA-256 (RFC 5869): one extraction, one expansion a purpose.
func derive(secret []byte) (id byte, keys *derivedKeys, err error) {
	prk, err := hkdf.Extract(sha256.New, secret, nil)
	if err != nil {
		return 0, nil, err
	}
	first, err := hkdf.Expand(sha256.New, prk, string(purposeKeyID), 1)
	if err != nil {
		return 0, nil, err
	}
	keys = &derivedKeys{byPurpose: make(map[Purpose][32]byte, len(purposes))}
	for _, p := range purposes {
		key, err := hkdf.Expand(sha256.New, prk, string(p), 32)
		if err != nil {
			return 0, nil, err
		}
		keys.byPurpose[p] = [32]byte(key)
	}
	sealing := keys.byPurpose[PurposeSeal]
	block, err := aes.NewCipher(sealing[:])
	if err != nil {
		return 0, nil, err
	}
	keys.seal, err = cipher.NewGCMWithRandomNonce(block)
	return first[0], keys, err
}

// KeyID identifies the current secret.
func (s *Secrets) KeyID() byte { return s.current }

// Key is the derived key for a purpose under the secret with that id; ok is
// false when this installation does not have that secret, or any more.
func (s *Secrets) Key(purpose Purpose, keyID byte) (key [32]byte, ok bool) {
	if keys := s.derived[keyID]; keys != nil {
		key, ok = keys.byPurpose[purpose]
	}
	return key, ok
}

const (
	sealVersion    = 1
	sealHeaderSize = 2 // version, key id
)

// Seal encrypts and authenticates plaintext under the current secret
// (AES-256-GCM with a random nonce) and ties it to associatedData, which has
// to be given again to open it. The result starts with a version and the key
// id:
//
//	version 1B | key id 1B | nonce 12B | ciphertext | tag 16B
func (s *Secrets) Seal(plaintext, associatedData []byte) []byte {
	header := []byte{sealVersion, s.current}
	return s.derived[s.current].seal.Seal(header, nil, plaintext, sealContext(header, associatedData))
}

// Open reverses Seal, under whichever secret it was sealed. Anything that it
// cannot open is ErrWrongSecret.
func (s *Secrets) Open(sealed, associatedData []byte) ([]byte, error) {
	if len(sealed) < sealHeaderSize || sealed[0] != sealVersion {
		return nil, ErrWrongSecret
	}
	keys := s.derived[sealed[1]]
	if keys == nil {
		return nil, ErrWrongSecret
	}
	header, box := sealed[:sealHeaderSize], sealed[sealHeaderSize:]
	plaintext, err := keys.seal.Open(nil, nil, box, sealContext(header, associatedData))
	if err != nil {
		return nil, ErrWrongSecret
	}
	return plaintext, nil
}

// IsCurrent reports whether something was sealed under the current secret.
func (s *Secrets) IsCurrent(sealed []byte) bool {
	return len(sealed) >= sealHeaderSize && sealed[0] == sealVersion && sealed[1] == s.current
}

// sealContext authenticates the header along with the caller's data.
func sealContext(header, associatedData []byte) []byte {
	return slices.Concat(header, associatedData)
}

// Format keeps the keys out of every log and error, whatever the verb.
func (Secrets) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[secrets]") }
