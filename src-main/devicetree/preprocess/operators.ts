import { type DirectiveTokens, type Expander, type ExpansionHost, Expander as Expanding } from './expand.ts'
import { printTokens } from './print.ts'
import { PpToken } from './token.ts'
import { evaluateCondition } from './condition.ts'

export interface ConditionHost extends ExpansionHost {
  isDefined(name: string): boolean
  /** Whether an include of that name would be found. */
  isThere(name: string, angled: boolean, next: boolean): boolean
}

/** The expression of `#if`: macros expanded, `defined` and `__has_include` answered. A string says what is wrong. */
export function evaluateIf(tokens: DirectiveTokens, host: ConditionHost): boolean | string {
  let problem: string | null = null
  const answer = (value: boolean | string, { white }: PpToken): PpToken => {
    if (typeof value === 'string') problem ??= value
    return new PpToken('number', value === true ? '1' : '0', white)
  }
  const expander = new Expanding(host, tokens, undefined, (name, at) => {
    if (name.text === 'defined') return answer(definedName(at, host), name)
    if (name.text === '__has_include' || name.text === '__has_include_next')
      return answer(hasInclude(name.text, at, tokens, host), name)
    return null
  })
  const expanded = expander.expandRaw()
  return problem ?? evaluateCondition(expanded)
}

function definedName(expander: Expander, host: ConditionHost): boolean | string {
  let name = expander.take()
  const parenthesised = name?.text === '('
  if (parenthesised) name = expander.take()
  if (name?.kind !== 'name') return "'defined' needs the name of a macro"
  if (parenthesised && expander.take()?.text !== ')') return "'defined(' without ')'"
  return host.isDefined(name.text)
}

function hasInclude(
  operator: string,
  expander: Expander,
  tokens: DirectiveTokens,
  host: ConditionHost,
): boolean | string {
  const next = operator.endsWith('next')
  const written = tokens.match(/\s*\(\s*(?:"([^"\n]*)"|<([^>\n]*)>)\s*\)/)
  if (written) return host.isThere((written[1] ?? written[2])!, written[2] !== undefined, next)
  const wrong = `${operator} needs ("file") or (<file>)`
  if (expander.take()?.text !== '(') return wrong
  const inside: PpToken[] = []
  for (let depth = 0, token = expander.take(); ; token = expander.take()) {
    if (!token) return wrong
    if (token.text === '(') depth++
    if (token.text === ')' && depth-- === 0) break
    inside.push(token)
  }
  const found = headerName(printTokens(new Expanding(host, null).expandAll(inside), null))
  return found?.rest === '' ? host.isThere(found.name, found.angled, next) : wrong
}

/** `"file"` or `<file>` as the expansion of a macro leaves it, and what follows. */
export function headerName(text: string): { name: string; angled: boolean; rest: string } | null {
  const match = /^(?:"([^"]+)"|<\s*([^>]+?)\s*>)\s*(.*)$/s.exec(text.trim())
  return match && { name: (match[1] ?? match[2])!, angled: match[2] !== undefined, rest: match[3]! }
}
