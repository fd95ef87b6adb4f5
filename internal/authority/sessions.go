package authority

import (
	"context"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// Sessions lists the account's sessions to an owner, and says by which now
// they were judged.
func (a *Authority) Sessions(ctx context.Context, actor curfew.Actor, filter SessionFilter, page Page[SessionKey]) (List[curfew.Standing, SessionKey], time.Time, error) {
	return a.sessions(ctx, actor, curfew.RoleOwner, filter, page)
}

// MySessions lists the caller's own sessions.
func (a *Authority) MySessions(ctx context.Context, actor curfew.Actor, status SessionStatus, page Page[SessionKey]) (List[curfew.Standing, SessionKey], time.Time, error) {
	return a.sessions(ctx, actor, curfew.RoleMember, SessionFilter{UserID: &actor.UserID, Status: status}, page)
}

func (a *Authority) sessions(ctx context.Context, actor curfew.Actor, need curfew.Role, filter SessionFilter, page Page[SessionKey]) (list List[curfew.Standing, SessionKey], now time.Time, err error) {
	now = a.now()
	switch filter.Status {
	case "":
		filter.Status = SessionsActive
	case SessionsActive, SessionsEnded, SessionsAll:
	default:
		return list, now, curfew.Invalid("status", "status must be active, ended or all")
	}
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		if _, err := caller(ctx, r, actor, now, need); err != nil {
			return err
		}
		list, err = r.SessionList(ctx, actor.AccountID, now, filter, page)
		return err
	})
	return list, now, err
}

// RevokeSession ends one session of the account. One that is over already
// keeps its end, and that is no error.
func (a *Authority) RevokeSession(ctx context.Context, actor curfew.Actor, from curfew.Origin, id curfew.ID) error {
	return a.revokeSession(ctx, actor, from, id, curfew.RoleOwner, reasonOf(actor, curfew.ReasonOwnerSession))
}

// reasonOf is why a session ends that an owner ends for a reason, or a service
// in the owner's place.
func reasonOf(actor curfew.Actor, owners curfew.Reason) curfew.Reason {
	if actor.Type == curfew.ActorService {
		return curfew.ReasonService
	}
	return owners
}

// RevokeMySession ends one of the caller's own sessions.
func (a *Authority) RevokeMySession(ctx context.Context, actor curfew.Actor, from curfew.Origin, id curfew.ID) error {
	return a.revokeSession(ctx, actor, from, id, curfew.RoleMember, curfew.ReasonUserSession)
}

func (a *Authority) revokeSession(ctx context.Context, actor curfew.Actor, from curfew.Origin, id curfew.ID, need curfew.Role, reason curfew.Reason) error {
	now := a.now()
	return a.Store.InLog(ctx, actor.AccountID, func(ctx context.Context, tx Tx) error {
		if _, err := caller(ctx, tx, actor, now, need); err != nil {
			return err
		}
		st, err := tx.SessionStanding(ctx, actor.AccountID, id)
		if err == nil && need != curfew.RoleOwner && st.User.ID != actor.UserID {
			err = curfew.ErrNotFound
		}
		if err != nil {
			return notFound(err, "session")
		}
		return endOne(ctx, tx, from, now, st, reason, by(actor))
	}, actor.SessionID, id)
}

// endOne ends a session that is alive, and writes it. Of one that is over already
// it ends what is tied to it: that may have lived on.
func endOne(ctx context.Context, tx Tx, from curfew.Origin, now time.Time, st curfew.Standing, reason curfew.Reason, actor *audit.Actor) error {
	if _, over := st.End(now); over {
		if err := logAgain(ctx, tx, now, st.Session); err != nil {
			return err
		}
		return endTied(ctx, tx, from, now, st.Session, reason, actor)
	}
	revoked, err := tx.RevokeSession(ctx, st.Session.AccountID, st.Session.ID, reason, now)
	if err != nil {
		return err
	}
	if err := logSession(ctx, tx, st.Session.AccountID, st.Session.ID); err != nil || !revoked {
		return err
	}
	if err := write(ctx, tx, from, now, event{account: st.Session.AccountID, action: audit.SessionRevoke, actor: actor,
		resource: "session", id: st.Session.ID, details: detail("user_id", st.User.ID).Set("reason", string(reason))}); err != nil {
		return err
	}
	if err := tellEnded(ctx, tx, st.Session.AccountID, st.User.ID, st.Session.ID, reason, now); err != nil {
		return err
	}
	return endTied(ctx, tx, from, now, st.Session, reason, actor)
}

