import type { Board } from '@shared/board.ts'
import type { Span } from '@shared/diagnostics.ts'
import { findChild, findProperty, type DtTree } from '../../devicetree/tree.ts'

/** One word of the command line. */
export interface BootArgument {
  /** With `-` written as `_`, as the kernel compares it. */
  name: string
  /** Null without `=`. */
  value: string | null
  text: string
  /** The word in the board file; the whole property where it cannot be told, null when the board is not where it comes from. */
  span: Span | null
  /** `span` is exactly the word. */
  isExact: boolean
}

/** The words of the command line that counts, each with its place in the board file. */
export function bootArguments(tree: DtTree, board: Board, cmdline: string): BootArgument[] {
  const own = cmdline === board.bootargs
  const chosen = findChild(tree.root, 'chosen')
  const value = own && chosen ? (findProperty(chosen, 'bootargs')?.valueSpan ?? null) : null
  const isLiteral =
    value !== null && value.line === value.endLine && value.endColumn - value.column === cmdline.length + 2
  const words = [...cmdline.matchAll(/(?:"[^"]*"?|[^\s"])+/g)]
  const end = words.findIndex(([text]) => text === '--')
  return words.slice(0, end < 0 ? undefined : end).map(({ 0: text, index }) => {
    const equals = text.indexOf('=')
    return {
      name: (equals < 0 ? text : text.slice(0, equals)).replaceAll('-', '_'),
      value: equals < 0 ? null : text.slice(equals + 1).replace(/^"(.*?)"?$/, '$1'),
      text,
      span: isLiteral ? wordSpan(value, index, text.length) : own ? board.bootargsSpan : null,
      isExact: isLiteral,
    }
  })
}

const wordSpan = (value: Span, index: number, length: number): Span => ({
  ...value,
  column: value.column + 1 + index,
  endColumn: value.column + 1 + index + length,
})

/** A size as memparse() of lib/cmdline.c reads it: the number, the letter behind it, and what is left over. */
export function readSize(text: string): { bytes: number; suffix: string; rest: string } {
  const match = /^(0[xX][0-9a-fA-F]+|\d+)([KMGTPEkmgtpe]?)/.exec(text)
  if (!match) return { bytes: 0, suffix: '', rest: text }
  const digits = match[1]!
  const number = /^0[0-7]+$/.test(digits) ? parseInt(digits, 8) : Number(digits)
  const suffix = match[2]!.toUpperCase()
  return { bytes: number * 1024 ** ('KMGTPE'.indexOf(suffix || '?') + 1), suffix, rest: text.slice(match[0].length) }
}
