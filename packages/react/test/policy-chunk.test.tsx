import { screen } from '@testing-library/react'
import { expect, it, vi } from 'vitest'
import { arriving } from '../src/arriving'
import { SessionPolicyCard } from '../src/index'
import { PolicyForm } from '../src/policy/policy-form'
import { pass, setUp } from './helpers'

const network = vi.hoisted(() => ({ up: false }))

vi.mock('../src/policy/load-form', () => ({
  loadForm: async () => {
    const code = network.up ? Promise.resolve(PolicyForm) : Promise.reject(new TypeError('Failed to fetch'))
    return arriving(code)
  },
}))

it('shows the failure in the card when the code of the form cannot be loaded, and tries again', async () => {
  const { user, show, called } = setUp()
  show(<SessionPolicyCard />)
  expect(screen.getByRole('region', { name: 'Policy' })).toHaveAttribute('aria-busy', 'true')
  await pass()
  expect(screen.getByRole('alert')).toHaveTextContent(
    'The policy could not be loaded. Part of this page did not arrive.',
  )
  expect(screen.queryByRole('radio')).toBeNull()

  network.up = true
  const before = called('getSecurity').length
  await user.click(screen.getByRole('button', { name: 'Try again' }))
  expect(called('getSecurity')).toHaveLength(before + 1)
  expect(screen.getByRole('radio', { name: /Standard/ })).toBeChecked()
  expect(screen.queryByRole('alert')).toBeNull()
})
