package demo

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/curfew-auth/curfew/internal/wire"
)

// arrivals are how everybody comes: the first owner by signing up, the others
// by an invitation.
func (p *plan) arrivals() {
	p.joined[mara] = Span
	p.add(Span, 3, func(ctx context.Context, play *play) error {
		who := play.people[mara]
		return play.begin(ctx, http.StatusCreated, who.desk, "/auth/signup",
			wire.SignupRequest{AccountName: accountFirst, Name: who.name, Email: who.email, Password: who.password})
	})
	p.add(p.workday(173), 1, func(ctx context.Context, play *play) error {
		return play.as(ctx, mara, http.StatusOK, "PATCH", "/accounts/me", wire.NamePatch{Name: accountName}, nil)
	})
	for who := range names {
		if who == mara {
			continue
		}
		days := 176 - who/3 // the first team, a few a day
		if who >= firstTeam {
			days = 160 - (who-firstTeam)*10
		}
		p.joined[who] = p.workday(days)
		role := "member"
		if who == ines {
			role = "owner"
		}
		p.add(p.joined[who], 4, func(ctx context.Context, play *play) error {
			code, _, err := play.invite(ctx, mara, play.people[who].email, role)
			if err != nil {
				return err
			}
			play.clock.pass(7 * time.Minute)
			return play.begin(ctx, http.StatusCreated, play.people[who].desk, "/auth/accept-invite",
				wire.AcceptInviteRequest{Token: code, Name: play.people[who].name, Password: play.people[who].password})
		})
	}
	invite := func(days int, email string, then func(context.Context, *play, wire.NewInvite) error) {
		p.add(p.workday(days), 1, func(ctx context.Context, play *play) error {
			_, invite, err := play.invite(ctx, ines, email, "member")
			if err != nil || then == nil {
				return err
			}
			return then(ctx, play, invite)
		})
	}
	invite(98, "intern@"+mailDomain, nil) // never accepted
	invite(41, "mara.lindquist@"+mailDomain, func(ctx context.Context, play *play, invite wire.NewInvite) error {
		play.clock.pass(2 * time.Minute)
		return play.as(ctx, ines, http.StatusNoContent, "DELETE", "/accounts/me/invites/"+invite.ID, nil, nil)
	})
	// Those that are open: an invitation works for seven days.
	for i, email := range invited {
		p.add(time.Duration(3*i+1)*day+p.between(0, day), 1, func(ctx context.Context, play *play) error {
			_, _, err := play.invite(ctx, mara, email, []string{"member", "owner"}[i])
			return err
		})
	}
}

// The policies of the last weeks: the sessions that are shown as active began
// under one of these.
const (
	fairBegins, fairEnds       = 33, 10 // days ago
	fairIdle, fairAbsolute     = 3 * 1440, 30 * 1440
	finalIdle, finalAbsolute   = 8 * 60, 7 * 1440
	finalIdleTime, finalLength = finalIdle * time.Minute, finalAbsolute * time.Minute
)

// limits are how the owners changed the policy, twice because something had
// happened.
func (p *plan) limits() {
	set := func(ago time.Duration, who, idle, absolute int, applyTo, reason string) {
		p.add(ago, 1, func(ctx context.Context, play *play) error {
			patch := wire.SecurityPatch{IdleMinutes: wire.Some(wire.Int(idle)), AbsoluteMinutes: wire.Some(wire.Int(absolute)), ApplyTo: applyTo, Reason: reason}
			if idle == 0 {
				patch.IdleMinutes, patch.AbsoluteMinutes = wire.Null[wire.Int](), wire.Null[wire.Int]()
			}
			return play.as(ctx, who, http.StatusOK, "PATCH", "/accounts/me/security", patch, nil)
		})
	}
	guessed, stolen := p.guessing(), p.theft()
	end := func(ago time.Duration, who int, scope string) {
		p.add(ago, 1, func(ctx context.Context, play *play) error {
			return play.as(ctx, who, http.StatusOK, "POST", "/accounts/me/security/revoke-sessions", wire.RevokeSessionsRequest{Scope: scope}, nil)
		})
	}
	end(guessed-25*time.Hour, tobias, "others")
	set(guessed-26*time.Hour, tobias, 60, 1440, "all_sessions", "After the guessing of passwords")
	end(stolen-3*time.Hour, mara, "all")
	set(stolen-4*time.Hour, mara, 15, 720, "all_sessions", "While the stolen session is looked into")
	set(p.workday(164), mara, 1440, 10080, "new_sessions", "A day without use is enough on the shop floor")
	set(p.workday(139), tobias, 720, 10080, "new_sessions", "")
	set(p.workday(104), ines, 480, 2880, "new_sessions", "Everybody has a long password now")
	set(p.workday(70), mara, 0, 0, "new_sessions", "Back to the defaults")
	set(p.workday(fairBegins), tobias, fairIdle, fairAbsolute, "new_sessions", "Trade fair: most of us are travelling")
	// Not on a working day: what comes after counts on the very time.
	p.add(fairEnds*day, 1, func(ctx context.Context, play *play) error {
		return play.as(ctx, ines, http.StatusOK, "PATCH", "/accounts/me/security", wire.SecurityPatch{
			IdleMinutes: wire.Some(wire.Int(finalIdle)), AbsoluteMinutes: wire.Some(wire.Int(finalAbsolute)), Reason: "The trade fair is over"}, nil)
	})
}

