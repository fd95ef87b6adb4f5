package authority

import (
	"context"
	"crypto/subtle"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
	"github.com/curfew-auth/curfew/internal/token"
)

// passwordAMR is the method of a sign-in by password (RFC 8176).
var passwordAMR = []string{"pwd"}

// birth is what a session is started from.
type birth struct {
	user curfew.User
	// made says that they were made in this transaction, and have no session.
	made bool
	// accountEpoch came with what authenticated the user, as did the user's own.
	accountEpoch int64
	// cookie is the refresh token whose session ends with this start, or "".
	cookie string
	// room says that other sessions may be ended in this transaction.
	room bool
}

// started is a session that was started, with its refresh token; or why not.
type started struct {
	standing curfew.Standing
	refresh  token.Refresh
	// born is false when the user was disabled or an epoch raised meanwhile, and
	// the credential has to be looked at again.
	born bool
	// excess is how many sessions must end first, where none may be ended.
	// Nothing was written.
	excess int
}

// start begins a session for a user in tx, under the account's policy as it is
// now and the epochs that came with what authenticated the user.
func (a *Authority) start(ctx context.Context, tx Tx, from curfew.Origin, now time.Time, b birth) (started, error) {
	user := b.user
	account, err := tx.Account(ctx, user.AccountID)
	if err != nil {
		return started{}, err
	}
	if account.NoLocalSignIn {
		return started{}, nil // since the credential was looked at
	}
	return a.open(ctx, tx, from, now, account, b, evidence{id: curfew.NewID(now), authTime: now,
		userAgent: from.UserAgent, ip: from.IP, amr: passwordAMR, by: person(user)})
}

// evidence is how and where a session's person proved who they are.
type evidence struct {
	id            curfew.ID // of the session that comes of it
	authTime      time.Time
	userAgent, ip string
	amr           []string
	by            *audit.Actor // who starts the session
	until         time.Time    // by when the session ends in any case; zero for the policy's own
}

// open is start in an account that was read in the same transaction, and for
// whatever evidence.
func (a *Authority) open(ctx context.Context, tx Tx, from curfew.Origin, now time.Time, account curfew.Account, b birth, p evidence) (started, error) {
	user := b.user
	var crowd crowd
	if p.until.IsZero() { // else it is one sign-in with a session that counts
		var err error
		if crowd, err = a.crowdOf(ctx, tx, account, b, now); err != nil {
			return started{}, err
		}
	}
	if n := crowd.excess(); n > 0 && !b.room {
		return started{excess: n}, nil
	}
	limits := a.boundsOf(account).Resolve(policyOf(account))
	refresh := token.NewRefresh(user.AccountID, p.id)
	absolute := policy.AbsoluteDeadline(p.authTime, limits.AbsoluteMinutes)
	if !p.until.IsZero() && p.until.Before(absolute) {
		absolute = p.until
	}
	session := curfew.Session{
		AccountID: user.AccountID, ID: p.id, UserID: user.ID,
		SecretHash: refresh.SecretHash(), Generation: refresh.Generation,
		PolicyVersion: account.PolicyVersion, StartedAt: now, AuthTime: p.authTime, LastActiveAt: now,
		IdleMinutes: limits.IdleMinutes, AbsoluteMinutes: limits.AbsoluteMinutes,
		IdleExpiresAt: policy.IdleDeadline(now, limits.IdleMinutes, absolute), AbsoluteExpiresAt: absolute,
		AccountEpoch: b.accountEpoch, UserEpoch: user.SessionEpoch,
		Device: a.ParseDevice(p.userAgent), IP: p.ip, AMR: p.amr,
	}
	born, err := tx.InsertSession(ctx, session)
	if err != nil || !born {
		return started{}, err
	}
	if err := a.giveWay(ctx, tx, from, now, account, p.by, crowd); err != nil {
		return started{}, err
	}
	user.LastLoginAt = now
	details := detail("device", session.Device).Set("amr", session.AMR)
	if p.by.Type == curfew.ActorService {
		details.Set("user_id", user.ID).Set("ip", p.ip).Set("auth_time", p.authTime)
	}
	err = write(ctx, tx, from, now, event{account: user.AccountID, action: audit.SessionStart, actor: p.by,
		resource: "session", id: p.id, details: details})
	if err == nil {
		err = tellStarted(ctx, tx, session, user, account)
	}
	return started{standing: curfew.Standing{Session: session, User: user, Account: account}, refresh: refresh, born: true}, err
}

// boundsOf are the bounds of an account's policy.
func (a *Authority) boundsOf(account curfew.Account) policy.Bounds {
	return a.Bounds.Narrow(policy.AccountBounds(account.Bounds))
}

func settingsOf(a curfew.Account) policy.Settings {
	return policy.Settings{Policy: policyOf(a), SessionLimit: policy.SessionLimit{
		MaxSessionsPerUser: a.MaxSessionsPerUser, SessionLimitAction: policy.LimitAction(a.SessionLimitAction)}}
}

