package token

import (
	"crypto/sha256"
	"sync"
)

// verifiedCache remembers tokens that were verified, so that a client which
// shows the same one with every request costs one signature check. It is keyed
// by hash: no token can be read out of it. Only genuine tokens get in, so
// strangers cannot push others out.
//
// It is bounded by two generations: entries go into the young one; when that
// is half the size it becomes the old one, and the old one is dropped. Whoever
// is asked for again moves back to the young one.
//
// Each Verifier has its own, because a verdict holds for one issuer and one
// audience.
type verifiedCache struct {
	half int

	mu         sync.Mutex
	young, old map[[sha256.Size]byte]verified
}

func newVerifiedCache(size int) *verifiedCache {
	return &verifiedCache{half: size / 2, young: map[[sha256.Size]byte]verified{}}
}

func cacheID(token string) [sha256.Size]byte { return sha256.Sum256([]byte(token)) }

// get finds what put was given. The caller still has to ask whether it is in
// force.
func (c *verifiedCache) get(id [sha256.Size]byte) (verified, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if entry, ok := c.young[id]; ok {
		return entry, true
	}
	entry, ok := c.old[id]
	if ok {
		c.insert(id, entry)
	}
	return entry, ok
}

func (c *verifiedCache) put(id [sha256.Size]byte, entry verified) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.insert(id, entry)
}

func (c *verifiedCache) insert(id [sha256.Size]byte, entry verified) {
	if c.half == 0 {
		return
	}
	if len(c.young) >= c.half {
		c.young, c.old = make(map[[sha256.Size]byte]verified, c.half), c.young
	}
	c.young[id] = entry
}
