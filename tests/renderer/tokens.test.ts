import { describe, expect, it } from 'vitest'
import { themes, type ThemeName, type Token } from '../../src-renderer/theme/tokens.ts'

/** Relative luminance and contrast, WCAG 2.2. */
function luminance(color: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const channel = parseInt(color.slice(at, at + 2), 16) / 255
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
}
function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (high! + 0.05) / (low! + 0.05)
}

const grounds: Token[] = ['ground', 'panel', 'raised', 'sunken', 'hover', 'selected']
const texts: Token[] = ['text', 'textMuted']
const onPanel: Token[] = [
  'textFaint',
  'accent',
  'ok',
  'warn',
  'danger',
  'syntaxKeyword',
  'syntaxString',
  'syntaxNumber',
  'syntaxComment',
  'syntaxLabel',
  'syntaxProperty',
  'syntaxNode',
]

describe.each(['dark', 'light'] as ThemeName[])('the %s theme', (name) => {
  const theme = themes[name]
  it.each(texts.flatMap((text) => grounds.map((ground) => [text, ground] as const)))(
    '%s can be read on %s',
    (text, ground) => {
      expect(contrast(theme[text], theme[ground])).toBeGreaterThanOrEqual(4.5)
    },
  )
  it.each(
    onPanel.flatMap((text) => (['panel', 'ground', 'raised'] as Token[]).map((ground) => [text, ground] as const)),
  )('%s can be read on %s', (text, ground) => {
    expect(contrast(theme[text], theme[ground])).toBeGreaterThanOrEqual(4.5)
  })
  it('buttons and banners can be read', () => {
    expect(contrast(theme.accentText, theme.accent)).toBeGreaterThanOrEqual(4.5)
    for (const soft of ['okSoft', 'warnSoft', 'dangerSoft'] as Token[])
      expect(contrast(theme.text, theme[soft])).toBeGreaterThanOrEqual(4.5)
    for (const [text, ground] of [
      ['warn', 'warnSoft'],
      ['danger', 'dangerSoft'],
      ['ok', 'okSoft'],
    ] as [Token, Token][])
      expect(contrast(theme[text], theme[ground])).toBeGreaterThanOrEqual(4.5)
  })
})
