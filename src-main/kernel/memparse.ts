/** memparse() of lib/cmdline.c: a number in C notation with an optional K, M, G, T, P or E behind it. */
import type { Bytes } from '@shared/units.ts'

const SUFFIXES = 'KMGTPE'

/** `value` wraps at 2^64 (an exact answer beyond 2^53 is not promised); `rest` is what follows. A suffix alone counts as one. */
export function memparse(text: string): { value: Bytes; rest: string } {
  const { value: number, rest } = parseUnsigned(text)
  const suffix = SUFFIXES.indexOf((rest[0] ?? '?').toUpperCase())
  const value = (number * 1024 ** (suffix + 1)) % 2 ** 64
  return { value, rest: rest.slice(suffix < 0 ? 0 : 1) }
}

/** simple_strtoull() in base 0: hexadecimal after 0x, octal after 0, else decimal. No digits: 0 and the whole text. */
export function parseUnsigned(text: string): { value: number; rest: string } {
  const match = /^(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9]\d*))/.exec(text)
  if (!match) return { value: 0, rest: text }
  const [digits, hex, octal, decimal] = match
  const value = hex ? parseInt(hex, 16) : octal ? parseInt(octal, 8) : Number(decimal)
  return { value, rest: text.slice(digits.length) }
}
