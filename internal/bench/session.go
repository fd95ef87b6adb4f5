package bench

import (
	"strconv"
	"time"
)

// session is a chain of refresh tokens, owned by one worker.
type session struct {
	live         bool // signed in, and not refused since
	id           []byte
	refreshToken []byte
	accessToken  []byte
	generation   int64
	renewAt      time.Time // when the access token should be replaced

	// mark is random and begins every attempt of this session. The attempt is
	// kept until its rotation is answered, whatever happens in between: a
	// rotation whose answer was lost is asked for again under the same name.
	mark     string
	rotation int64
	attempt  []byte
	pending  bool
}

func newSession() *session { return &session{mark: randomHex(8)} }

// renewMargin is how long before its end an access token is replaced; half of
// its life if that is shorter.
const renewMargin = 30 * time.Second

// adopt takes over the tokens of a TokenResponse.
func (s *session) adopt(a *answer, now time.Time) {
	s.id = append(s.id[:0], a.sessionID...)
	s.refreshToken = append(s.refreshToken[:0], a.refreshToken...)
	s.accessToken = append(s.accessToken[:0], a.accessToken...)
	s.generation = a.generation
	life := time.Duration(a.expiresIn) * time.Second
	s.renewAt = now.Add(life - min(renewMargin, life/2))
	s.pending = false
}

// nameAttempt gives the next rotation a name, unless one is still pending.
func (s *session) nameAttempt() {
	if s.pending {
		return
	}
	s.rotation++
	s.attempt = append(append(s.attempt[:0], s.mark...), '-')
	s.attempt = strconv.AppendInt(s.attempt, s.rotation, 36)
	s.pending = true
}
