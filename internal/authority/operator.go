package authority

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// What the operator does at the command line, beside a running server or
// without one. The operator is not of an account; what is done in one is
// written to that account's audit log.

// operator is the actor of an operator's deed in an account.
func operator(accountID curfew.ID) curfew.Actor {
	return curfew.Actor{Type: curfew.ActorOperator, AccountID: accountID}
}

// FindAccount is the account with an id or, where just one has it, a name.
func (a *Authority) FindAccount(ctx context.Context, idOrName string) (found curfew.Account, err error) {
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		found, err = findAccount(ctx, r, idOrName)
		return err
	})
	return found, err
}

// AllAccounts lists every account.
func (a *Authority) AllAccounts(ctx context.Context) (accounts []curfew.Account, err error) {
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		accounts, err = r.Accounts(ctx)
		return err
	})
	return accounts, err
}

// NewUser is a person whom the operator makes. An account that does not exist
// is created where the person is an owner.
type NewUser struct {
	Account, Name, Email, Password string
	Role                           curfew.Role
}

// CreateUser makes a person and, for an owner of an unknown account, the
// account: the only way to the first account where sign-up is closed.
func (a *Authority) CreateUser(ctx context.Context, in NewUser) (user curfew.User, created bool, err error) {
	var f fields
	f.role("role", in.Role)
	if err := f.err(); err != nil {
		return user, false, err
	}
	account, user, err := a.newAccount(ctx, in.Account, in.Name, in.Email, in.Password)
	if err != nil {
		return user, false, err
	}
	user.Role = in.Role
	err = a.Store.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx Tx) error {
		existing, err := findAccount(ctx, tx, in.Account)
		switch {
		case err == nil && in.Role == curfew.RoleOwner && existing.ID.String() != in.Account:
			// Names are not unique, and anybody may have taken this one.
			return curfew.NewError(curfew.KindInvalidRequest,
				fmt.Sprintf("an account named %q is there already: to add an owner to it, give its id %s", in.Account, existing.ID))
		case err == nil:
			user.AccountID = existing.ID
			return insertUser(ctx, tx, curfew.Origin{}, user.CreatedAt, user, by(operator(existing.ID)))
		case curfew.KindOf(err) != curfew.KindNotFound:
			return err
		case in.Role != curfew.RoleOwner:
			return curfew.NewError(curfew.KindNotFound, fmt.Sprintf("there is no account %q; a new account needs an owner first", in.Account))
		}
		created = true
		return insertAccount(ctx, tx, curfew.Origin{}, account, user, by(operator(account.ID)))
	})
	return user, created, err
}

// SetPassword gives a person a new password and ends all their sessions.
func (a *Authority) SetPassword(ctx context.Context, email, password string) (revoked int, err error) {
	cred, err := a.credential(ctx, loginName(email))
	if err != nil {
		return 0, err
	}
	if cred.user.ID.IsZero() {
		return 0, curfew.NewError(curfew.KindNotFound, "nobody has this email address")
	}
	user := cred.user
	if err := a.PasswordRules.Check("password", password, user.Email, user.Name); err != nil {
		return 0, err
	}
	hash, err := a.Passwords.Hash(ctx, password)
	if err != nil {
		return 0, err
	}
	now := a.now()
	actor := operator(user.AccountID)
	err = a.Store.InLog(ctx, user.AccountID, func(ctx context.Context, tx Tx) error {
		if err := tx.SetPassword(ctx, user.AccountID, user.ID, hash); err != nil {
			return err
		}
		if revoked, err = endUser(ctx, tx, user.ID, Raising{At: now, Reason: curfew.ReasonPasswordChanged, Actor: actor}); err != nil {
			return err
		}
		return write(ctx, tx, curfew.Origin{}, now, event{account: user.AccountID, action: audit.UserPasswordChange, actor: by(actor),
			resource: "user", id: user.ID, details: detail("revoked_count", revoked)})
	})
	return revoked, err
}

