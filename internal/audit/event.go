// Package audit holds the audit log's vocabulary and its tamper evidence:
// which actions exist, which fields an event has, how an event is bound to the
// one before it by a MAC (ASVS 16.4.2), and how a chain is verified.
package audit

import (
	"encoding/json"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// Action names what happened.
type Action string

// The actions. Filters and exports use these words.
const (
	AccountCreate              Action = "account.create"
	AccountUpdate              Action = "account.update"
	AccountSessionPolicyUpdate Action = "account.session_policy_update"
	AccountSessionsRevokedBulk Action = "account.sessions_revoked_bulk"
	AccountBoundsUpdate        Action = "account.bounds_update"
	AccountLocalSignInUpdate   Action = "account.local_sign_in_update"
	AccountRevocationReceipt   Action = "account.revocation_receipt"
	UserCreate                 Action = "user.create"
	UserUpdate                 Action = "user.update"
	UserRoleChange             Action = "user.role_change"
	UserDisable                Action = "user.disable"
	UserEnable                 Action = "user.enable"
	UserSessionsRevoked        Action = "user.sessions_revoked"
	UserPasswordChange         Action = "user.password_change"
	UserPasswordResetRequest   Action = "user.password_reset_request"
	UserPasswordReset          Action = "user.password_reset"
	UserResetLinkCreate        Action = "user.reset_link_create"
	UserPortalLinkCreate       Action = "user.portal_link_create"
	InviteCreate               Action = "invite.create"
	InviteDelete               Action = "invite.delete"
	InviteAccept               Action = "invite.accept"
	SessionStart               Action = "session.start"
	SessionStartRefused        Action = "session.start_refused"
	SessionLogout              Action = "session.logout"
	SessionRevoke              Action = "session.revoke"
	SessionReuseDetected       Action = "session.reuse_detected"
	AccessDenied               Action = "access.denied"
)

// The actions on the installation itself, by its operator or a service, which
// are in no account's log but in the one of events without an account.
const (
	ServiceKeyCreate Action = "service_key.create"
	ServiceKeyRotate Action = "service_key.rotate"
	ServiceKeyRevoke Action = "service_key.revoke"
	OperatorSignIn   Action = "operator.sign_in"
	WebhookCreate    Action = "webhook.create"
	WebhookUpdate    Action = "webhook.update"
	WebhookRotate    Action = "webhook.rotate_secret"
	WebhookDisable   Action = "webhook.disable"
	WebhookDelete    Action = "webhook.delete"
)

// InstallationActions lists them.
var InstallationActions = []Action{ServiceKeyCreate, ServiceKeyRotate, ServiceKeyRevoke, OperatorSignIn,
	WebhookCreate, WebhookUpdate, WebhookRotate, WebhookDisable, WebhookDelete}

// Actions lists every action in the log of an account.
var Actions = []Action{
	AccountCreate, AccountUpdate, AccountSessionPolicyUpdate, AccountSessionsRevokedBulk, AccountBoundsUpdate, AccountLocalSignInUpdate, AccountRevocationReceipt,
	UserCreate, UserUpdate, UserRoleChange, UserDisable, UserEnable, UserSessionsRevoked, UserPasswordChange,
	UserPasswordResetRequest, UserPasswordReset, UserResetLinkCreate, UserPortalLinkCreate,
	InviteCreate, InviteDelete, InviteAccept,
	SessionStart, SessionStartRefused, SessionLogout, SessionRevoke, SessionReuseDetected, AccessDenied,
}

// Actor is who did it, as known at that time; nil in an Event when nobody was
// known.
type Actor struct {
	Type  curfew.ActorType
	ID    curfew.ID // of a person or of a service key; zero for the system and an operator at the command line
	Name  string
	Email string
}

// Event is one row of an account's audit log. It is written once and never
// changed.
type Event struct {
	AccountID    curfew.ID
	Seq          int64 // 1, 2, 3 ... within the account, without a gap
	ID           curfew.ID
	OccurredAt   time.Time
	Action       Action
	Actor        *Actor
	ResourceType string // "account", "user", "session", "invite", "service_key", "webhook"
	ResourceID   curfew.ID
	RequestID    string
	IP           string
	UserAgent    string
	Details      json.RawMessage // a JSON object, never with a secret
}
