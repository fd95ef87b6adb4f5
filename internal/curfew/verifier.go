package curfew

import "time"

// Modes of a verifier: it refuses what it cannot know, or goes on until a token
// expires.
const (
	ModeStrict  = "strict"
	ModeLenient = "lenient"
)

// Verifier is what a verifier said of itself when it last asked how far the
// revocation log goes.
type Verifier struct {
	ID      ID // of its process
	Name    string
	Mode    string
	Applied string // a cursor of the log, "" while it has none
	HeardAt time.Time
}
