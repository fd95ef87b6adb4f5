import type { AuditFilter } from '@curfew/client'

/** An action of the audit log, in words. */
interface Action {
  /** What one filters by. */
  readonly label: string
  readonly group: Group
}

/** The groups of the filter's list, in its order. */
export const groups = ['Account', 'People', 'Invitations', 'Sessions'] as const
type Group = (typeof groups)[number]
type Known = NonNullable<AuditFilter['action']>

/**
 * Every action that this server writes, in the order of the filter's list. The
 * type holds that the filter has a word for each that the API knows.
 */
export const actions: Readonly<Record<Known, Action>> & Readonly<Record<string, Action>> = {
  'account.session_policy_update': { label: 'Session policy changed', group: 'Account' },
  'account.sessions_revoked_bulk': { label: 'Everyone signed out', group: 'Account' },
  'account.revocation_receipt': { label: 'Signed out everywhere', group: 'Account' },
  'account.local_sign_in_update': { label: 'Sign-in with a password changed', group: 'Account' },
  'account.bounds_update': { label: 'Bounds changed', group: 'Account' },
  'account.update': { label: 'Account renamed', group: 'Account' },
  'account.create': { label: 'Account created', group: 'Account' },
  'access.denied': { label: 'Access denied', group: 'Account' },
  'user.create': { label: 'Person joined', group: 'People' },
  'user.update': { label: 'Name changed', group: 'People' },
  'user.role_change': { label: 'Role changed', group: 'People' },
  'user.disable': { label: 'Person disabled', group: 'People' },
  'user.enable': { label: 'Person enabled', group: 'People' },
  'user.sessions_revoked': { label: 'Person signed out', group: 'People' },
  'user.password_change': { label: 'Password changed', group: 'People' },
  'user.password_reset_request': { label: 'Password reset asked for', group: 'People' },
  'user.reset_link_create': { label: 'Reset link made', group: 'People' },
  'user.portal_link_create': { label: 'Link to these pages made', group: 'People' },
  'user.password_reset': { label: 'Password reset', group: 'People' },
  'invite.create': { label: 'Invitation made', group: 'Invitations' },
  'invite.accept': { label: 'Invitation accepted', group: 'Invitations' },
  'invite.delete': { label: 'Invitation taken back', group: 'Invitations' },
  'session.start': { label: 'Signed in', group: 'Sessions' },
  'session.start_refused': { label: 'Sign-in refused', group: 'Sessions' },
  'session.logout': { label: 'Signed out', group: 'Sessions' },
  'session.revoke': { label: 'Session ended', group: 'Sessions' },
  'session.reuse_detected': { label: 'Refresh token reused', group: 'Sessions' },
}

/** Actions that a server of a later version may write; shown, not filtered by. */
const later: Readonly<Record<string, string>> = {
  'account.revocation_receipt': 'Sign-out confirmed everywhere',
}

/** An action's name in words; one that nobody knows here stands as it is. */
export function actionLabel(action: string): string {
  return Object.hasOwn(actions, action)
    ? (actions[action]?.label ?? action)
    : Object.hasOwn(later, action)
      ? (later[action] ?? action)
      : action
}
