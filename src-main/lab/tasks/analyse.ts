import type { BoardAnalysis, Layout } from '@shared/layout.ts'
import { BootPanic, earlyReport, runEarlyBoot } from '../../kernel/index.ts'
import { Log } from '../../kernel/log.ts'
import { Tracer } from '../../kernel/tracer.ts'
import { prepareBoot, type PreparedBoot } from '../../workload/boot-board.ts'
import type { DtTree } from '../../devicetree/index.ts'
import { layoutOf } from '../layout.ts'
import { isBroken, readBoard } from '../read-board.ts'
import type { BoardSources } from '../tasks.ts'

/** Everything that can be said of a board before anything runs on it. Errors leave the layout out; the window keeps the last good one. */
export function analyse(sources: BoardSources): BoardAnalysis {
  const startedAt = performance.now()
  const { tree, board, diagnostics, includes } = readBoard(sources)
  const prepared = board && prepareBoot(board, sources.machine)
  const all = [...diagnostics, ...(prepared?.diagnostics ?? [])].map((d) =>
    d.file === '' ? { ...d, file: sources.entry } : d,
  )
  const booted = tree && prepared?.boot && !isBroken(all) ? boot(tree, prepared.boot) : null
  return {
    diagnostics: all,
    layout: booted?.layout ?? null,
    panic: booted?.panic ?? null,
    includes,
    elapsedMilliseconds: performance.now() - startedAt,
  }
}

function boot(tree: DtTree, { input, machine }: PreparedBoot): { layout: Layout | null; panic: string | null } {
  try {
    const early = runEarlyBoot(input, new Log(new Tracer(() => {})))
    const { kernelImage: image, dtb: blob, initrd, cmdline } = input.loader
    const { kernel, arch } = machine
    const layout = layoutOf({
      board: input.board,
      tree,
      report: earlyReport(early),
      kernel,
      arch,
      cmdline,
      image,
      blob,
      initrd,
    })
    return { layout, panic: null }
  } catch (error) {
    if (error instanceof BootPanic) return { layout: null, panic: error.message }
    throw error
  }
}
