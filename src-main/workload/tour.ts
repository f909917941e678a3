/** A tour: examples in order, each with a claim, a board, a script and what their answers show on which machines. */
import { parse } from 'yaml'
import { z } from 'zod'
import { ARCHITECTURES, CMA_MODES, type Board, type Machine } from '@shared/board.ts'
import { carvedOutBytes } from '@shared/carved-out.ts'
import type { ShownCall, ShownRun, ShownZone } from '@shared/tour.ts'
import { formatAddress } from '@shared/units.ts'
import { replay, type ReplayDocument } from './replay/replay.ts'
import type { Command } from './replay/script.ts'

const value = z.union([z.string(), z.number(), z.boolean()])

/** What one machine must answer: by line of the script, members of the answer, or `log`, a part of a line that the call printed. */
const shown = z.strictObject({
  kernel: z.string(),
  arch: z.enum(ARCHITECTURES).optional(),
  /** Another file of the example than `board.dts`. */
  board: z.string().default('board.dts'),
  /** What sets that board apart, in words. */
  with: z.string().optional(),
  cma: z.enum(CMA_MODES).optional(),
  carveoutApi: z.boolean().optional(),
  /** Carve-outs made CMA areas. */
  forceCma: z.array(z.string()).default([]),
  answers: z.record(z.string().regex(/^\d+$/), z.record(z.string(), value)).default({}),
  /** Members of the default CMA area. */
  area: z.record(z.string(), value).optional(),
  /** Bytes that only owners of carve-outs can use. */
  lost: z.number().optional(),
  /** Part of what the kernel dies of. */
  panic: z.string().optional(),
  /** Pages of low memory that belong to no CMA area. */
  lowmem: z.number().optional(),
})

const tourSchema = z.strictObject({
  title: z.string(),
  steps: z.array(
    z.strictObject({
      id: z.string(),
      title: z.string(),
      claim: z.string(),
      look: z.string(),
      /** A page of the help that goes further. */
      help: z.string().optional(),
      shows: z.array(shown).nonempty(),
    }),
  ),
})

export type Tour = z.infer<typeof tourSchema>
export type TourStep = Tour['steps'][number]
export type Shown = TourStep['shows'][number]

/** The tour of a `tour.yaml`, which ships with the lab. @throws ZodError when it is malformed */
export const parseTour = (text: string): Tour => tourSchema.parse(parse(text))

const modeWords = { off: 'CMA off', on: 'CMA on', 'fall-back': 'CMA with fall-back' } as const

/** What a run boots, in words. */
export function labelOf({ kernel, arch, cma, carveoutApi, forceCma: forced, with: apart }: Shown): string {
  return [
    kernel,
    arch,
    apart,
    cma && modeWords[cma],
    carveoutApi && 'carve-out API',
    forced.length > 0 && `${forced.join(', ')} in CMA`,
  ]
    .filter(Boolean)
    .join(', ')
}

/** The verb and the flags that show it. */
export function commandOf(shown: Shown, folder: string): string {
  const { kernel, arch, cma, carveoutApi, board, forceCma: forced } = shown
  const flags = [
    `--kernel ${kernel}`,
    arch && `--arch ${arch}`,
    cma && `--cma ${cma}`,
    carveoutApi && '--carveout-api',
    ...forced.map((node) => `--force-cma ${node}`),
  ]
  return `carveout replay ${folder}/${board} ${folder}/script.ops ${flags.filter(Boolean).join(' ')}`
}

/** Runs a script on a board as one of a step's machines, and holds it against what the tour says. */
export function showRun(shown: Shown, board: Board, commands: Command[], folder: string): ShownRun {
  const zones = new Map<string, ShownZone>()
  const { document, diagnostics } = replay({
    board,
    machine: machineOf(shown),
    commands,
    watch: (kernel) => {
      const page = kernel.profile.page.sizeBytes
      for (const { zone, free, freeCma, min } of kernel.freeMemory()) {
        const known = zones.get(zone) ?? {
          zone,
          free: [],
          freeCma: [],
          minBytes: min * page,
          countsCma: kernel.profile.pageAlloc.cmaCountsAsFree,
        }
        zones.set(zone, known)
        known.free.push(free * page)
        known.freeCma.push(freeCma * page)
      }
    },
  })
  const about = {
    label: labelOf(shown),
    kernel: shown.kernel,
    board: shown.board,
    machine: machineOf(shown),
    command: commandOf(shown, folder),
  }
  if (!document) {
    const differences = diagnostics.map(({ message }) => message)
    return { ...about, differences, panic: differences[0] ?? null, lostBytes: 0, calls: [], zones: [] }
  }
  return {
    ...about,
    differences: differencesOf(document, shown),
    panic: document.panic,
    lostBytes: document.boot ? carvedOutBytes(document.boot) : 0,
    calls: document.answers.map((answer) => callOf(answer, shown.answers[String(answer.line)] ?? {})),
    zones: [...zones.values()],
  }
}

