import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { createService } from '../../packages/client/src/service/index'
import { binary, expect, test } from './harness'

// What a product's back end does with @curfew/client/service, at a real server.
test('a back end starts sessions for its own people, lists and ends them', async ({ curfew }) => {
  const scopes = 'accounts:write,sessions:read,sessions:write,tokens:introspect,webhooks:write'
  const args = ['service-keys', 'create', '--name', 'shop', '--scope', scopes]
  const text = execFileSync(binary, [...args, '--data-dir', join(curfew.folder, 'data')], {
    encoding: 'utf8',
  })
  const service = createService({ baseUrl: curfew.url, key: /cfk_\S+/.exec(text)?.[0] ?? '' })

  const account = await service.putAccount('acct:1', { name: 'Acme' })
  expect(account).toMatchObject({ external_id: 'acct:1', name: 'Acme' })
  const ada = await service.putUser('acct:1', 'u1', { name: 'Ada', email: 'ada@acme.example', role: 'owner' })
  const start = { account: { external_id: 'acct:1' }, user: { external_id: 'u1' }, amr: ['pwd', 'otp'] }
  const first = await service.startSession(start, { idempotencyKey: 'sign-in 1' })
  expect(first.user.id).toBe(ada.id)
  const repeated = await service.startSession(start, { idempotencyKey: 'sign-in 1' })
  expect(repeated.session.id).toBe(first.session.id)
  expect(repeated.refresh_token).not.toBe(first.refresh_token)
  const second = await service.startSession(start)

  expect(await service.introspect(second.access_token)).toMatchObject({
    active: true,
    token_type: 'Bearer',
    sub: ada.id,
    sid: second.session.id,
    amr: ['pwd', 'otp'],
  })
  const page = await service.listSessions('acct:1', { user: 'u1', limit: 1 })
  expect(page.items).toHaveLength(1)
  const rest = await service.listSessions('acct:1', { user: 'u1', cursor: page.next_cursor ?? '' })
  expect(rest).toMatchObject({ items: [{ user: { id: ada.id } }], next_cursor: null })

  await service.endSession('acct:1', first.session.id)
  await service.revokeToken(second.refresh_token)
  expect(await service.introspect(second.access_token)).toEqual({ active: false })
  const ended = await service.listSessions('acct:1', { status: 'ended' })
  expect(ended.items.map((session) => session.reason)).toEqual(['service', 'service'])
  await service.startSession(start)
  expect(await service.revokeUserSessions('acct:1', 'u1', { reason: 'Left' })).toEqual({ revoked_count: 1 })
  expect(await service.revokeSessions('acct:1', { scope: 'all' })).toEqual({ revoked_count: 0 })

  const policy = await service.getSecurity('acct:1')
  const tighter = await service.updateSecurity('acct:1', { idle_minutes: 30 }, { ifMatch: policy.etag })
  expect(tighter.effective_idle_minutes).toBe(30)
  await expect(
    service.updateSecurity('acct:1', { idle_minutes: 45 }, { ifMatch: policy.etag }),
  ).rejects.toMatchObject({ type: 'stale', status: 412 })
  await expect(service.getSecurity('unknown')).rejects.toMatchObject({ type: 'not-found' })

  const bounds = await service.getBounds('acct:1')
  const day = { absolute_minutes_max: 1440, absolute_minutes_default: 720, idle_minutes_default: 60 }
  const narrower = await service.updateBounds('acct:1', day, { ifMatch: bounds.etag })
  expect(narrower.effective_absolute_minutes_max).toBe(1440)
  expect((await service.getSecurity('acct:1')).absolute_minutes_max).toBe(1440)

  const link = await service.createPortalLink({ account: 'acct:1', user: 'u1', page: 'security' })
  expect(link.url).toContain(`${curfew.url}/portal#code=`)
  await expect(
    service.createPortalLink({ account: 'acct:1', user: 'u1', return_url: 'https://elsewhere.example/' }),
  ).rejects.toMatchObject({ status: 422, type: 'invalid-request' })

  const webhook = await service.createWebhook({
    url: 'https://app.example.com/hook',
    events: ['session.ended'],
  })
  expect(webhook.secret).toMatch(/^whsec_/)
  expect(await service.updateWebhook(webhook.id, { disabled: true })).toMatchObject({
    disabled_reason: 'request',
  })
  expect((await service.rotateWebhookSecret(webhook.id)).secret).not.toBe(webhook.secret)
  expect(await service.listWebhooks()).toHaveLength(1)
  await service.deleteWebhook(webhook.id)
  expect(await service.listWebhooks()).toEqual([])
})
