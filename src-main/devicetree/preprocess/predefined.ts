import type { BuiltinHost, Macro } from './definition.ts'
import { PpToken } from './token.ts'

/** Where the built-in macros get their values. */
export interface UnitState {
  entryPath: string
  /** The file under work, as line markers may have renamed it. */
  path(): string
  /** How many files include the one under work. */
  depth(): number
  pragma(text: string): void
}

/** The macros that are there before a file begins: those which `-undef` leaves. Date and time are unknown, so that results repeat. */
export function builtinMacros(state: UnitState): Map<string, Macro> {
  let counter = 0
  const macros = new Map<string, Macro>()
  const builtin = (name: string, make: (host: BuiltinHost) => PpToken | null): void =>
    void macros.set(name, builtinMacro(name, make))
  for (const name of ['__STDC__', '__STDC_HOSTED__', '__ASSEMBLER__']) builtin(name, () => number(1))
  builtin('__FILE__', () => text(state.path()))
  builtin('__BASE_FILE__', () => text(state.entryPath))
  builtin('__LINE__', (host) => number(host.line()))
  builtin('__INCLUDE_LEVEL__', () => number(state.depth()))
  builtin('__COUNTER__', () => number(counter++))
  builtin('__DATE__', () => text('??? ?? ????'))
  builtin('__TIME__', () => text('??:??:??'))
  builtin('__TIMESTAMP__', () => text('??? ??? ?? ??:??:?? ????'))
  for (const name of ['__has_include', '__has_include_next'])
    builtin(name, (host) => {
      host.complain(`${name} has a meaning in #if and #elif only`)
      return new PpToken('name', name).withoutExpansion()
    })
  builtin('_Pragma', (host) => {
    const argument = host.argument()
    if (argument !== null) state.pragma(argument.slice(1, -1).replace(/\\(["\\])/g, '$1'))
    return null
  })
  return macros
}

/** A macro whose replacement is computed. */
export const builtinMacro = (name: string, builtin: NonNullable<Macro['builtin']>): Macro => ({
  name,
  parameters: null,
  variadic: false,
  file: null,
  start: 0,
  end: 0,
  body: '',
  tokens: [],
  isPlain: false,
  printed: '',
  builtin,
})

const number = (value: number): PpToken => new PpToken('number', String(value))
const text = (value: string): PpToken => new PpToken('string', `"${value.replace(/[\\"]/g, '\\$&')}"`)
