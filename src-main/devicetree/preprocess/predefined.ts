import type { SourceText } from '../source.ts'
import type { Macro } from './macro.ts'
import { ppToken, type PpToken } from './token.ts'

/** The macros that are there before a file begins: those which `-undef` leaves. Date and time are unknown, so that results repeat. */
export function builtinMacros(entry: SourceText, depth: () => number): Map<string, Macro> {
  let counter = 0
  const macros = new Map<string, Macro>()
  const builtin = (name: string, make: NonNullable<Macro['builtin']>): void => {
    macros.set(name, {
      name,
      parameters: null,
      variadic: false,
      file: null,
      start: 0,
      end: 0,
      body: '',
      tokens: [],
      plain: null,
      builtin: make,
    })
  }
  for (const name of ['__STDC__', '__STDC_HOSTED__', '__ASSEMBLER__']) builtin(name, () => number(1))
  builtin('__FILE__', (at) => text(at.file.path))
  builtin('__BASE_FILE__', () => text(entry.path))
  builtin('__LINE__', (at) => number(at.file.lineOf(at.offset) + 1))
  builtin('__INCLUDE_LEVEL__', () => number(depth() - 1))
  builtin('__COUNTER__', () => number(counter++))
  builtin('__DATE__', () => text('??? ?? ????'))
  builtin('__TIME__', () => text('??:??:??'))
  builtin('__TIMESTAMP__', () => text('??? ??? ?? ??:??:?? ????'))
  return macros
}

const number = (value: number): PpToken => ppToken('number', String(value))
const text = (value: string): PpToken => ppToken('string', `"${value.replace(/[\\"]/g, '\\$&')}"`)
