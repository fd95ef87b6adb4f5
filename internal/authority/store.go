package authority

import (
	"context"
	"errors"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
	"github.com/curfew-auth/curfew/internal/token"
)

// Store keeps everything. A single-row read that finds nothing returns
// curfew.ErrNotFound; an engine that does not answer, or whose answer to a
// write is unknown, gives an error of kind unavailable.
//
// Inside View, InTx, InStart, InLog and InBulk only the Reader or Tx may be used, with the context
// that the function is given: any other call with that context is refused.
type Store interface {
	// View runs reads of one consistent moment.
	View(ctx context.Context, fn func(ctx context.Context, r Reader) error) error
	// InTx runs reads and writes that commit together or not at all, while no
	// other InTx of that account runs anywhere: what fn reads of the account
	// holds until it commits. curfew.ZeroID stands for the installation, and a
	// node's id for what is of that node alone. What fn locks of others stays
	// locked as long, so fn touches one account and no throttle, or throttles
	// alone. It may run fn again after a conflict, so fn must do nothing that
	// it cannot repeat. Once fn has begun it ends, whatever becomes of ctx; a
	// commit whose answer was lost is of kind unavailable and not tried again.
	// After success all that was read before holds too, though fn wrote nothing.
	InTx(ctx context.Context, accountID curfew.ID, fn func(ctx context.Context, tx Tx) error) error
	// InStart is InTx for the start of a session by a service. It has a line of its
	// own, in which those of many accounts commit together; what fn looks at first
	// may be read together with what others do. The account is there already.
	InStart(ctx context.Context, accountID curfew.ID, look StartLook, fn func(ctx context.Context, tx Tx) error) error
	// InLog is InTx for what ends sessions: there, and only there, Tx.Log may
	// be used. It has a line of its own, in which transactions of many accounts
	// commit together, and what they log with them. The sessions are those of
	// the account that fn looks at first: they may be read together with those
	// of other transactions.
	InLog(ctx context.Context, accountID curfew.ID, fn func(ctx context.Context, tx Tx) error, sessions ...curfew.ID) error
	// InBulk is InLog for what may take long, and has another line.
	InBulk(ctx context.Context, accountID curfew.ID, fn func(ctx context.Context, tx Tx) error) error
	// Rotate is the refresh: one statement, committed together with others
	// that wait. No row that meets every condition: curfew.ErrNotFound. An
	// error that is not ErrUnknown says that nothing was changed.
	Rotate(ctx context.Context, r Rotation) (Rotated, error)
	// Standing reads a session with all that decides whether it lives, from
	// a moment after the call began.
	Standing(ctx context.Context, accountID, sessionID curfew.ID) (curfew.Standing, error)
	// Ping asks the engine for a sign of life, by a read.
	Ping(ctx context.Context) error
}

// StartLook is what the start of a session by a service looks at first: its person,
// by AccountAndUserOf, and the start that it repeats, by Repeatable.
type StartLook struct {
	User string   // the product's own id
	Key  [32]byte // of the start; zero for none
}

// ErrUnknown is a write of which nobody knows whether it holds: the answer to
// its commit was lost.
var ErrUnknown = errors.New("it is not known whether the commit holds")

// Rotation is a refresh of the session that the presented token names.
type Rotation struct {
	AccountID, SessionID curfew.ID
	Generation           uint32
	SecretHash           [32]byte
	// Now is the time by which deadlines are judged; ActiveAt the time of the
	// person's last input, at most Now.
	Now, ActiveAt time.Time
	// YoungAfter, when not zero, makes a session that rotated after it keep
	// its generation: the client named the generation, and it is young.
	YoungAfter time.Time
	// Attempt is the hash of the client's attempt, nil for none; Nonce marks
	// this very statement.
	Attempt, Nonce []byte
}

// Rotated is the session after a refresh. Standing has no raises: the
// statement held both epochs to be current.
type Rotated struct {
	Standing curfew.Standing
	// Young says that the generation was kept.
	Young bool
}

// Look is what a look at some accounts found: those with something old, and the
// last that was looked at, nil when it was the last of all.
type Look struct {
	Old  []curfew.ID
	Last *curfew.ID
}

