package authority

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
	"github.com/curfew-auth/curfew/internal/token"
)

// verdict is what a presented refresh token turns out to be.
type verdict string

const (
	unknown verdict = "invalid"  // no such session, or not its secret
	over    verdict = "ended"    // the session has ended
	ahead   verdict = "ahead"    // above the stored generation
	current verdict = "current"  // the one that may rotate
	replay  verdict = "replayed" // the one before, presented once more in time
	reuse   verdict = "reused"   // anything older
)

// judge is the order in which a presented token is judged, and no other
// (a revoked session must never be mistaken for a replay, nor a token without
// the secret for anything but unknown). attempt is the hash of the client's
// attempt, nil for none.
func judge(presented token.Refresh, attempt []byte, st curfew.Standing, now time.Time, grace time.Duration) (verdict, curfew.Ending) {
	s := st.Session
	if !secretMatches(presented, s) {
		return unknown, curfew.Ending{}
	}
	if end, isOver := st.End(now); isOver {
		return over, end
	}
	switch {
	case presented.Generation > s.Generation:
		return ahead, curfew.Ending{}
	case presented.Generation == s.Generation:
		return current, curfew.Ending{}
	case grace > 0 && presented.Generation+1 == s.Generation &&
		!now.Before(s.RotatedAt.Add(-policy.ClockTolerance)) && now.Before(s.RotatedAt.Add(grace)) &&
		bytes.Equal(attempt, s.RotationAttempt):
		return replay, curfew.Ending{}
	default:
		return reuse, curfew.Ending{}
	}
}

func invalidToken() error { return curfew.NewError(curfew.KindInvalidToken, detailInvalidToken) }

// Refresh continues a session: one statement when all is well, and one
// diagnosing read when it is not.
func (a *Authority) Refresh(ctx context.Context, from curfew.Origin, in Refresh) (Granted, error) {
	granted, outcome, err := a.refresh(ctx, from, in)
	a.Observer.Refreshed(outcome)
	return granted, err
}

func (a *Authority) refresh(ctx context.Context, from curfew.Origin, in Refresh) (Granted, string, error) {
	presented, err := a.refreshTokens.Decode(in.Token)
	if err != nil {
		return Granted{}, "invalid", invalidToken()
	}
	if in.Generation != nil && *in.Generation != presented.Generation || in.SessionID != nil && *in.SessionID != presented.SessionID {
		return Granted{}, "moved", &curfew.Error{Kind: curfew.KindGenerationMoved,
			Detail:     "The refresh token is of another generation or session than the one named. Adopt its own and try once more.",
			Generation: presented.Generation, SessionID: presented.SessionID}
	}
	a.refreshes.note()
	now := a.now()
	r := a.rotation(presented, in, now)
	for range 2 {
		rotated, err := a.Store.Rotate(ctx, r)
		if err == nil {
			return a.refreshed(presented, in, rotated, now)
		}
		if !errors.Is(err, curfew.ErrNotFound) && !errors.Is(err, ErrUnknown) { // there is nothing to learn
			return Granted{}, "unavailable", err
		}
		st, readErr := a.Store.Standing(ctx, r.AccountID, r.SessionID)
		switch {
		case readErr == nil && ours(st, r): // the outcome was unknown, and is known now
			return a.confirmed(ctx, presented, r, "rotated")
		case !errors.Is(err, curfew.ErrNotFound):
			return Granted{}, "unavailable", err
		case errors.Is(readErr, curfew.ErrNotFound):
			return Granted{}, "invalid", invalidToken()
		case readErr != nil:
			return Granted{}, "unavailable", readErr
		}
		v, end := judge(presented, r.Attempt, st, now, a.RefreshGrace)
		switch v {
		case current: // nothing wrong any more, or a policy to be applied first
			if err := a.applyPolicy(ctx, st, now); err != nil {
				return Granted{}, "unavailable", err
			}
		case replay:
			return a.confirmed(ctx, presented, r, string(replay))
		default:
			return a.refuse(ctx, from, presented, r.Attempt, st, v, end, now)
		}
	}
	return Granted{}, "unavailable", curfew.Unavailable(errors.New("authority: a refresh found nothing wrong and yet no row"))
}

// maxInactiveSeconds is the greatest idle limit that any setting allows; more
// says nothing more.
const maxInactiveSeconds = 7776000

// rotation is the statement to run for a presented token.
func (a *Authority) rotation(presented token.Refresh, in Refresh, now time.Time) Rotation {
	inactive := min(max(in.InactiveSeconds, 0), maxInactiveSeconds)
	r := Rotation{
		AccountID: presented.AccountID, SessionID: presented.SessionID,
		Generation: presented.Generation, SecretHash: presented.SecretHash(),
		Now: now, ActiveAt: now.Add(-time.Duration(inactive) * time.Second),
		Nonce: make([]byte, 16),
	}
	rand.Read(r.Nonce)
	if in.Attempt != "" {
		r.Attempt = token.HashAttempt(in.Attempt)
	}
	if in.Generation != nil && a.RefreshGrace > 0 {
		r.YoungAfter = now.Add(-a.RefreshGrace)
	}
	return r
}

// ours reports whether a rotation whose outcome was unknown was done.
func ours(st curfew.Standing, r Rotation) bool {
	_, isOver := st.End(r.Now)
	return !isOver && st.Session.Generation == r.Generation+1 && bytes.Equal(st.Session.RotationNonce, r.Nonce)
}

