package token

import (
	"strings"
	"testing"
)

func TestCacheIsBounded(t *testing.T) {
	const size = 10
	cache := newVerifiedCache(size)
	keep := cacheID("keep")
	cache.put(keep, verified{kid: "keep"})
	for i := range 1000 {
		cache.put(cacheID(strings.Repeat("x", i)), verified{})
		if held := len(cache.young) + len(cache.old); held > size {
			t.Fatalf("holds %d", held)
		}
		if entry, ok := cache.get(keep); !ok || entry.kid != "keep" {
			t.Fatal("lost an entry in use")
		}
	}
	if _, ok := cache.get(cacheID("")); ok {
		t.Error("kept an entry that nobody asked for")
	}
	none := newVerifiedCache(0)
	none.put(keep, verified{})
	if _, ok := none.get(keep); ok {
		t.Error("a cache of size 0 remembers")
	}
}
