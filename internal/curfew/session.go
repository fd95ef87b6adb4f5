package curfew

import (
	"cmp"
	"time"
)

// Reason says why a session ended.
type Reason string

// Why a session was revoked. Clients treat an unknown one as owner_session.
const (
	ReasonLogout          Reason = "logout"
	ReasonOwnerAll        Reason = "owner_all"
	ReasonOwnerOthers     Reason = "owner_others"
	ReasonOwnerUser       Reason = "owner_user"
	ReasonOwnerSession    Reason = "owner_session"
	ReasonUserSession     Reason = "user_session"
	ReasonUserOthers      Reason = "user_others"
	ReasonReuseDetected   Reason = "reuse_detected"
	ReasonPasswordChanged Reason = "password_changed"
	ReasonUserDisabled    Reason = "user_disabled"
	ReasonRoleChanged     Reason = "role_changed"
	ReasonPolicyTightened Reason = "policy_tightened"
	ReasonSessionLimit    Reason = "session_limit"
	ReasonService         Reason = "service"
	ReasonOperator        Reason = "operator"
)

// Why a session expired.
const (
	ReasonIdle     Reason = "idle"
	ReasonAbsolute Reason = "absolute"
)

// Device is what a user agent says of itself, in words for people.
type Device struct {
	Browser string // "Firefox 144", "" when unknown
	OS      string // "Windows", "" when unknown
	Kind    string // "desktop", "phone", "tablet", "bot" or "other"
}

// Session is one sign-in on one device, from sign-in to its end. Times are
// UTC with microseconds; minutes are whole.
type Session struct {
	AccountID ID
	ID        ID
	UserID    ID

	// SecretHash is the SHA-256 of the refresh tokens' constant secret.
	SecretHash [32]byte
	// Generation counts rotations; the refresh token of this generation is
	// the current one.
	Generation uint32
	// RotatedAt is when it last rotated, or when a service repeated its start and
	// so got another token of the first generation, which is as young then as one
	// of a rotation; zero for neither. RotationAttempt is the SHA-256 of the
	// attempt that rotated it, nil for none; RotationNonce is the random mark of
	// the statement that did.
	RotatedAt       time.Time
	RotationAttempt []byte
	RotationNonce   []byte

	// PolicyVersion is the account's policy version that the minutes come from.
	PolicyVersion int64
	StartedAt     time.Time
	AuthTime      time.Time
	LastActiveAt  time.Time

	IdleMinutes       int
	AbsoluteMinutes   int
	IdleExpiresAt     time.Time
	AbsoluteExpiresAt time.Time

	// AccountEpoch and UserEpoch are the counters the session was born under.
	AccountEpoch int64
	UserEpoch    int64

	RevokedAt    time.Time // zero while not revoked by itself
	RevokeReason Reason

	Device Device
	IP     string
	AMR    []string // RFC 8176
}

// Raise is the raising of an epoch: when, and why.
type Raise struct {
	At     time.Time
	Reason Reason
}

// Standing is a session together with everything that decides whether it is
// alive, all read in one statement.
type Standing struct {
	Session Session
	User    User // without PasswordHash
	Account Account
	// AccountRaise and UserRaise are the first raisings above the session's
	// own epochs; nil when there was none.
	AccountRaise *Raise
	UserRaise    *Raise
}

// Ending is how and when a session ended.
type Ending struct {
	At     time.Time
	Reason Reason
}

// Expired reports whether a deadline ended the session, rather than someone.
func (e Ending) Expired() bool { return e.Reason == ReasonIdle || e.Reason == ReasonAbsolute }

// End tells whether the session is over at now, and by what. A session ends by
// the earliest of its own revocation, the first raise of an epoch above its
// own, and both deadlines; a revocation wins a tie with a deadline, the
// absolute deadline a tie with the idle one. At the very microsecond of a
// deadline the session is over.
//
// An epoch above the session's own whose raise is not known ends it all the
// same. Raises are forgotten once the session itself is marked with their time
// and reason, so such a one counts only for a session without a mark: then
// nothing is known but that somebody ended it, and it is told as ended by the
// operator at its start, which no deadline can hide. A revocation whose reason
// is empty is the operator's too; it never counts as none.
func (s Standing) End(now time.Time) (Ending, bool) {
	var first Ending
	over, lost := false, false
	consider := func(at time.Time, reason Reason) {
		if !over || at.Before(first.At) {
			first, over = Ending{At: at, Reason: reason}, true
		}
	}
	raised := func(own, current int64, raise *Raise) {
		switch {
		case own >= current:
		case raise == nil:
			lost = true
		default:
			consider(raise.At, cmp.Or(raise.Reason, ReasonOperator))
		}
	}
	// In the order in which they win a tie.
	if !s.Session.RevokedAt.IsZero() {
		consider(s.Session.RevokedAt, cmp.Or(s.Session.RevokeReason, ReasonOperator))
	}
	raised(s.Session.AccountEpoch, s.Account.SessionEpoch, s.AccountRaise)
	raised(s.Session.UserEpoch, s.User.SessionEpoch, s.UserRaise)
	if lost && !over {
		consider(s.Session.StartedAt, ReasonOperator)
	}
	if !now.Before(s.Session.AbsoluteExpiresAt) {
		consider(s.Session.AbsoluteExpiresAt, ReasonAbsolute)
	}
	if !now.Before(s.Session.IdleExpiresAt) {
		consider(s.Session.IdleExpiresAt, ReasonIdle)
	}
	return first, over
}

// FirstRaise is the earlier of the two raises above the session's own epochs,
// the account's on a tie; false when none is known.
func (s Standing) FirstRaise() (Raise, bool) {
	switch {
	case s.AccountRaise == nil && s.UserRaise == nil:
		return Raise{}, false
	case s.AccountRaise == nil, s.UserRaise != nil && s.UserRaise.At.Before(s.AccountRaise.At):
		return *s.UserRaise, true
	default:
		return *s.AccountRaise, true
	}
}

// Status is a session's state in a word, for lists.
type Status string

// The statuses of a session.
const (
	StatusActive  Status = "active"
	StatusExpired Status = "expired"
	StatusRevoked Status = "revoked"
)

// Status is active, expired or revoked at now, with the ending when over.
func (s Standing) Status(now time.Time) (Status, Ending) {
	end, over := s.End(now)
	switch {
	case !over:
		return StatusActive, end
	case end.Expired():
		return StatusExpired, end
	default:
		return StatusRevoked, end
	}
}