// OldSessions is what a look at some sessions found: how many there were, how
// many of them were over, and the last of them.
type OldSessions struct {
	Looked, Over int
	Last         curfew.ID
}

// Reader reads, always within one account except where it says otherwise.
type Reader interface {
	// AnyAccount reports whether a customer's account exists.
	AnyAccount(ctx context.Context) (bool, error)
	// LoginName finds the person of a normalised email, across accounts.
	LoginName(ctx context.Context, name string) (accountID, userID curfew.ID, err error)

	Account(ctx context.Context, id curfew.ID) (curfew.Account, error)
	User(ctx context.Context, accountID, id curfew.ID) (curfew.User, error)
	Owners(ctx context.Context, accountID curfew.ID) ([]curfew.User, error)
	UserList(ctx context.Context, accountID curfew.ID, now time.Time, page Page[UserKey]) (List[UserView, UserKey], error)

	SessionStanding(ctx context.Context, accountID, id curfew.ID) (curfew.Standing, error)
	SessionList(ctx context.Context, accountID curfew.ID, now time.Time, filter SessionFilter, page Page[SessionKey]) (List[curfew.Standing, SessionKey], error)
	// ActiveUsers gives at most limit users with active sessions, at least
	// one, and how many users and active sessions there are in all.
	ActiveUsers(ctx context.Context, accountID curfew.ID, now time.Time, limit int) (users []ActiveUser, userCount, sessionCount int, err error)
	// OthersActive reports whether anybody but a user has an active session.
	OthersActive(ctx context.Context, accountID, userID curfew.ID, now time.Time) (bool, error)
	// ActiveSessions counts the sessions of a user that are active at now.
	ActiveSessions(ctx context.Context, accountID, userID curfew.ID, now time.Time) (int, error)
	// Crowd gives the sessions of a user that are neither revoked nor below an
	// epoch nor past their absolute deadline, and whose idle deadline is after
	// since, least recently used first; without those that are tied to another
	// which is alive.
	Crowd(ctx context.Context, accountID, userID curfew.ID, now, since time.Time) ([]curfew.Session, error)
	// PreviewClamp tells what limits would do to running sessions, and whether it would end the
	// session named current.
	PreviewClamp(ctx context.Context, accountID, current curfew.ID, to policy.Effective, now time.Time, limit int) (Preview, error)
	// WouldClamp reports whether they would end or shorten any.
	WouldClamp(ctx context.Context, accountID curfew.ID, to policy.Effective, now time.Time) (bool, error)

	Invite(ctx context.Context, accountID, id curfew.ID) (curfew.Invite, error)
	// InviteList gives the invitations that can still be accepted at now.
	InviteList(ctx context.Context, accountID curfew.ID, now time.Time, page Page[InviteKey]) (List[curfew.Invite, InviteKey], error)

	// Reset is a person's latest link to a new password, whether it works or not.
	Reset(ctx context.Context, accountID, userID curfew.ID) (curfew.Reset, error)

	AuditList(ctx context.Context, accountID curfew.ID, filter AuditFilter, page Page[int64]) (List[audit.Event, int64], error)
	AuditHead(ctx context.Context, accountID curfew.ID) (audit.Head, audit.HeadSeal, error)
	// AuditAnchor is the newest row that retention removed from a chain, and
	// the seal on that; the zero head while nothing was removed.
	AuditAnchor(ctx context.Context, accountID curfew.ID) (audit.Head, audit.HeadSeal, error)
	// AuditChain gives at most limit rows of a chain after seq, oldest first.
	AuditChain(ctx context.Context, accountID curfew.ID, after int64, limit int) ([]audit.Sealed, error)

	// ThrottleNow is a bucket's theoretical arrival time, 0 for a bucket never
	// charged, without a claim on it.
	ThrottleNow(ctx context.Context, bucket [32]byte) (tat int64, err error)

	// Accounts lists all customers' accounts, for the operator.
	Accounts(ctx context.Context) ([]curfew.Account, error)
	// AccountsBefore gives at most limit customers' accounts before an id, nil
	// for the newest, back in its order; AccountNamesBefore those with no more
	// than their names. AccountsNamed gives at most limit of one name.
	AccountsBefore(ctx context.Context, id *curfew.ID, limit int) ([]curfew.Account, error)
	AccountNamesBefore(ctx context.Context, id *curfew.ID, limit int) ([]AccountName, error)
	AccountsNamed(ctx context.Context, name string, limit int) ([]curfew.Account, error)
	// Tally counts an account's people and live sessions, looking at no more of
	// either than it is told: at sessions of the latest activity.
	Tally(ctx context.Context, accountID curfew.ID, now time.Time, people, sessions int) (Tally, error)
	// Nodes gives at most limit of the nodes that did not say that they stopped,
	// those heard of last first.
	Nodes(ctx context.Context, limit int) ([]curfew.Node, error)
	// Waiting says how much waits for which endpoint, among at most limit
	// deliveries.
	Waiting(ctx context.Context, limit int) ([]curfew.Backlog, error)
	// AccountIDs gives at most limit customers' accounts after an id, in its
	// order; CountAccounts counts them. GreatestEpoch is the greatest session
	// epoch of any.
	AccountIDs(ctx context.Context, after curfew.ID, limit int) ([]curfew.ID, error)
	CountAccounts(ctx context.Context) (int64, error)
	GreatestEpoch(ctx context.Context) (int64, error)
	// ClampingAccounts are the accounts whose limits were to be applied to running
	// sessions by a time, and were not to all of them.
	ClampingAccounts(ctx context.Context, by time.Time) ([]curfew.ID, error)
	// RaisedAccounts are the accounts in which the sweeper has work to do.
	RaisedAccounts(ctx context.Context) ([]curfew.ID, error)
	// Unstamped gives at most limit sessions of an account, after an id and in
	// its order, that a raised epoch ended and nothing marked yet.
	Unstamped(ctx context.Context, accountID, after curfew.ID, limit int) ([]curfew.Standing, error)
	// AccountsWithOldSessions looks at most at limit accounts after an id, nil
	// for all, for sessions whose ids are below one; AccountsWithOldAudit for
	// audit logs that begin by a time. Both look at the zero account too.
	AccountsWithOldSessions(ctx context.Context, after *curfew.ID, below curfew.ID, limit int) (Look, error)
	AccountsWithOldAudit(ctx context.Context, after *curfew.ID, by time.Time, limit int) (Look, error)
	// OldSessions looks at most at limit sessions of an account, after an id
	// and below another, for those that were over by a time.
	OldSessions(ctx context.Context, accountID, after, below curfew.ID, by time.Time, limit int) (OldSessions, error)
	// OldLogs are the writers whose logs begin with what mattered until a time,
	// at most. OldRevocations looks at the first entries of one, at most limit:
	// how many mattered until then, and the number of the last of those.
	OldLogs(ctx context.Context, by time.Time) (writers []curfew.ID, err error)
	OldRevocations(ctx context.Context, writer curfew.ID, by time.Time, limit int) (upTo int64, old int, err error)
	// ThrottleKeys looks at most at limit buckets after one, nil for all, and
	// gives the last of them.
	ThrottleKeys(ctx context.Context, after []byte, limit int) (last []byte, looked int, err error)
	// SigningKeys gives all stored keys of the installation, oldest first.
	SigningKeys(ctx context.Context) ([]token.SealedKey, error)
	ServiceReader
	FeedReader
	WebhookReader
}

