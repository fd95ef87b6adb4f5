package authority

import (
	"context"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
)

// ServiceReader reads what services make and ask for.
type ServiceReader interface {
	// AccountOf finds the account of a product's own id, across accounts; UserOf
	// a person of it.
	AccountOf(ctx context.Context, externalID string) (curfew.ID, error)
	UserOf(ctx context.Context, accountID curfew.ID, externalID string) (curfew.User, error)
	// AccountAndUserOf reads an account, and the person of a product's own id in it.
	AccountAndUserOf(ctx context.Context, accountID curfew.ID, externalID string) (curfew.Account, curfew.User, error)

	// Repeatable is the start that a service may repeat under an id.
	Repeatable(ctx context.Context, id [32]byte) (curfew.Repeatable, error)
	// OldRepeatables looks for what was made before a time, and gives a time by
	// which at most limit of it were made, zero for none.
	OldRepeatables(ctx context.Context, before time.Time, limit int) (by time.Time, err error)

	// PortalLink is one link to the hosted pages, whether it works or not.
	PortalLink(ctx context.Context, accountID, id curfew.ID) (curfew.PortalLink, error)
	// PortalWaits reports whether there is a link that a person, or with others
	// anybody but them, may still open at now.
	PortalWaits(ctx context.Context, accountID, userID curfew.ID, others bool, now time.Time) (bool, error)
	// Tied are the sessions that links tied to another one have started: they
	// end with it.
	Tied(ctx context.Context, accountID, id curfew.ID) ([]curfew.ID, error)

	// ServiceKey is one service key, whether it works or not; ServiceKeys are
	// all of them, oldest first.
	ServiceKey(ctx context.Context, id curfew.ID) (curfew.ServiceKey, error)
	ServiceKeys(ctx context.Context) ([]curfew.ServiceKey, error)
}

// ServiceTx writes it.
type ServiceTx interface {
	// ClaimAccount gives a product's own id to an account; false when another
	// account has it.
	ClaimAccount(ctx context.Context, externalID string, accountID curfew.ID) (bool, error)
	// SetBounds stores what an account's owner may choose from, and raises the
	// bounds' version by one.
	SetBounds(ctx context.Context, accountID curfew.ID, b policy.AccountBounds) error
	// SetUserDetails changes the name and address of somebody without a login
	// name.
	SetUserDetails(ctx context.Context, accountID, id curfew.ID, name, email string) error

	// RenewSecret gives a session whose first refresh token was never exchanged
	// another one in its place; false when it was, or the session was revoked.
	RenewSecret(ctx context.Context, accountID, id curfew.ID, hash [32]byte, now time.Time) (bool, error)
	// ClaimRepeatable keeps a start under its id; false when another one that was
	// made after a time has it. ForgetRepeatables drops what was made by a time.
	ClaimRepeatable(ctx context.Context, r curfew.Repeatable, after time.Time) (bool, error)
	ForgetRepeatables(ctx context.Context, by time.Time) (int, error)

	// InsertPortalLink stores a link that was not used yet.
	InsertPortalLink(ctx context.Context, link curfew.PortalLink) error
	// SpendPortalLink uses a link up for a session, and keeps it until a time;
	// false when it was used before, or is too old. ForgetPortalLinks drops those
	// that were kept until a time at most.
	SpendPortalLink(ctx context.Context, accountID, id, sessionID curfew.ID, keptUntil, now time.Time) (bool, error)
	ForgetPortalLinks(ctx context.Context, by time.Time) (int, error)

	// InsertServiceKey stores a key that was never rotated, used or revoked.
	InsertServiceKey(ctx context.Context, key curfew.ServiceKey) error
	// RotateServiceKey stores the hashes, times and end of a key that was
	// rotated; false when there is no such key, or it was revoked.
	RotateServiceKey(ctx context.Context, key curfew.ServiceKey) (bool, error)
	// RevokeServiceKey ends a key; false when there is none, or it was ended.
	RevokeServiceKey(ctx context.Context, id curfew.ID, now time.Time) (bool, error)
	// TouchServiceKey records when a key was used, unless that was after before.
	TouchServiceKey(ctx context.Context, id curfew.ID, at, before time.Time) error
}
