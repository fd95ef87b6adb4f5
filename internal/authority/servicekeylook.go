package authority

import (
	"context"
	"sync"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// keyLooks are looks through all service keys, which share what they read:
// whoever asks while one is under way waits for the next, together with all
// others who do. So keys that somebody makes up cost one reading after another,
// however many they are, and one that was made a moment ago is found at once,
// because each reading begins after whoever waits for it has asked.
type keyLooks struct {
	// read reads all keys, elapsed is the time by which it counts when that began.
	read    func(context.Context) ([]curfew.ServiceKey, error)
	elapsed func() time.Duration

	mu   sync.Mutex
	busy bool
	next *keyLook // not begun; nil while nobody waits for one
}

// keyLook is one of them, which is over once done is closed.
type keyLook struct {
	done  chan struct{}
	asked time.Duration
	keys  []curfew.ServiceKey
	err   error
}

// find gives the key of an id, and when its reading began.
func (l *keyLooks) find(ctx context.Context, id curfew.ID) (curfew.ServiceKey, time.Duration, error) {
	look := l.join(ctx)
	timer := time.NewTimer(serviceKeyPatience)
	defer timer.Stop()
	select {
	case <-look.done:
	case <-timer.C:
		return curfew.ServiceKey{}, 0, curfew.Unavailable(errKeyNotRead)
	case <-ctx.Done():
		return curfew.ServiceKey{}, 0, curfew.Unavailable(ctx.Err())
	}
	for _, key := range look.keys {
		if key.ID == id {
			return key, look.asked, nil
		}
	}
	if look.err != nil {
		return curfew.ServiceKey{}, 0, look.err
	}
	return curfew.ServiceKey{}, 0, curfew.ErrNotFound
}

// join waits with others for the next look, and has it begin.
func (l *keyLooks) join(ctx context.Context) *keyLook {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.next == nil {
		l.next = &keyLook{done: make(chan struct{})}
	}
	if !l.busy {
		l.busy = true
		go l.run(context.WithoutCancel(ctx)) // it is not this caller's alone
	}
	return l.next
}

// run makes one look after another, until nobody waits for one.
func (l *keyLooks) run(ctx context.Context) {
	for look := l.begin(); look != nil; look = l.begin() {
		ctx, cancel := context.WithTimeout(ctx, serviceKeyPatience)
		look.asked = l.elapsed()
		look.keys, look.err = l.read(ctx)
		cancel()
		close(look.done)
	}
}

// begin takes the next look: who asks from now on waits for another.
func (l *keyLooks) begin() *keyLook {
	l.mu.Lock()
	defer l.mu.Unlock()
	look := l.next
	l.next, l.busy = nil, look != nil
	return look
}