// Tx reads and writes. A write that finds its row changed in the meantime
// reports false rather than an error.
type Tx interface {
	Reader
	ServiceTx
	FeedTx
	WebhookTx

	// InsertAccount makes an account.
	InsertAccount(ctx context.Context, account curfew.Account) error
	RenameAccount(ctx context.Context, id curfew.ID, name string) error
	// SetLocalSignIn says whether people sign in to an account here.
	SetLocalSignIn(ctx context.Context, id curfew.ID, on bool) error
	// SetPolicy stores the overrides, raises the policy version by one and
	// returns it.
	SetPolicy(ctx context.Context, accountID curfew.ID, s policy.Settings, by curfew.ID, now time.Time) (version int64, err error)
	// BeginClamp marks the account with limits that are to be applied to running
	// sessions as of now, so that one of an older version is treated so before it
	// goes on; EndClamp says that all are.
	BeginClamp(ctx context.Context, accountID curfew.ID, to policy.Effective, version int64, now time.Time) error
	EndClamp(ctx context.Context, accountID curfew.ID) error
	// ClampSome applies limits, as of at, to the sessions after an id, looking at
	// not more than limit: those already over them end with policy_tightened,
	// others are shortened. What it did already it does not do again.
	ClampSome(ctx context.Context, accountID, after curfew.ID, to policy.Effective, version int64, at time.Time, limit int) (Clamped, error)
	// ClampSession does that to one session.
	ClampSession(ctx context.Context, accountID, id curfew.ID, to policy.Effective, version int64, now time.Time) (Clamped, error)

	// InsertUser makes a person and, unless it is empty, their login name;
	// false when that name is taken.
	InsertUser(ctx context.Context, user curfew.User, loginName string) (bool, error)
	RenameUser(ctx context.Context, accountID, id curfew.ID, name string) error
	SetUserRole(ctx context.Context, accountID, id curfew.ID, role curfew.Role) error
	// SetUserDisabled disables at a time, or enables with the zero time.
	SetUserDisabled(ctx context.Context, accountID, id curfew.ID, at time.Time) error
	SetPassword(ctx context.Context, accountID, id curfew.ID, hash string) error

	// InsertSession starts a session for a user who is enabled and still has
	// the epochs that the session was given, and stamps the user's last
	// sign-in; false when any of that no longer holds.
	InsertSession(ctx context.Context, session curfew.Session) (bool, error)
	// RevokeSession ends one session; false when it is revoked already.
	RevokeSession(ctx context.Context, accountID, id curfew.ID, reason curfew.Reason, now time.Time) (bool, error)
	// RaiseAccountEpoch ends every session of the account and returns the new
	// epoch. It locks the account, and so orders all bulk endings in it.
	RaiseAccountEpoch(ctx context.Context, accountID curfew.ID, by Raising) (epoch int64, err error)
	// RaiseUserEpoch ends every session of one user and returns the new epoch.
	RaiseUserEpoch(ctx context.Context, accountID, userID curfew.ID, by Raising) (epoch int64, err error)
	// RaiseAccountEpochTo and RaiseUserEpochTo raise an epoch to at least a
	// number; false when it was there already, or there is no such row.
	RaiseAccountEpochTo(ctx context.Context, accountID curfew.ID, epoch int64, by Raising) (bool, error)
	RaiseUserEpochTo(ctx context.Context, accountID, userID curfew.ID, epoch int64, by Raising) (bool, error)
	// LiftAccountEpoch takes one user's sessions that were alive under the
	// epoch before over to it, and returns their ids.
	LiftAccountEpoch(ctx context.Context, accountID, userID curfew.ID, epoch int64, now time.Time) ([]curfew.ID, error)
	// LiftUserEpoch does that for one session and its user's epoch.
	LiftUserEpoch(ctx context.Context, accountID, userID, sessionID curfew.ID, epoch int64, now time.Time) (bool, error)
	// CountBelowAccountEpoch counts the sessions that the raising to epoch
	// ended and nothing lifted; CountBelowUserEpoch those of one user.
	CountBelowAccountEpoch(ctx context.Context, accountID curfew.ID, epoch int64, now time.Time) (int, error)
	CountBelowUserEpoch(ctx context.Context, accountID, userID curfew.ID, epoch int64, now time.Time) (int, error)

	InsertInvite(ctx context.Context, invite curfew.Invite) error
	// AcceptInvite spends an invitation; false when it was spent before.
	AcceptInvite(ctx context.Context, accountID, id curfew.ID, now time.Time) (bool, error)
	// DeleteInvite takes an open invitation back; false when there is none.
	DeleteInvite(ctx context.Context, accountID, id curfew.ID) (bool, error)

	// InsertReset makes a person's link to a new password, in place of any
	// other of theirs.
	InsertReset(ctx context.Context, reset curfew.Reset) error
	// SpendReset uses the link of a hash up, after the person's epoch was
	// raised once for it in this transaction; false when it does not work, or
	// works no more.
	SpendReset(ctx context.Context, accountID, userID curfew.ID, hash [32]byte, now time.Time) (bool, error)

	// Log tells verifiers what to refuse from now on. Writer, Seq and Until are
	// filled in when the transaction commits. It fails outside InLog and InBulk.
	Log(ctx context.Context, entries ...curfew.Revocation) error

	// Audit appends an event to its account's chain.
	Audit(ctx context.Context, event audit.Event) error

	// Throttle and SetThrottle keep a bucket's theoretical arrival time in
	// Unix microseconds, 0 for a bucket never charged. Throttle locks it.
	Throttle(ctx context.Context, bucket [32]byte) (tat int64, err error)
	SetThrottle(ctx context.Context, bucket [32]byte, tat int64) error
	// ForgetThrottles drops the buckets after one and up to another that were
	// empty before a time.
	ForgetThrottles(ctx context.Context, after, upTo []byte, before time.Time) (int, error)

	// StampSession marks a session with the raise that ended it.
	StampSession(ctx context.Context, accountID, id curfew.ID, raise curfew.Raise) error
	// FenceAccount raises an account's epoch by a step and spends its links to
	// new passwords; false when the raising of its epoch is this very one.
	FenceAccount(ctx context.Context, accountID curfew.ID, by int64, raising Raising) (bool, error)
	// MarkSwept marks the raises of an account before a time as worked
	// through; ForgetEpochs drops those marked before a time.
	MarkSwept(ctx context.Context, accountID curfew.ID, before, now time.Time) error
	ForgetEpochs(ctx context.Context, before time.Time) error

	// DeleteSessions removes the sessions of an account, after an id and up to
	// another, that were over by a time.
	DeleteSessions(ctx context.Context, accountID, after, upTo curfew.ID, by time.Time) (int, error)
	// CutAudit removes an account's audit events after number from and up to
	// the one of an anchor, which it keeps in their place. It removes none when
	// the chain does not begin after from any more.
	CutAudit(ctx context.Context, accountID curfew.ID, from int64, anchor audit.Head) (int, error)

	// DeleteRevocations removes the entries of a log up to a number that
	// mattered until a time, at most.
	DeleteRevocations(ctx context.Context, writer curfew.ID, upTo int64, by time.Time) (int, error)

	// TakeLease gives a lease to a holder, or prolongs it, until a time: false
	// while somebody else has it at now. ReleaseLease gives it back.
	TakeLease(ctx context.Context, name string, holder curfew.ID, now, until time.Time) (bool, error)
	ReleaseLease(ctx context.Context, name string, holder curfew.ID) error

	InsertSigningKey(ctx context.Context, key token.SealedKey) error
	// RetireSigningKeys lets every key but one expire at a time, where it
	// does not expire earlier; DeleteSigningKeys drops the expired,
	// DeletePendingKeys those that do not sign yet.
	RetireSigningKeys(ctx context.Context, except string, at time.Time) error
	DeleteSigningKeys(ctx context.Context, now time.Time) error
	DeletePendingKeys(ctx context.Context, now time.Time) error
	// KeepSigningKey lets a key expire no more.
	KeepSigningKey(ctx context.Context, kid string) error
	// ResealSigningKey replaces the sealed part of a key.
	ResealSigningKey(ctx context.Context, kid string, sealed []byte) error
}

// Clamped is what new limits did to running sessions.
type Clamped struct {
	// Ended are those that ended. EndingSoon are those whose absolute deadline
	// came to be nearer than the end of an access token may be.
	Ended, EndingSoon []ClampedSession
	// Last is the last session that was looked at, nil when none comes after.
	Last *curfew.ID
}

// ClampedSession is a session that new limits touched.
type ClampedSession struct {
	ID, UserID curfew.ID
	// MintedAt is when it was given its last tokens but for replays.
	MintedAt          time.Time
	AbsoluteExpiresAt time.Time
}

// Raising says who raises an epoch, when and why.
type Raising struct {
	At     time.Time
	Reason curfew.Reason
	Actor  curfew.Actor
}
