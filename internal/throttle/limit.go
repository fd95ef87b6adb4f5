package throttle

import "time"

// MaxDelay is the longest that an answer is held back.
const MaxDelay = 2 * time.Second

// Limit is the size of a bucket and how fast it recovers. The bucket itself is
// one number, the theoretical arrival time of the generic cell rate algorithm
// (ITU-T I.371): the Unix microsecond at which everything charged will be
// forgotten. Zero, or any time past, is a bucket of which nothing is used.
type Limit struct {
	Burst int           // how many at once, at least 1
	Every time.Duration // how long until one is given back, at least 1 µs
}

// Allow charges one, if there is one left: ok, and newTAT is to be stored.
// Otherwise nothing is charged, and there is one left after retryAfter.
func (l Limit) Allow(tat int64, now time.Time) (newTAT int64, retryAfter time.Duration, ok bool) {
	at := now.UnixMicro()
	full := at + l.burst()
	tat = min(max(tat, at), full)
	charged := tat + l.every()
	if charged > full {
		return tat, time.Duration(charged-full) * time.Microsecond, false
	}
	return charged, 0, true
}

// Count charges one whether there is one left or not. It is for buckets that
// only delay. What is charged beyond twice the burst is not counted.
func (l Limit) Count(tat int64, now time.Time) (newTAT int64) {
	return l.clamp(l.clamp(tat, now)+l.every(), now)
}

// Refund gives back one that was charged.
func (l Limit) Refund(tat int64, now time.Time) (newTAT int64) {
	return l.clamp(l.clamp(tat, now)-l.every(), now)
}

// Delay is how long to hold back an answer: not at all while no more than the
// burst is used, then for longer in proportion, up to MaxDelay at twice the
// burst.
func (l Limit) Delay(tat int64, now time.Time) time.Duration {
	over := l.clamp(tat, now) - now.UnixMicro() - l.burst()
	if over <= 0 {
		return 0
	}
	return time.Duration(float64(MaxDelay) * float64(over) / float64(l.burst()))
}

// clamp brings tat to the nearest number that charging up to this moment makes
// of a bucket, so that a clock that was wrong, or a damaged row, holds nobody
// up for longer than the bucket takes to recover.
func (l Limit) clamp(tat int64, now time.Time) int64 {
	at := now.UnixMicro()
	return min(max(tat, at), at+2*l.burst())
}

// every and burst are how long one and the whole burst take to recover, in
// microseconds.
func (l Limit) every() int64 { return l.Every.Microseconds() }
func (l Limit) burst() int64 { return l.every() * int64(l.Burst) }
