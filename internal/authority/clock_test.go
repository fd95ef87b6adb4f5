package authority

import (
	"sync"
	"testing"
	"time"
)

func TestClockNeverGoesBack(t *testing.T) {
	wall := noon.Add(789 * time.Nanosecond)
	c := NewClock(func() time.Time { return wall })
	if got := c.Now(); !got.Equal(noon) || got.Location() != time.UTC {
		t.Errorf("now is %v, want whole microseconds in UTC", got)
	}
	wall = noon.Add(-time.Hour)
	if got := c.Now(); !got.Equal(noon) {
		t.Errorf("went back to %v", got)
	}
	wall = noon.Add(time.Microsecond)
	if got := c.Now(); !got.Equal(wall) {
		t.Errorf("stands still at %v", got)
	}
}

func TestClockRaise(t *testing.T) {
	wall := noon
	c := NewClock(func() time.Time { return wall })
	c.Raise(noon.Add(time.Minute))
	c.Raise(noon) // lowers nothing
	if got := c.Now(); !got.Equal(noon.Add(time.Minute)) {
		t.Errorf("now is %v, want what it was raised to", got)
	}
	if got := c.Apart(noon); got != time.Minute {
		t.Errorf("apart by %v, want how far it fell behind", got)
	}
	wall = noon.Add(time.Minute)
	for _, other := range []time.Duration{-3 * time.Second, 3 * time.Second} {
		if got := c.Apart(wall.Add(other)); got != 3*time.Second {
			t.Errorf("apart by %v from a clock %v off", got, other)
		}
	}
}

func TestClockUnderConcurrency(t *testing.T) {
	var mu sync.Mutex
	n := 0
	c := NewClock(func() time.Time { // jumps to and fro
		mu.Lock()
		defer mu.Unlock()
		n++
		return noon.Add(time.Duration(n%7) * time.Second)
	})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			var last time.Time
			for range 1000 {
				now := c.Now()
				if now.Before(last) {
					t.Error("went back")
					return
				}
				last = now
			}
		})
	}
	wg.Wait()
}
