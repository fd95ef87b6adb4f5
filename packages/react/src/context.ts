import type { Client } from '@curfew/client'
import { createContext, useContext, useSyncExternalStore } from 'react'
import type { Format } from './format'
import type { Regions } from './regions'
import type { Texts } from './texts'
import type { Ticker } from './ticker'
import type { ToastStore } from './toast-store'

/** What the provider hands down. */
export interface CurfewContextValue {
  client: Client
  texts: Texts
  format: Format
  ticker: Ticker
  toasts: ToastStore
  regions: Regions
}

/** Filled by `CurfewProvider`. */
export const CurfewContext = createContext<CurfewContextValue | null>(null)

/** The context, or an error that names the hook which was used outside the provider. */
export function useCurfewContext(hook: string): CurfewContextValue {
  const value = useContext(CurfewContext)
  if (!value) throw new Error(`${hook} needs a <CurfewProvider> above it`)
  return value
}

/** The client that the provider was given. */
export function useCurfew(): Client {
  return useCurfewContext('useCurfew').client
}

/** The words in force: English, with what the provider's `texts` replaced. */
export function useTexts(): Texts {
  return useCurfewContext('useTexts').texts
}

/** Formats in the provider's locale. Renders again every 30 s, so that "12 min ago" stays true. */
export function useFormat(): Format {
  const { format, ticker } = useCurfewContext('useFormat')
  useSyncExternalStore(ticker.subscribe, ticker.get, ticker.get)
  return format
}
