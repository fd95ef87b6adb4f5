package authority

import (
	"context"
	"errors"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/token"
)

// Introspected is a token that can be used now, and what is known of it.
type Introspected struct {
	// Standing is its session as the store has it.
	Standing curfew.Standing
	// Refresh says that it is a refresh token. Such a one is for its issuer
	// alone, and has no id.
	Refresh          bool
	TokenID          curfew.ID
	Issuer, Audience string
	// IssuedAt and ExpiresAt are in whole seconds.
	IssuedAt, ExpiresAt time.Time
}

// Introspect tells a service what an access token or a refresh token is worth
// at this moment: false for one that cannot be used, whatever is wrong with it.
// The session is looked up in the store, and nothing is changed.
func (a *Authority) Introspect(ctx context.Context, text string) (Introspected, bool, error) {
	if presented, err := a.refreshTokens.Decode(text); err == nil {
		return a.introspectRefresh(ctx, presented)
	}
	claims, err := a.Verifier.Verify(text, a.now())
	if err != nil {
		return Introspected{}, false, nil
	}
	st, alive, err := a.alive(ctx, claims.AccountID, claims.SessionID)
	if !alive || st.Session.UserID != claims.UserID || !a.now().Before(claims.ExpiresAt) {
		return Introspected{}, false, err
	}
	return Introspected{Standing: st, TokenID: claims.TokenID, Issuer: a.Verifier.Issuer(), Audience: a.Verifier.Audience(),
		IssuedAt: claims.IssuedAt, ExpiresAt: claims.ExpiresAt}, true, nil
}

// introspectRefresh judges a refresh token: only the one that a refresh would
// rotate can be used. One that a refresh would still answer with its successor,
// or take for used twice, is told apart by no word, and nothing comes of it.
func (a *Authority) introspectRefresh(ctx context.Context, presented token.Refresh) (Introspected, bool, error) {
	st, alive, err := a.alive(ctx, presented.AccountID, presented.SessionID)
	if !alive || !secretMatches(presented, st.Session) {
		return Introspected{}, false, err
	}
	s := st.Session
	if presented.Generation > s.Generation {
		a.alarmAhead(st)
	}
	if presented.Generation != s.Generation {
		return Introspected{}, false, nil
	}
	end := s.AbsoluteExpiresAt
	if s.IdleExpiresAt.Before(end) {
		end = s.IdleExpiresAt
	}
	return Introspected{Standing: st, Refresh: true, Issuer: a.Verifier.Issuer(), Audience: a.Verifier.Issuer(),
		IssuedAt: lastMinted(s).Truncate(time.Second), ExpiresAt: end.Truncate(time.Second)}, true, nil
}

// alive reads a session, and reports whether it is there and alive.
func (a *Authority) alive(ctx context.Context, accountID, sessionID curfew.ID) (curfew.Standing, bool, error) {
	st, err := a.Store.Standing(ctx, accountID, sessionID)
	if err != nil {
		return st, false, ignoreNotFound(err)
	}
	_, over := st.End(a.now())
	return st, !over, nil
}

// RevokeToken ends the session of a token for a service, and returns that
// session; the zero one for a token that proves nothing. A refresh token of any
// generation proves its session, an access token while it is in force. It
// succeeds only when nothing is left to end.
func (a *Authority) RevokeToken(ctx context.Context, actor curfew.Actor, from curfew.Origin, text string) (curfew.Standing, error) {
	now := a.now()
	p, ok := a.refreshProof(text, now)
	if !ok {
		p, ok = a.accessProof(text, now)
	}
	if !ok {
		return curfew.Standing{}, nil
	}
	ctx, release := staying(ctx) // a service that has gone has asked all the same
	defer release()
	var proven curfew.Standing
	err := a.Store.InLog(ctx, p.accountID, func(ctx context.Context, tx Tx) error {
		proven = curfew.Standing{}
		st, err := tx.SessionStanding(ctx, p.accountID, p.sessionID)
		if errors.Is(err, curfew.ErrNotFound) || err == nil && !p.holds(st) {
			return nil
		}
		if err != nil {
			return err
		}
		proven = st
		return endOne(ctx, tx, from, now, st, curfew.ReasonService, by(actor))
	})
	return proven, err
}
