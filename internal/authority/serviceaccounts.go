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

// PutAccount is an account as a product wants it.
type PutAccount struct {
	Name string
	// LocalSignIn is whether people sign in with passwords that are kept here, and
	// owners invite such people; nil where the product says nothing of it: it stays
	// as it is, and is so at first.
	LocalSignIn *bool
}

// PutAccount makes the account of a product's own id, or changes it, and reports
// whether it was made.
func (a *Authority) PutAccount(ctx context.Context, actor curfew.Actor, from curfew.Origin, externalID string, in PutAccount) (account curfew.Account, created bool, err error) {
	var f fields
	f.externalID("account", externalID)
	in.Name = f.name("name", in.Name)
	if err := f.err(); err != nil {
		return account, false, err
	}
	for range maxStarts {
		id, err := a.accountOf(ctx, externalID)
		switch {
		case err == nil:
			actor.AccountID = id
			account, err = a.changeServiceAccount(ctx, actor, from, in)
			if !errors.Is(err, curfew.ErrNotFound) {
				return account, false, err
			}
			a.accountIDs.forget(externalID)
		case errors.Is(err, curfew.ErrNotFound):
			account, created, err = a.createServiceAccount(ctx, actor, from, externalID, in)
			if err != nil || created {
				return account, created, err
			}
		default:
			return account, false, err
		}
	}
	return account, false, curfew.Unavailable(errors.New("authority: an external id kept changing its account"))
}

func (a *Authority) changeServiceAccount(ctx context.Context, actor curfew.Actor, from curfew.Origin, in PutAccount) (account curfew.Account, err error) {
	now := a.now()
	err = a.Store.InTx(ctx, actor.AccountID, func(ctx context.Context, tx Tx) error {
		if account, err = tx.Account(ctx, actor.AccountID); err != nil {
			return err
		}
		if err := setLocalSignIn(ctx, tx, actor, from, now, &account, in.LocalSignIn); err != nil || account.Name == in.Name {
			return err
		}
		if err := tx.RenameAccount(ctx, account.ID, in.Name); err != nil {
			return err
		}
		old, name := account.Name, in.Name
		account.Name, account.NameVersion = name, account.NameVersion+1
		return write(ctx, tx, from, now, event{account: account.ID, action: audit.AccountUpdate, actor: by(actor),
			resource: "account", id: account.ID, details: detail("old", old).Set("new", name)})
	})
	return account, err
}

// setLocalSignIn changes whether people sign in to an account here, where that is
// asked for. Sessions go on: a product ends them if it wants to.
func setLocalSignIn(ctx context.Context, tx Tx, actor curfew.Actor, from curfew.Origin, now time.Time, account *curfew.Account, on *bool) error {
	if on == nil || *on != account.NoLocalSignIn {
		return nil
	}
	if err := tx.SetLocalSignIn(ctx, account.ID, *on); err != nil {
		return err
	}
	account.NoLocalSignIn = !*on
	return write(ctx, tx, from, now, event{account: account.ID, action: audit.AccountLocalSignInUpdate, actor: by(actor),
		resource: "account", id: account.ID, details: detail("old", !*on).Set("new", *on)})
}

// createServiceAccount makes the account of an external id; false when somebody
// else has made it in the meantime.
func (a *Authority) createServiceAccount(ctx context.Context, actor curfew.Actor, from curfew.Origin, externalID string, in PutAccount) (account curfew.Account, created bool, err error) {
	now := a.now()
	account = curfew.Account{ID: curfew.NewID(now), Name: in.Name, CreatedAt: now, ExternalID: externalID, NameVersion: 1, PolicyVersion: 1}
	actor.AccountID = account.ID
	err = a.Store.InTx(ctx, account.ID, func(ctx context.Context, tx Tx) error {
		if created, err = insertServiceAccount(ctx, tx, actor, from, account); err != nil || !created {
			return err
		}
		account.NoLocalSignIn = false // where it is tried again
		return setLocalSignIn(ctx, tx, actor, from, now, &account, in.LocalSignIn)
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