func policyOf(a curfew.Account) policy.Policy {
	return policy.Policy{IdleMinutes: a.IdleMinutes, AbsoluteMinutes: a.AbsoluteMinutes}
}

// grant makes the tokens of a live session. now is the time before the
// statement that found it alive, so that no access token outlives what was
// known then.
func (a *Authority) grant(st curfew.Standing, refreshToken string, rotated bool, now time.Time) (Granted, error) {
	s := st.Session
	claims := token.Claims{
		TokenID: curfew.NewID(now), UserID: s.UserID, AccountID: s.AccountID, SessionID: s.ID, Role: st.User.Role,
		IssuedAt: now, ExpiresAt: token.ExpiresAt(now, a.AccessTokenTTL, s.IdleExpiresAt, s.AbsoluteExpiresAt),
		AuthTime: s.AuthTime, IdleExpiresAt: s.IdleExpiresAt, AbsoluteExpiresAt: s.AbsoluteExpiresAt, AMR: s.AMR,
		AccountEpoch: s.AccountEpoch, UserEpoch: s.UserEpoch,
	}
	access, err := a.Signer.Sign(claims)
	if err != nil {
		return Granted{}, err
	}
	return Granted{Standing: st, AccessToken: access, AccessTokenExpiresAt: claims.ExpiresAt,
		RefreshToken: refreshToken, Rotated: rotated, Now: now}, nil
}

// browser is the known-browser cookie to set after a sign-in: one of its own
// for each browser, kept where the request brought one of the same person.
func (a *Authority) browser(presented string, user curfew.User, now time.Time) string {
	if a.knownBrowser(presented, user) != "" {
		return presented
	}
	return a.browsers.Encode(token.Browser{AccountID: user.AccountID, UserID: user.ID, UserEpoch: user.SessionEpoch, ID: curfew.NewID(now)})
}

// knownBrowser is the id of a browser in which this very person signed in
// before, or "".
func (a *Authority) knownBrowser(presented string, user curfew.User) string {
	if presented == "" || user.ID.IsZero() {
		return ""
	}
	d, err := a.browsers.Decode(presented)
	if err != nil || d.AccountID != user.AccountID || d.UserID != user.ID || d.UserEpoch != user.SessionEpoch {
		return ""
	}
	return d.ID.String()
}

// proves reports whether a refresh token is one of the session's, of whatever
// generation up to the current one.
func proves(presented token.Refresh, s curfew.Session) bool {
	return secretMatches(presented, s) && presented.Generation <= s.Generation
}

func secretMatches(presented token.Refresh, s curfew.Session) bool {
	hash := presented.SecretHash()
	return subtle.ConstantTimeCompare(hash[:], s.SecretHash[:]) == 1
}

// endCookieSession ends the session which a request's cookie proves, because
// the request started another in the same browser. It may be of another
// account, and so has a transaction of its own: two that each hold one account
// and want the other's would wait for each other.
func (a *Authority) endCookieSession(ctx context.Context, from curfew.Origin, now time.Time, cookie string) error {
	if cookie == "" {
		return nil
	}
	presented, err := a.refreshTokens.Decode(cookie)
	if err != nil {
		return nil // what proves nothing ends nothing
	}
	ctx, release := staying(ctx) // the other has begun
	defer release()
	return a.Store.InLog(ctx, presented.AccountID, func(ctx context.Context, tx Tx) error {
		_, err := a.logout(ctx, tx, from, now, presented.AccountID, presented.SessionID, func(st curfew.Standing) bool {
			return proves(presented, st.Session)
		})
		return err
	})
}

// logout ends one session if it is alive and the presenter has proven it, and
// what is tied to it also where it is not.
func (a *Authority) logout(ctx context.Context, tx Tx, from curfew.Origin, now time.Time, accountID, id curfew.ID, proven func(curfew.Standing) bool) (bool, error) {
	st, err := tx.SessionStanding(ctx, accountID, id)
	if err != nil {
		return false, ignoreNotFound(err)
	}
	if !proven(st) {
		return false, nil
	}
	if _, over := st.End(now); over {
		if err := logAgain(ctx, tx, now, st.Session); err != nil {
			return false, err
		}
		return false, endTied(ctx, tx, from, now, st.Session, curfew.ReasonLogout, person(st.User))
	}
	ended, err := tx.RevokeSession(ctx, accountID, id, curfew.ReasonLogout, now)
	if err != nil {
		return false, err
	}
	if err := logSession(ctx, tx, accountID, id); err != nil || !ended {
		return false, err
	}
	if err := write(ctx, tx, from, now, event{account: accountID, action: audit.SessionLogout, actor: person(st.User), resource: "session", id: id}); err != nil {
		return false, err
	}
	if err := tellEnded(ctx, tx, accountID, st.User.ID, id, curfew.ReasonLogout, now); err != nil {
		return false, err
	}
	return true, endTied(ctx, tx, from, now, st.Session, curfew.ReasonLogout, person(st.User))
}
