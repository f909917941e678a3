/**
 * Measures, in one run on this machine: the engine's rooms against C loops over the same structures, on the same traces with
 * the same placements (by checksum); and the devicetree compiler against `cpp | dtc`. What a tool is missing for is reported as
 * not measured. Figures are never asserted.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { compileBoards } from './compile.ts'
import { emulatedBoot } from './emulator.ts'
import { keystrokeMilliseconds } from './keystroke.ts'
import { firstPaintMilliseconds, longRuns, RUNS, scrubMilliseconds, sizingSeconds, startMilliseconds } from './lab.ts'
import { replayTrace } from './rooms.ts'
import { bootMilliseconds, stackCallsPerSecond } from './stack.ts'

const pattern = process.argv[2] ?? '*'

// the rooms first, in a process as fresh as the C programs'
rooms()
await stack()
await lab()
keystrokes()
compileBoards()

/** The engine as a whole. */
async function stack(): Promise<void> {
  const { boot, whole } = bootMilliseconds()
  console.log(`boot of 1 GiB, warm: ${boot.toFixed(2)} ms; with its board compiled first: ${whole.toFixed(2)} ms`)
  const emulated = await emulatedBoot()
  if (emulated) {
    const times = Math.round(emulated.milliseconds / whole).toLocaleString('en')
    console.log(
      `the same in an emulator: ${emulated.milliseconds.toFixed(0)} ms, ${times} times as long (${emulated.what})`,
    )
  } else
    console.log('the same in an emulator: not measured (needs qemu-system-aarch64 and a Debian kernel image for arm64)')
  console.log(`DMA calls a second through the whole stack: ${group(stackCallsPerSecond(false))}`)
  console.log(`with every event recorded:                  ${group(stackCallsPerSecond(true))}`)
}

/** What a person waits for, and what a long run costs. */
async function lab(): Promise<void> {
  for (const { calls, perSecond, bytesACall } of await longRuns())
    console.log(
      `a run of ${group(calls).trim()} calls: ${group(perSecond).trim()} a second, ${bytesACall.toFixed(0)} bytes a call stay`,
    )
  console.log(`a step of the scrubber over a million rows: ${scrubMilliseconds().toFixed(2)} ms`)
  const sizing = sizingSeconds()
  console.log(
    sizing
      ? `carveout size with ${RUNS} runs, in one thread: ${sizing.oneThread.toFixed(1)} s; on ${sizing.cores} cores: ${sizing.everyCore.toFixed(1)} s, ${(sizing.oneThread / sizing.everyCore).toFixed(2)} times as fast`
      : 'carveout size: not measured (needs npm run build)',
  )
  for (const verb of [['--version'], ['boot', 'resources/examples/imx8mp-camera/board.dts']])
    console.log(`carveout ${verb[0]}: ${asMilliseconds(startMilliseconds(verb))}`)
  console.log(`first paint of the lab: ${asMilliseconds(await firstPaintMilliseconds())}`)
}

function asMilliseconds(value: number | null): string {
  return value === null ? 'not measured (needs npm run build, and Chromium for the lab)' : `${value.toFixed(0)} ms`
}

/** The editor's loop on large boards of the kernel tree. */
function keystrokes(): void {
  const rows = keystrokeMilliseconds()
  if (!rows.length)
    console.log('keystroke to diagnostics and layout: not measured (LINUX_SOURCE names no kernel source)')
  for (const { board, milliseconds } of rows)
    console.log(`keystroke to diagnostics and layout, ${board}: ${milliseconds.toFixed(1)} ms`)
}

/** One row a trace: calls a second here and in C, their ratio, and whether every placement is the same. */
function rooms(): void {
  const native = ['../shared/native', '../../shared/native']
    .map((path) => resolve(path))
    .find((path) => existsSync(path))
  if (!native) return console.log('rooms against C: not measured (no ../shared/native)')
  const scratch = mkdtempSync(join(tmpdir(), 'carveout-bench-'))
  try {
    const rows = execFileSync('sh', [join(native, 'bench.sh'), pattern, '--traces', scratch], { encoding: 'utf8' })
    if (!rows.trim()) return console.log(`rooms against C: no trace is called ${pattern}`)
    console.log('trace                         engine calls/s       C calls/s   ratio  placements')
    for (const row of rows.trim().split('\n')) {
      const [name = '', perSecond = '', checksum = ''] = row.split('\t')
      const ours = replayTrace(readFileSync(join(scratch, `${name}.trace`)))
      const same = ours.checksum === checksum ? 'same' : 'DIFFERENT'
      const ratio = (ours.perSecond / Number(perSecond)).toFixed(2)
      console.log(
        `${name.padEnd(27)} ${group(ours.perSecond)} ${group(Number(perSecond))} ${ratio.padStart(7)}  ${same}`,
      )
    }
  } catch (error) {
    console.log(
      `rooms against C: not measured (${error instanceof Error ? error.message.split('\n')[0] : 'no C compiler'})`,
    )
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

function group(count: number): string {
  return Math.round(count).toLocaleString('en').padStart(15)
}
