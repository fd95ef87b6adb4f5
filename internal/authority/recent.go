package authority

import (
	"sync"
	"time"
)

// recent remembers for a moment what was read of the store. A value counts from
// when its reading began, because what it says may have changed while it was
// read. It is safe for concurrent use.
type recent[K comparable, V any] struct {
	age  time.Duration // for how long a value is taken for what the store holds
	most int           // how many are remembered; with one more all are read again

	mu    sync.Mutex
	found map[K]reading[V]
}

// reading is what was read, and when that began, in a process's own time.
type reading[V any] struct {
	value V
	asked time.Duration
}

func newRecent[K comparable, V any](age time.Duration, most int) *recent[K, V] {
	return &recent[K, V]{age: age, most: most, found: map[K]reading[V]{}}
}

func (r *recent[K, V]) recall(key K, now time.Duration) (value V, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	found, ok := r.found[key]
	return found.value, ok && now-found.asked < r.age
}

// knows reports whether a key was there when it was last looked for, however
// long ago.
func (r *recent[K, V]) knows(key K) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.found[key]
	return ok
}

// remember keeps a value, unless one is known that was read later.
func (r *recent[K, V]) remember(key K, value V, asked time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before, known := r.found[key]
	if known && before.asked >= asked {
		return
	}
	if !known && len(r.found) >= r.most {
		clear(r.found)
	}
	r.found[key] = reading[V]{value, asked}
}

func (r *recent[K, V]) forget(key K) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.found, key)
}
