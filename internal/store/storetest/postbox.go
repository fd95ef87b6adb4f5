package storetest

import (
	"context"
	"sync"
	"testing"

	"github.com/curfew-auth/curfew/internal/authority"
)

// Postbox is an authority.Mailer that leaves all work until the test empties
// it.
type Postbox struct {
	mu      sync.Mutex
	full    bool
	waiting []func(context.Context) (authority.Letter, error)
}

// Later is part of authority.Mailer.
func (p *Postbox) Later(_ authority.LetterKind, write func(context.Context) (authority.Letter, error)) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.full {
		p.waiting = append(p.waiting, write)
	}
	return !p.full
}

// SetFull has it take no more, or take more again.
func (p *Postbox) SetFull(full bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.full = full
}

// Waiting is how many letters wait to be written.
func (p *Postbox) Waiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.waiting)
}

// Empty writes what waits, and gives the letters that came of it.
func (p *Postbox) Empty(t testing.TB) (letters []authority.Letter) {
	t.Helper()
	p.mu.Lock()
	waiting := p.waiting
	p.waiting = nil
	p.mu.Unlock()
	for _, write := range waiting {
		letter, err := write(bg)
		must(t, err)
		if letter != nil {
			letters = append(letters, letter)
		}
	}
	return letters
}