// changes are what happened to people.
func (p *plan) changes() {
	patch := func(days, owner, who int, body map[string]any) {
		p.add(p.workday(days), 1, func(ctx context.Context, play *play) error {
			return play.as(ctx, owner, http.StatusOK, "PATCH", "/accounts/me/users/"+play.people[who].id, body, nil)
		})
	}
	patch(170, mara, tobias, map[string]any{"role": "owner"})
	patch(132, tobias, daniel, map[string]any{"role": "owner"})
	patch(95, tobias, daniel, map[string]any{"role": "member"})
	patch(88, ines, lena, map[string]any{"disabled": true})
	patch(67, ines, lena, map[string]any{"disabled": false})
	patch(58, mara, callum, map[string]any{"disabled": true})

	p.add(p.workday(81), 1, func(ctx context.Context, play *play) error {
		who := play.people[zoe]
		who.name = "Zoë Martens-Vidal"
		return play.as(ctx, zoe, http.StatusOK, "PATCH", "/users/me", wire.NamePatch{Name: who.name}, nil)
	})
	for i, who := range []int{jonas, 8, 12, 16, mara} {
		p.add(p.workday(117-7*i), 1, func(ctx context.Context, play *play) error {
			person := play.people[who]
			if err := play.use(ctx, person.desk); err != nil {
				return err
			}
			next := person.password + " once more"
			for range 2 { // and back, so that one password opens all
				body := map[string]string{"current_password": person.password, "new_password": next}
				if err := play.must(ctx, http.StatusNoContent, person.desk, "POST", "/users/me/password", body, nil); err != nil {
					return err
				}
				person.password, next = next, person.password
			}
			return nil
		})
	}
}

// troubles are what an audit log is for.
func (p *plan) troubles() {
	// A phone is lost: its session is ended by its owner's owner.
	p.add(p.workday(46), 1, func(ctx context.Context, play *play) error {
		phone := deviceOf(play.people[hana], hana, 1)
		if err := play.signIn(ctx, phone); err != nil {
			return err
		}
		play.clock.pass(90 * time.Minute)
		return play.as(ctx, tobias, http.StatusNoContent, "DELETE", "/accounts/me/sessions/"+phone.session, nil, nil)
	})
	for range 18 { // members look where only owners may
		days := 20 + p.rng.IntN(130)
		ago := p.workday(days)
		who := p.member(ago)
		p.add(ago, 2, func(ctx context.Context, play *play) error {
			for _, path := range []string{"/accounts/me/security", "/accounts/me/audit-events"} {
				if err := play.as(ctx, who, http.StatusForbidden, "GET", path, nil, nil); err != nil {
					return err
				}
				play.clock.pass(9 * time.Second)
			}
			return nil
		})
	}
	for range 14 { // people mistype
		ago := p.workday(4 + p.rng.IntN(150))
		who := p.member(ago)
		p.add(ago, 1, func(ctx context.Context, play *play) error {
			d := play.people[who].desk
			if err := play.must(ctx, http.StatusUnauthorized, &device{agent: d.agent, ip: d.ip}, "POST", "/auth/login",
				wire.LoginRequest{Email: d.owner.email, Password: d.owner.password + "y"}, nil); err != nil {
				return err
			}
			play.clock.pass(20 * time.Second)
			return play.use(ctx, d)
		})
	}
}

// guessing is a night in which somebody tries passwords, until they are turned
// away unheard.
func (p *plan) guessing() (ago time.Duration) {
	ago = p.workday(120)
	p.add(ago, 11, func(ctx context.Context, play *play) error {
		for i := range 12 {
			want := http.StatusUnauthorized
			if i >= 10 {
				want = http.StatusTooManyRequests
			}
			if err := play.must(ctx, want, &stranger, "POST", "/auth/login",
				wire.LoginRequest{Email: play.people[mara].email, Password: fmt.Sprintf("harbour-and-pine-%d", 2015+i)}, nil); err != nil {
				return err
			}
			play.clock.pass(2 * time.Second)
		}
		for _, nobody := range []string{"admin@", "info@", "sales@"} {
			if err := play.must(ctx, http.StatusUnauthorized, &stranger, "POST", "/auth/login",
				wire.LoginRequest{Email: nobody + mailDomain, Password: "harbour-and-pine"}, nil); err != nil {
				return err
			}
			play.clock.pass(3 * time.Second)
		}
		return nil
	})
	return ago
}

// theft is a copied refresh token: presented after its owner has gone on, it
// ends the session, and an owner then ends all of that person's.
func (p *plan) theft() (ago time.Duration) {
	ago = p.workday(79)
	p.add(ago, 3, func(ctx context.Context, play *play) error {
		laptop := deviceOf(play.people[jonas], jonas, 2)
		if err := play.signIn(ctx, laptop); err != nil {
			return err
		}
		stolen := laptop.refresh
		play.clock.pass(12 * time.Minute)
		if there, err := play.touch(ctx, laptop); err != nil || !there {
			return fmt.Errorf("the session to steal is gone (%w)", err)
		}
		play.clock.pass(25 * time.Minute)
		if err := play.must(ctx, http.StatusUnauthorized, &stranger, "POST", "/auth/refresh", wire.RefreshRequest{RefreshToken: stolen}, nil); err != nil {
			return err
		}
		play.clock.pass(20 * time.Minute)
		return play.as(ctx, ines, http.StatusOK, "POST", "/accounts/me/users/"+play.people[jonas].id+"/revoke-sessions", nil, nil)
	})
	return ago
}
