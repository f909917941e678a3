import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { unifiedDiff } from '../../src-main/report/diff.ts'

describe('unified diffs', () => {
  it('look as diff -u prints them', () => {
    const before = 'a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n'
    const after = before.replace('e\n', 'E\nEE\n')
    expect(unifiedDiff('board.dts', before, after)).toBe(
      '--- a/board.dts\n+++ b/board.dts\n@@ -2,7 +2,8 @@\n b\n c\n d\n-e\n+E\n+EE\n f\n g\n h\n',
    )
  })

  it('keep changes apart that are far from each other', () => {
    const before = Array.from({ length: 40 }, (_, i) => `${i}\n`).join('')
    const diff = unifiedDiff('f', before, before.replace('\n5\n', '\nfive\n').replace('\n30\n', '\n'))
    expect(diff.match(/^@@.*/gm)).toEqual(['@@ -3,7 +3,7 @@', '@@ -28,7 +28,6 @@'])
  })

  it('say where a last line has no end', () => {
    expect(unifiedDiff('f', 'a', 'b\n')).toBe('--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n')
  })

  it('lead from one text to the other, whatever they are', () => {
    const text = fc.array(fc.constantFrom('a\n', 'b\n', 'c\n'), { maxLength: 30 }).map((lines) => lines.join(''))
    fc.assert(
      fc.property(text, text, (before, after) => {
        expect(applied(before, unifiedDiff('f', before, after))).toBe(after)
      }),
    )
  })
})

/** A patch program in its smallest form: trusts line numbers, checks every line that it passes. */
function applied(before: string, diff: string): string {
  const old = before.match(/[^\n]*\n/g) ?? []
  const out: string[] = []
  let at = 0
  for (const line of diff.split('\n').slice(2, -1)) {
    const hunk = /^@@ -(\d+)(?:,(\d+))? /.exec(line)
    if (hunk) {
      const start = Number(hunk[1]) - (hunk[2] === '0' ? 0 : 1)
      out.push(...old.slice(at, start))
      at = start
    } else {
      if (line[0] !== '+') expect(old[at++]).toBe(`${line.slice(1)}\n`)
      if (line[0] !== '-') out.push(`${line.slice(1)}\n`)
    }
  }
  return [...out, ...old.slice(at)].join('')
}
