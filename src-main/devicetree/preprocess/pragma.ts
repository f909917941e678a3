import type { Macro } from './definition.ts'
import { builtinMacro } from './predefined.ts'
import { PpReader, PpToken } from './token.ts'

const invalid = (message: string) => ({ severity: 'error' as const, message })

/** Pragmas that say something to the preprocessor itself; all others are left out, as devicetree has no use for them. */
export class Pragmas {
  private readonly saved = new Map<string, (Macro | undefined)[]>()

  constructor(private readonly macros: Map<string, Macro>) {}

  /** Carries one out; what it wants to be said comes back. */
  take(text: string): { severity: 'error' | 'warning'; message: string } | null {
    const [first, ...rest] = new PpReader(text, 0, text.length).all()
    const isGcc = first?.text === 'GCC'
    const words = isGcc ? rest : first ? [first, ...rest] : []
    const name = words[0]?.text
    if (name === 'poison') {
      const wrong = words.slice(1).findIndex(({ kind }) => kind !== 'name')
      for (const word of words.slice(1, wrong < 0 ? undefined : wrong + 1)) this.poison(word.text)
      if (wrong >= 0) return invalid(`#pragma GCC poison takes names, not '${words[wrong + 1]!.text}'`)
    } else if (isGcc && (name === 'error' || name === 'warning') && words[1]?.kind === 'string')
      return { severity: name, message: words[1].text.slice(1, -1) }
    else if (name === 'push_macro' || name === 'pop_macro') {
      if (words[1]?.text !== '(' || words[2]?.kind !== 'string' || words[3]?.text !== ')')
        return invalid(`#pragma ${name} needs ("NAME")`)
      this.stack(name, words[2].text.slice(1, -1))
    }
    return null
  }

  private poison(name: string): void {
    const poisoned = builtinMacro(name, (host) => {
      host.complain(`'${name}' is poisoned by a #pragma and cannot be used`)
      return new PpToken('name', name).withoutExpansion()
    })
    this.macros.set(name, poisoned)
  }

  private stack(operation: string, name: string): void {
    const saved = this.saved.get(name) ?? []
    this.saved.set(name, saved)
    if (operation === 'push_macro') return void saved.push(this.macros.get(name))
    if (saved.length === 0) return
    const macro = saved.pop()
    if (macro) this.macros.set(name, macro)
    else this.macros.delete(name)
  }
}
