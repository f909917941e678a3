import type { Diagnostic, Severity, Span } from '@shared/diagnostics.ts'
import type { AstCells, AstReference, AstValuePart } from '../ast.ts'
import type { LiveNode, LiveProperty, LiveTree } from '../livetree.ts'
import { type Fail, type PhandleFormat, Resolver } from '../resolve.ts'
import { type Check, CheckContext } from './check.ts'
import { checkTable } from './table.ts'

/**
 * Runs the table: references are resolved and everything is checked. Unlike dtc, which stops at the first check that finds an error,
 * every check runs whose prerequisites passed.
 */
export interface CheckOptions {
  /** `-W` and `-E` options in order: `no-unit_address_vs_reg`, `-E clocks_property` as `{ error: true, name: 'clocks_property' }`. */
  levels: { error: boolean; name: string }[]
  symbols: boolean
  /** Leave out the checks that only warn. */
  quiet: boolean
  phandles: PhandleFormat
  /** Stands in diagnostics about what has no place in a source. */
  file: string
}

interface State {
  warning: boolean
  error: boolean
  status: 'unchecked' | 'blocked' | 'passed' | 'failed'
}

const byName = new Map(checkTable.map((check) => [check.name, check]))

/** Names that `-W` and `-E` know. */
export const checkNames = checkTable.map((check) => check.name)

export function runChecks(tree: LiveTree, options: CheckOptions): { diagnostics: Diagnostic[]; resolver: Resolver } {
  const runner = new Runner(tree, options)
  runner.run()
  return { diagnostics: runner.diagnostics, resolver: runner.resolver }
}

class Runner {
  readonly diagnostics: Diagnostic[] = []
  readonly resolver: Resolver
  private readonly states: Map<string, State>
  private readonly context: CheckContext
  private current: Check = checkTable[0]!

  constructor(
    private readonly tree: LiveTree,
    private readonly options: CheckOptions,
  ) {
    this.resolver = new Resolver(tree, options.phandles)
    this.states = initialStates(options.levels)
    this.context = new CheckContext(tree, this.resolver, options.symbols, this.fail)
  }

  run(): void {
    for (const check of checkTable) {
      const { warning, error } = this.states.get(check.name)!
      if ((warning && !this.options.quiet) || error) this.check(check)
    }
  }

  private check(check: Check): State {
    const state = this.states.get(check.name)!
    if (state.status !== 'unchecked') return state
    for (const name of check.needs ?? []) {
      const needed = this.check(byName.get(name)!)
      if (needed.status === 'passed') continue
      state.status = 'blocked'
      // after an error dtc runs no further checks, so it does not say this of them
      if (!needed.error) this.report(check, this.tree.root, null, `${BLOCKED} '${name}'`)
    }
    if (state.status === 'blocked') return state
    this.current = check
    state.status = 'passed'
    for (const node of check.on ? this.context.nodesWith(check.on) : this.context.nodes) check.run(this.context, node)
    this.settle(check.name)
    return state
  }

  /** Fixups change the tree; what was remembered about it is forgotten. */
  private settle(name: string): void {
    if (name === 'omit_unused_nodes') this.tree.root.prune()
    if (name === 'omit_unused_nodes' || name === 'phandle_references') this.context.changed()
  }

  private readonly fail: Fail = (node, property, message, target) => {
    this.states.get(this.current.name)!.status = 'failed'
    // of a reference dtc names the node alone
    const owner = property && target === undefined ? `${node.path}:${property.name}` : node.path
    this.report(this.current, node, property, `${owner}: ${message}`, target)
  }

  private report(check: Check, node: LiveNode, property: LiveProperty | null, message: string, target?: string): void {
    const { warning, error } = this.states.get(check.name)!
    if (!error && (!warning || this.options.quiet)) return
    const severity: Severity = error ? 'error' : 'warning'
    const spans = property?.nameSpan ? [referenceSpan(property, target) ?? property.nameSpan] : node.nameSpans
    const place = spans[0] ?? { file: this.options.file, line: 1, column: 1, endLine: 1, endColumn: 1 }
    const related = spans.slice(1).map((span) => ({ ...span, message: 'also defined here' }))
    this.diagnostics.push({ severity, code: check.name, message, ...place, ...(related.length ? { related } : {}) })
  }
}

/** Where a reference to the target stands inside the value. */
function referenceSpan({ ast, unit }: LiveProperty, target: string | undefined): Span | null {
  if (target === undefined || !ast || !unit) return null
  const references: (AstValuePart | AstCells['elements'][number])[] = []
  for (const part of ast.parts) references.push(...(part.kind === 'cells' ? part.elements : [part]))
  const found = references.find(
    (part): part is AstReference => typeof part === 'object' && part.kind === 'reference' && part.target === target,
  )
  return found ? unit.span(found.start, found.end) : null
}

/** dtc's words for a check that could not run because another one failed. */
const BLOCKED = 'Failed prerequisite'

/** Says nothing that another diagnostic does not say: dtc prints it, a person is spared it. */
export const isConsequence = (diagnostic: Diagnostic): boolean => diagnostic.message.startsWith(BLOCKED)

function initialStates(levels: CheckOptions['levels']): Map<string, State> {
  const states = new Map<string, State>()
  for (const { name, level } of checkTable)
    states.set(name, { warning: level === 'warning', error: level === 'error', status: 'unchecked' })
  for (const { name, error } of levels) {
    const plain = name.replace(/^no[-_]/, '')
    if (!states.has(plain)) continue
    if (plain === name) raise(states, name, error)
    else lower(states, plain, error)
  }
  return states
}

const levelOf = (error: boolean): 'error' | 'warning' => (error ? 'error' : 'warning')

/** Switching a check on also switches on what it needs. */
function raise(states: Map<string, State>, name: string, error: boolean): void {
  const state = states.get(name)!
  if (!state[levelOf(error)]) for (const needed of byName.get(name)!.needs ?? []) raise(states, needed, error)
  state[levelOf(error)] = true
}

/** Switching a check off also switches off what needs it. */
function lower(states: Map<string, State>, name: string, error: boolean): void {
  const state = states.get(name)!
  if (state[levelOf(error)])
    for (const check of checkTable) if (check.needs?.includes(name)) lower(states, check.name, error)
  state[levelOf(error)] = false
}
