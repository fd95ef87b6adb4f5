package authority

import (
	"testing"
	"time"
)

func TestRecent(t *testing.T) {
	const age = time.Second
	r := newRecent[string, int](age, 2)
	has := func(key string, now time.Duration, want int) {
		t.Helper()
		got, ok := r.recall(key, now)
		if ok != (want != 0) || ok && got != want {
			t.Errorf("%s at %s: %d, %v, want %d", key, now, got, ok, want)
		}
	}
	has("a", 0, 0)
	r.remember("a", 1, 0)
	has("a", age-1, 1)
	has("a", age, 0) // it counts from when the reading began
	r.remember("a", 2, age)
	r.remember("a", 3, age-1) // a reading that began earlier, and took longer
	has("a", age, 2)
	r.remember("b", 4, age)
	r.remember("a", 5, age+1) // of one that is known there is room
	has("b", age, 4)
	has("a", age, 5)
	r.remember("c", 6, age)
	has("a", age, 0)
	has("b", age, 0)
	has("c", age, 6)
	r.forget("c")
	has("c", age, 0)
}
