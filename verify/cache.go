package verify

import (
	"hash/maphash"
	"strings"
	"sync"
)

// tokenCache remembers tokens that were opened, so that a client which shows the
// same one with every request costs one signature check. Only genuine tokens get
// in, so strangers cannot push others out.
//
// A token is found by a hash with a secret seed, and then compared whole: two
// tokens with one hash are two tokens.
//
// It is bounded by two generations: entries go into the young one; when that has
// half of the bytes it becomes the old one, and the old one is dropped. Whoever
// is asked for again moves back.
type tokenCache struct {
	seed   maphash.Seed
	shards [16]tokenShard
}

type tokenShard struct {
	half int

	mu         sync.RWMutex
	young, old map[uint64]cachedToken
	bytes      int // of young
}

type cachedToken struct {
	text string
	is   *opened
}

// tokenOverhead is what an entry takes beside its text: the opened token, its
// strings, and its share of the map. A test holds it to what is measured.
const tokenOverhead = 768

func newTokenCache(bytes int) *tokenCache {
	c := &tokenCache{seed: maphash.MakeSeed()}
	for i := range c.shards {
		c.shards[i].half = bytes / (2 * len(c.shards))
	}
	return c
}

func (c *tokenCache) find(token string) (*tokenShard, uint64) {
	hash := maphash.String(c.seed, token)
	return &c.shards[hash%uint64(len(c.shards))], hash
}

// get finds what put was given. The caller still has to ask whether it is in
// force.
func (c *tokenCache) get(token string) *opened {
	s, hash := c.find(token)
	s.mu.RLock()
	found, ok := s.young[hash]
	old, wasOld := s.old[hash]
	s.mu.RUnlock()
	switch {
	case ok && found.text == token:
		return found.is
	case !ok && wasOld && old.text == token:
		s.put(hash, old)
		return old.is
	}
	return nil
}

func (c *tokenCache) put(token string, is *opened) {
	s, hash := c.find(token)
	s.put(hash, cachedToken{text: strings.Clone(token), is: is})
}

func (s *tokenShard) put(hash uint64, entry cachedToken) {
	size := len(entry.text) + tokenOverhead
	if size > s.half {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bytes+size > s.half {
		s.young, s.old, s.bytes = nil, s.young, 0
	}
	if s.young == nil {
		s.young = map[uint64]cachedToken{}
	}
	if replaced, ok := s.young[hash]; ok {
		s.bytes -= len(replaced.text) + tokenOverhead
	}
	s.young[hash] = entry
	s.bytes += size
}

// tokens is how many are remembered.
func (c *tokenCache) tokens() (n int) {
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.RLock()
		n += len(s.young) + len(s.old)
		s.mu.RUnlock()
	}
	return n
}

// drop forgets the tokens that have expired by now, in Unix seconds.
func (c *tokenCache) drop(now int64) {
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		for _, generation := range []map[uint64]cachedToken{s.young, s.old} {
			for hash, entry := range generation {
				if entry.is.expires > now {
					continue
				}
				delete(generation, hash)
			}
		}
		s.bytes = 0
		for _, entry := range s.young {
			s.bytes += len(entry.text) + tokenOverhead
		}
		s.mu.Unlock()
	}
}
