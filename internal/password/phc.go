package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// The sizes of what is drawn and derived for a new hash (RFC 9106, section 4).
const (
	saltBytes = 16
	keyBytes  = 32
)

// The most that a stored hash may ask for. Hashes of other systems with the
// parameters of RFC 9106's second recommendation (64 MiB, 3 passes, 4 lanes)
// pass; a hostile row can neither exhaust the memory nor occupy a core.
const (
	maxMemoryKiB = 64 * 1024
	maxPasses    = 8
	maxLanes     = 4
	maxPHC       = 256 // bytes of the whole string
)

// params are argon2id's parameters, with the length of the derived key.
type params struct {
	memory   uint32 // KiB
	passes   uint32
	lanes    uint8
	keyBytes uint32
}

// check holds p to the limits. The lower ones are RFC 9106's (section 3.1);
// a key shorter than 16 bytes could be met by chance.
func (p params) check() error {
	switch {
	case p.lanes < 1 || p.lanes > maxLanes:
		return fmt.Errorf("password: p must be between 1 and %d", maxLanes)
	case p.passes < 1 || p.passes > maxPasses:
		return fmt.Errorf("password: t must be between 1 and %d", maxPasses)
	case p.memory < 8*uint32(p.lanes) || p.memory > maxMemoryKiB:
		return fmt.Errorf("password: m must be between 8 a lane and %d", maxMemoryKiB)
	case p.keyBytes < 16 || p.keyBytes > 64:
		return errors.New("password: the key must have 16 to 64 bytes")
	}
	return nil
}

// hash is a stored hash, taken apart.
type hash struct {
	params
	salt, key []byte
}

var encoding = base64.RawStdEncoding.Strict()

// String is the PHC string format:
// https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md
func (h hash) String() string {
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", h.memory, h.passes, h.lanes,
		encoding.EncodeToString(h.salt), encoding.EncodeToString(h.key))
}

// errPHC says nothing of the string: it goes to logs.
var errPHC = errors.New("password: not an argon2id hash in PHC format")

// parse reads what String writes and nothing else: of two spellings of one
// hash, one is refused.
func parse(s string) (hash, error) {
	if len(s) > maxPHC {
		return hash{}, errPHC
	}
	var h hash
	var rest string
	if _, err := fmt.Sscanf(s, "$argon2id$v=19$m=%d,t=%d,p=%d$%s", &h.memory, &h.passes, &h.lanes, &rest); err != nil {
		return hash{}, errPHC
	}
	salt, key, _ := strings.Cut(rest, "$")
	var err error
	if h.salt, err = encoding.DecodeString(salt); err != nil || len(h.salt) < 8 || len(h.salt) > 64 {
		return hash{}, errPHC
	}
	if h.key, err = encoding.DecodeString(key); err != nil {
		return hash{}, errPHC
	}
	h.keyBytes = uint32(len(h.key))
	if err := h.check(); err != nil {
		return hash{}, err
	}
	if h.String() != s {
		return hash{}, errPHC
	}
	return h, nil
}
