package authority

import (
	"context"
	"errors"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
)

// Security gives the account's policy and who is signed in, to an owner.
func (a *Authority) Security(ctx context.Context, actor curfew.Actor) (s Security, err error) {
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		if _, err := caller(ctx, r, actor, a.now(), curfew.RoleOwner); err != nil {
			return err
		}
		s, err = a.security(ctx, r, actor.AccountID)
		return err
	})
	return s, err
}

func (a *Authority) security(ctx context.Context, r Reader, accountID curfew.ID) (s Security, err error) {
	account, err := r.Account(ctx, accountID)
	if err != nil {
		return s, err
	}
	s.Policy, s.Bounds = settingsOf(account), a.boundsOf(account)
	s.Effective, s.Preset, s.Presets = s.Bounds.InForce(s.Policy), s.Bounds.PresetOf(s.Policy.Policy), s.Bounds.Presets()
	s.Version, s.UpdatedAt = account.PolicyVersion, account.PolicyUpdatedAt
	if !account.PolicyUpdatedBy.IsZero() {
		user, err := r.User(ctx, accountID, account.PolicyUpdatedBy)
		if err != nil {
			return s, err
		}
		s.UpdatedBy = &user
	}
	s.ActiveUsers, s.UserCount, s.SessionCount, err = r.ActiveUsers(ctx, accountID, a.now(), MaxActiveUsers)
	return s, err
}

// judgePolicy refuses a change that breaks a rule, before anything else is looked at.
func (a *Authority) judgePolicy(bounds policy.Bounds, before policy.Policy, in *SetPolicy) error {
	var f fields
	f.broken(bounds.Check(before, in.Change))
	f.broken(bounds.CheckLimit(in.Limit))
	if in.ApplyTo == "" {
		in.ApplyTo = NewSessions
	}
	if in.ApplyTo != NewSessions && in.ApplyTo != AllSessions {
		f.add("apply_to", "apply_to must be new_sessions or all_sessions")
	}
	in.Reason = f.text("reason", in.Reason, maxReasonLength)
	after := bounds.Resolve(in.Change.Apply(before))
	if a.PolicyReasonRequired && in.Reason == "" && len(f) == 0 && after.Exceeds(policy.AAL2) && !in.Change.Apply(before).Equal(before) {
		f.add("reason", "reason must say why the limits are longer than NIST SP 800-63B-4 recommends at AAL2 (60 idle, 1440 absolute minutes)")
	}
	return f.err()
}

// SetPolicy changes the account's policy and, where asked, applies the policy
// in force to running sessions. It audits in the same transaction. Should it not
// come to the end with the sessions, the policy holds all the same, and the sweeper
// goes on.
func (a *Authority) SetPolicy(ctx context.Context, actor curfew.Actor, from curfew.Origin, in SetPolicy) (Security, error) {
	for {
		waits, s, err := a.setPolicy(ctx, actor, from, in)
		if err == nil && (waits || in.ApplyTo == AllSessions) {
			_, err = a.finishClamp(ctx, always, actor.AccountID)
		}
		if err != nil {
			return Security{}, err
		}
		if waits {
			continue
		}
		if in.ApplyTo == AllSessions {
			err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
				s, err = a.security(ctx, r, actor.AccountID)
				return err
			})
		}
		return s, err
	}
}

