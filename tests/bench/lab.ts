/** The budgets of the lab: a long run's speed and memory, a step of the scrubber over it, a sizing, and what starting costs. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Board } from '@shared/board.ts'
import { boardFromTree } from '../../src-main/board/index.ts'
import { compile } from '../../src-main/devicetree/index.ts'
import { parseWorkload, type ParsedWorkload } from '../../src-main/workload/parse.ts'
import { runWorkload } from '../../src-main/workload/run.ts'
import { OccupancyIndex } from '../../src-renderer/run/occupancy-index.ts'
import { chromiumPath, openLab } from '../e2e/lab.ts'

const EXAMPLE = 'resources/examples/imx8mp-camera'
const CLI = 'out/main/cli.js'
/** Runs of a sizing's proof: few, most are spent on the search. */
export const RUNS = 12
/** Rows that an occupancy holds at most, and the pages of an area of 256 MiB. */
const MOST_ROWS = 1_000_000
const AREA_PAGES = 65536

function board(): Board {
  const files = {
    readText: (path: string) => readFileSync(path, 'utf8'),
    readBytes: (path: string) => readFileSync(path),
  }
  return boardFromTree(compile({ entry: `${EXAMPLE}/board.dts`, files }).tree!).board
}

/** The example's workload, `seconds` long. */
function workload(seconds: number): ParsedWorkload {
  const text = readFileSync(`${EXAMPLE}/workload.yaml`, 'utf8').replace(/^duration: .*$/m, `duration: ${seconds}s`)
  return parseWorkload('workload.yaml', text).parsed!
}

/** Calls a second of a run with all that the lab shows of it, and the bytes that stay for each call, for a short and a long run. */
export async function longRuns(): Promise<{ calls: number; perSecond: number; bytesACall: number }[]> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const held = (): number => {
    collect()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  const rows = []
  for (const seconds of [60, 600]) {
    const input = { board: board(), machine: {}, workloads: [workload(seconds)], seed: 1 }
    const before = held()
    const start = performance.now()
    const result = await runWorkload(input)
    const spent = (performance.now() - start) / 1000
    const bytes = held() - before
    const { calls } = result.totals
    rows.push({ calls, perSecond: calls / spent, bytesACall: bytes / calls })
  }
  return rows
}

/** Milliseconds to say who holds each page at a moment, in the largest occupancy that is kept: the slowest of many moments. */
export function scrubMilliseconds(): number {
  const column = <T>(make: (row: number) => T): T[] => Array.from({ length: MOST_ROWS }, (_, row) => make(row))
  const occupancy = {
    area: new Uint16Array(MOST_ROWS),
    start: Uint32Array.from(column((row) => (row * 7919) % (AREA_PAGES - 64))),
    pages: new Uint32Array(MOST_ROWS).fill(64),
    owner: Uint16Array.from(column((row) => row % 12)),
    from: Float64Array.from(column((row) => row)),
    to: Float64Array.from(column((row) => row + 500)),
    until: null,
    owners: [],
  }
  const index = new OccupancyIndex(occupancy, 0)
  const pages = new Uint16Array(AREA_PAGES)
  let worst = 0
  for (let step = 0; step < 500; step++) {
    const start = performance.now()
    index.pagesAt((step * 7919 * 131) % MOST_ROWS, pages)
    // the first steps are not compiled yet; a drag makes hundreds
    if (step > 50) worst = Math.max(worst, performance.now() - start)
  }
  return worst
}

/** Seconds of a sizing with few runs by the command line, in one thread and on every core; null where that is not built. */
export function sizingSeconds(): { oneThread: number; everyCore: number; cores: number } | null {
  const seconds = (jobs: number): number | null => {
    const asked = ['size', `${EXAMPLE}/board.dts`, '-w', `${EXAMPLE}/workload.yaml`, '--runs', String(RUNS)]
    const spent = startMilliseconds([...asked, '--jobs', String(jobs), '--json'], 3)
    return spent === null ? null : spent / 1000
  }
  const cores = availableParallelism()
  const [oneThread, everyCore] = [seconds(1), seconds(cores)]
  return oneThread === null || everyCore === null ? null : { oneThread, everyCore, cores }
}

/** Milliseconds that a verb takes as a process of its own, best of `rounds`; null where the command line is not built. */
export function startMilliseconds(verb: string[], rounds = 5): number | null {
  if (!existsSync(CLI)) return null
  let best = Infinity
  for (let round = 0; round < rounds; round++) {
    const start = performance.now()
    execFileSync(process.execPath, [resolve(CLI), ...verb], { stdio: 'ignore' })
    best = Math.min(best, performance.now() - start)
  }
  return best
}

/** Milliseconds from asking for the page to its first paint in Chromium; null where either is missing. */
export async function firstPaintMilliseconds(): Promise<number | null> {
  if (!existsSync(CLI) || chromiumPath === null) return null
  const lab = await openLab()
  try {
    // the second window: the first one waits for the browser itself
    const page = await lab.newPage()
    const paint = await page.waitForFunction(
      () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null,
    )
    return (await paint.jsonValue()) as number
  } finally {
    await lab.close()
  }
}
