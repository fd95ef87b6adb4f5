package history

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// Kind says what an Event is.
type Kind string

const (
	// Ending: the authority was asked to end a session.
	Ending Kind = "ending"
	// Verdict: a verifier was asked about a session's token.
	Verdict Kind = "verdict"
	// Statement: a verifier was asked how old its knowledge is.
	Statement Kind = "statement"
)

// Outcome is what a verifier says of a token.
type Outcome string

const (
	// Accepted: the token is good.
	Accepted Outcome = "accepted"
	// Revoked: its session has ended.
	Revoked Outcome = "revoked"
	// Unknown: the verifier cannot say, and so refuses.
	Unknown Outcome = "unknown"
)

// Event is a question and its answer, as whoever asked saw them.
type Event struct {
	Kind Kind
	// Began is when it was asked, Ended when it was answered, both since the
	// beginning of the history.
	Began, Ended time.Duration

	Session  string // of Ending and Verdict
	Verifier string // of Verdict and Statement; another one after it was made anew

	// Acknowledged says of an Ending that the authority said it was done.
	// Without, it may have been done or not.
	Acknowledged bool

	Outcome Outcome // of Verdict
	// Bound is how old the knowledge of a strict verifier may be; 0 for a
	// lenient one, which promises nothing of the kind.
	Bound time.Duration

	// Staleness is what a Statement says: everything that was acknowledged
	// longer ago is known.
	Staleness time.Duration
}

func (e Event) String() string {
	at := fmt.Sprintf("from %s to %s", round(e.Began), round(e.Ended))
	switch e.Kind {
	case Ending:
		done := "not acknowledged"
		if e.Acknowledged {
			done = "acknowledged"
		}
		return fmt.Sprintf("ending of %s, %s, %s", e.Session, done, at)
	case Verdict:
		return fmt.Sprintf("verdict of %s on %s: %s, %s", e.Verifier, e.Session, e.Outcome, at)
	case Statement:
		return fmt.Sprintf("statement of %s: %s old, %s", e.Verifier, round(e.Staleness), at)
	}
	return fmt.Sprintf("%s %s", e.Kind, at)
}

func round(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }

// Recorder keeps a history while it happens. It is safe for concurrent use.
type Recorder struct {
	began time.Time

	mu     sync.Mutex
	events []Event
}

// New begins a history.
func New() *Recorder { return &Recorder{began: time.Now()} }

// Now is how long ago the history began.
func (r *Recorder) Now() time.Duration { return time.Since(r.began) }

// Add adds an event.
func (r *Recorder) Add(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

// Events is all that was added.
func (r *Recorder) Events() []Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}
