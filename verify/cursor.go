package verify

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"time"
)

// position says how far each writer's log was read: the number of its last
// entry.
type position map[id]int64

// cursorVersion begins every cursor that this package can compare.
const cursorVersion = 1

// maxCursor bounds a cursor's text: over 1,000 writers.
const maxCursor = 40 << 10

var errCursor = errors.New("a cursor in a form that this version does not know")

// parseCursor reads a cursor: base64url of a version byte and, for each writer,
// its id (16 bytes) and the number of its last entry (8 bytes, big-endian).
func parseCursor(text string) (position, error) {
	if len(text) > maxCursor {
		return nil, errCursor
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) == 0 || raw[0] != cursorVersion || (len(raw)-1)%24 != 0 {
		return nil, errCursor
	}
	p := make(position, len(raw)/24)
	for rest := raw[1:]; len(rest) > 0; rest = rest[24:] {
		n := binary.BigEndian.Uint64(rest[16:])
		if n > 1<<63-1 {
			return nil, errCursor
		}
		p[id(rest[:16])] = int64(n)
	}
	return p, nil
}

// maxSent bounds a cursor that is sent to the authority: the servers and proxies
// on the way take no request whose headers are much longer.
const maxSent = 6 << 10

// abridged is a cursor that can be sent. One that is too long leaves out the
// writers with the lowest numbers, such as commands that wrote a single entry:
// what they wrote is then sent once more, which does no harm.
func abridged(text string) string {
	if len(text) <= maxSent {
		return text
	}
	at, err := parseCursor(text)
	if err != nil {
		return text
	}
	writers := slices.SortedFunc(maps.Keys(at), func(a, b id) int {
		return cmp.Or(cmp.Compare(at[b], at[a]), compareIDs(a, b))
	})
	writers = writers[:(base64.RawURLEncoding.DecodedLen(maxSent)-1)/24]
	slices.SortFunc(writers, compareIDs)
	raw := []byte{cursorVersion}
	for _, writer := range writers {
		raw = binary.BigEndian.AppendUint64(append(raw, writer[:]...), uint64(at[writer]))
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// progress is how far the feed has been applied. The reader of the feed and the
// asker for its head share it under the verifier's lock.
type progress struct {
	seen    map[id]mark
	resume  string // the last cursor whose entries were all applied
	pending []pendingHead
}

// mark is the last entry of a writer that was applied, and when a cursor last
// named the writer.
type mark struct {
	seq int64
	at  time.Duration
}

// pendingHead is a head that the feed has not delivered yet.
type pendingHead struct {
	sent, received instant
	text           string
	position       position
}

const (
	// maxPending bounds the heads waited for. The oldest are kept: they are the
	// next to be covered.
	maxPending = 64
	// writerMemory is how long a writer is remembered that no cursor names: its
	// rows are gone by then.
	writerMemory = time.Hour
)

// applied notes that all entries up to a cursor have been applied, and returns
// when the newest head that this covers was asked for.
func (p *progress) applied(cursor string, now instant) (sent instant, covered bool) {
	p.resume = cursor
	if at, err := parseCursor(cursor); err == nil {
		if p.seen == nil {
			p.seen = map[id]mark{}
		}
		for writer, seq := range at {
			p.seen[writer] = mark{seq: max(seq, p.seen[writer].seq), at: now.mono}
		}
		p.forget(now)
	}
	for i := len(p.pending) - 1; i >= 0; i-- {
		if p.covers(p.pending[i].text, p.pending[i].position) {
			sent = p.pending[i].sent
			p.pending = append(p.pending[:0], p.pending[i+1:]...)
			return sent, true
		}
	}
	return instant{}, false
}

func (p *progress) forget(now instant) {
	if len(p.seen) < 32 {
		return
	}
	for writer, m := range p.seen {
		if now.mono-m.at > writerMemory {
			delete(p.seen, writer)
		}
	}
}

// head notes a head, and reports whether everything up to it has been applied.
// A cursor of an unknown form is covered when it is, to the letter, the last one
// applied.
func (p *progress) head(text string, sent, received instant) bool {
	at, err := parseCursor(text)
	if err != nil {
		at = nil
	}
	if p.covers(text, at) {
		p.pending = p.pending[:0]
		return true
	}
	if len(p.pending) < maxPending {
		p.pending = append(p.pending, pendingHead{sent: sent, received: received, text: text, position: at})
	}
	return false
}

func (p *progress) covers(text string, head position) bool {
	if head == nil {
		return text == p.resume
	}
	for writer, seq := range head {
		if p.seen[writer].seq < seq {
			return false
		}
	}
	return true
}

// waiting is how long the feed has owed what a head spoke of.
func (p *progress) waiting(now instant) time.Duration {
	if len(p.pending) == 0 {
		return 0
	}
	return now.mono - p.pending[0].received.mono
}
