package feed

import (
	"errors"
	"time"
)

// steady is the time by which entries are dropped. A wall clock that jumps
// ahead must not make a node forget what others still remember, so it follows
// the wall clock in small steps only: over a larger one it goes on by itself,
// and the node does not vouch, until the wall clock has stayed where it is for
// long enough to have been compared with the store's.
type steady struct {
	elapsed func() time.Duration // of this process, which knows no jumps
	base    time.Time
	at      time.Duration // when the base was taken
	strayed time.Duration // when the wall clock left, 0 for not
}

const (
	// strayTolerance is the most that the wall clock may jump.
	strayTolerance = 2 * time.Second
	// strayFor is how long it must have stayed: three comparisons.
	strayFor = 30 * time.Second
)

var errStrayed = errors.New("this machine's clock has jumped")

func (s *steady) anchor(wall time.Time) { s.base, s.at, s.strayed = wall, s.elapsed(), 0 }

func (s *steady) now() time.Time { return s.base.Add(s.elapsed() - s.at) }

// follow takes the wall clock, and says whether it has jumped.
func (s *steady) follow(wall time.Time) error {
	switch apart := wall.Sub(s.now()); {
	case apart.Abs() <= strayTolerance:
		s.anchor(wall)
		return nil
	case s.strayed == 0:
		s.strayed = s.elapsed()
	case s.elapsed()-s.strayed >= strayFor:
		s.anchor(wall)
		return nil
	}
	return errStrayed
}
