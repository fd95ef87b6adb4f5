package verify

import (
	"context"
	"encoding/json"
	"net/url"
	"time"
)

const (
	// headEvery is how often the authority is asked how far the feed should be.
	headEvery = 500 * time.Millisecond
	// nudgeAfter is how soon it is asked after many sessions were ended at once,
	// so that it learns who knows; headsApart bounds how often.
	nudgeAfter = 50 * time.Millisecond
	headsApart = 100 * time.Millisecond
	// stallAfter is how long the stream may owe what a head spoke of.
	stallAfter = 2 * time.Second
)

// nudge has the head asked for soon.
func (v *Verifier) nudge() {
	select {
	case v.nudged <- struct{}{}:
	default:
	}
}

// followHead asks for the head, again and again.
func (v *Verifier) followHead(ctx context.Context) {
	if !v.state.waitSynced(ctx) {
		return
	}
	retry := backoff{first: headEvery, most: 2 * time.Second}
	for ctx.Err() == nil {
		sent := v.clock.read()
		err := v.takeHead(ctx, sent)
		if ctx.Err() != nil {
			return
		}
		now := v.clock.read()
		v.event(Event{Kind: HeadAsked, OK: err == nil, Took: now.since(sent)})
		v.health.note(troubleHead, err)
		v.watchFreshness(now)
		v.state.headAsked()
		next := headEvery
		if err != nil {
			next = retry.next()
		} else {
			retry.reset()
		}
		v.waitForHead(ctx, sent, next)
	}
}

// waitForHead waits until the next question is due, or soon after a nudge.
func (v *Verifier) waitForHead(ctx context.Context, sent instant, next time.Duration) {
	spent := v.clock.read().mono - sent.mono
	timer := time.NewTimer(max(next-spent, 0))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-v.nudged:
		pause(ctx, max(nudgeAfter, headsApart-spent))
	}
}

// takeHead asks for the head. What had been acknowledged before it was sent is
// known once everything up to the answer has been applied.
func (v *Verifier) takeHead(ctx context.Context, sent instant) error {
	ctx, cancel := context.WithTimeout(ctx, min(v.cfg.MaxStaleness, 5*time.Second))
	defer cancel()
	query := url.Values{"verifier": {v.id}, "name": {v.cfg.Name}, "mode": {string(v.cfg.Mode)}}
	if applied := v.resume(); applied != "" {
		query.Set("applied", applied)
	}
	header := v.feedHeader()
	header.Set("Accept", "application/json")
	answer, err := v.feed(ctx, "head", query, header)
	if err != nil {
		return err
	}
	defer discard(answer.Body)
	text, err := readBody(answer.Body, maxCursor+4<<10)
	if err != nil {
		return v.trouble(0, "breaks off while answering head: %s", reason(ctx, err))
	}
	var head struct {
		Cursor     string    `json:"cursor"`
		ServerTime time.Time `json:"server_time"`
	}
	if json.Unmarshal(text, &head) != nil || head.Cursor == "" || len(head.Cursor) > maxCursor || head.ServerTime.IsZero() {
		return v.trouble(0, "answers head with something that is not one")
	}
	return v.headSays(head.Cursor, head.ServerTime.UnixMicro(), sent)
}

// headSays takes the authority's time, and what it vouches for.
func (v *Verifier) headSays(cursor string, server int64, sent instant) error {
	received := v.clock.read()
	v.mu.Lock()
	defer v.mu.Unlock()
	// One question is asked at a time, and each is answered after it arrived. So
	// two answers of the very same microsecond are one answer, seen twice.
	if server == v.headTime {
		return v.trouble(0, "is not asked: something on the way answers head from a cache")
	}
	v.headTime = server
	v.clock.set(server, received)
	if v.progress.head(cursor, sent, received) {
		v.fresh.Store(&sent)
	}
	return nil
}

// applied notes that everything up to a cursor has been applied.
func (v *Verifier) applied(cursor string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if sent, covered := v.progress.applied(cursor, v.clock.read()); covered {
		v.fresh.Store(&sent)
	}
}

// resume is where to go on with the stream: no further than what was applied.
func (v *Verifier) resume() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return abridged(v.progress.resume)
}

// staleness is how long ago the moment is up to which everything is known.
func (v *Verifier) staleness(now instant) (time.Duration, bool) {
	fresh := v.fresh.Load()
	if fresh == nil {
		return 0, false
	}
	return now.since(*fresh), true
}

// isFresh reports whether the verifier may judge by what it knows.
func (v *Verifier) isFresh(now instant) bool {
	age, known := v.staleness(now)
	return known && age <= v.cfg.MaxStaleness
}

// watchFreshness ends a stream that does not deliver, and tells the log when
// the state has changed.
func (v *Verifier) watchFreshness(now instant) {
	v.mu.Lock()
	owes := v.progress.waiting(now)
	v.mu.Unlock()
	if owes >= stallAfter && v.stream.stall(now, v.cfg.MaxStaleness, owes) {
		v.mu.Lock()
		v.progress.pending = nil // the next stream gets its own time
		v.mu.Unlock()
	}
	v.health.turn(v.isFresh(now), v)
}
