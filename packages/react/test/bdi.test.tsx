import { render, screen } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { Bdi } from '../src/index'
import { isolate, unturned } from '../src/internal'

/** Each character that embeds, overrides, isolates, ends one of these, or separates. */
const acting = '\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029'

describe('a name in an element', () => {
  it('stands there without what would end the element’s isolation or turn the text after it', () => {
    render(
      <p>
        <Bdi className="who" title="more">
          {`Gr${acting}ace \u2069\u202egpj.exe`}
        </Bdi>{' '}
        signed in
      </p>,
    )
    const name = screen.getByTitle('more')
    expect(name.outerHTML).toBe('<bdi class="who" title="more">Grace gpj.exe</bdi>')
  })

  it('takes what elements take as text', () => {
    const { container } = render(
      <Bdi>
        {'Ada'} {1} {null}
      </Bdi>,
    )
    expect(container.innerHTML).toBe('<bdi>Ada 1 </bdi>')
  })

  it('keeps what names are written with', () => {
    const names = ['Zoë', 'אבי כהן', 'محمد\u200e (2)', 'نگه\u200cدار', '👩\u200d🚀', '\u061c\u200f']
    for (const name of names) expect(unturned(name)).toBe(name)
  })
})

describe('a name in a sentence', () => {
  it('cannot end the isolates around it', () => {
    expect(isolate('\u2069\u202Eeve')).toBe('\u2068eve\u2069')
  })
})
