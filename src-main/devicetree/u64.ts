import type { U64 } from './ast.ts'

/**
 * Arithmetic of dtc's expressions: unsigned, 64 bits, wrapping. Values stay plain numbers while exact (nearly always), and become
 * bigints only above 2^53, so that ordinary files never pay for them.
 */
const isExact = (value: number): boolean => value >= 0 && value <= Number.MAX_SAFE_INTEGER
const wrap = (value: bigint): U64 => {
  const wrapped = BigInt.asUintN(64, value)
  return wrapped <= Number.MAX_SAFE_INTEGER ? Number(wrapped) : wrapped
}
const areNumbers = (a: U64, b: U64): boolean => typeof a === 'number' && typeof b === 'number'
/** Both below 2^31: bit operators work on them directly. */
const areSmall = (a: U64, b: U64): boolean =>
  areNumbers(a, b) && (a as number) < 0x80000000 && (b as number) < 0x80000000

type Binary = (a: U64, b: U64) => U64
const wide =
  (operation: (a: bigint, b: bigint) => bigint): Binary =>
  (a, b) =>
    wrap(operation(BigInt(a), BigInt(b)))
const arithmetic =
  (fast: (a: number, b: number) => number, operation: (a: bigint, b: bigint) => bigint): Binary =>
  (a, b) => {
    if (areNumbers(a, b)) {
      const value = fast(a as number, b as number)
      if (isExact(value)) return value
    }
    return wrap(operation(BigInt(a), BigInt(b)))
  }
const bitwise =
  (fast: (a: number, b: number) => number, operation: (a: bigint, b: bigint) => bigint): Binary =>
  (a, b) =>
    areSmall(a, b) ? fast(a as number, b as number) : wrap(operation(BigInt(a), BigInt(b)))
const truth =
  (operation: (a: U64, b: U64) => boolean): Binary =>
  (a, b) =>
    operation(a, b) ? 1 : 0
const shift =
  (operation: (a: bigint, b: bigint) => bigint): Binary =>
  (a, b) =>
    b >= 64 ? 0 : wide(operation)(a, b)

const shiftLeft = shift((a, b) => a << b)

/** Binary operators by binding strength, loosest first; `/` and `%` by zero are the caller's to refuse. */
export const operatorLevels: Record<string, Binary>[] = [
  { '||': truth((a, b) => Boolean(a) || Boolean(b)) },
  { '&&': truth((a, b) => Boolean(a) && Boolean(b)) },
  {
    '|': bitwise(
      (a, b) => a | b,
      (a, b) => a | b,
    ),
  },
  {
    '^': bitwise(
      (a, b) => a ^ b,
      (a, b) => a ^ b,
    ),
  },
  {
    '&': bitwise(
      (a, b) => a & b,
      (a, b) => a & b,
    ),
  },
  { '==': truth((a, b) => a === b), '!=': truth((a, b) => a !== b) },
  {
    '<': truth((a, b) => a < b),
    '>': truth((a, b) => a > b),
    '<=': truth((a, b) => a <= b),
    '>=': truth((a, b) => a >= b),
  },
  {
    '<<': (a, b) => (areSmall(a, b) && (b as number) < 22 ? (a as number) * 2 ** (b as number) : shiftLeft(a, b)),
    '>>': shift((a, b) => a >> b),
  },
  {
    '+': arithmetic(
      (a, b) => a + b,
      (a, b) => a + b,
    ),
    '-': arithmetic(
      (a, b) => a - b,
      (a, b) => a - b,
    ),
  },
  {
    '*': arithmetic(
      (a, b) => a * b,
      (a, b) => a * b,
    ),
    '/': arithmetic(
      (a, b) => Math.floor(a / b),
      (a, b) => a / b,
    ),
    '%': arithmetic(
      (a, b) => a % b,
      (a, b) => a % b,
    ),
  },
]

export const unaryOperators: Record<string, (value: U64) => U64> = {
  '-': (value) => wrap(-BigInt(value)),
  '~': (value) => wrap(~BigInt(value)),
  '!': (value) => (value ? 0 : 1),
}

/** `10`, `0x1f`, `017` with suffixes U, L, UL, LL, ULL; null when it does not fit 64 bits or is no number (`09`). */
export function parseNumber(text: string): U64 | null {
  // nearly all numbers: short, without suffix, not octal
  if (text.length < 12 && (text.length === 1 || text[0] !== '0' || text[1] === 'x')) {
    const value = Number(text)
    if (value >= 0) return value
  }
  const digits = text.replace(/[UL]+$/, '')
  const octal = /^0[0-7]+$/.test(digits)
  if (!octal && !/^(0|[1-9]\d*|0[xX][0-9a-fA-F]+)$/.test(digits)) return null
  if (digits.length < 13) return octal ? parseInt(digits, 8) : Number(digits)
  const value = BigInt(octal ? '0o' + digits.slice(1) : digits)
  return value >= 2n ** 64n ? null : wrap(value)
}

/** The low 32 bits and the bits above them, each as an unsigned number. */
export function halves(value: U64): [high: number, low: number] {
  if (typeof value === 'number') return [Math.floor(value / 0x100000000), value % 0x100000000]
  return [Number(value >> 32n), Number(value & 0xffffffffn)]
}

/** Whether the value fits `bits`, as itself or as a negative number that was sign-extended to 64 bits. */
export function fits(value: U64, bits: number): boolean {
  if (bits === 32 && value <= 0xffffffff) return true
  if (bits >= 64 || value < 2 ** bits) return true
  return BigInt(value) >> BigInt(bits) === 2n ** BigInt(64 - bits) - 1n
}
