import type { Receipt } from '@curfew/client'
import { screen, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { fakeError } from '../src/dev/fake-client'
import { sampleReceipt, sampleVerifier } from '../src/dev/samples'
// Loaded here already, so that no test waits for the disk.
import '../src/receipt/board'
import { ActiveSessionsCard, RevocationBoard, Toasts } from '../src/index'
import { iso, pass, setUp } from './helpers'

const key = () => ({ id: 'receipt-1', token: 'cfq_secret', expires_at: iso(30) })
const apps = () =>
  within(screen.getByRole('list', { name: 'Apps that check sign-ins themselves' })).getAllByRole('listitem')
const everywhere = (own: Partial<Receipt> = {}) =>
  sampleReceipt({
    state: 'everywhere',
    verifiers: [
      sampleVerifier('billing', 'acknowledged', 41),
      sampleVerifier('orders', 'acknowledged', 1204),
    ],
    p50_ms: 41,
    max_ms: 1204,
    ...own,
  })

async function board(give: () => unknown) {
  const kit = setUp((f) => f.answer('getReceipt', give))
  kit.fake.setNow(null)
  kit.show(<RevocationBoard receipt={key()} />)
  await pass()
  return kit
}

describe('RevocationBoard', () => {
  it('says here, not everywhere, while an app has not followed, and how long it may accept at worst', async () => {
    const kit = await board(() => sampleReceipt())
    expect(screen.getByRole('region')).toHaveAccessibleName('Signed out here')
    expect(screen.getByText(/5 sessions ended at/)).toHaveTextContent('1 of 3 apps have followed.')
    expect(screen.getByText(/At worst/)).toHaveTextContent('At worst 6:09 left')
    const [silent, lagging, confirmed] = apps()
    expect(silent).toHaveTextContent(/orders-apiSilent since .*, may accept for 5:12 more/)
    expect(lagging).toHaveTextContent('reportsFollowing, may accept for 0:40 more')
    expect(confirmed).toHaveTextContent('billingConfirmed in 41 ms')
    expect(kit.called('getReceipt')[0]?.slice(0, 2)).toEqual(['getReceipt', 'receipt-1'])
    expect(kit.called('getReceipt')[0]?.[2]).toMatchObject({ token: 'cfq_secret' })
  })

  it('asks once a second while it spreads, and stops at everywhere', async () => {
    let now: Receipt = sampleReceipt()
    const { called } = await board(() => now)
    await pass(3000)
    const asked = called('getReceipt').length
    expect(asked).toBeGreaterThanOrEqual(4)
    now = everywhere()
    await pass(1000)
    expect(screen.getByRole('region')).toHaveAccessibleName('Signed out everywhere')
    expect(screen.getByText(/All 2 apps followed/)).toHaveTextContent(
      'Half of them within 41 ms, the last after 1.2 s.',
    )
    expect(screen.queryByText(/At worst/)).toBeNull()
    const final = called('getReceipt').length
    await pass(60_000)
    expect(called('getReceipt')).toHaveLength(final)
  })

  it('reads out the state alone, and not what each app does', async () => {
    await board(() => sampleReceipt())
    expect(screen.getAllByRole('status').map((s) => s.textContent)).toEqual(['Signed out here'])
  })

  it('says that no app reports, and at the end that no token is left', async () => {
    let now = sampleReceipt({ verifiers: [], p50_ms: null, max_ms: null })
    await board(() => now)
    expect(screen.getByText(/No app reports here/)).toBeInTheDocument()
    expect(screen.queryByRole('list')).toBeNull()
    now = { ...now, state: 'everywhere' }
    await pass(1000)
    expect(screen.getByText(/The last access token has expired/)).toBeInTheDocument()
  })

  it('never says that all followed when a silent app only ran out of tokens', async () => {
    await board(() =>
      everywhere({
        verifiers: [sampleVerifier('orders', 'silent'), sampleVerifier('billing', 'acknowledged', 9)],
      }),
    )
    expect(screen.getByText(/1 of 2 apps have followed/)).toHaveTextContent(
      'The last access token has expired',
    )
    expect(apps()[0]).toHaveTextContent(/^ordersSilent since [^,]*$/)
  })

  it('keeps what it knew through failures, asks ever less often, and recovers', async () => {
    let up = true
    const { called } = await board(() => {
      if (!up) throw fakeError('offline')
      return sampleReceipt()
    })
    up = false
    await pass(1000)
    expect(screen.getByText(/This is from before/)).toBeInTheDocument()
    expect(apps()).toHaveLength(3)
    const asked = called('getReceipt').length
    await pass(60_000)
    expect(called('getReceipt').length - asked).toBeLessThan(9)
    up = true
    await pass(15_000)
    expect(screen.queryByText(/This is from before/)).toBeNull()
  })

  it('says that nothing is known before the first answer', async () => {
    await board(() => {
      throw fakeError('offline')
    })
    expect(screen.getByText(/Which apps have followed is not known right now/)).toBeInTheDocument()
    expect(screen.getByRole('region')).toHaveAccessibleName('Signed out here')
  })

  it('ends when the token does, by the clock and by a refusal', async () => {
    const { called } = await board(() => sampleReceipt())
    await pass(31 * 60_000)
    expect(screen.getByText(/followed for 30 minutes/)).toBeInTheDocument()
    const asked = called('getReceipt').length
    await pass(60_000)
    expect(called('getReceipt')).toHaveLength(asked)
  })

  it('ends at a refusal', async () => {
    const { called } = await board(() => {
      throw fakeError('problem', 401)
    })
    expect(screen.getByText(/followed for 30 minutes/)).toBeInTheDocument()
    const asked = called('getReceipt').length
    await pass(60_000)
    expect(called('getReceipt')).toHaveLength(asked)
  })

  it('counts the apps that it has no room for', async () => {
    const many = Array.from({ length: 40 }, (_, i) => sampleVerifier(`node-${i}`, 'acknowledged', i))
    await board(() => sampleReceipt({ verifiers: [...many, sampleVerifier('late', 'lagging')] }))
    expect(apps()).toHaveLength(12)
    expect(apps()[0]).toHaveTextContent('late')
    expect(screen.getByText('and 29 apps more')).toBeInTheDocument()
  })

  it('stands below the sessions once everyone else was signed out', async () => {
    const { user, show } = setUp()
    show(
      <>
        <ActiveSessionsCard />
        <Toasts />
      </>,
    )
    await pass()
    await user.click(screen.getByRole('button', { name: 'Sign out everyone except me' }))
    await user.click(
      within(screen.getByRole('alertdialog')).getByRole('button', { name: 'Sign out everyone except me' }),
    )
    await pass()
    expect(screen.getByRole('heading', { name: 'Signed out here' })).toBeInTheDocument()
  })

  it('takes words of its own', async () => {
    const kit = setUp()
    kit.show(<RevocationBoard receipt={key()} />, { texts: { board: { here: 'Hier abgemeldet' } } })
    await pass()
    expect(screen.getByRole('region')).toHaveAccessibleName('Hier abgemeldet')
  })
})