// refreshed answers a refresh that was done: with the successor, or with the
// very token presented where it was young.
func (a *Authority) refreshed(presented token.Refresh, in Refresh, rotated Rotated, now time.Time) (Granted, string, error) {
	if !rotated.Young {
		return a.rotated(presented, rotated.Standing, now)
	}
	granted, err := a.grant(rotated.Standing, in.Token, false, now)
	return granted, "young", err
}

// rotated answers with the successor, which is the same however often it is
// computed.
func (a *Authority) rotated(presented token.Refresh, st curfew.Standing, now time.Time) (Granted, string, error) {
	granted, err := a.grant(st, a.refreshTokens.Encode(presented.Successor()), true, now)
	return granted, "rotated", err
}

// confirmed answers by a rotation that was done before, after one more look
// inside a transaction. Its own commit may never have been confirmed, and be
// lost in a failover; one that comes later, from the same server, holds it.
func (a *Authority) confirmed(ctx context.Context, presented token.Refresh, r Rotation, outcome string) (Granted, string, error) {
	var st curfew.Standing
	err := a.Store.InTx(ctx, r.AccountID, func(ctx context.Context, tx Tx) (err error) {
		if st, err = tx.SessionStanding(ctx, r.AccountID, r.SessionID); err != nil {
			return err
		}
		if v, _ := judge(presented, r.Attempt, st, r.Now, a.RefreshGrace); v != replay && !ours(st, r) {
			return curfew.Unavailable(errors.New("authority: a rotation was another at the second look"))
		}
		return nil
	})
	if err != nil {
		return Granted{}, "unavailable", err
	}
	granted, _, err := a.rotated(presented, st, r.Now)
	return granted, outcome, err
}

// applyPolicy shortens a session that was born while its account's policy was
// being applied to all others.
func (a *Authority) applyPolicy(ctx context.Context, st curfew.Standing, now time.Time) error {
	if st.Session.PolicyVersion >= st.Account.ClampVersion {
		return nil
	}
	return a.Store.InLog(ctx, st.Session.AccountID, func(ctx context.Context, tx Tx) error {
		account, err := tx.Account(ctx, st.Session.AccountID)
		if err != nil {
			return err
		}
		limits := a.boundsOf(account).Resolve(policyOf(account))
		if !account.Clamping.At.IsZero() {
			limits = limitsOfClamping(account.Clamping)
		}
		clamped, err := tx.ClampSession(ctx, account.ID, st.Session.ID, limits, account.PolicyVersion, now)
		if err != nil {
			return err
		}
		if err := logClamped(ctx, tx, now, account.ID, clamped); err != nil {
			return err
		}
		return tellClamped(ctx, tx, now, account.ID, clamped)
	})
}

// refuse answers a token that does not continue its session.
func (a *Authority) refuse(ctx context.Context, from curfew.Origin, presented token.Refresh, attempt []byte, st curfew.Standing, v verdict, end curfew.Ending, now time.Time) (Granted, string, error) {
	switch v {
	case over:
		outcome := "revoked"
		if end.Expired() {
			outcome = "expired"
		}
		return Granted{}, outcome, ended(end)
	case ahead:
		a.alarmAhead(st)
		return Granted{}, string(ahead), invalidToken()
	case reuse:
		return Granted{}, string(reuse), a.endReused(ctx, from, presented, attempt, now)
	default:
		return Granted{}, string(unknown), invalidToken()
	}
}

// alarmAhead tells the operator of a token with the right MAC and the right
// secret that this database never gave out: it went back in time, or the
// server's key is in other hands.
func (a *Authority) alarmAhead(st curfew.Standing) {
	a.Observer.Alarm("generation_ahead")
	a.Observer.Ahead(st.Session.ID)
	a.Log.Error("a refresh token is ahead of the database: the database went back in time, or the secret leaked",
		"account_id", st.Session.AccountID, "session_id", st.Session.ID)
}

// endReused ends a session whose token was used twice, after one more look
// inside the transaction, and says so in the audit log; also when whoever
// presented it has gone away.
func (a *Authority) endReused(ctx context.Context, from curfew.Origin, presented token.Refresh, attempt []byte, now time.Time) error {
	ctx, release := staying(ctx)
	defer release()
	var refusal error
	err := a.Store.InLog(ctx, presented.AccountID, func(ctx context.Context, tx Tx) error {
		st, err := tx.SessionStanding(ctx, presented.AccountID, presented.SessionID)
		if err != nil {
			return err
		}
		v, end := judge(presented, attempt, st, now, a.RefreshGrace)
		switch v {
		case over:
			refusal = ended(end)
			return nil
		case reuse:
			refusal = curfew.NewError(curfew.KindRefreshTokenReused,
				"The refresh token was used before. To be safe, the session was ended. Sign in again.")
		default:
			refusal = curfew.Unavailable(errors.New("authority: a reuse was none at the second look"))
			return nil
		}
		if _, err := tx.RevokeSession(ctx, presented.AccountID, presented.SessionID, curfew.ReasonReuseDetected, now); err != nil {
			return err
		}
		if err := logSession(ctx, tx, presented.AccountID, presented.SessionID); err != nil {
			return err
		}
		if err := write(ctx, tx, from, now, event{account: presented.AccountID, action: audit.SessionReuseDetected, resource: "session",
			id: presented.SessionID, details: detail("user_id", st.User.ID).
				Set("presented_generation", presented.Generation).Set("current_generation", st.Session.Generation)}); err != nil {
			return err
		}
		if err := tellEnded(ctx, tx, presented.AccountID, st.User.ID, presented.SessionID, curfew.ReasonReuseDetected, now); err != nil {
			return err
		}
		return endTied(ctx, tx, from, now, st.Session, curfew.ReasonReuseDetected, nil)
	})
	if err != nil {
		return err
	}
	return refusal
}
