package curfew

import "time"

// LongestTokenLife is the longest life of an access token that a setting allows.
// What is promised of tokens that are out goes by it, and not by the setting of a
// node: another node's may differ, and so may this one's of a moment ago.
const LongestTokenLife = 15 * time.Minute

// RevocationLife is how long after its commit a revocation matters at most: the
// longest life of an access token that a setting allows, the longest grace
// period, in which one more may be made, and what clocks may be apart.
const RevocationLife = LongestTokenLife + 60*time.Second + 10*time.Second

// Revocation is one entry of the revocation log: what verifiers must refuse.
// It speaks of one session, of all sessions below an epoch, or of all tokens
// that were made before a time.
type Revocation struct {
	// Writer and Seq are its place in its writer's log: from 1, without gaps,
	// in the order of the commits.
	Writer ID
	Seq    int64

	AccountID ID // zero in an entry for every account

	// SessionID is refused from At on; at once where At is zero.
	SessionID ID
	At        time.Time

	// Every session of the account, or of UserID where that is not zero, whose
	// epoch is below Epoch is refused, but for those in Except.
	UserID ID
	Epoch  int64
	Except []ID

	// MintedBefore refuses every token of every account that was made before.
	MintedBefore time.Time

	// Receipt is to learn the entry's place when it is committed; zero for none,
	// and in entries that were read.
	Receipt ID

	// Until is the time after which no token that it speaks of can be alive.
	Until time.Time
}

// Place is where the entry is in the log.
func (r Revocation) Place() LogPlace { return LogPlace{r.Writer, r.Seq} }

// LogPlace is a place in the log: writers in the order of their ids, the entries
// of each in the order of their commits. The zero place comes before all.
type LogPlace struct {
	Writer ID
	Seq    int64
}

// Cursor says how far each writer's log was read: the last Seq of each.
type Cursor map[ID]int64
