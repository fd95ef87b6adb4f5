package feed

import "time"

const (
	// batch is how many entries go out under one cursor.
	batch = 256
	// wakeEvery is the least time between two wakings of all streams. Each costs
	// a write for every one of them, whatever there is to say: what comes alone
	// goes out at once, and what comes in numbers together.
	wakeEvery = 10 * time.Millisecond
)

// handout is what waits to go out to streams. The hub's lock guards it.
type handout struct {
	waiting []held
	changed chan struct{} // closed when the streams are woken
	wokenAt time.Time
	waking  bool // a waking is on its way
}

// handOut lets an entry go out. The caller has the lock.
func (h *Hub) handOut(e held) {
	if len(h.streams) == 0 {
		h.ring.skip()
		return
	}
	if h.out.waiting = append(h.out.waiting, e); len(h.out.waiting) == batch {
		h.encode()
	}
	if h.out.waking {
		return
	}
	h.out.waking = true
	time.AfterFunc(max(wakeEvery-time.Since(h.out.wokenAt), 0), h.wake)
}

// encode makes a batch of what waits.
func (h *Hub) encode() {
	if len(h.out.waiting) == 0 {
		return
	}
	id := EncodeCursor(h.memory.known())
	frame := make([]byte, 0, len(h.out.waiting)*224+len(id))
	for i, e := range h.out.waiting {
		last := ""
		if i == len(h.out.waiting)-1 {
			last = id
		}
		frame = appendEvent(frame, e, last)
	}
	h.out.waiting = h.out.waiting[:0]
	h.ring.push(frame)
}

// wake has every stream write what it has not written.
func (h *Hub) wake() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.out.waking, h.out.wokenAt = false, time.Now()
	h.encode()
	close(h.out.changed)
	h.out.changed = make(chan struct{})
}
