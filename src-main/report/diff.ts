/** Unified diffs (POSIX diff -u) between two texts, line by line, with the shortest edit script (E. Myers, 1986). */
const CONTEXT_LINES = 3

interface Edit {
  kind: ' ' | '-' | '+'
  line: string
}

/** `from` and `to` as `a/NAME` and `b/NAME`; empty when the texts are the same. */
export function unifiedDiff(name: string, before: string, after: string): string {
  if (before === after) return ''
  const hunks = hunksOf(editsOf(linesOf(before), linesOf(after)))
  return `--- a/${name}\n+++ b/${name}\n${hunks.join('')}`
}

/** Lines with their line ends, so that a missing last one is seen. */
const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

function editsOf(a: string[], b: string[]): Edit[] {
  const trace = furthestPaths(a, b)
  const edits: Edit[] = []
  let x = a.length
  let y = b.length
  for (let depth = trace.length - 1; depth >= 0; depth--) {
    const reach = trace[depth]!
    const down = goesDown(reach, x - y, depth)
    const fromK = x - y + (down ? 1 : -1)
    const fromX = reach.get(fromK)!
    // the snake after the edit: lines that are the same
    const startX = depth === 0 ? 0 : down ? fromX : fromX + 1
    while (x > startX) edits.push({ kind: ' ', line: a[--x]! })
    if (depth > 0) edits.push(down ? { kind: '+', line: b[fromX - fromK]! } : { kind: '-', line: a[fromX]! })
    x = fromX
    y = fromX - fromK
  }
  return edits.reverse()
}

/** For each number of edits: how far each diagonal got before them. */
function furthestPaths(a: string[], b: string[]): Map<number, number>[] {
  const trace: Map<number, number>[] = []
  const reach = new Map([[1, 0]])
  for (let depth = 0; depth <= a.length + b.length; depth++) {
    trace.push(new Map(reach))
    for (let k = -depth; k <= depth; k += 2) {
      const down = goesDown(reach, k, depth)
      let x = down ? reach.get(k + 1)! : reach.get(k - 1)! + 1
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++
      reach.set(k, x)
      if (x >= a.length && x - k >= b.length) return trace
    }
  }
  return trace
}

/** Whether the path on diagonal `k` came from the one above (a line of `b` added) rather than from the left (one of `a` dropped). */
const goesDown = (reach: Map<number, number>, k: number, depth: number): boolean =>
  k === -depth || (k !== depth && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1))

function hunksOf(edits: Edit[]): string[] {
  const hunks: string[] = []
  let oldLine = 1
  let newLine = 1
  for (let i = 0; i < edits.length;) {
    const next = edits.findIndex((edit, at) => at >= i && edit.kind !== ' ')
    if (next < 0) break
    const start = Math.max(i, next - CONTEXT_LINES)
    const end = hunkEnd(edits, next)
    oldLine += start - i
    newLine += start - i
    const body = edits.slice(start, end)
    const olds = body.filter((edit) => edit.kind !== '+').length
    const news = body.filter((edit) => edit.kind !== '-').length
    hunks.push(`@@ -${range(oldLine, olds)} +${range(newLine, news)} @@\n${body.map(printed).join('')}`)
    oldLine += olds
    newLine += news
    i = end
  }
  return hunks
}

/** A hunk goes on while the next change is near enough to share context. */
function hunkEnd(edits: Edit[], first: number): number {
  let last = first
  for (let i = first; i < edits.length && i - last <= 2 * CONTEXT_LINES; i++) if (edits[i]!.kind !== ' ') last = i
  return Math.min(edits.length, last + CONTEXT_LINES + 1)
}

const range = (line: number, count: number): string =>
  count === 1 ? String(line) : `${count ? line : line - 1},${count}`
const printed = ({ kind, line }: Edit): string =>
  `${kind}${line}${line.endsWith('\n') ? '' : '\n\\ No newline at end of file\n'}`
