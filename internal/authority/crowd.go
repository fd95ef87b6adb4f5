package authority

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
)

// The limit on the sessions of one person. It is judged in the transaction that
// starts a session, which keeps every other start in the account waiting: of two
// at once the second sees the first.

// lateRefresh is how long after an idle deadline a refresh may still be carried
// out that was asked for before it.
const lateRefresh = time.Minute

// manyGiveWay is from how many sessions on their end may take long.
const manyGiveWay = 32

// begin runs a start where it belongs: with all others, or with what ends
// sessions, if some must give way. do is told whether they may be ended. look is
// what a service's start looks at, nil for any other and in a new account.
func (a *Authority) begin(ctx context.Context, accountID curfew.ID, look *StartLook, do func(ctx context.Context, tx Tx, room bool) (started, error)) (s started, err error) {
	try := func(room bool) func(context.Context, Tx) error {
		return func(ctx context.Context, tx Tx) (err error) {
			s, err = do(ctx, tx, room)
			return err
		}
	}
	if look != nil {
		err = a.Store.InStart(ctx, accountID, *look, try(false))
	} else {
		err = a.Store.InTx(ctx, accountID, try(false))
	}
	switch {
	case err != nil || s.excess == 0:
	case s.excess < manyGiveWay:
		err = a.Store.InLog(ctx, accountID, try(true))
	default:
		err = a.Store.InBulk(ctx, accountID, try(true))
	}
	return s, err
}

// crowd are the sessions that a person has when another is about to start, as
// far as they matter to the limit on those.
type crowd struct {
	limit policy.SessionLimit
	// yielding are those to end, the first to end first, if the new one starts.
	yielding []curfew.Session
	// replaced is the one whose cookie came with the sign-in, nil for none.
	replaced *curfew.Session
}

// crowdOf judges the limit before anything is written: it refuses a session too
// many, or says which must give way.
//
// A session past its idle deadline is over, unless a refresh that was asked for
// in time is still under way: one of those gives way first, so that none of them
// comes back to life as one too many.
func (a *Authority) crowdOf(ctx context.Context, tx Tx, account curfew.Account, b birth, now time.Time) (c crowd, err error) {
	c.limit = a.boundsOf(account).ResolveLimit(settingsOf(account).SessionLimit)
	if c.limit.MaxSessionsPerUser == nil || b.made {
		return c, nil
	}
	all, err := tx.Crowd(ctx, account.ID, b.user.ID, now, now.Add(-lateRefresh))
	if err != nil {
		return c, err
	}
	presented, err := a.refreshTokens.Decode(b.cookie)
	proven := func(s curfew.Session) bool { return err == nil && presented.SessionID == s.ID && proves(presented, s) }
	if i := slices.IndexFunc(all, proven); i >= 0 {
		c.replaced = &all[i]
		all = slices.Concat(all[:i], all[i+1:])
	}
	alive := func(s curfew.Session) bool { return s.IdleExpiresAt.After(now) }
	slices.SortStableFunc(all, func(s, t curfew.Session) int {
		switch {
		case alive(s) == alive(t):
			return 0
		case alive(t):
			return -1
		}
		return 1
	})
	room := *c.limit.MaxSessionsPerUser - 1
	c.yielding = all[:max(len(all)-room, 0)]
	if c.limit.SessionLimitAction == policy.RefuseNew && slices.ContainsFunc(c.yielding, alive) {
		return c, sessionLimit(*c.limit.MaxSessionsPerUser)
	}
	return c, nil
}

// excess is how many sessions end so that another may start.
func (c crowd) excess() int {
	n := len(c.yielding)
	if c.replaced != nil {
		n++
	}
	return n
}

// giveWay ends them.
func (a *Authority) giveWay(ctx context.Context, tx Tx, from curfew.Origin, now time.Time, account curfew.Account, actor *audit.Actor, c crowd) error {
	if c.replaced != nil {
		if _, err := a.logout(ctx, tx, from, now, account.ID, c.replaced.ID, func(curfew.Standing) bool { return true }); err != nil {
			return err
		}
	}
	// Rows are locked in the order in which refreshes lock them.
	slices.SortFunc(c.yielding, func(s, t curfew.Session) int { return bytes.Compare(s.ID[:], t.ID[:]) })
	for _, s := range c.yielding {
		if err := yield(ctx, tx, from, now, actor, s, *c.limit.MaxSessionsPerUser); err != nil {
			return err
		}
	}
	return nil
}

// yield ends one session because its person has another.
func yield(ctx context.Context, tx Tx, from curfew.Origin, now time.Time, actor *audit.Actor, s curfew.Session, limit int) error {
	revoked, err := tx.RevokeSession(ctx, s.AccountID, s.ID, curfew.ReasonSessionLimit, now)
	if err != nil {
		return err
	}
	if !tokensGone(lastMinted(s), now) {
		if err := logSession(ctx, tx, s.AccountID, s.ID); err != nil {
			return err
		}
	}
	if !s.IdleExpiresAt.After(now) { // over, unless it was refreshed since it was read
		st, err := tx.SessionStanding(ctx, s.AccountID, s.ID)
		if err != nil {
			return err
		}
		revoked = revoked && st.Session.IdleExpiresAt.After(now)
	}
	if !revoked {
		return nil
	}
	if err := write(ctx, tx, from, now, event{account: s.AccountID, action: audit.SessionRevoke, actor: actor,
		resource: "session", id: s.ID, details: detail("user_id", s.UserID).Set("reason", string(curfew.ReasonSessionLimit)).Set("max_sessions_per_user", limit)}); err != nil {
		return err
	}
	if err := tellEnded(ctx, tx, s.AccountID, s.UserID, s.ID, curfew.ReasonSessionLimit, now); err != nil {
		return err
	}
	return endTied(ctx, tx, from, now, s, curfew.ReasonSessionLimit, actor)
}

func sessionLimit(n int) error {
	detail := "You are signed in somewhere else already, and your account allows one session a person. Sign out there, or ask an owner of your account to end that session."
	if n > 1 {
		detail = "You are signed in as often as your account allows a person to be. Sign out on another device, or ask an owner of your account to end one of your sessions."
	}
	return curfew.NewError(curfew.KindSessionLimit, detail)
}
