import { describe, expect, it } from 'vitest'
import { evaluate } from '../../src-main/workload/formula.ts'

describe('formulas of workload files', () => {
  const sizes: [string | number, number][] = [
    [4096, 4096],
    ['4M', 4 * 1024 * 1024],
    ['1.5K', 1536],
    ['0x1000', 4096],
    ['width * height * 3 / 2', 3_110_400],
    ['2 + 3 * (4 - 1)', 11],
    ['align(5000, 4K)', 8192],
    ['max(1K, 2K, 3K)', 3072],
  ]
  it.each(sizes)('%s is %d bytes', (text, bytes) =>
    expect(evaluate(text, 'size', { width: 1920, height: 1080 })).toBe(bytes),
  )

  const times: [string, number][] = [
    ['33ms', 33_000],
    ['1s / fps', 20_000],
    ['2min', 120_000_000],
    ['250us', 250],
  ]
  it.each(times)('%s in microseconds is %d', (text, us) => expect(evaluate(text, 'time', { fps: 50 })).toBe(us))

  const wrong: [string, string][] = [
    ['4X', 'has the unknown unit "X"; write K, M or G'],
    ['width *', 'ends too early'],
    ['(1 + 2', 'lacks a closing parenthesis'],
    ['hight', 'uses "hight", which is not defined; known: width'],
    ['1 2', 'has "2" where an operator'],
    ['eval(1)', 'calls "eval", which is no function'],
    ['1 / 0', 'divides by zero'],
    ['1 - 2', 'must be a number that is not negative'],
    ['constructor', 'is not defined'],
  ]
  it.each(wrong)('%s: %s', (text, message) => expect(() => evaluate(text, 'size', { width: 1 })).toThrow(message))
})
