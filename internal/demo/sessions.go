package demo

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/curfew-auth/curfew/internal/wire"
)

// everyday is what people do besides: they sign in now and then, and sign out
// or forget it.
func (p *plan) everyday() {
	for who := range names {
		for n := range 2 {
			ago := p.workday(fairBegins + 2 + p.rng.IntN(140))
			if ago > p.joined[who]-day || who == callum && ago < 62*day || who == lena && ago < 94*day {
				continue
			}
			stays, leaves := p.between(time.Hour, 7*time.Hour), p.rng.IntN(3) > 0
			d := deviceOf(p.people[who], who, n)
			p.add(ago, 1, func(ctx context.Context, play *play) error { return play.signIn(ctx, d) })
			if leaves {
				p.add(ago-stays, 0, func(ctx context.Context, play *play) error {
					return play.must(ctx, http.StatusNoContent, d, "POST", "/auth/logout", wire.LogoutRequest{RefreshToken: d.refresh}, nil)
				})
			}
		}
	}
}

const (
	travelling = 14              // sessions that began under the trade fair's policy
	active     = travelling + 66 // sessions that are active at the end
)

// sessions are those that are shown: of every age, from a minute to within an
// hour of their end, and last used just now or nearly too long ago.
func (p *plan) sessions() {
	fairIdleTime := fairIdle * time.Minute
	for i := range travelling {
		began := p.between((fairEnds+1)*day, 29*day)
		seen := p.between(5*time.Minute, 2*day)
		switch i {
		case 0:
			began = 30*day - 3*time.Hour
		case 1, 2:
			seen = fairIdleTime - p.between(time.Hour, 4*time.Hour)
		}
		p.session(i, began, seen, 12*time.Hour, fairIdleTime-2*time.Hour, "")
	}
	for i := range active - travelling {
		began := p.between(10*time.Minute, 14*time.Hour)
		switch {
		case i == 0:
			began = finalLength - 40*time.Minute
		case i < 12:
			began = p.between(9*day/2, finalLength-3*time.Hour)
		case i < 30:
			began = p.between(day, 4*day)
		}
		seen := p.between(10*time.Minute, finalIdleTime-time.Hour)
		switch i % 8 {
		case 1, 5:
			seen = p.between(time.Minute, 9*time.Minute)
		case 3:
			seen = finalIdleTime - p.between(12*time.Minute, 50*time.Minute)
		}
		p.session(travelling+i, began, min(seen, began), 5*time.Hour, finalIdleTime-20*time.Minute, "")
	}
	// And some that are over, for the list of those: left to lie, signed out,
	// or ended by the person from elsewhere.
	for i := range 21 {
		began := p.between(day, (fairEnds-1)*day)
		p.session(active+i, began, began-p.between(0, 6*time.Hour), 5*time.Hour, finalIdleTime-time.Hour, []string{"lie", "logout", "revoke"}[i%3])
	}
}

// session plans one session of the n-th person, counted round, from its
// beginning to when it was last used, with uses between that are never further
// apart than most.
func (p *plan) session(n int, began, seen, least, most time.Duration, end string) {
	var there []int
	for who := range names {
		if who != callum {
			there = append(there, who)
		}
	}
	who := there[n%len(there)]
	d := deviceOf(p.people[who], who, n/len(there)+n)
	p.add(began, 1, func(ctx context.Context, play *play) error { return play.signIn(ctx, d) })
	use := func(ago time.Duration) {
		p.add(ago, 0, func(ctx context.Context, play *play) error {
			there, err := play.touch(ctx, d)
			if err == nil && !there {
				err = fmt.Errorf("a session that %s began %s ago is over too early", d.owner.name, began)
			}
			return err
		})
	}
	at := began
	for at-seen > most {
		at -= p.between(least, most)
		at = max(at, seen)
		use(at)
	}
	if seen < at {
		use(seen)
	}
	switch end {
	case "logout":
		p.add(seen-time.Minute, 1, func(ctx context.Context, play *play) error {
			return play.must(ctx, http.StatusNoContent, d, "POST", "/auth/logout", wire.LogoutRequest{RefreshToken: d.refresh}, nil)
		})
	case "revoke":
		p.add(seen-time.Hour, 1, func(ctx context.Context, play *play) error {
			id := d.session
			if _, err := play.touch(ctx, d); err != nil {
				return err
			}
			return play.must(ctx, http.StatusNoContent, d, "DELETE", "/users/me/sessions/"+id, nil, nil)
		})
	}
}

// grow plans so many more scenes that the audit log has the events that are
// asked for. One sign-in serves many of them, because a password takes longer
// to check than all else.
func (p *plan) grow(events int) {
	const visit = 24
	for missing := events - p.planned(); missing > 0; missing -= visit {
		ago := p.between(fairBegins*day, 165*day)
		if p.rng.IntN(2) == 0 {
			who := p.member(ago)
			p.add(ago, visit, func(ctx context.Context, play *play) error {
				for range visit {
					if err := play.as(ctx, who, http.StatusForbidden, "GET", "/accounts/me/sessions", nil, nil); err != nil {
						return err
					}
					play.clock.pass(11 * time.Second)
				}
				return nil
			})
			continue
		}
		p.add(ago, visit, func(ctx context.Context, play *play) error {
			for i := range visit / 2 {
				_, invite, err := play.invite(ctx, mara, fmt.Sprintf("seasonal.%d@%s", i+1, mailDomain), "member")
				if err != nil {
					return err
				}
				play.clock.pass(10 * time.Second)
				if err := play.as(ctx, mara, http.StatusNoContent, "DELETE", "/accounts/me/invites/"+invite.ID, nil, nil); err != nil {
					return err
				}
				play.clock.pass(10 * time.Second)
			}
			return nil
		})
	}
}
