import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { kernelTreeIncludes } from '../../src-main/lab/kernel-tree.ts'
import { analyse } from '../../src-main/lab/tasks/analyse.ts'

/** From a keystroke in a large board of the kernel tree to its diagnostics and layout, as the lab's worker answers it. */
const boards = [
  'arch/arm64/boot/dts/qcom/sdm845-db845c.dts',
  'arch/arm64/boot/dts/mediatek/mt8195-demo.dts',
  'arch/arm/boot/dts/ti/omap/am57xx-beagle-x15.dts',
]
const machine = { memory: [{ start: 0x8000_0000, end: 0x1_8000_0000 }] }
const keystrokes = 40

/** Median milliseconds by board; empty where the kernel's source is not unpacked (`LINUX_SOURCE` names it). */
export function keystrokeMilliseconds(): { board: string; milliseconds: number }[] {
  const kernel = process.env['LINUX_SOURCE'] ?? '/usr/src/linux-source-6.12'
  return boards
    .map((board) => join(kernel, board))
    .filter((path) => existsSync(path))
    .map((path) => ({ board: basename(path), milliseconds: median(type(path, kernel)) }))
}

function type(path: string, kernel: string): number[] {
  const folder = dirname(path)
  const entry = basename(path)
  const text = readFileSync(path, 'utf8')
  const settings = {
    folder,
    entry,
    includeFolders: kernelTreeIncludes(folder),
    defines: {},
    machine,
    readable: [kernel],
  }
  return Array.from({ length: keystrokes }, (_, n) => {
    return analyse({ ...settings, drafts: { [entry]: `${text}/* ${n} */\n` } }).elapsedMilliseconds
  })
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
