// The vectors, run by another hand: tokens by jose, which shares no code with
// Curfew, and revocations by the few lines below, written from their description.
import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import access from './access-tokens.json'
import revocations from './revocations.json'

type Claims = Record<string, unknown>
type Entry = {
  account_id?: string
  session_id?: string
  user_id?: string
  epoch?: number
  except?: string[]
  at?: string
  minted_before?: string
  until: string
}

/** What a service has to ask of jose for Curfew's tokens. */
function verify(file: { issuer: string; audience: string; jwks: JSONWebKeySet }, token: string, now: Date) {
  return jwtVerify<Claims>(token, createLocalJWKSet(file.jwks), {
    issuer: file.issuer,
    audience: file.audience,
    typ: 'at+jwt',
    algorithms: ['EdDSA'],
    requiredClaims: ['exp', 'iat', 'sub', 'jti', 'client_id', 'sid', 'account_id', 'role'],
    currentDate: now,
  })
}

// Where a verifier of Curfew's own is stricter than a general one: it compares
// the header byte for byte, takes one form only of a token, and asks when it was
// made.
const stricter = new Set(['jku', 'jwk', 'trailing-bits', 'padded', 'newline', 'issued-in-the-future'])

describe('access tokens', () => {
  // jose counts in whole seconds, rounded down as the claims are.
  it.each(access.vectors.map((v) => [v.name, v] as const))('%s', async (_, v) => {
    const verdict = verify(access as typeof access & { jwks: JSONWebKeySet }, v.token, new Date(v.now_ms))
    if (v.outcome === 'ok') {
      expect((await verdict).payload).toEqual(v.claims)
    } else if (v.outcome === 'expired') {
      await expect(verdict).rejects.toBeInstanceOf(errors.JWTExpired)
    } else if (stricter.has(v.name)) {
      await expect(verdict).resolves.toBeDefined()
    } else {
      await expect(verdict).rejects.toBeInstanceOf(errors.JOSEError)
    }
  })

  it('has every exception among its vectors', () => {
    const names = new Set(access.vectors.map((v) => v.name))
    expect([...stricter].filter((name) => !names.has(name))).toEqual([])
  })
})

/** Microseconds since 1970 of a time such as 2026-03-04T05:06:07.890123Z. */
function micros(text: string): bigint {
  const [seconds = '', fraction = ''] = text.replace('Z', '').split('.')
  return BigInt(Date.parse(`${seconds}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0'))
}

/** Whether an entry refuses a token, by the authority's clock. */
function refuses(entry: Entry, claims: Claims, now: bigint): boolean {
  if (entry.minted_before !== undefined) {
    return BigInt(claims.iat as number) * 1_000_000n < micros(entry.minted_before)
  }
  if (entry.account_id !== claims.account_id) return false
  if (entry.session_id !== undefined) {
    return entry.session_id === claims.sid && (entry.at === undefined || now >= micros(entry.at))
  }
  if (entry.epoch === undefined || entry.except?.includes(claims.sid as string)) return false
  if (entry.user_id === undefined) return ((claims.ae as number) ?? 0) < entry.epoch
  return entry.user_id === claims.sub && ((claims.ue as number) ?? 0) < entry.epoch
}

describe('revocations', () => {
  it.each(revocations.vectors.map((v) => [v.name, v] as const))('%s', async (_, v) => {
    const file = revocations as typeof revocations & { jwks: JSONWebKeySet }
    const { payload } = await verify(file, v.token, new Date(v.now))
    const ended = (v.entries as Entry[]).some((entry) => refuses(entry, payload, micros(v.now)))
    expect(ended ? 'revoked' : 'ok').toBe(v.outcome)
  })
})
