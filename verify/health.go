package verify

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// State says by what a verifier judges.
type State string

const (
	// Starting: the verifier was not in step with the authority yet, and cannot
	// say how much it knows.
	Starting State = "starting"
	// Fresh: what is known is at most MaxStaleness old.
	Fresh State = "fresh"
	// Stale: it is older, and the mode decides.
	Stale State = "stale"
	// Closed: Close was called, and nothing is accepted.
	Closed State = "closed"
)

// Health is how a verifier is at one moment.
type Health struct {
	State State
	Mode  Mode

	// Staleness is how old the knowledge is: everything that was acknowledged
	// longer ago is known. It means nothing while Starting.
	Staleness time.Duration

	Entries      int  // revocations in memory
	CachedTokens int  // verified tokens in memory
	Connected    bool // whether the feed's stream is open
	Reconnects   uint64
	Keys         int // of the authority

	// AcceptedStale counts tokens that a lenient verifier accepted while it was
	// stale.
	AcceptedStale uint64

	// Trouble is what is wrong now, in words; empty when nothing is.
	Trouble string
	// LastError is what went wrong last, and LastErrorAt when.
	LastError   string
	LastErrorAt time.Time
}

// Health tells how the verifier is: for a readiness check, or a status page.
func (v *Verifier) Health() Health {
	now := v.clock.read()
	h := Health{
		State: Starting, Mode: v.cfg.Mode,
		Entries: v.revocations.entries(), CachedTokens: v.tokens.tokens(), Keys: len(v.keys.load().byKID),
		Connected: v.health.connected.Load(), Reconnects: v.health.reconnects.Load(), AcceptedStale: v.health.acceptedStale.Load(),
		Trouble: v.health.words(),
	}
	h.LastError, h.LastErrorAt = v.health.last()
	age, known := v.staleness(now)
	h.Staleness = age
	switch {
	case v.closing.Err() != nil:
		h.State = Closed
	case v.isFresh(now):
		h.State = Fresh
	case known:
		h.State = Stale
	}
	return h
}

// EventKind says what an Event is about.
type EventKind string

const (
	// Verified: a token was judged; Outcome says how.
	Verified EventKind = "verified"
	// AskedOnline: the authority was asked about one session.
	AskedOnline EventKind = "asked_online"
	// HeadAsked: the authority was asked how far the feed should be.
	HeadAsked EventKind = "head_asked"
	// KeysFetched: the keys were fetched.
	KeysFetched EventKind = "keys_fetched"
	// Reconnected: the feed's stream had ended, and is opened again.
	Reconnected EventKind = "reconnected"
)

// Outcome is a verdict on a token.
type Outcome string

// The outcomes, for the label of a metric.
const (
	Accepted      Outcome = "accepted"
	AcceptedStale Outcome = "accepted_stale" // by a lenient verifier that was stale
	Missing       Outcome = "missing"
	Invalid       Outcome = "invalid"
	Expired       Outcome = "expired"
	Revoked       Outcome = "revoked"
	Unavailable   Outcome = "unavailable"
)

// Event is what Config.Metrics is told.
type Event struct {
	Kind    EventKind
	Outcome Outcome       // of Verified
	OK      bool          // of the exchanges with the authority: whether there was an answer
	Took    time.Duration // of the exchanges with the authority
}

func (v *Verifier) event(e Event) {
	if v.cfg.Metrics != nil {
		v.cfg.Metrics(e)
	}
}

// troubles are what can go wrong at the same time.
type troubleKind int

const (
	troubleKeys troubleKind = iota
	troubleFeed
	troubleHead
	troubleOnline
	troubleKinds
)

// health is what Health tells beside what others know.
type health struct {
	logger *slog.Logger
	wall   func() time.Time
	failed func(error) // told of what cannot mend itself
	ended  func() bool // whether Close was called

	connected                 atomic.Bool
	reconnects, acceptedStale atomic.Uint64

	mu     sync.Mutex
	now    [troubleKinds]string
	lastIs string
	lastAt time.Time
	fresh  bool
	turned bool // whether it was ever fresh
}

// note tells how one kind of exchange went last. The log hears of changes only, and
// not of exchanges that Close cut short.
func (h *health) note(kind troubleKind, err error) {
	if err != nil && h.ended() {
		return
	}
	h.mu.Lock()
	before := h.now[kind]
	h.now[kind] = ""
	if err != nil {
		h.now[kind] = err.Error()
		h.lastIs, h.lastAt = err.Error(), h.wall()
	}
	after := h.now[kind]
	h.mu.Unlock()
	if after != "" && after != before {
		h.logger.Warn(after)
	}
	if err != nil {
		h.failed(err)
	}
}

// turn notes whether the verifier is fresh, and logs when that has changed.
func (h *health) turn(fresh bool, v *Verifier) {
	h.mu.Lock()
	changed, again := fresh != h.fresh, h.turned
	h.fresh, h.turned = fresh, h.turned || fresh
	if fresh {
		h.now[troubleOnline] = ""
	}
	h.mu.Unlock()
	switch {
	case !changed:
	case fresh && again:
		h.logger.Info("verify: in step with the authority again")
	case fresh:
		h.logger.Info("verify: in step with the authority", "authority", v.cfg.AuthorityURL, "mode", string(v.cfg.Mode), "revocations", v.revocations.entries())
	case v.cfg.Mode == Lenient:
		h.logger.Warn("verify: what is known of ended sessions is too old; tokens are accepted until they expire", "trouble", h.words())
	default:
		h.logger.Warn("verify: what is known of ended sessions is too old; the authority is asked about each token", "trouble", h.words())
	}
}

// words is what is wrong now.
func (h *health) words() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, words := range h.now {
		if words != "" {
			return words
		}
	}
	return ""
}

func (h *health) last() (string, time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.lastIs, h.lastAt
}
