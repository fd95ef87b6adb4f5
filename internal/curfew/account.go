package curfew

import "time"

// Account is a customer of the product: a tenant. Everything else belongs to
// exactly one account.
type Account struct {
	ID        ID
	Name      string
	CreatedAt time.Time
	// ExternalID is the product's own id of the account; empty for one that was
	// made here.
	ExternalID string
	// NameVersion counts changes of what GET /accounts/me shows (its ETag).
	NameVersion int64

	// IdleMinutes and AbsoluteMinutes are the owner's overrides; nil inherits
	// the operator's default.
	IdleMinutes     *int
	AbsoluteMinutes *int
	// MaxSessionsPerUser is the owner's limit on the sessions of one person, nil
	// for none; SessionLimitAction what happens at it.
	MaxSessionsPerUser *int
	SessionLimitAction string
	// PolicyVersion counts changes of the policy (the ETag of the security page).
	PolicyVersion int64
	// ClampVersion is the policy version that was last applied to running
	// sessions; a session of a lower version is shortened before it goes on.
	ClampVersion int64
	// Clamping is what is still being applied to running sessions.
	Clamping Clamping
	// PolicyUpdatedAt and PolicyUpdatedBy say who changed the policy last;
	// zero when nobody ever did.
	PolicyUpdatedAt time.Time
	PolicyUpdatedBy ID

	// Bounds are what the owner may choose from; BoundsVersion counts their
	// changes (their ETag).
	Bounds        Bounds
	BoundsVersion int64

	// NoLocalSignIn says that nobody signs in with a password that is kept here,
	// or is invited to: the account's product does both.
	NoLocalSignIn bool

	// SessionEpoch ends every session of the account born under a lower one.
	SessionEpoch int64
}

// Clamping are limits that are being applied to running sessions, as of a time; it is
// zero when that is done.
type Clamping struct {
	At                           time.Time
	IdleMinutes, AbsoluteMinutes int
}

// Bounds are an account's own bounds of its policy. A nil member inherits the
// operator's.
type Bounds struct {
	IdleMinutesMin, IdleMinutesMax, IdleMinutesDefault             *int
	AbsoluteMinutesMin, AbsoluteMinutesMax, AbsoluteMinutesDefault *int
	MaxSessionsPerUserMax                                          *int
}

// Role is what a user may do in the account.
type Role string

// The roles. An owner may do all that a member may.
const (
	RoleOwner  Role = "owner"
	RoleMember Role = "member"
)

// Valid reports whether r is one of the roles.
func (r Role) Valid() bool { return r == RoleOwner || r == RoleMember }

// User is a person in one account.
type User struct {
	AccountID    ID
	ID           ID
	Name         string
	Email        string // as typed by whoever invited or signed up, trimmed
	Role         Role
	PasswordHash string // PHC string; empty for a person without a local password
	CreatedAt    time.Time
	DisabledAt   time.Time // zero while enabled
	LastLoginAt  time.Time // zero before the first sign-in
	// Version counts changes of what the person's own page shows (its ETag).
	Version int64
	// SessionEpoch ends every session of the user born under a lower one.
	SessionEpoch int64
	// ExternalID is the product's own id of the person, unique in the account;
	// empty for somebody who joined here.
	ExternalID string
}

// Disabled reports whether the person may not sign in.
func (u User) Disabled() bool { return !u.DisabledAt.IsZero() }

// Invite is an owner's offer to join the account. Its link works once.
type Invite struct {
	AccountID  ID
	ID         ID
	Email      string
	Role       Role
	SecretHash [32]byte
	CreatedAt  time.Time
	CreatedBy  ID
	ExpiresAt  time.Time
	AcceptedAt time.Time // zero while open
}

// Reset lets a person set a new password without the old one. A person has at
// most one: a newer link takes the place of the older.
type Reset struct {
	AccountID  ID
	UserID     ID
	SecretHash [32]byte
	CreatedAt  time.Time
	CreatedBy  ID // the owner who made the link; zero when it was asked for by mail
	ExpiresAt  time.Time
	UsedAt     time.Time // zero while open
	// UserEpoch is the person's epoch when the link was made. Whatever raises
	// it, such as a new password, is the end of the link.
	UserEpoch int64
}

// Actor is who asks: the person of a verified session, a service by its key, or
// the operator at the command line. It is an argument of every use case, never hidden in a context.
type Actor struct {
	Type      ActorType
	AccountID ID
	UserID    ID
	SessionID ID
	// ServiceKeyID is the key of a service, which has none of the ids above but
	// that of the account in which it acts.
	ServiceKeyID ID
	Role         Role
	Name         string
	Email        string
}

// ActorType says what kind of actor did something.
type ActorType string

// The types of actor.
const (
	ActorUser     ActorType = "user"
	ActorService  ActorType = "service"
	ActorOperator ActorType = "operator"
	ActorSystem   ActorType = "system"
)

// Origin is where a request came from, for the audit log and the session list.
type Origin struct {
	RequestID string
	IP        string
	UserAgent string
}
