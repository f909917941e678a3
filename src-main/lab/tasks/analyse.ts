import type { BoardAnalysis, Layout } from '@shared/layout.ts'
import { SourceCache } from '../../devicetree/index.ts'
import { bootKernel } from '../../kernel/index.ts'
import { boardFiles } from '../board-files.ts'
import { examine, type Examination } from '../examine.ts'
import { layoutOf } from '../layout.ts'
import { isBroken } from '../read-board.ts'
import type { BoardSources } from '../tasks.ts'

/** Files that did not change between two keystrokes are scanned once. */
const cache = new SourceCache()

/** Everything that can be said of a board before anything runs on it. Errors leave the layout out; the window keeps the last good one. */
export function analyse(sources: BoardSources): BoardAnalysis {
  const startedAt = performance.now()
  const files = boardFiles(sources)
  const { entry, includeFolders: includeDirs, defines, machine } = sources
  const examined = examine({ entry, files, includeDirs, defines }, machine, cache)
  return {
    diagnostics: [...examined.diagnostics, ...examined.findings].map((d) =>
      d.file === '' ? { ...d, file: entry } : d,
    ),
    layout: isBroken(examined.diagnostics) ? null : layoutFrom(examined),
    panic: examined.panic,
    includes: [...files.seen].filter((path) => path !== entry),
    elapsedMilliseconds: performance.now() - startedAt,
  }
}

function layoutFrom({ prepared, report, tree, board }: Examination): Layout | null {
  if (!prepared || !report) return null
  const { kernelImage: image, dtb: blob, initrd, cmdline } = prepared.input.loader
  const { kernel, arch } = prepared.machine
  const booted = bootKernel(prepared.input, null)
  // what early boot placed can be shown even where the kernel stops later on
  const whole = booted.ok ? booted.kernel.report() : report
  return layoutOf({ board, tree, report: whole, kernel, arch, cmdline, image, blob, initrd })
}
