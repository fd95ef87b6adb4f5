import { readdirSync, readFileSync } from 'node:fs'
import { render } from '@testing-library/react'
import { StrictMode } from 'react'
import { describe, expect, it, vi } from 'vitest'
import { Parts } from '../src/dev/parts'
import { noon, pass } from './helpers'
// There already, so that only what is tested takes time.
import '../src/policy/policy-form'

const source = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return entry.name === 'dev' ? [] : source(path)
    return /\.tsx?$/.test(entry.name) ? [readFileSync(path, 'utf8')] : []
  })

describe('every part in every state', () => {
  it('renders without an error, and brings no styles of its own into the page', async () => {
    vi.useFakeTimers({ now: noon })
    const errors = vi.spyOn(console, 'error').mockImplementation(() => {})
    render(
      <StrictMode>
        <Parts />
      </StrictMode>,
    )
    await pass(1000)
    expect(errors).not.toHaveBeenCalled()
    expect(document.querySelectorAll('.cf-card').length).toBeGreaterThan(15)
    expect(document.body.querySelectorAll('style, [style], script')).toHaveLength(0)
    // Identifiers stay unique with every part twice and more on one page.
    const ids = [...document.querySelectorAll('[id]')].map((node) => node.id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('has every one of its style files in the style sheet', () => {
    const folder = `${import.meta.dirname}/../src`
    const named = readFileSync(`${folder}/styles.css`, 'utf8').match(/(?<=^@import ".\/styles\/).+(?=";$)/gm)
    expect(named?.toSorted()).toEqual(readdirSync(`${folder}/styles`).toSorted())
    // The variables first, so that they stand at the top of what is published.
    expect(named?.[0]).toBe('variables.css')
  })

  it('holds a strict Content-Security-Policy with Trusted Types by its source', () => {
    const files = source(`${import.meta.dirname}/../src`)
    expect(files.length).toBeGreaterThan(40)
    for (const text of files) {
      expect(text).not.toMatch(
        /dangerouslySetInnerHTML|innerHTML|insertAdjacentHTML|document\.write|<style|style=\{|eval\(/,
      )
    }
  })

  it('needs nothing at run time but React', () => {
    const imports = source(`${import.meta.dirname}/../src`)
      .flatMap((text) => [...text.matchAll(/^import (?!type\b)[^'"]*['"]([^'".][^'"]*)['"]/gm)])
      .map((match) => match[1])
    expect(new Set(imports)).toEqual(new Set(['react']))
  })
})
