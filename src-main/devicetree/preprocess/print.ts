import type { PpToken } from './token.ts'

/** Tokens → text: where a space has to stand so that two of them do not become another (cpplib's `cpp_avoid_paste`). */
const fusesWithEqual = new Set(['=', '!', '>', '<', '+', '-', '*', '/', '%', '&', '|', '^', '>>', '<<'])
const fuses: Record<string, string> = {
  '>': '>',
  '<': '<%:',
  '+': '+',
  '-': '->',
  '/': '/*',
  '%': ':%',
  '&': '&',
  '|': '|',
  ':': ':>',
  '->': '*',
  '.': '.%',
  '#': '#%',
}

/** Whether a token may fuse with one that follows it and begins with this character; a cheap question, asked before the exact one. */
export const mayFuse = (char: string): boolean => '=!><+-*/%&|^:.#\\'.includes(char)

/** Whether printing `next` right after `previous` would make another token of them. */
export function wouldFuse(previous: PpToken, next: PpToken): boolean {
  const first = next.text.charAt(0)
  if (previous.kind === 'name') return next.kind !== 'punctuation' && next.kind !== 'other'
  if (previous.kind === 'number')
    return (
      next.kind === 'number' ||
      next.kind === 'name' ||
      next.kind === 'char' ||
      first === '.' ||
      first === '+' ||
      first === '-'
    )
  if (previous.kind === 'other') return previous.text === '\\' && next.kind === 'name'
  if (previous.kind !== 'punctuation') return false
  if (first === '=' && fusesWithEqual.has(previous.text)) return true
  if (previous.text === '.' && next.kind === 'number') return true
  return first !== '' && (fuses[previous.text]?.includes(first) ?? false)
}

export const hasSpace = (token: PpToken): boolean => token.space ?? token.white

/** The tokens as text, with the spaces that keep them apart. `previous` is the token printed before the first one. */
export function printTokens(tokens: readonly PpToken[], previous: PpToken | null): string {
  let out = ''
  for (const token of tokens) {
    if (hasSpace(token) || (token.pad && previous && wouldFuse(previous, token))) out += ' '
    out += token.text
    previous = token
  }
  return out
}
