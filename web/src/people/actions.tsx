import type { User } from '@curfew/client'
import type { ReactNode } from 'react'
import { client } from '../client'

/** What an owner can do to a person. */
export type ActionKind = 'promote' | 'demote' | 'disable' | 'enable' | 'sign-out'

/** The words of a change before and after it, and the change itself. */
interface Action {
  /** In the menu: "Make owner". */
  item: string
  title: (name: ReactNode) => ReactNode
  /** What will happen, said before it does. */
  body: (user: User, self: boolean) => ReactNode
  verb: string
  busy: string
  /** The dialog's button warns; in the menu only what is `grave` does. */
  danger: boolean
  grave?: true
  run: (user: User) => Promise<unknown>
  /** Said when it is done. */
  done: (name: string) => string
}

/** How many sessions end, and where the person is left. */
function ends(user: User): string {
  if (user.session_count === 0) return 'They are not signed in anywhere now.'
  const sessions =
    user.session_count === 1 ? 'Their session ends' : `Their ${user.session_count} sessions end`
  return `${sessions} at once here; apps that check sign-ins themselves follow within minutes.`
}

/** What owners do with a person, in words. */
export const actions: Record<ActionKind, Action> = {
  promote: {
    item: 'Make owner',
    title: (name) => <>Make {name} an owner?</>,
    body: () =>
      'Owners decide how long sessions last, end anybody’s sessions, invite and disable people, and read the audit log. They can also make you a member.',
    verb: 'Make owner',
    busy: 'Saving…',
    danger: false,
    run: (user) => client.api.updateUser(user.id, { role: 'owner' }),
    done: (name) => `${name} is now an owner.`,
  },
  demote: {
    item: 'Make member',
    title: (name) => <>Make {name} a member?</>,
    body: (user, self) =>
      self
        ? 'You lose the owners’ pages and are signed out everywhere, here too. Only another owner can make you an owner again.'
        : `They lose the owners’ pages and have to sign in again as a member. ${ends(user)}`,
    verb: 'Make member',
    busy: 'Saving…',
    danger: true,
    run: (user) => client.api.updateUser(user.id, { role: 'member' }),
    done: (name) => `${name} is now a member.`,
  },
  disable: {
    item: 'Disable',
    title: (name) => <>Disable {name}?</>,
    body: (user, self) =>
      self
        ? 'You are signed out everywhere, here too, and cannot sign in again until another owner enables you.'
        : `They can’t sign in until an owner enables them again. ${ends(user)}`,
    verb: 'Disable',
    grave: true,
    busy: 'Disabling…',
    danger: true,
    run: (user) => client.api.updateUser(user.id, { disabled: true }),
    done: (name) => `${name} is disabled.`,
  },
  enable: {
    item: 'Enable',
    title: (name) => <>Enable {name}?</>,
    body: (user) =>
      user.role === 'owner'
        ? 'They can sign in again, as an owner, with the password they had.'
        : 'They can sign in again with the password they had.',
    verb: 'Enable',
    busy: 'Enabling…',
    danger: false,
    run: (user) => client.api.updateUser(user.id, { disabled: false }),
    done: (name) => `${name} can sign in again.`,
  },
  'sign-out': {
    item: 'Sign out everywhere',
    title: (name) => <>Sign out {name} everywhere?</>,
    body: (user, self) =>
      self
        ? 'All your sessions end, this one too. You can sign in again at once.'
        : `${ends(user)} They can sign in again.`,
    verb: 'Sign out everywhere',
    busy: 'Signing out…',
    danger: true,
    run: (user) => client.api.revokeUserSessions(user.id),
    done: (name) => `${name} is signed out everywhere.`,
  },
}

/** What can be done to a person as they are now. */
export function actionsFor(user: User): ActionKind[] {
  if (user.disabled) return ['enable']
  const kinds: ActionKind[] = [user.role === 'owner' ? 'demote' : 'promote']
  if (user.session_count > 0) kinds.push('sign-out')
  kinds.push('disable')
  return kinds
}
