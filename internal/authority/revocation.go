package authority

import (
	"context"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// What use cases that end sessions tell verifiers. It commits together with the
// ending: a verifier that has read the log knows of all that was answered.

// verifierLeeway is by how much a verifier may let a token live on.
const verifierLeeway = time.Minute

// tokensGone reports whether no access token of a session can be alive, for one
// whose last was asked for at a time, or within the grace period after it: then
// verifiers need not be told of its end.
func tokensGone(minted, now time.Time) bool {
	return minted.Add(curfew.RevocationLife + verifierLeeway).Before(now)
}

// lastMinted is when a session was given its last tokens but for replays.
func lastMinted(s curfew.Session) time.Time {
	if s.RotatedAt.After(s.StartedAt) {
		return s.RotatedAt
	}
	return s.StartedAt
}

// logSession tells of the end of one session.
func logSession(ctx context.Context, tx Tx, accountID, id curfew.ID) error {
	return tx.Log(ctx, curfew.Revocation{AccountID: accountID, SessionID: id})
}

// tokensSince is since when a session must have been over for none of its
// tokens to be alive, at a time: a deadline that a tightened policy brought
// forward may come before that of the tokens made under the old one.
func tokensSince(now time.Time) time.Time {
	return now.Add(-curfew.RevocationLife - verifierLeeway)
}

// logAgain tells of a session that is over already. Whoever ended it may never
// have had an answer; and its deadline may have come before those of its tokens
// (tokensSince).
func logAgain(ctx context.Context, tx Tx, now time.Time, s curfew.Session) error {
	if tokensGone(lastMinted(s), now) {
		return nil
	}
	return logSession(ctx, tx, s.AccountID, s.ID)
}

// logClamped tells of the sessions that new limits ended. Of one that is to end
// at its absolute deadline before its tokens do verifiers are told when. An idle
// deadline is left out: the next sign of activity moves it, and what was told
// cannot be taken back.
func logClamped(ctx context.Context, tx Tx, now time.Time, accountID curfew.ID, clamped Clamped) error {
	for _, s := range clamped.Ended {
		if tokensGone(s.MintedAt, now) {
			continue
		}
		if err := logSession(ctx, tx, accountID, s.ID); err != nil {
			return err
		}
	}
	for _, s := range clamped.EndingSoon {
		if tokensGone(s.MintedAt, now) {
			continue
		}
		if err := tx.Log(ctx, curfew.Revocation{AccountID: accountID, SessionID: s.ID, At: s.AbsoluteExpiresAt}); err != nil {
			return err
		}
	}
	return nil
}
