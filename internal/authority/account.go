package authority

import (
	"context"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// Account is the caller's account and who owns it.
func (a *Authority) Account(ctx context.Context, actor curfew.Actor) (view AccountView, err error) {
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		if _, err := caller(ctx, r, actor, a.now(), curfew.RoleMember); err != nil {
			return err
		}
		view, err = accountView(ctx, r, actor.AccountID)
		return err
	})
	return view, err
}

func accountView(ctx context.Context, r Reader, id curfew.ID) (view AccountView, err error) {
	if view.Account, err = r.Account(ctx, id); err != nil {
		return view, err
	}
	view.Owners, err = r.Owners(ctx, id)
	return view, err
}

// RenameAccount changes the account's name.
func (a *Authority) RenameAccount(ctx context.Context, actor curfew.Actor, from curfew.Origin, name string, ifVersion *int64) (view AccountView, err error) {
	var f fields
	name = f.name("name", name)
	if err := f.err(); err != nil {
		return view, err
	}
	now := a.now()
	err = a.Store.InTx(ctx, actor.AccountID, func(ctx context.Context, tx Tx) error {
		if _, err := caller(ctx, tx, actor, now, curfew.RoleOwner); err != nil {
			return err
		}
		account, err := tx.Account(ctx, actor.AccountID)
		if err != nil {
			return err
		}
		if err := stale(ifVersion, account.NameVersion); err != nil {
			return err
		}
		if account.Name != name {
			if err := tx.RenameAccount(ctx, account.ID, name); err != nil {
				return err
			}
			if err := write(ctx, tx, from, now, event{account: account.ID, action: audit.AccountUpdate, actor: by(actor),
				resource: "account", id: account.ID, details: detail("old", account.Name).Set("new", name)}); err != nil {
				return err
			}
		}
		view, err = accountView(ctx, tx, account.ID)
		return err
	})
	return view, err
}

// exportPage is how many events an export reads at a time.
const exportPage = 200

// AuditEvents lists the account's audit log to an owner, newest first.
func (a *Authority) AuditEvents(ctx context.Context, actor curfew.Actor, filter AuditFilter, page Page[int64]) (list List[audit.Event, int64], err error) {
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		if _, err := caller(ctx, r, actor, a.now(), curfew.RoleOwner); err != nil {
			return err
		}
		list, err = r.AuditList(ctx, actor.AccountID, filter, page)
		return err
	})
	return list, err
}

// ExportAudit calls each for every event, newest first, page by page: the
// caller is looked at before each page, and no reading transaction stays open
// while a slow receiver is served.
func (a *Authority) ExportAudit(ctx context.Context, actor curfew.Actor, filter AuditFilter, each func(audit.Event) error) error {
	page := Page[int64]{Limit: exportPage}
	for {
		list, err := a.AuditEvents(ctx, actor, filter, page)
		if err != nil {
			return err
		}
		for _, e := range list.Items {
			if err := each(e); err != nil {
				return err
			}
		}
		if list.Next == nil {
			return nil
		}
		page.After = list.Next
	}
}