// setPolicy does so but for the sessions. Where an earlier policy is still being
// applied to them it does nothing: it waits for that.
func (a *Authority) setPolicy(ctx context.Context, actor curfew.Actor, from curfew.Origin, in SetPolicy) (waits bool, s Security, err error) {
	now := a.now()
	run := a.Store.InTx
	if in.ApplyTo == AllSessions {
		run = a.Store.InBulk
	}
	err = run(ctx, actor.AccountID, func(ctx context.Context, tx Tx) error {
		if _, err := caller(ctx, tx, actor, now, curfew.RoleOwner); err != nil {
			return err
		}
		account, err := tx.Account(ctx, actor.AccountID)
		if err != nil {
			return err
		}
		bounds, before := a.boundsOf(account), settingsOf(account)
		if err := a.judgePolicy(bounds, before.Policy, &in); err != nil {
			return err
		}
		if err := stale(in.IfVersion, account.PolicyVersion); err != nil {
			return err
		}
		if waits = !account.Clamping.At.IsZero(); waits {
			return nil
		}
		after := policy.Settings{Policy: bounds.Settle(in.Change.Apply(before.Policy)), SessionLimit: in.Limit.Apply(before.SessionLimit)}
		changed, touches, version := !after.Equal(before), false, account.PolicyVersion
		if changed {
			if version, err = tx.SetPolicy(ctx, account.ID, after, actor.UserID, now); err != nil {
				return err
			}
		}
		if in.ApplyTo == AllSessions {
			limits := bounds.Resolve(after.Policy)
			if err := tx.BeginClamp(ctx, account.ID, limits, version, now); err != nil {
				return err
			}
			if !changed { // else it is told of anyway
				if touches, err = tx.WouldClamp(ctx, account.ID, limits, now); err != nil {
					return err
				}
			}
		}
		if changed || touches {
			details := detail("old", before).Set("new", after).
				Set("effective_old", bounds.InForce(before)).Set("effective_new", bounds.InForce(after)).
				Set("apply_to", string(in.ApplyTo)).Set("reason", in.Reason)
			if err := write(ctx, tx, from, now, event{account: account.ID, action: audit.AccountSessionPolicyUpdate, actor: by(actor),
				resource: "account", id: account.ID, details: details}); err != nil {
				return err
			}
			if err := tellPolicy(ctx, tx, actor, account.ID, now, toldPolicy{Version: version, Old: limitsOf(before), New: limitsOf(after),
				EffectiveOld: limitsInForce(bounds.InForce(before)), EffectiveNew: limitsInForce(bounds.InForce(after)), ApplyTo: in.ApplyTo}); err != nil {
				return err
			}
		}
		if in.ApplyTo != AllSessions { // else that is seen when it is done
			s, err = a.security(ctx, tx, actor.AccountID)
		}
		return err
	})
	return waits, s, err
}

// PreviewPolicy tells what SetPolicy with AllSessions would do, and does
// nothing.
func (a *Authority) PreviewPolicy(ctx context.Context, actor curfew.Actor, in SetPolicy) (p Preview, err error) {
	now := a.now()
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		if _, err := caller(ctx, r, actor, now, curfew.RoleOwner); err != nil {
			return err
		}
		account, err := r.Account(ctx, actor.AccountID)
		if err != nil {
			return err
		}
		bounds, before := a.boundsOf(account), policyOf(account)
		in.Reason = "a preview needs none"
		if err := a.judgePolicy(bounds, before, &in); err != nil {
			return err
		}
		p, err = r.PreviewClamp(ctx, account.ID, actor.SessionID, bounds.Resolve(in.Change.Apply(before)), now, MaxPreviewUsers)
		return err
	})
	return p, err
}

// RevokeSessions ends every session of the account, or every one but the
// caller's own sessions. What it returns counts those that were active, and
// names the receipt that shows which verifiers have heard.
func (a *Authority) RevokeSessions(ctx context.Context, actor curfew.Actor, from curfew.Origin, scope Scope) (ended Ended, err error) {
	return a.revokeSessions(ctx, actor, from, scope, actor.UserID, "")
}

