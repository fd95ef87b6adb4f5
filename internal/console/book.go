package console

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"sync"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
)

const (
	// idleLimit and absoluteLimit bound a session of the page.
	idleLimit     = 15 * time.Minute
	absoluteLimit = 8 * time.Hour
	// mostSessions is how many there are at a time: the one that was used longest
	// ago makes way.
	mostSessions = 200
)

// session is one sign-in to the page.
type session struct {
	proof             authority.OperatorProof
	startedAt, usedAt time.Time
	// notice is what the next page tells once.
	notice string
}

// why is why a session is over, "" while it is not.
func (s *session) why(now time.Time) string {
	switch {
	case now.Sub(s.startedAt) >= absoluteLimit:
		return endedByLimit
	case now.Sub(s.usedAt) >= idleLimit:
		return endedIdle
	}
	return ""
}

// Why a session of the page ended, as the sign-in form is told.
const (
	endedIdle    = "idle"
	endedByLimit = "limit"
	endedByKey   = "key"
	signedOut    = "out"
)

// book keeps the sessions of the page, in this node's memory alone: a start
// of the server ends them all. Their secrets are kept as hashes.
type book struct {
	now func() time.Time

	mu  sync.Mutex
	all map[[32]byte]*session
}

func newBook(now func() time.Time) *book { return &book{now: now, all: map[[32]byte]*session{}} }

// open begins a session, and gives the secret that proves it.
func (b *book) open(proof authority.OperatorProof) (secret string) {
	var random [32]byte
	rand.Read(random[:])
	secret = base64.RawURLEncoding.EncodeToString(random[:])
	now := b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.makeRoom(now)
	b.all[sha256.Sum256([]byte(secret))] = &session{proof: proof, startedAt: now, usedAt: now}
	return secret
}

// makeRoom drops what is over, and else the session that was used longest ago.
func (b *book) makeRoom(now time.Time) {
	var oldest [32]byte
	for key, s := range b.all {
		if s.why(now) != "" {
			delete(b.all, key)
		} else if first, ok := b.all[oldest]; !ok || s.usedAt.Before(first.usedAt) {
			oldest = key
		}
	}
	if len(b.all) >= mostSessions {
		delete(b.all, oldest)
	}
}

// use finds the session of a secret, notes that it is used, and takes its
// notice; or says why there is none: "" where there never was.
func (b *book) use(secret string) (proof authority.OperatorProof, notice, why string, ok bool) {
	key, now := sha256.Sum256([]byte(secret)), b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.all[key]
	if s == nil {
		return proof, "", "", false
	}
	if why = s.why(now); why != "" {
		delete(b.all, key)
		return proof, "", why, false
	}
	notice, s.notice, s.usedAt = s.notice, "", now
	return s.proof, notice, "", true
}

// tell has the next page of a session say something once.
func (b *book) tell(secret, notice string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := b.all[sha256.Sum256([]byte(secret))]; s != nil {
		s.notice = notice
	}
}

// close ends the session of a secret.
func (b *book) close(secret string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.all, sha256.Sum256([]byte(secret)))
}
