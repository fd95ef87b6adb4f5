import { describe, expectTypeOf, it } from 'vitest'
import type {
  Client,
  CurfewError,
  CurfewErrorLike,
  EndReason,
  Expiry,
  Observable,
  Page,
  Security,
  Session,
  SessionState,
  SessionUser,
  SignInReason,
  TokenResponse,
  User,
} from '../src/index'

describe('the types', () => {
  it('tell the states apart by their status', () => {
    const state = {} as SessionState
    expectTypeOf(state.status).toEqualTypeOf<'loading' | 'signed-out' | 'signed-in'>()
    if (state.status === 'signed-in') {
      expectTypeOf(state.session).toEqualTypeOf<Session>()
      expectTypeOf(state.user).toEqualTypeOf<SessionUser>()
      expectTypeOf(state).not.toHaveProperty('reason')
    } else if (state.status === 'signed-out') {
      expectTypeOf(state.reason).toEqualTypeOf<EndReason | null>()
      expectTypeOf(state).not.toHaveProperty('user')
    } else {
      expectTypeOf(state.error).toEqualTypeOf<CurfewErrorLike | null>()
      expectTypeOf(state).not.toHaveProperty('session')
    }
  })

  it('are those of the API', () => {
    expectTypeOf<Client['session']>().toEqualTypeOf<Observable<SessionState>>()
    expectTypeOf<Client['expiry']>().toEqualTypeOf<Observable<Expiry | null>>()
    expectTypeOf<Client['signIn']>().returns.resolves.toEqualTypeOf<TokenResponse>()
    expectTypeOf<Client['api']['getSecurity']>().returns.resolves.toEqualTypeOf<
      Security & { etag: string | null }
    >()
    expectTypeOf<Client['api']['listUsers']>().returns.resolves.toEqualTypeOf<Page<User>>()
    expectTypeOf<Client['api']['exportAuditEvents']>().returns.resolves.toEqualTypeOf<Response>()
    expectTypeOf<CurfewError>().toExtend<CurfewErrorLike>()
    expectTypeOf<'reauth'>().toExtend<SignInReason>()
    // A browser's refresh token stays in its cookie.
    expectTypeOf<Parameters<Client['signIn']>[0]>().toEqualTypeOf<{ email: string; password: string }>()
  })
})
