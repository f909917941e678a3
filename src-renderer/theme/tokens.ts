import { kindColors } from '@shared/region-kinds.ts'

/**
 * Every colour of the lab, for both themes, from one table: the style sheet, Monaco and the charts read it. Text pairs keep a contrast of
 * at least 4.5:1 (tests/renderer/tokens.test.ts measures them). Owners come from a set that stays apart for colour-blind eyes; what pages
 * ARE (free, movable, pinned, blocked, failed) has fixed colours, and patterns beside them.
 */
export type ThemeName = 'dark' | 'light'

const dark = {
  ...kindColors.dark,
  ground: '#0e1116',
  panel: '#141820',
  raised: '#1b212b',
  sunken: '#0a0d11',
  hover: '#222a36',
  selected: '#1d3347',
  rule: '#262e3a',
  ruleStrong: '#3a4556',
  text: '#e4e9f0',
  textMuted: '#a3aebd',
  textFaint: '#8a96a8',
  accent: '#5cb3ff',
  accentText: '#06121d',
  accentSoft: '#17324a',
  focus: '#7cc4ff',
  ok: '#5fd0a5',
  okSoft: '#12332a',
  warn: '#f0b454',
  warnSoft: '#3a2c12',
  danger: '#ff7b72',
  dangerSoft: '#401d1d',
  free: '#1a2230',
  freeEdge: '#2c3849',
  movable: '#5d7290',
  pinned: '#d9a441',
  blocked: '#ff7b72',
  syntaxKeyword: '#8cc8ff',
  syntaxString: '#9fd8a4',
  syntaxNumber: '#f2c078',
  syntaxComment: '#7f8b9c',
  syntaxLabel: '#d9a8ff',
  syntaxProperty: '#cfd8e3',
  syntaxNode: '#7fdbca',
}
export type Token = keyof typeof dark

const light: Record<Token, string> = {
  ...kindColors.light,
  ground: '#f3f4f6',
  panel: '#ffffff',
  raised: '#ffffff',
  sunken: '#eceef1',
  hover: '#e8ecf1',
  selected: '#dcebfa',
  rule: '#dfe3e8',
  ruleStrong: '#bcc4ce',
  text: '#15191f',
  textMuted: '#4a5563',
  textFaint: '#5c6775',
  accent: '#0f62b0',
  accentText: '#ffffff',
  accentSoft: '#dcebfa',
  focus: '#0f62b0',
  ok: '#0b6b4b',
  okSoft: '#dcf3e9',
  warn: '#8a5200',
  warnSoft: '#fdf0d8',
  danger: '#b3261e',
  dangerSoft: '#fce4e2',
  free: '#f0f3f7',
  freeEdge: '#d3dae3',
  movable: '#93a5be',
  pinned: '#c98a1b',
  blocked: '#c9362c',
  syntaxKeyword: '#0b57a4',
  syntaxString: '#1d6b35',
  syntaxNumber: '#8a4a00',
  syntaxComment: '#5f6b7a',
  syntaxLabel: '#7b2fb0',
  syntaxProperty: '#2b3440',
  syntaxNode: '#006a5f',
}

export const themes: Record<ThemeName, Record<Token, string>> = { dark, light }

/** Owners, in the order they are given out. After Okabe and Ito, tuned for each ground. */
export const ownerColors: Record<ThemeName, string[]> = {
  dark: ['#56b4e9', '#2fc49a', '#d98bc0', '#7d9bff', '#ff8f5e', '#9fd36b', '#c9a0ff', '#6fd6e0'],
  light: ['#1f78b4', '#0a8f6c', '#b2558f', '#4059c9', '#d1521a', '#5b8f1d', '#8250c4', '#158a98'],
}

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => '-' + letter.toLowerCase())

/** The table as custom properties of the style sheet. */
export const themeCss = (name: ThemeName): string =>
  [
    ...Object.entries(themes[name]).map(([token, color]) => `--${kebab(token)}: ${color};`),
    ...ownerColors[name].map((color, index) => `--owner-${index}: ${color};`),
    `color-scheme: ${name};`,
  ].join('\n')
