/**
 * The devicetree compiler against `cpp | dtc`, on boards of the kernel: a first compile in a fresh process's terms (nothing cached), one
 * with files and headers known, and what a keystroke in the editor costs (compile with all warnings after an edit of the board file).
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { compile, decodeText, type FileAccess, SourceCache, writeBlob } from '../../src-main/devicetree/index.ts'
import { hasProgram, kernelSource } from '../devicetree/kernel-source.ts'

const boards = [
  'arch/arm64/boot/dts/rockchip/rk3588-rock-5b.dts',
  'arch/arm64/boot/dts/freescale/imx8mp-evk.dts',
  'arch/arm64/boot/dts/ti/k3-am625-sk.dts',
  'arch/arm/boot/dts/nxp/imx/imx6q-sabrelite.dts',
  // the largest of the tree once its includes are in
  'arch/arm64/boot/dts/nvidia/tegra234-p3740-0002+p3701-0008.dts',
]
const includes = 'scripts/dtc/include-prefixes'
const rounds = 9

export function compileBoards(): void {
  const root = kernelSource()
  const missing = [...(root ? [] : ['linux-source-6.12']), ...['dtc', 'cpp'].filter((name) => !hasProgram(name))]
  if (!root || missing.length > 0)
    return console.log(`compile against cpp | dtc: not measured (no ${missing.join(', ')})`)
  console.log('board                             cpp | dtc   uncached     cached  keystroke   (median ms)')
  for (const board of boards) {
    const cache = new SourceCache()
    const known = new Map<string, string | null>()
    const times = [
      median(() => tools(root, board)),
      median(() => ours(root, board, new SourceCache(), new Map(), true)),
      median(() => ours(root, board, cache, known, true)),
      median((round) => {
        const text = ours.read(root, board)!
        known.set(board, `${text}\n/* ${round} */\n`)
        ours(root, board, cache, known, false)
      }),
    ]
    console.log(
      board.slice(board.lastIndexOf('/') + 1, -4).padEnd(32) + times.map((ms) => ms.toFixed(1).padStart(11)).join(''),
    )
  }
}

function median(work: (round: number) => void): number {
  const times = Array.from({ length: rounds }, (_, round) => {
    const start = performance.now()
    work(round)
    return performance.now() - start
  })
  return times.sort((a, b) => a - b)[rounds >> 1]!
}

function tools(root: string, board: string): void {
  const preprocess = `cpp -nostdinc -undef -x assembler-with-cpp -I ${includes} ${board} 2>/dev/null`
  execFileSync('sh', ['-c', `${preprocess} | dtc -q -i ${dirname(board)} -o /dev/null -`], { cwd: root })
}

function ours(
  root: string,
  board: string,
  cache: SourceCache,
  known: Map<string, string | null>,
  quiet: boolean,
): void {
  const readText = (path: string): string | null => {
    let text = known.get(path)
    if (text === undefined) known.set(path, (text = ours.read(root, path)))
    return text
  }
  const files: FileAccess = { readText, readBytes: () => null }
  writeBlob(compile({ entry: board, files, includeDirs: [includes], quiet }, cache).tree!)
}

ours.read = (root: string, path: string): string | null => {
  try {
    return decodeText(readFileSync(join(root, path)))
  } catch {
    return null
  }
}
