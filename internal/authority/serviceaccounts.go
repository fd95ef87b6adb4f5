package authority

import (
	"context"
	"errors"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// What a product that signs people in itself does by a service key: it names
// accounts and people by ids of its own.

const (
	// accountAge is for how long the account of a product's id is taken for what
	// the store holds. It never changes, but in a database that went back in time.
	accountAge = time.Minute
	// maxAccounts is how many are remembered.
	maxAccounts = 1 << 16
)

// ServiceAccount is the service as it acts in the account of a product's own id.
func (a *Authority) ServiceAccount(ctx context.Context, actor curfew.Actor, externalID string) (curfew.Actor, error) {
	id, err := a.accountOf(ctx, externalID)
	if errors.Is(err, curfew.ErrNotFound) {
		return actor, noSuchAccount()
	}
	actor.AccountID = id
	return actor, err
}

func noSuchAccount() error {
	return curfew.NewError(curfew.KindNotFound,
		"There is no account with this external id. PUT /api/v1/service/accounts/{account} makes one.")
}

// accountOf finds the account of a product's own id, or takes what was found of
// it just before.
func (a *Authority) accountOf(ctx context.Context, externalID string) (id curfew.ID, err error) {
	if !validExternalID(externalID) {
		return id, curfew.ErrNotFound
	}
	var asked time.Duration
	if a.Elapsed != nil {
		asked = a.Elapsed()
		if id, ok := a.accountIDs.recall(externalID, asked); ok {
			return id, nil
		}
	}
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		id, err = r.AccountOf(ctx, externalID)
		return err
	})
	if err == nil && a.Elapsed != nil {
		a.accountIDs.remember(externalID, id, asked)
	}
	return id, err
}

// PutAccount makes the account of a product's own id, or renames it, and reports
// whether it was made.
func (a *Authority) PutAccount(ctx context.Context, actor curfew.Actor, from curfew.Origin, externalID, name string) (account curfew.Account, created bool, err error) {
	var f fields
	f.externalID("account", externalID)
	name = f.name("name", name)
	if err := f.err(); err != nil {
		return account, false, err
	}
	for range maxStarts {
		id, err := a.accountOf(ctx, externalID)
		switch {
		case err == nil:
			actor.AccountID = id
			account, err = a.renameServiceAccount(ctx, actor, from, name)
			if !errors.Is(err, curfew.ErrNotFound) {
				return account, false, err
			}
			a.accountIDs.forget(externalID)
		case errors.Is(err, curfew.ErrNotFound):
			account, created, err = a.createServiceAccount(ctx, actor, from, externalID, name)
			if err != nil || created {
				return account, created, err
			}
		default:
			return account, false, err
		}
	}
	return account, false, curfew.Unavailable(errors.New("authority: an external id kept changing its account"))
}

func (a *Authority) renameServiceAccount(ctx context.Context, actor curfew.Actor, from curfew.Origin, name string) (account curfew.Account, err error) {
	now := a.now()
	err = a.Store.InTx(ctx, actor.AccountID, func(ctx context.Context, tx Tx) error {
		if account, err = tx.Account(ctx, actor.AccountID); err != nil || account.Name == name {
			return err
		}
		if err := tx.RenameAccount(ctx, account.ID, name); err != nil {
			return err
		}
		old := account.Name
		account.Name, account.NameVersion = name, account.NameVersion+1
		return write(ctx, tx, from, now, event{account: account.ID, action: audit.AccountUpdate, actor: by(actor),
			resource: "account", id: account.ID, details: detail("old", old).Set("new", name)})
	})
	return account, err
}

// createServiceAccount makes the account of an external id; false when somebody
// else has made it in the meantime.
func (a *Authority) createServiceAccount(ctx context.Context, actor curfew.Actor, from curfew.Origin, externalID, name string) (account curfew.Account, created bool, err error) {
	now := a.now()
	account = curfew.Account{ID: curfew.NewID(now), Name: name, CreatedAt: now, ExternalID: externalID, NameVersion: 1, PolicyVersion: 1}
	actor.AccountID = account.ID
	err = a.Store.InTx(ctx, account.ID, func(ctx context.Context, tx Tx) error {
		created, err = insertServiceAccount(ctx, tx, actor, from, account)
		return err
	})
	return account, created, err
}

// insertServiceAccount stores a new account of a product; false, and nothing is
// stored, when its external id is another account's.
func insertServiceAccount(ctx context.Context, tx Tx, actor curfew.Actor, from curfew.Origin, account curfew.Account) (bool, error) {
	if claimed, err := tx.ClaimAccount(ctx, account.ExternalID, account.ID); err != nil || !claimed {
		return false, err
	}
	if err := tx.InsertAccount(ctx, account); err != nil {
		return false, err
	}
	return true, write(ctx, tx, from, account.CreatedAt, event{account: account.ID, action: audit.AccountCreate, actor: by(actor),
		resource: "account", id: account.ID, details: detail("name", account.Name).Set("external_id", account.ExternalID)})
}
