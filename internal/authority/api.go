package authority

import (
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
)

// This file holds what the use cases take and give. Every string that comes
// from outside is judged by the use case itself.

// SignUp asks for a new account and its first owner.
type SignUp struct {
	AccountName, Name, Email, Password string
	// Cookie is the refresh token that the request's cookie carried, or "".
	Cookie string
}

// SignIn asks for a session for a person with a password.
type SignIn struct {
	Email, Password string
	// ByCookie says that the refresh token will be delivered by cookie; then
	// the session which Cookie proves is ended.
	ByCookie bool
	Cookie   string
	// Browser is the known-browser cookie, or "".
	Browser string
}

// AcceptInvite asks to join the account of an invitation.
type AcceptInvite struct {
	Token, Name, Password string
	Cookie                string
}

// Invitation is what the holder of an invitation's link may know of it.
type Invitation struct {
	AccountName string
	Email       string
	Role        curfew.Role
	ExpiresAt   time.Time
}

// Granted is a live session with fresh tokens.
type Granted struct {
	Standing             curfew.Standing
	AccessToken          string
	AccessTokenExpiresAt time.Time
	RefreshToken         string
	// Rotated says that RefreshToken is new to the caller, so that a cookie
	// must be set. A young token given back unchanged is not.
	Rotated bool
	// Browser is the value of the known-browser cookie to set, "" for none.
	Browser string
	// Now is the server's time.
	Now time.Time
}

// Refresh presents a refresh token.
type Refresh struct {
	Token string
	// Attempt names this rotation; "" for none.
	Attempt string
	// SessionID and Generation are what the client believes; both or neither.
	SessionID       *curfew.ID
	Generation      *uint32
	InactiveSeconds int
}

// SignOut holds every credential that a request brought; "" for none.
type SignOut struct {
	Cookie, Token, Bearer string
}

// Presented is a credential of GET /auth/session: the bearer token, or
// without one the refresh cookie.
type Presented struct {
	Bearer, Cookie string
}

// Observed is a session as read from the store.
type Observed struct {
	Standing curfew.Standing
	Now      time.Time
}

// PublicConfig is what a sign-in page must know before anyone is signed in.
type PublicConfig struct {
	SignupAllowed      bool
	SetupNeeded        bool
	PasswordMin        int
	IdleMinutesDefault int
	MailEnabled        bool
}

// AccountView is an account as its people see it.
type AccountView struct {
	Account curfew.Account
	Owners  []curfew.User
}

// Security is the account's policy and who is signed in.
type Security struct {
	Policy       policy.Settings
	Effective    policy.InForce
	Bounds       policy.Bounds // the account's own
	Preset       string
	Presets      []policy.Preset
	ActiveUsers  []ActiveUser // at most MaxActiveUsers, latest sign-in first
	UserCount    int
	SessionCount int
	Version      int64
	UpdatedAt    time.Time    // zero when never changed
	UpdatedBy    *curfew.User // nil when never changed, or changed by no person
}

// MaxActiveUsers is how many active users the security page lists.
const MaxActiveUsers = 500

// ActiveUser is a user with at least one active session.
type ActiveUser struct {
	UserID       curfew.ID
	Name, Email  string
	LastLoginAt  time.Time
	SessionCount int
}

// ApplyTo says which sessions a changed policy applies to.
type ApplyTo string

// New sessions only (at next sign-in), or running sessions too.
const (
	NewSessions ApplyTo = "new_sessions"
	AllSessions ApplyTo = "all_sessions"
)

// SetPolicy changes an account's policy.
type SetPolicy struct {
	Change  policy.Change
	Limit   policy.LimitChange
	ApplyTo ApplyTo // "" is NewSessions
	Reason  string  // for the audit log; at most 500 characters
	// IfVersion, when not nil, is the version that the caller saw.
	IfVersion *int64
}

// Preview is what a policy applied to all running sessions would do.
type Preview struct {
	SessionsEndingNow  int
	SessionsShortened  int
	UsersAffected      int
	EndsCurrentSession bool
	Users              []PreviewUser // at most MaxPreviewUsers
}

// MaxPreviewUsers is how many people a preview names.
const MaxPreviewUsers = 200

// PreviewUser is one person whom a policy would touch.
type PreviewUser struct {
	UserID            curfew.ID
	Name, Email       string
	SessionsEnding    int
	SessionsShortened int
}

// Scope says whose sessions a bulk revocation ends.
type Scope string

// Every session of the account, or every session but the caller's own ones.
const (
	ScopeAll    Scope = "all"
	ScopeOthers Scope = "others"
)

// Page asks for one page of a list, after a key.
type Page[K any] struct {
	Limit int // 1 to 200
	After *K
}

// List is one page of a list. Next is the key of the page after it, nil at
// the end.
type List[T, K any] struct {
	Items []T
	Next  *K
}

// SessionKey is a place in a list of sessions, latest activity first.
type SessionKey struct {
	LastActiveAt time.Time
	ID           curfew.ID
}

// SessionFilter chooses sessions: of one user (nil: of all), and of a status.
type SessionFilter struct {
	UserID *curfew.ID
	Status SessionStatus
}

// SessionStatus chooses sessions by their state.
type SessionStatus string

// Sessions that live, that are over, or both.
const (
	SessionsActive SessionStatus = "active"
	SessionsEnded  SessionStatus = "ended"
	SessionsAll    SessionStatus = "all"
)

// UserKey is a place in a list of people, by name.
type UserKey struct {
	SortName string
	ID       curfew.ID
}

// UserView is a person as an owner sees them.
type UserView struct {
	User         curfew.User
	SessionCount int
}

// UserChange changes a person; nil leaves as it is.
type UserChange struct {
	Role     *curfew.Role
	Disabled *bool
}

// InviteKey is a place in a list of invitations, newest first.
type InviteKey struct {
	CreatedAt time.Time
	ID        curfew.ID
}

// NewInvite is an invitation with its link, which is shown once.
type NewInvite struct {
	Invite curfew.Invite
	URL    string
	// Mailed says that the link is on its way to the invited person.
	Mailed bool
}

// NewResetLink is a link to a new password, which is shown once.
type NewResetLink struct {
	URL       string
	ExpiresAt time.Time
}

// ResetView is what the holder of a link to a new password may know of it.
type ResetView struct {
	Name, Email string
	ExpiresAt   time.Time
}

// AuditFilter chooses audit events. Zero values choose all.
type AuditFilter struct {
	Action   string
	ActorID  *curfew.ID
	From, To time.Time // From inclusive, To exclusive
}
