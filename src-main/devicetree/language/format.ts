import type { TextEdit } from '@shared/diagnostics.ts'
import { SourceText } from '../source.ts'

/**
 * Formatting after the kernel's coding style for devicetree (Documentation/devicetree/bindings/dts-coding-style.rst): a tab a level, values
 * that go on are aligned under the first one, one space around `=`. Only white space changes; comments, strings and directives stay.
 */
const directive = /^#\s*(?:include|define|undef|ifdef|ifndef|if|elif|else|endif|error|warning|pragma|line)\b/

interface State {
  depth: number
  comment: boolean
  /** Column at which lines of the open value go on; null between statements. */
  align: number | null
  /** The last line was a directive that goes on. */
  directive: boolean
}

/** Edits of whole lines that differ. */
export function formatEdits(file: string, text: string): TextEdit[] {
  const source = new SourceText(file, text)
  const before = text.split('\n')
  const after = formatLines(before)
  return before.flatMap((line, n) => {
    const now = after[n]!
    if (now === line) return []
    const start = source.lineStarts[n]!
    return [{ ...source.span(start, start + line.length), newText: now }]
  })
}

export const formatText = (text: string): string => formatLines(text.split('\n')).join('\n')

function formatLines(lines: string[]): string[] {
  const state: State = { depth: 0, comment: false, align: null, directive: false }
  return lines.map((line) => formatLine(line, state))
}

function formatLine(line: string, state: State): string {
  const bare = line.trim()
  if (state.directive || (!state.comment && directive.test(bare))) {
    state.directive = bare.endsWith('\\')
    return line.trimEnd()
  }
  if (bare === '') return ''
  if (state.comment) {
    advance(bare, state, 0)
    return line.trimEnd()
  }
  const closes = /^\}/.test(bare) ? 1 : 0
  const indent = state.align === null ? '\t'.repeat(Math.max(0, state.depth - closes)) : tabs(state.align)
  const body = spaced(bare)
  advance(body, state, state.align === null ? 8 * (state.depth - closes) : state.align)
  return indent + body
}

/** As many tabs of eight as fit, then spaces. */
const tabs = (columns: number): string => '\t'.repeat(Math.floor(columns / 8)) + ' '.repeat(columns % 8)

/** One space around `=` and before `{`, none before `;` and inside `< >`; strings and comments are copied. */
function spaced(line: string): string {
  const pieces =
    line.match(
      /"(?:\\.|[^"\\])*"?|\/\*[^]*?(?:\*\/|$)|\/\/.*$|\/[a-z][a-z0-9-]*\/|(?:[^"/]|\/(?![*/]|[a-z][a-z0-9-]*\/))+|\//g,
    ) ?? []
  return pieces
    .map((piece) => (piece.startsWith('"') || /^\/\S/.test(piece) ? piece : spacedCode(piece)))
    .join('')
    .replace(/^\/[ \t]*\{$/, '/ {')
    .replace(/^([^"/]*?[^\s"/=<>!])\s*=\s*(?=["<[&/(A-Z])/, '$1 = ')
    .trimEnd()
}

/** Code without strings and comments. Expressions in parentheses are spaced as C; the arguments of macros are nobody's business. */
function spacedCode(code: string): string {
  let out = ''
  for (let at = 0; at < code.length;) {
    const open = code.indexOf('(', at)
    const close = open < 0 ? -1 : closing(code, open)
    out += spacedOutside(code.slice(at, open < 0 ? code.length : open), at > 0)
    if (open < 0) break
    if (close < 0) return out + code.slice(open)
    const inside = code.slice(open, close + 1)
    out += /\w/.test(code[open - 1] ?? '') ? inside : spacedExpression(inside)
    at = close + 1
  }
  return out
}

function closing(code: string, open: number): number {
  let depth = 0
  for (let at = open; at < code.length; at++) {
    if (code[at] === '(') depth++
    if (code[at] === ')' && --depth === 0) return at
  }
  return -1
}

/** `goesOn`: an expression stands right before it. */
function spacedOutside(code: string, goesOn: boolean): string {
  return (goesOn ? code.replace(/^[ \t]+>(?=[;,\s]|$)/, '>') : code)
    .replace(/(\S)[ \t]*\{[ \t]*$/, '$1 {')
    .replace(/[ \t]+;/g, ';')
    .replace(/(^|[^<])<[ \t]+(?!<)/g, '$1<')
    .replace(/(\S)[ \t]+>(?=[;,\s]|$)/g, '$1>')
}

const expressionToken = /'(?:\\.|[^'\\])*'|\w+|<<|>>|&&|\|\||[<>=!]=|\S/g
const binary = /^(?:<<|>>|&&|\|\||[<>=!]=|[-+*/%&|^<>?:])$/

/** One space around operators of two sides and after commas, none after those of one side and inside parentheses. */
function spacedExpression(text: string): string {
  let out = ''
  let previous = ''
  let wasUnary = false
  for (const match of text.matchAll(expressionToken)) {
    const [token] = match
    const isOperand = /[\w')]$/.test(previous)
    const isBinary = binary.test(token) && isOperand
    if (token === '(' && /\w$/.test(previous)) {
      // the arguments of a macro, as they are
      const close = closing(text, match.index)
      return out + text.slice(match.index, close + 1) + spacedRest(text.slice(close + 1))
    }
    const isTight = out === '' || previous === '(' || token === ')' || token === ',' || wasUnary
    out += (isTight ? '' : ' ') + token
    wasUnary = !isBinary && /^[-+~!&]$/.test(token) && !isOperand
    previous = token
  }
  return out
}

/** What comes after the arguments of a macro inside an expression. */
const spacedRest = (rest: string): string => spacedExpression('0' + rest).slice(1)

/** Follows brackets, comments and statements over a line that begins at a column. */
function advance(line: string, state: State, column: number): void {
  for (let at = 0; at < line.length; at++) {
    const char = line[at]!
    if (state.comment) {
      if (line.startsWith('*/', at)) {
        state.comment = false
        at++
      }
    } else if (line.startsWith('/*', at)) {
      state.comment = true
      at++
    } else if (line.startsWith('//', at)) return
    else if (char === '"') at = stringEnd(line, at)
    else if (char === '{') {
      state.depth++
      state.align = null
    } else if (char === '}') {
      state.depth = Math.max(0, state.depth - 1)
      state.align = null
    } else if (char === ';') state.align = null
    else if (char === '=' && state.align === null && !/[=<>!]/.test(line[at - 1] ?? '') && line[at + 1] !== '=') {
      const value = /\S/.exec(line.slice(at + 1))
      state.align = value ? column + at + 1 + value.index : column + 8
    }
  }
}

function stringEnd(line: string, at: number): number {
  let end = at + 1
  while (end < line.length && line[end] !== '"') end += line[end] === '\\' ? 2 : 1
  return end
}