// RevokeUserSessions ends every session of one person and returns how many
// were active.
func (a *Authority) RevokeUserSessions(ctx context.Context, actor curfew.Actor, from curfew.Origin, userID curfew.ID) (revoked int, err error) {
	return a.revokeUserSessions(ctx, actor, from, userID, "")
}

func (a *Authority) revokeUserSessions(ctx context.Context, actor curfew.Actor, from curfew.Origin, userID curfew.ID, note string) (revoked int, err error) {
	now := a.now()
	err = a.Store.InLog(ctx, actor.AccountID, func(ctx context.Context, tx Tx) error {
		if _, err := caller(ctx, tx, actor, now, curfew.RoleOwner); err != nil {
			return err
		}
		if _, err := tx.User(ctx, actor.AccountID, userID); err != nil {
			return notFound(err, "person")
		}
		revoked, err = endActive(ctx, tx, userID, Raising{At: now, Reason: reasonOf(actor, curfew.ReasonOwnerUser), Actor: actor})
		if err != nil {
			return err
		}
		return write(ctx, tx, from, now, event{account: actor.AccountID, action: audit.UserSessionsRevoked, actor: by(actor),
			resource: "user", id: userID, details: noted(detail("revoked_count", revoked), note)})
	})
	return revoked, err
}

// endActive is endUser where nothing but running sessions is to end, and links
// to the hosted pages: for a person without any (beyond those in keep), and
// without any that was running while tokens of it may be alive, no epoch is
// raised.
func endActive(ctx context.Context, tx Tx, userID curfew.ID, raising Raising, keep ...curfew.Actor) (int, error) {
	active, err := tx.ActiveSessions(ctx, raising.Actor.AccountID, userID, tokensSince(raising.At))
	if err != nil {
		return 0, err
	}
	for _, kept := range keep {
		if _, err := caller(ctx, tx, kept, raising.At, curfew.RoleMember); err != nil {
			return 0, err
		}
	}
	if active == len(keep) {
		waits, err := tx.PortalWaits(ctx, raising.Actor.AccountID, userID, false, raising.At)
		if err != nil || !waits {
			return 0, err
		}
	}
	return endUser(ctx, tx, userID, raising, keep...)
}

// endUser ends every session of a person, but for those in keep, and returns
// how many were active. A password that was checked before starts no session
// any more. A keep that is not alive is refused: its holder was signed out
// before.
func endUser(ctx context.Context, tx Tx, userID curfew.ID, raising Raising, keep ...curfew.Actor) (revoked int, err error) {
	accountID := raising.Actor.AccountID
	epoch, err := tx.RaiseUserEpoch(ctx, accountID, userID, raising)
	if err != nil {
		return 0, err
	}
	ending := curfew.Revocation{AccountID: accountID, UserID: userID, Epoch: epoch}
	for _, kept := range keep {
		undo := func(st *curfew.Standing) { st.User.SessionEpoch = epoch - 1 }
		if err := aliveBefore(ctx, tx, kept, raising.At, undo, curfew.RoleMember); err != nil {
			return 0, err
		}
		if lifted, err := tx.LiftUserEpoch(ctx, accountID, userID, kept.SessionID, epoch, raising.At); err != nil {
			return 0, err
		} else if !lifted {
			return 0, invalidToken()
		}
		ending.Except = append(ending.Except, kept.SessionID)
	}
	if err := tx.Log(ctx, ending); err != nil {
		return 0, err
	}
	if revoked, err = tx.CountBelowUserEpoch(ctx, accountID, userID, epoch, raising.At); err != nil {
		return 0, err
	}
	return revoked, tellRevoked(ctx, tx, ending, raising.Reason, revoked, raising.At)
}

// RevokeMyOtherSessions ends every session of the caller but the one that
// asks.
func (a *Authority) RevokeMyOtherSessions(ctx context.Context, actor curfew.Actor, from curfew.Origin) (revoked int, err error) {
	now := a.now()
	err = a.Store.InLog(ctx, actor.AccountID, func(ctx context.Context, tx Tx) error {
		revoked, err = endActive(ctx, tx, actor.UserID, Raising{At: now, Reason: curfew.ReasonUserOthers, Actor: actor}, actor)
		if err != nil {
			return err
		}
		return write(ctx, tx, from, now, event{account: actor.AccountID, action: audit.UserSessionsRevoked, actor: by(actor),
			resource: "user", id: actor.UserID, details: detail("scope", "others").Set("revoked_count", revoked)})
	})
	if err != nil {
		return 0, alsoFailed(err, a.auditDeadCaller(ctx, actor, from, "revoke-others", err))
	}
	return revoked, nil
}