// AccountUsers calls each for every person of an account, by name.
func (a *Authority) AccountUsers(ctx context.Context, accountID curfew.ID, each func(UserView) error) error {
	now := a.now()
	return everyPage(ctx, func(ctx context.Context, r Reader, page Page[UserKey]) (List[UserView, UserKey], error) {
		return r.UserList(ctx, accountID, now, page)
	}, a.Store, each)
}

// AccountSessions calls each for the sessions of an account, latest activity
// first, and with the time by which they are judged.
func (a *Authority) AccountSessions(ctx context.Context, accountID curfew.ID, filter SessionFilter, each func(curfew.Standing, time.Time) error) error {
	now := a.now()
	return everyPage(ctx, func(ctx context.Context, r Reader, page Page[SessionKey]) (List[curfew.Standing, SessionKey], error) {
		return r.SessionList(ctx, accountID, now, filter, page)
	}, a.Store, func(st curfew.Standing) error { return each(st, now) })
}

// AccountAudit calls each for the audit events of an account, newest first.
func (a *Authority) AccountAudit(ctx context.Context, accountID curfew.ID, filter AuditFilter, each func(audit.Event) error) error {
	return everyPage(ctx, func(ctx context.Context, r Reader, page Page[int64]) (List[audit.Event, int64], error) {
		return r.AuditList(ctx, accountID, filter, page)
	}, a.Store, each)
}

// everyPage walks a list page by page, each in a reading transaction of its own.
func everyPage[T, K any](ctx context.Context, read func(context.Context, Reader, Page[K]) (List[T, K], error), store Store, each func(T) error) error {
	page := Page[K]{Limit: exportPage}
	for {
		var list List[T, K]
		err := store.View(ctx, func(ctx context.Context, r Reader) (err error) {
			list, err = read(ctx, r, page)
			return err
		})
		if err != nil {
			return err
		}
		for _, item := range list.Items {
			if err := each(item); err != nil {
				return err
			}
		}
		if list.Next == nil {
			return nil
		}
		page.After = list.Next
	}
}

// EndSession ends one session of an account for the operator. It reports
// whether the session was active.
func (a *Authority) EndSession(ctx context.Context, accountID, id curfew.ID) (ended bool, err error) {
	now := a.now()
	err = a.Store.InLog(ctx, accountID, func(ctx context.Context, tx Tx) error {
		st, err := tx.SessionStanding(ctx, accountID, id)
		if err != nil {
			return notFound(err, "session")
		}
		_, over := st.End(now)
		ended = !over
		return endOne(ctx, tx, curfew.Origin{}, now, st, curfew.ReasonOperator, by(operator(accountID)))
	})
	return ended, err
}

// EndSessions ends every session of an account, or of one person of it.
func (a *Authority) EndSessions(ctx context.Context, accountID curfew.ID, userID *curfew.ID) (revoked int, err error) {
	now := a.now()
	actor := operator(accountID)
	raising := Raising{At: now, Reason: curfew.ReasonOperator, Actor: actor}
	err = a.Store.InLog(ctx, accountID, func(ctx context.Context, tx Tx) error {
		if userID != nil {
			if _, err := tx.User(ctx, accountID, *userID); err != nil {
				return notFound(err, "person")
			}
			if revoked, err = endUser(ctx, tx, *userID, raising); err != nil {
				return err
			}
			return write(ctx, tx, curfew.Origin{}, now, event{account: accountID, action: audit.UserSessionsRevoked, actor: by(actor),
				resource: "user", id: *userID, details: detail("revoked_count", revoked)})
		}
		revoked, err = endAll(ctx, tx, curfew.Origin{}, raising, detail("scope", "all"))
		return err
	})
	return revoked, err
}

