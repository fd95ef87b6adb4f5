package authority

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/token"
)

// Authenticate gives the person of an access token. The token's signature and
// times are checked first; then the session is looked up in the store, whatever
// the token says.
func (a *Authority) Authenticate(ctx context.Context, bearer string) (curfew.Actor, error) {
	if bearer == "" {
		return curfew.Actor{}, curfew.NewError(curfew.KindUnauthenticated, "This needs an access token.")
	}
	st, err := a.bearer(ctx, bearer)
	if err != nil {
		return curfew.Actor{}, err
	}
	u := st.User
	return curfew.Actor{Type: curfew.ActorUser, AccountID: u.AccountID, UserID: u.ID, SessionID: st.Session.ID,
		Role: u.Role, Name: u.Name, Email: u.Email}, nil
}

// bearer is the living session of an access token.
func (a *Authority) bearer(ctx context.Context, bearer string) (curfew.Standing, error) {
	now := a.now()
	claims, err := a.Verifier.Verify(bearer, now)
	if err != nil {
		detail := "The access token is not valid."
		if errors.Is(err, token.ErrExpired) {
			detail = "The access token has expired."
		}
		return curfew.Standing{}, &curfew.Error{Kind: curfew.KindInvalidToken, Detail: detail, Cause: err}
	}
	st, err := a.Store.Standing(ctx, claims.AccountID, claims.SessionID)
	if err == nil && st.Session.UserID != claims.UserID {
		err = curfew.ErrNotFound
	}
	return a.living(st, err)
}

// living passes a session on that is alive now.
func (a *Authority) living(st curfew.Standing, err error) (curfew.Standing, error) {
	if errors.Is(err, curfew.ErrNotFound) {
		return curfew.Standing{}, invalidToken()
	}
	if err != nil {
		return curfew.Standing{}, err
	}
	if end, over := st.End(a.now()); over {
		return curfew.Standing{}, ended(end)
	}
	return st, nil
}

// Observe reads a session without touching it: by the bearer token or, without
// one, by the refresh cookie. Nothing that it is given counts as reuse.
func (a *Authority) Observe(ctx context.Context, in Presented) (Observed, error) {
	var st curfew.Standing
	var err error
	switch {
	case in.Bearer != "":
		st, err = a.bearer(ctx, in.Bearer)
	case in.Cookie != "":
		st, err = a.cookie(ctx, in.Cookie)
	default:
		err = curfew.NewError(curfew.KindNoSession, "Nobody is signed in here.")
	}
	return Observed{Standing: st, Now: a.now()}, err
}

// cookie is the living session of a refresh token of any generation.
func (a *Authority) cookie(ctx context.Context, cookie string) (curfew.Standing, error) {
	presented, err := a.refreshTokens.Decode(cookie)
	if err != nil {
		return curfew.Standing{}, invalidToken()
	}
	st, err := a.Store.Standing(ctx, presented.AccountID, presented.SessionID)
	switch {
	case err != nil:
	case !secretMatches(presented, st.Session):
		err = curfew.ErrNotFound
	case presented.Generation > st.Session.Generation:
		a.alarmAhead(st)
		err = curfew.ErrNotFound
	}
	return a.living(st, err)
}

// proof is a genuine token: it names a session, and holds if it is of the one
// that the store has under that name.
type proof struct {
	accountID, sessionID curfew.ID
	holds                func(curfew.Standing) bool
}

// refreshProof is what a refresh token of any generation proves.
func (a *Authority) refreshProof(text string, now time.Time) (proof, bool) {
	presented, err := a.refreshTokens.Decode(text)
	if err != nil {
		return proof{}, false
	}
	return proof{presented.AccountID, presented.SessionID, func(st curfew.Standing) bool {
		// After a restore every session is over, and some tokens are ahead.
		if _, over := st.End(now); !over && secretMatches(presented, st.Session) && presented.Generation > st.Session.Generation {
			a.alarmAhead(st)
		}
		return proves(presented, st.Session)
	}}, true
}

// accessProof is what an access token in force proves.
func (a *Authority) accessProof(text string, now time.Time) (proof, bool) {
	if text == "" {
		return proof{}, false
	}
	claims, err := a.Verifier.Verify(text, now)
	if err != nil {
		return proof{}, false
	}
	return proof{claims.AccountID, claims.SessionID, func(st curfew.Standing) bool {
		return st.Session.UserID == claims.UserID
	}}, true
}

// SignOut ends every session that the request proves: by cookie, by a refresh
// token of any generation, by a bearer token. What proves nothing is ignored.
// It succeeds only when nothing is left to end.
func (a *Authority) SignOut(ctx context.Context, from curfew.Origin, in SignOut) error {
	now := a.now()
	var proofs []proof
	for _, text := range []string{in.Cookie, in.Token} {
		if p, ok := a.refreshProof(text, now); ok {
			proofs = append(proofs, p)
		}
	}
	if p, ok := a.accessProof(in.Bearer, now); ok {
		proofs = append(proofs, p)
	}
	ctx, release := staying(ctx) // a page that closes has signed out all the same
	defer release()
	// Account by account: no transaction waits for another's.
	for len(proofs) > 0 {
		id := proofs[0].accountID
		others := func(p proof) bool { return p.accountID != id }
		err := a.Store.InLog(ctx, id, func(ctx context.Context, tx Tx) error {
			for _, p := range proofs {
				if others(p) {
					continue
				}
				if _, err := a.logout(ctx, tx, from, now, p.accountID, p.sessionID, p.holds); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		proofs = slices.DeleteFunc(proofs, func(p proof) bool { return !others(p) })
	}
	return nil
}

// Deny audits that a member asked for an owner's operation, and returns the
// refusal to answer with. Somebody who keeps asking is written less often.
func (a *Authority) Deny(ctx context.Context, actor curfew.Actor, from curfew.Origin, operation string) error {
	write, err := a.mayWrite(ctx, quota(denialLimit, "denied", actor.UserID.String()))
	if err != nil {
		return err
	}
	if !write {
		return forbidden()
	}
	err = a.refused(ctx, from, a.now(), event{account: actor.AccountID, action: audit.AccessDenied, actor: by(actor),
		resource: "account", id: actor.AccountID, details: detail("operation", operation).Set("cause", "not_an_owner")})
	if err != nil {
		return err
	}
	return forbidden()
}

// Ready reports whether the store answers.
func (a *Authority) Ready(ctx context.Context) error { return a.Store.Ping(ctx) }
