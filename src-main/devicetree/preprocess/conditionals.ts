import type { Directive } from './scan.ts'

interface Conditional {
  directive: Directive
  /** Text of this branch counts. */
  active: boolean
  /** A branch was taken already, or the whole stands in an inactive one. */
  done: boolean
  sawElse: boolean
}

export type ConditionKind = 'if' | 'ifdef' | 'ifndef'

/** `#if` … `#endif` of one file. */
export class Conditionals {
  private readonly stack: Conditional[] = []

  constructor(
    private readonly evaluate: (directive: Directive, kind: ConditionKind) => boolean,
    private readonly complain: (directive: Directive, message: string) => void,
  ) {}

  get isActive(): boolean {
    return this.stack.at(-1)?.active ?? true
  }

  /** Those that no `#endif` has closed. */
  get open(): Directive[] {
    return this.stack.map(({ directive }) => directive)
  }

  /** Takes a directive of this kind; false for all others. */
  take(directive: Directive): boolean {
    const { name } = directive
    if (name === 'if' || name === 'ifdef' || name === 'ifndef') {
      const outer = this.isActive
      const active = outer && this.evaluate(directive, name)
      this.stack.push({ directive, active, done: active || !outer, sawElse: false })
      return true
    }
    if (!name.startsWith('el') && name !== 'endif') return false
    const current = this.stack.at(-1)
    if (!current) this.complain(directive, `#${name} without #if`)
    else if (name === 'endif') this.stack.pop()
    else this.branch(directive, current)
    return true
  }

  private branch(directive: Directive, current: Conditional): void {
    const { name } = directive
    if (current.sawElse) this.complain(directive, `#${name} after #else`)
    if (name === 'else') {
      current.sawElse = true
      current.active = !current.done
    } else current.active = !current.done && this.evaluate(directive, name.slice(2) as ConditionKind)
    current.done ||= current.active
  }
}
