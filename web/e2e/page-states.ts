import type { Page } from '@playwright/test'
import { type Api, ada, type Curfew, expect, grace, limit } from './harness'
import { policyCard, sessionsCard } from './owner'

/** A page in one of its states, and how a person gets there. */
export interface State {
  name: string
  path: string
  reach?: (page: Page, world: World) => Promise<unknown>
  /** The only width at which it is there. */
  only?: number
  /** Leaves the state again where a reload would not. */
  leave?: (page: Page) => Promise<unknown>
}

export interface World {
  curfew: Curfew
  owner: Api
}

const radio = (page: Page, name: string) => policyCard(page).getByRole('radio', { name })
/** Presses the first button of that name. */
export const click = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first().click()
const shown = (page: Page, role: 'alertdialog' | 'alert') =>
  expect(page.getByRole('main').getByRole(role).first()).toBeVisible()

/** Before anybody is signed in. */
export const outside: State[] = [
  { name: 'sign-in', path: '/login' },
  { name: 'sign-in with a banner', path: '/login?reason=session_expired' },
  {
    name: 'sign-in refused',
    path: '/login',
    reach: async (page) => {
      await page.getByLabel('Email').fill(ada.email)
      await page.getByLabel('Password', { exact: true }).fill('not the right password')
      await page.keyboard.press('Enter')
      await expect(page.getByText('is not right')).toBeVisible()
    },
  },
  { name: 'a new password is set', path: '/login?note=password_set' },
  { name: 'forgotten password', path: '/forgot' },
  { name: 'an invitation without its code', path: '/invite' },
  { name: 'an invitation that is over', path: '/invite#token=nothing' },
  { name: 'a reset link that is over', path: '/reset#token=nothing' },
  { name: 'no such page', path: '/nowhere' },
]

/** An owner's. */
export const inside: State[] = [
  { name: 'account settings', path: '/account' },
  {
    name: 'account settings, changing a name',
    path: '/account',
    reach: (page) => click(page, 'Change your name'),
  },
  {
    name: 'account settings, a password refused',
    path: '/account',
    reach: async (page) => {
      await click(page, 'Change your password')
      await click(page, 'Change password')
      await expect(page.getByText('Enter your current password.')).toBeVisible()
    },
  },
  { name: 'your sessions', path: '/account/sessions' },
  {
    name: 'session security',
    path: '/account/security',
    reach: (page) => expect(page.getByText('Chart')).toBeVisible(),
  },
  {
    name: 'session security, everything unfolded',
    path: '/account/security',
    reach: async (page) => {
      await radio(page, 'Custom').check()
      await policyCard(page).getByLabel('Idle limit').fill('9')
      await policyCard(page).getByLabel('Idle limit').blur()
      await policyCard(page).getByText('What these numbers leave out').click()
      await click(page, 'Table')
      await sessionsCard(page)
        .getByRole('button', { name: /sessions? of .*Grace/ })
        .click()
      await expect(sessionsCard(page).getByText('Ends').first()).toBeVisible()
    },
  },
  {
    name: 'session security, who is affected, and a conflict',
    path: '/account/security',
    reach: async (page, { owner }) => {
      await radio(page, 'Strict').check()
      await policyCard(page).getByRole('checkbox').check()
      await expect(policyCard(page).getByRole('region', { name: 'Who is affected' })).toBeVisible()
      await limit(owner, 30 + Math.floor(Math.random() * 900), 1440)
      await click(page, 'Save')
      await shown(page, 'alert')
    },
  },
  {
    name: 'session security, failed',
    path: '/account/security',
    reach: async (page) => {
      await page.route('**/accounts/me/security', (route) => route.abort())
      await page.reload()
      await shown(page, 'alert')
    },
    leave: (page) => page.unroute('**/accounts/me/security'),
  },
  {
    name: 'the dialog before everyone is signed out',
    path: '/account/security',
    reach: async (page) => {
      await click(page, 'Sign me out and everyone else')
      await shown(page, 'alertdialog')
    },
  },
  {
    name: 'a toast',
    path: '/account/security',
    reach: async (page, { curfew }) => {
      await curfew.device(grace)
      await page.reload()
      await click(page, 'Sign out everyone except me')
      await page.getByRole('alertdialog').getByRole('button').last().click()
      await expect(page.getByRole('region', { name: 'Notifications' })).toContainText('signed out.')
    },
  },
  { name: 'people', path: '/account/people' },
  {
    name: 'a person’s menu',
    path: '/account/people',
    reach: (page) => click(page, 'Actions for Grace Hopper'),
  },
  {
    name: 'the dialog for an invitation, refused',
    path: '/account/people',
    reach: async (page) => {
      await click(page, 'Invite a person')
      await click(page, /^Invite$/)
      await expect(page.getByRole('dialog').getByLabel('Email address')).toHaveAttribute(
        'aria-invalid',
        'true',
      )
    },
  },
  {
    name: 'the dialog before somebody is disabled',
    path: '/account/people',
    reach: async (page) => {
      await click(page, 'Actions for Grace Hopper')
      await click(page, /^Disable$/)
      await shown(page, 'alertdialog')
    },
  },
  {
    name: 'the audit log, unfolded',
    path: '/account/audit',
    reach: async (page) => {
      await page.getByRole('main').getByRole('listitem').first().getByRole('button').click()
      await page.getByText('The event as JSON').click()
    },
  },
  { name: 'the audit log without events', path: '/account/audit?from=2001-01-01&to=2001-01-02' },
  { name: 'the audit log with an address it cannot read', path: '/account/audit?action=nothing' },
  {
    name: 'the audit log’s export menu',
    path: '/account/audit',
    reach: (page) => click(page, 'Export'),
  },
  { name: 'your menu', path: '/account', reach: (page) => click(page, /^You: /) },
  {
    name: 'the menu of pages',
    path: '/account',
    only: 320,
    reach: (page) => click(page, 'Pages'),
  },
]