const machineOf = ({ kernel, arch, cma, carveoutApi, forceCma }: Shown): Machine => ({
  kernel,
  ...(forceCma.length ? { forceCma } : {}),
  ...(arch ? { arch } : {}),
  ...(cma ? { cma } : {}),
  ...(carveoutApi ? { carveoutApi } : {}),
})

/** Every difference between what a document shows and what the tour says that it does; empty: it still shows it. */
export function differencesOf(
  document: ReplayDocument,
  { answers, area, lost, lowmem, panic }: Pick<Shown, 'answers' | 'area' | 'lost' | 'lowmem' | 'panic'>,
): string[] {
  const { boot } = document
  if (!document.booted) return [`the kernel does not come up: ${document.panic}`]
  const byLine = new Map(document.answers.map((answer) => [String(answer.line), answer]))
  const differences = Object.entries(answers).flatMap(([line, expected]) => {
    const answer = byLine.get(line)
    return answer ? membersThatDiffer(`line ${line}`, answer, expected) : [`line ${line}: no answer`]
  })
  if (panic !== undefined && !document.panic?.includes(panic)) differences.push(`the kernel does not die of "${panic}"`)
  const found = boot?.cma.find((each) => each.default === 1)
  if (area)
    differences.push(...(found ? membersThatDiffer('the area', { ...found }, area) : ['there is no default area']))
  if (lost !== undefined)
    differences.push(...membersThatDiffer('memory', { lost: boot && carvedOutBytes(boot) }, { lost }))
  if (lowmem !== undefined)
    differences.push(...membersThatDiffer('memory', { lowmem: lowmemPages(document) }, { lowmem }))
  return differences
}

/** Pages of the zones below high memory that belong to no area. */
function lowmemPages({ boot }: ReplayDocument): number {
  const low = boot?.zones.filter(({ name }) => name !== 'HighMem') ?? []
  const page = boot?.kernel.page_size ?? 4096
  return low.reduce((sum, { start, end, present }) => {
    const inside = boot!.cma.filter(({ base }) => base >= start && base < end)
    return sum + present - inside.reduce((pages, { size }) => pages + size / page, 0)
  }, 0)
}

function membersThatDiffer(where: string, got: Record<string, unknown>, expected: Record<string, unknown>): string[] {
  return Object.entries(expected)
    .filter(([name, wanted]) => !meets(got, name, wanted))
    .map(([name, wanted]) => `${where}: ${name} is ${JSON.stringify(got[name])}, not ${JSON.stringify(wanted)}`)
}

const meets = (got: Record<string, unknown>, name: string, wanted: unknown): boolean =>
  name === 'log' ? printed(got.log, String(wanted)) : got[name] === wanted

const printed = (log: unknown, part: string): boolean =>
  Array.isArray(log) && log.some((line: { text: string }) => line.text.includes(part))

function callOf(answer: ReplayDocument['answers'][number], expected: Record<string, unknown>): ShownCall {
  const { line, cmd, ok, log } = answer
  return {
    line,
    cmd,
    ok: ok && answer['failed'] !== 1,
    got: gotText(answer),
    log: Array.isArray(log) ? (log as ShownCall['log']) : [],
    expected: Object.entries(expected).map(([name, wanted]) => ({
      name,
      wanted: String(wanted),
      met: meets(answer, name, wanted),
    })),
  }
}

/** What a call got, as much as a line has room for. */
function gotText(answer: Record<string, unknown>): string {
  const { ok, errno, from, phys, dma, bounced, ops, got, failed, nr_free, area_free, virt, segments, bad } = answer
  if (bad !== undefined) return String(bad)
  if (got !== undefined)
    return `${Number(got).toLocaleString('en')} blocks${failed === 1 ? ', then no more' : ''}; ${Number(nr_free).toLocaleString('en')} pages free, ${Number(area_free).toLocaleString('en')} of them in areas`
  if (!ok) return `failed${errno === undefined ? '' : `, ${String(errno)}`}`
  if (ops !== undefined) return `operations: ${String(ops)}`
  const parts = [
    from === undefined ? '' : `from ${String(from)}`,
    bounced === 1 && from === undefined ? 'bounced' : bounced === 0 ? 'reached as it is' : '',
    virt === undefined || virt === 'linear' || virt === 'none' ? '' : `mapped in the ${String(virt)}`,
    segments === undefined ? '' : `${String(segments)} segments`,
    typeof phys === 'number' ? `at ${formatAddress(phys)}` : '',
    typeof dma === 'number' && dma !== phys ? `bus address ${formatAddress(dma)}` : '',
  ]
  return parts.filter(Boolean).join(', ') || 'done'
}
