/** What early boot itself said: a panic, and errors in its log that no other row explains. */
import { bytesIn, KiB, MiB } from '@shared/units.ts'
import { related, type BoardCheck, type CheckContext, type Finding } from './check.ts'

function panic({ panic: reason, board, args }: CheckContext): Finding[] {
  if (reason === null) return []
  const cma = args.find(({ name }) => name === 'cma')
  return [
    {
      at: board.reservedMemory?.span ?? cma?.span ?? board.memorySpan ?? board.span,
      message: `the kernel stops in early boot: ${reason}; make what is reserved smaller or move it`,
      related: related(cma?.span ?? null, `${cma?.text ?? ''} is here`),
    },
  ]
}

/** The default area of the command line or the configuration that could not be had. */
function cmaFailed({ report, args, board }: CheckContext): Finding[] {
  const argument = args.findLast(({ name }) => name === 'cma')
  const said = report?.log.filter(({ text }) => /^cma: (Failed to reserve|Size \(|Region at )/.test(text)) ?? []
  if (said.length === 0) return []
  return [
    {
      at: argument?.span ?? board.memorySpan ?? board.span,
      message: `${argument?.text ?? 'the default CMA area'} cannot be had (the kernel prints "${said.map(({ text }) => text).join('; ')}"), so devices get no area; ask for less, or for another place`,
    },
  ]
}

function tooManyDynamic({ regions, report, kernel }: CheckContext): Finding[] {
  const skipped =
    report?.log.flatMap(({ text }) => /too many defined dynamic regions, skip '(.+)'/.exec(text)?.[1] ?? []) ?? []
  return regions
    .filter(({ node }) => skipped.includes(node.name))
    .map(({ node, dt }) => ({
      at: dt.nameSpan,
      message: `${node.name}: the kernel places at most ${kernel?.dynamicRegions ?? 64} regions by itself and skips this one; give it an address with reg`,
    }))
}

/** Atomic pools, tables and slab need some memory; less than this boots into an out-of-memory panic. */
const LEAST = 8 * MiB

function tinyMemory({ memory, board, kernel }: CheckContext): Finding[] {
  const ram = bytesIn(memory)
  if (ram >= LEAST) return []
  const pages = Math.floor(ram / (kernel?.pageSize ?? 4 * KiB))
  return [
    {
      at: board.memorySpan ?? board.span,
      message: `the board has ${pages} pages of RAM, too few for any kernel; check the cells of reg in the memory node`,
    },
  ]
}

// prettier-ignore
export const bootChecks: readonly BoardCheck[] = [
  { code: 'panic', severity: 'error', title: 'The kernel stops in early boot', needs: [], run: panic },
  { code: 'cma-not-reserved', severity: 'error', title: 'The default area cannot be reserved', needs: ['boot'], run: cmaFailed },
  { code: 'too-many-regions', severity: 'error', title: 'More regions than the kernel places', needs: ['boot'], run: tooManyDynamic },
  { code: 'tiny-memory', severity: 'warning', title: 'Hardly any RAM', needs: ['ram'], run: tinyMemory },
]