// revokeSessions is RevokeSessions for whoever keeps the sessions of somebody,
// and with a note for the audit log.
func (a *Authority) revokeSessions(ctx context.Context, actor curfew.Actor, from curfew.Origin, scope Scope, keep curfew.ID, note string) (ended Ended, err error) {
	reasons := map[Scope]curfew.Reason{ScopeAll: curfew.ReasonOwnerAll, ScopeOthers: curfew.ReasonOwnerOthers}
	reason, known := reasons[scope]
	if !known {
		return Ended{}, curfew.Invalid("scope", "scope must be all or others")
	}
	action, receipts := audit.AccountSessionsRevokedBulk, true
	if actor.Type == curfew.ActorService { // who has no page on which to watch a receipt
		action, receipts, reason = audit.SessionRevoke, false, curfew.ReasonService
	}
	now := a.now()
	receipt, receiptToken := a.newReceipt(actor.AccountID, scope)
	err = a.Store.InLog(ctx, actor.AccountID, func(ctx context.Context, tx Tx) error {
		audited := func(count int, told bool) error {
			if receipt.RevokedCount = count; receipts {
				if err := a.issueReceipt(ctx, tx, &receipt, told); err != nil {
					return err
				}
			}
			return write(ctx, tx, from, now, event{account: actor.AccountID, action: action, actor: by(actor),
				resource: "account", id: actor.AccountID, details: noted(detail("scope", string(scope)).Set("revoked_count", count), note)})
		}
		// Nothing is written before a refusal, which would undo what others
		// commit in the same transaction.
		if _, err := caller(ctx, tx, actor, now, curfew.RoleOwner); err != nil {
			return err
		}
		if scope == ScopeOthers {
			others, err := tx.OthersActive(ctx, actor.AccountID, keep, tokensSince(now))
			if err == nil && !others {
				others, err = tx.PortalWaits(ctx, actor.AccountID, keep, true, now)
			}
			if err != nil {
				return err
			}
			if !others { // nothing is to end, no token is alive, and no epoch is raised for nothing
				return audited(0, false)
			}
		}
		// The raise comes first: it locks the account, and so puts all bulk
		// endings in an order. Whoever was ended by one before is refused.
		epoch, err := tx.RaiseAccountEpoch(ctx, actor.AccountID, Raising{At: now, Reason: reason, Actor: actor})
		if err != nil {
			return err
		}
		if err := aliveBefore(ctx, tx, actor, now, func(st *curfew.Standing) { st.Account.SessionEpoch = epoch - 1 }, curfew.RoleOwner); err != nil {
			return err
		}
		ending := curfew.Revocation{AccountID: actor.AccountID, Epoch: epoch}
		if receipts {
			ending.Receipt = receipt.ID
		}
		if scope == ScopeOthers {
			if ending.Except, err = tx.LiftAccountEpoch(ctx, actor.AccountID, keep, epoch, now); err != nil {
				return err
			}
		}
		if err := tx.Log(ctx, ending); err != nil {
			return err
		}
		count, err := tx.CountBelowAccountEpoch(ctx, actor.AccountID, epoch, now)
		if err != nil {
			return err
		}
		if err := audited(count, true); err != nil {
			return err
		}
		return tellRevoked(ctx, tx, ending, reason, count, now)
	})
	if err != nil {
		return Ended{}, alsoFailed(err, a.auditDeadCaller(ctx, actor, from, "revoke-sessions", err))
	}
	return Ended{Count: receipt.RevokedCount, ReceiptID: receipt.ID, ReceiptToken: receiptToken, ReceiptExpiresAt: receipt.ExpiresAt}, nil
}

// aliveBefore judges the caller as of the moment before an epoch was raised
// in this very transaction.
func aliveBefore(ctx context.Context, tx Tx, actor curfew.Actor, now time.Time, undo func(*curfew.Standing), need curfew.Role) error {
	if actor.Type == curfew.ActorService {
		return inAccount(actor)
	}
	st, err := tx.SessionStanding(ctx, actor.AccountID, actor.SessionID)
	if errors.Is(err, curfew.ErrNotFound) {
		return invalidToken()
	}
	if err != nil {
		return err
	}
	undo(&st)
	return allowed(st, now, need)
}

// auditDeadCaller writes that a bulk ending was refused because its caller had
// been signed out in the meantime.
func (a *Authority) auditDeadCaller(ctx context.Context, actor curfew.Actor, from curfew.Origin, operation string, err error) error {
	switch curfew.KindOf(err) {
	case curfew.KindSessionExpired, curfew.KindSessionRevoked, curfew.KindForbidden:
	default:
		return nil
	}
	return a.refused(ctx, from, a.now(), event{account: actor.AccountID, action: audit.AccessDenied, actor: by(actor),
		resource: "account", id: actor.AccountID, details: detail("operation", operation).Set("cause", "caller_not_allowed_any_more")})
}
