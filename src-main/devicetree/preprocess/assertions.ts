import { hasSpace } from './print.ts'
import type { PpReader, PpToken } from './token.ts'

/** `#assert machine(arm)` and `#if #machine(arm)`: what GNU cpp had before macros were tested; it still takes them, and so do we. */
export class Assertions {
  private readonly answers = new Map<string, Set<string>>()

  /** `#assert PREDICATE(ANSWER)`; a string is the complaint, here and below. */
  assert(reader: PpReader): string | null {
    const found = parse(reader)
    if (typeof found === 'string') return found
    if (found.answer === null) return '#assert needs an answer in parentheses: #assert machine(arm)'
    const answers = this.answers.get(found.predicate) ?? new Set()
    this.answers.set(found.predicate, answers.add(found.answer))
    return null
  }

  /** `#unassert PREDICATE(ANSWER)`, or all answers of a predicate. */
  unassert(reader: PpReader): string | null {
    const found = parse(reader)
    if (typeof found === 'string') return found
    if (found.answer === null) this.answers.delete(found.predicate)
    else this.answers.get(found.predicate)?.delete(found.answer)
    return null
  }

  /** Behind the `#` of an expression: whether the answer, or any, was asserted. */
  test(reader: PpReader): boolean | string {
    const found = parse(reader)
    if (typeof found === 'string') return found
    const answers = this.answers.get(found.predicate)
    return found.answer === null ? (answers?.size ?? 0) > 0 : (answers?.has(found.answer) ?? false)
  }
}

function parse(reader: PpReader): { predicate: string; answer: string | null } | string {
  const predicate = reader.next()
  if (predicate?.kind !== 'name') return 'an assertion needs a predicate: #assert machine(arm)'
  if (!reader.take('(')) return { predicate: predicate.text, answer: null }
  const tokens: PpToken[] = []
  for (let depth = 0; ;) {
    const token = reader.next()
    if (!token) return `the answer of ${predicate.text} has no closing ')'`
    if (token.text === '(') depth++
    else if (token.text === ')' && depth-- === 0) break
    tokens.push(token)
  }
  if (tokens.length === 0) return `the answer of ${predicate.text} is empty`
  const answer = tokens.map((token, index) => (index > 0 && hasSpace(token) ? ' ' : '') + token.text).join('')
  return { predicate: predicate.text, answer }
}
