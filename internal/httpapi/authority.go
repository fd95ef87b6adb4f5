package httpapi

import (
	"context"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// Authority is what the handlers need of the product's verbs. Each method's
// errors are *curfew.Error with a kind; any other error is internal.
type Authority interface {
	PublicConfig(ctx context.Context) (authority.PublicConfig, error)
	SignUp(ctx context.Context, from curfew.Origin, in authority.SignUp) (authority.Granted, error)
	SignIn(ctx context.Context, from curfew.Origin, in authority.SignIn) (authority.Granted, error)
	Invitation(ctx context.Context, from curfew.Origin, token string) (authority.Invitation, error)
	AcceptInvite(ctx context.Context, from curfew.Origin, in authority.AcceptInvite) (authority.Granted, error)
	Forgot(ctx context.Context, from curfew.Origin, email string) error
	Reset(ctx context.Context, from curfew.Origin, token string) (authority.ResetView, error)
	ResetPassword(ctx context.Context, from curfew.Origin, token, password string) error
	Refresh(ctx context.Context, from curfew.Origin, in authority.Refresh) (authority.Granted, error)
	SignOut(ctx context.Context, from curfew.Origin, in authority.SignOut) error
	Observe(ctx context.Context, in authority.Presented) (authority.Observed, error)

	// Authenticate gives the person of an access token, after a look at the
	// session in the store. "" is KindUnauthenticated.
	Authenticate(ctx context.Context, bearer string) (curfew.Actor, error)
	// Deny audits that actor asked for an owner's operation, and returns the
	// KindForbidden error to answer with.
	Deny(ctx context.Context, actor curfew.Actor, from curfew.Origin, operation string) error

	// AuthenticateService gives the service of a service key. A key without the
	// scope is KindWrongScope.
	AuthenticateService(ctx context.Context, key string, scope curfew.Scope) (curfew.Actor, error)

	// Introspect tells what a token is worth now; false for nothing.
	Introspect(ctx context.Context, token string) (authority.Introspected, bool, error)
	// RevokeToken ends the session of a token, and returns it; the zero one
	// where the token proves none.
	RevokeToken(ctx context.Context, actor curfew.Actor, from curfew.Origin, token string) (curfew.Standing, error)

	// What services do. Each finds the account of the product's own id.

	PutAccount(ctx context.Context, actor curfew.Actor, from curfew.Origin, account string, in authority.PutAccount) (made curfew.Account, created bool, err error)
	PutUser(ctx context.Context, actor curfew.Actor, from curfew.Origin, account, user string, in authority.PutUser) (made curfew.User, created bool, err error)

	StartSession(ctx context.Context, actor curfew.Actor, from curfew.Origin, in authority.ServiceStart) (authority.Granted, error)
	ServiceSessions(ctx context.Context, actor curfew.Actor, account, user string, status authority.SessionStatus,
		page authority.Page[authority.SessionKey]) (authority.List[curfew.Standing, authority.SessionKey], time.Time, error)
	ServiceRevokeSessions(ctx context.Context, actor curfew.Actor, from curfew.Origin, account string, in authority.ServiceRevocation) (int, error)
	ServiceRevokeUserSessions(ctx context.Context, actor curfew.Actor, from curfew.Origin, account, user, reason string) (int, error)
	CreatePortalLink(ctx context.Context, actor curfew.Actor, from curfew.Origin, in authority.NewPortalLink) (authority.PortalLink, error)
	OpenPortal(ctx context.Context, from curfew.Origin, in authority.OpenPortal) (authority.PortalOpened, error)
	// ServiceAccount is the service as it acts in an account: in the owner's
	// place, in those of the use cases below that it is given to.
	ServiceAccount(ctx context.Context, actor curfew.Actor, account string) (curfew.Actor, error)
	AccountBounds(ctx context.Context, actor curfew.Actor) (authority.Bounds, error)
	SetAccountBounds(ctx context.Context, actor curfew.Actor, from curfew.Origin, in authority.SetBounds) (authority.Bounds, error)

	// ReceiptByToken gives the receipt that its token reads.
	ReceiptByToken(ctx context.Context, token string, id curfew.ID) (authority.ReceiptView, error)

	Account(ctx context.Context, actor curfew.Actor) (authority.AccountView, error)
	Me(ctx context.Context, actor curfew.Actor) (authority.UserView, error)
	RenameMe(ctx context.Context, actor curfew.Actor, from curfew.Origin, name string, ifVersion *int64) (authority.UserView, error)
	ChangePassword(ctx context.Context, actor curfew.Actor, from curfew.Origin, current, next string) error
	MySessions(ctx context.Context, actor curfew.Actor, status authority.SessionStatus,
		page authority.Page[authority.SessionKey]) (authority.List[curfew.Standing, authority.SessionKey], time.Time, error)
	RevokeMySession(ctx context.Context, actor curfew.Actor, from curfew.Origin, id curfew.ID) error
	RevokeMyOtherSessions(ctx context.Context, actor curfew.Actor, from curfew.Origin) (int, error)

	// Every method from here to ExportAudit needs an owner.

	RenameAccount(ctx context.Context, actor curfew.Actor, from curfew.Origin, name string, ifVersion *int64) (authority.AccountView, error)
	Security(ctx context.Context, actor curfew.Actor) (authority.Security, error)
	SetPolicy(ctx context.Context, actor curfew.Actor, from curfew.Origin, in authority.SetPolicy) (authority.Security, error)
	PreviewPolicy(ctx context.Context, actor curfew.Actor, in authority.SetPolicy) (authority.Preview, error)
	RevokeSessions(ctx context.Context, actor curfew.Actor, from curfew.Origin, scope authority.Scope) (authority.Ended, error)
	Receipt(ctx context.Context, actor curfew.Actor, id curfew.ID) (authority.ReceiptView, error)
	Sessions(ctx context.Context, actor curfew.Actor, filter authority.SessionFilter,
		page authority.Page[authority.SessionKey]) (authority.List[curfew.Standing, authority.SessionKey], time.Time, error)
	RevokeSession(ctx context.Context, actor curfew.Actor, from curfew.Origin, id curfew.ID) error
	RevokeUserSessions(ctx context.Context, actor curfew.Actor, from curfew.Origin, userID curfew.ID) (int, error)
	Users(ctx context.Context, actor curfew.Actor, page authority.Page[authority.UserKey]) (authority.List[authority.UserView, authority.UserKey], error)
	UpdateUser(ctx context.Context, actor curfew.Actor, from curfew.Origin, id curfew.ID, change authority.UserChange) (authority.UserView, error)
	CreateResetLink(ctx context.Context, actor curfew.Actor, from curfew.Origin, userID curfew.ID) (authority.NewResetLink, error)
	CreateInvite(ctx context.Context, actor curfew.Actor, from curfew.Origin, email string, role curfew.Role) (authority.NewInvite, error)
	Invites(ctx context.Context, actor curfew.Actor, page authority.Page[authority.InviteKey]) (authority.List[curfew.Invite, authority.InviteKey], error)
	DeleteInvite(ctx context.Context, actor curfew.Actor, from curfew.Origin, id curfew.ID) error
	AuditEvents(ctx context.Context, actor curfew.Actor, filter authority.AuditFilter,
		page authority.Page[int64]) (authority.List[audit.Event, int64], error)
	// ExportAudit calls each for every event, newest first.
	ExportAudit(ctx context.Context, actor curfew.Actor, filter authority.AuditFilter, each func(audit.Event) error) error

	WebhookVerbs

	// Ready reports whether the store answers and is migrated.
	Ready(ctx context.Context) error
}