// EndAccountSessions ends every session of the actor's account for the operator,
// who may say why.
func (a *Authority) EndAccountSessions(ctx context.Context, actor curfew.Actor, from curfew.Origin, why string) (revoked int, err error) {
	var f fields
	why = f.text("reason", why, maxReasonLength)
	if err := f.err(); err != nil {
		return 0, err
	}
	details := func() *audit.Details { return detail("scope", "all").Set("reason", why) }
	raising := Raising{At: a.now(), Reason: curfew.ReasonOperator, Actor: actor}
	err = a.Store.InLog(ctx, actor.AccountID, func(ctx context.Context, tx Tx) error {
		if _, err := tx.Account(ctx, actor.AccountID); err != nil {
			return noAccount(err)
		}
		revoked, err = endAll(ctx, tx, from, raising, details())
		return err
	})
	return revoked, err
}

// endAll ends every session of the account in which somebody raises its epoch,
// and returns how many were active.
func endAll(ctx context.Context, tx Tx, from curfew.Origin, raising Raising, details *audit.Details) (revoked int, err error) {
	accountID := raising.Actor.AccountID
	epoch, err := tx.RaiseAccountEpoch(ctx, accountID, raising)
	if err != nil {
		return 0, err
	}
	ending := curfew.Revocation{AccountID: accountID, Epoch: epoch}
	if err := tx.Log(ctx, ending); err != nil {
		return 0, err
	}
	if revoked, err = tx.CountBelowAccountEpoch(ctx, accountID, epoch, raising.At); err != nil {
		return 0, err
	}
	if err := write(ctx, tx, from, raising.At, event{account: accountID, action: audit.SessionRevoke, actor: by(raising.Actor),
		resource: "account", id: accountID, details: details.Set("revoked_count", revoked)}); err != nil {
		return 0, err
	}
	return revoked, tellRevoked(ctx, tx, ending, raising.Reason, revoked, raising.At)
}

// VerifyAudit checks the chain of an account's audit log, or that of the
// events without an account under the zero id.
func (a *Authority) VerifyAudit(ctx context.Context, chain *audit.Chain, accountID curfew.ID) (audit.Report, error) {
	return VerifyAudit(ctx, a.Store, chain, accountID)
}

// VerifyAudit is Authority.VerifyAudit where there is a store and no more.
func VerifyAudit(ctx context.Context, store Store, chain *audit.Chain, accountID curfew.ID) (report audit.Report, err error) {
	// One moment for rows and head: nothing may be appended in between.
	err = store.View(ctx, func(ctx context.Context, r Reader) error {
		head, seal, err := r.AuditHead(ctx, accountID)
		if err != nil {
			return err
		}
		anchor, anchorSeal, err := r.AuditAnchor(ctx, accountID)
		if err != nil {
			return err
		}
		if report.Problem, report.KeyMissing = anchorProblem(chain, accountID, anchor, anchorSeal); report.Problem != "" {
			report.BadSeq = max(anchor.Seq, 1)
			return nil
		}
		rows := func(yield func(audit.Sealed, error) bool) {
			for after := int64(0); ; {
				page, err := r.AuditChain(ctx, accountID, after, exportPage)
				if err != nil {
					yield(audit.Sealed{}, err)
					return
				}
				for _, row := range page {
					if !yield(row, nil) {
						return
					}
					after = row.Seq
				}
				if len(page) < exportPage {
					return
				}
			}
		}
		report, err = chain.Verify(rows, anchor, head)
		switch {
		case err != nil || !report.OK() || chain.HeadHolds(accountID, head, seal):
		case seal != audit.HeadSeal{} && !chain.HeadKeyKnown(seal):
			report.BadSeq, report.KeyMissing = head.Seq, true
			report.Problem = fmt.Sprintf("the record of the newest row is sealed with key %d, which this installation does not have: give the secret of that time as CURFEW_SECRET_PREVIOUS; if there was none, the record was changed", seal[0])
		default:
			report.BadSeq = head.Seq
			report.Problem = "the record of the newest row is not sealed with our key: newest rows were removed, or the record was changed"
		}
		return err
	})
	if errors.Is(err, curfew.ErrNotFound) {
		err = curfew.NewError(curfew.KindNotFound, "there is no such account")
	}
	return report, err
}
