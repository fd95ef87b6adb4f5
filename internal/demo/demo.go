package demo

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Config says what to fill.
type Config struct {
	// URL is an empty server's, which runs by Clock, lets the first person sign
	// up, and believes the X-Forwarded-For of this machine.
	URL   string
	Clock *Clock
	// Password is everybody's.
	Password string
	// Seed decides what happens; the same gives the same.
	Seed uint64
	// AuditEvents is how many events the audit log has at least.
	AuditEvents int
	// Progress is told how far it is; nil for nobody.
	Progress io.Writer
}

// Account is what was made.
type Account struct {
	Name string
	// Owner and Member are the addresses of two people to sign in as.
	Owner, Member string
}

// progressEvery is how often Progress is told.
const progressEvery = 2 * time.Second

// Fill makes the account.
func Fill(ctx context.Context, c Config) (Account, error) {
	plan := newPlan(c.Seed, c.Clock.real(), c.AuditEvents, c.Password)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	p := &play{http: &http.Client{Transport: transport}, url: c.URL, clock: c.Clock, people: plan.people}
	told, percent := c.Clock.real(), 0
	for i, s := range plan.scenes {
		if err := ctx.Err(); err != nil {
			return Account{}, err
		}
		c.Clock.catchUp(s.ago)
		if err := s.play(ctx, p); err != nil {
			return Account{}, fmt.Errorf("the demo's account cannot be made: %w", err)
		}
		now, done := c.Clock.real(), 100*i/len(plan.scenes)
		if c.Progress != nil && now.Sub(told) >= progressEvery && done > percent {
			told, percent = now, done
			fmt.Fprintf(c.Progress, "%d %% of the demo's account is there.\n", done)
		}
	}
	c.Clock.catchUp(0)
	return Account{Name: accountName, Owner: plan.people[mara].email, Member: plan.people[priya].email}, nil
}
