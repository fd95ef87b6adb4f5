package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// Config sets what a hash costs and how many may be made at once. The zero
// value is right for production.
type Config struct {
	// MemoryKiB, Passes and Lanes are argon2id's m, t and p for new hashes:
	// 19456, 2 and 1 when zero. Hashes already stored keep their own.
	MemoryKiB uint32
	Passes    uint32
	Lanes     uint8
	// Concurrency is how many hashes are made at once. Zero stands for
	// GOMAXPROCS: a hash keeps one core busy, so more at once would cost
	// memory and gain no time. Each holds MemoryKiB while it runs (for a stored
	// hash what that asks for, 64 MiB at most) and leaves it to the garbage
	// collector; a memory limit of the process (GOMEMLIMIT) keeps what is left
	// behind from adding up.
	Concurrency int
	// Queue is how many may wait for their turn, 64 when zero, none when
	// negative. One more is turned away.
	Queue int
}

// Hasher makes and verifies hashes. It is safe for concurrent use.
type Hasher struct {
	params  params
	nothing hash          // what VerifyNothing verifies against
	places  chan struct{} // one for each caller inside, waiting or not
	slots   chan struct{} // one for each hash being made

	derive func(password, salt []byte, p params) []byte // argon2id; tests count
}

// New makes a Hasher. It fails on parameters that Verify would refuse to read
// back.
func New(c Config) (*Hasher, error) {
	if c.MemoryKiB == 0 {
		c.MemoryKiB = 19 * 1024
	}
	if c.Passes == 0 {
		c.Passes = 2
	}
	if c.Lanes == 0 {
		c.Lanes = 1
	}
	if c.Concurrency <= 0 {
		c.Concurrency = runtime.GOMAXPROCS(0)
	}
	if c.Queue == 0 {
		c.Queue = 64
	}
	p := params{memory: c.MemoryKiB, passes: c.Passes, lanes: c.Lanes, keyBytes: keyBytes}
	if err := p.check(); err != nil {
		return nil, err
	}
	h := &Hasher{
		params: p,
		places: make(chan struct{}, c.Concurrency+max(c.Queue, 0)),
		slots:  make(chan struct{}, c.Concurrency),
		derive: argon2id,
	}
	// A key drawn at random is the hash of no password that anyone knows.
	h.nothing = hash{params: p, salt: random(saltBytes), key: random(keyBytes)}
	return h, nil
}

// errTooLong is a mistake of the caller, who asks Policy.Check first.
var errTooLong = errors.New("password: longer than MaxBytes")

// Hash makes a PHC string of the password under a new salt. It fails with
// curfew.KindUnavailable when too many are waiting, and with ctx's error when
// that ends the wait.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if len(password) > MaxBytes {
		return "", errTooLong
	}
	salt := random(saltBytes)
	key, err := h.turn(ctx, password, salt, h.params)
	if err != nil {
		return "", err
	}
	return hash{params: h.params, salt: salt, key: key}.String(), nil
}

// Verify reports whether phc is the hash of the password. An empty phc, which
// is a person without a local password, is VerifyNothing. A password longer
// than MaxBytes is nobody's. The errors are those of Hash, and one for a phc
// that is not a hash of ours; on any error the answer is false.
func (h *Hasher) Verify(ctx context.Context, phc, password string) (bool, error) {
	if phc == "" {
		return false, h.VerifyNothing(ctx, password)
	}
	stored, err := parse(phc)
	if err != nil {
		return false, err
	}
	return h.verify(ctx, stored, password)
}

// VerifyNothing does the work of Verify for a person who does not exist, so
// that the time of the answer tells nobody who does (ASVS 6.3.8). The password
// is wrong whatever it is; the errors are those of Verify.
func (h *Hasher) VerifyNothing(ctx context.Context, password string) error {
	_, err := h.verify(ctx, h.nothing, password)
	return err
}

func (h *Hasher) verify(ctx context.Context, stored hash, password string) (bool, error) {
	if len(password) > MaxBytes {
		return false, nil
	}
	key, err := h.turn(ctx, password, stored.salt, stored.params)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(key, stored.key) == 1, nil
}

// turn derives a key when it is this caller's turn.
func (h *Hasher) turn(ctx context.Context, password string, salt []byte, p params) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case h.places <- struct{}{}:
		defer func() { <-h.places }()
	default:
		return nil, &curfew.Error{
			Kind:       curfew.KindUnavailable,
			Detail:     "Curfew is checking too many passwords right now. Try again in a moment.",
			RetryAfter: time.Second,
		}
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting to hash a password: %w", ctx.Err())
	}
	return h.derive([]byte(password), salt, p), nil
}

func argon2id(password, salt []byte, p params) []byte {
	return argon2.IDKey(password, salt, p.passes, p.memory, p.lanes, p.keyBytes)
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails: crypto/rand
	return b
}
