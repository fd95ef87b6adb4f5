import type { Client } from '@curfew/client'
import { type ReactNode, useEffect, useMemo, useState } from 'react'
import { CurfewContext } from './context'
import { createFormat, defaultLocale } from './format'
import { personKey } from './person'
import { createRegions } from './regions'
import { type DeepPartial, mergeTexts, type Texts } from './texts'
import { createTicker } from './ticker'
import { createToastStore, type ToastStore } from './toast-store'

/** What `CurfewProvider` takes. */
export interface CurfewProviderProps {
  /** Made once, outside of rendering: `createClient()`. */
  client: Client
  /** Words that replace the English ones; any part of them. */
  texts?: DeepPartial<Texts>
  /** For times and numbers, such as `de`. By default the browser's variant of English. */
  locale?: string
  children?: ReactNode
}

/** Runs the client while it is mounted and gives it to everything below. */
export function CurfewProvider({ client, texts, locale, children }: CurfewProviderProps) {
  const [own] = useState(() => ({
    ticker: createTicker(30_000),
    toasts: createToastStore(),
    regions: createRegions(),
  }))
  useEffect(() => {
    client.start()
    return () => client.stop()
  }, [client])
  useEffect(() => own.regions.listen(), [own])
  useEffect(() => forgetForOthers(client, own.toasts), [client, own])
  const value = useMemo(() => {
    const words = mergeTexts(texts)
    // Made once for all parts: the browser's formatters are dear to make.
    const format = createFormat(locale ?? defaultLocale(), () => client.serverNow(), words.common.justNow)
    return { ...own, client, texts: words, format }
  }, [own, client, texts, locale])
  return <CurfewContext value={value}>{children}</CurfewContext>
}

/** Takes messages away that were for one person as soon as another is signed in. */
function forgetForOthers(client: Client, toasts: ToastStore): () => void {
  const whose = () => personKey(client.session.get())
  let shown = whose()
  return client.session.subscribe(() => {
    const next = whose()
    if (next === null || next === shown) return
    if (shown !== null) toasts.clear()
    shown = next
  })
}
