/**
 * Events of a kernel as ftrace's text, in the words of the kernel's own tracepoints (events cma, dma, swiotlb, kmem and workqueue): what `import`,
 * trace-cmd's users and ui.perfetto.dev read. What a running kernel has no tracepoint for is left out.
 */
import type { KernelEvent } from '@shared/run.ts'
import { attrNames } from '../kernel/attrs.ts'
import { gfpNames } from '../kernel/gfp.ts'

export const FTRACE_HEADER = `# tracer: nop
#
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
#              | |         |   |||||     |         |
`

/** Writes lines, each with its end; an empty one for an event without a tracepoint. */
export function ftraceWriter(): (event: KernelEvent) => string {
  let task = CALLER
  return (event) => {
    if (event.name === 'workqueue_execute_start') task = WORKER
    const text = WORDS[event.name]?.(event)
    const line = `${task} [000] ..... ${(event.time / 1e6).toFixed(6).padStart(12)}: ${event.name}: ${text}\n`
    if (event.name === 'workqueue_execute_end') task = CALLER
    return text === undefined ? '' : line
  }
}

/** Whoever makes the calls, and who refills the atomic pools. */
const CALLER = '        carveout-1      '
const WORKER = '     kworker/0:1-2      '

type Words = (event: KernelEvent) => string

const hex = (value: unknown): string => Number(value ?? 0).toString(16)
/** What a failed mapping answers. */
const dma = ({ dma_addr }: KernelEvent): string => (dma_addr === null ? 'ffffffffffffffff' : hex(dma_addr))
const dir = ({ direction }: KernelEvent): string => String(direction).toUpperCase().replaceAll('-', '_')
const attrs = (event: KernelEvent): string => attrNames(Number(event.attrs))

const alloc: Words = (event) =>
  `${event.device} dir=BIDIRECTIONAL dma_addr=${hex(event.dma_addr)} size=${event.size} virt_addr=${pointer(event)} flags=${gfpNames(Number(event.flags))} attrs=${attrs(event)}`

/** The kernel hides its pointers; whether there is one is all that matters. */
const pointer = ({ ok, phys }: KernelEvent): string => (ok ? hex(phys).padStart(16, '0') : '(null)')

const allocTable: Words = (event) =>
  `${event.device} dir=BIDIRECTIONAL dma_addr=${hex(event.dma_addr)} size=${event.size} phys_addrs={0x${hex(event.phys)}} flags=${gfpNames(Number(event.flags))} attrs=${attrs(event)}`

const map: Words = (event) =>
  `${event.device} dir=${dir(event)} dma_addr=${dma(event)} size=${event.size} phys_addr=${hex(event.phys_addr)} attrs=${attrs(event)}`

const unmap: Words = (event) => `${event.device} dir=BIDIRECTIONAL dma_addr=${dma(event)} size=${event.size} attrs=`

const list = (count: number, value: (nth: number) => string): string =>
  `{${Array.from({ length: count }, (_, nth) => value(nth)).join(',')}}`

/** The event has the first piece's place and the sum of sizes; the pieces are equally large. */
const mapTable: Words = (event) => {
  const [nents, size] = [Number(event.nents), Number(event.size)]
  const sizes = list(nents, () => `0x${hex(size / nents)}`)
  const places = list(nents, (nth) => `0x${hex(Number(event.phys_addr) + (nth * size) / nents)}`)
  return `${event.device} dir=${dir(event)} nents=${nents}/${nents} ents=${event.ents}/${event.ents} dma_addrs=${places} sizes=${sizes} phys_addrs=${places} attrs=${attrs(event)}`
}

const WORDS: Record<string, Words> = {
  cma_alloc_start: (e) => `name=${e.area} count=${e.count} align=${e.align}`,
  cma_alloc_busy_retry: (e) => `name=${e.area} pfn=0x${hex(e.pfn)} page=${page(e)} count=${e.count} align=${e.align}`,
  cma_alloc_finish: (e) =>
    `name=${e.area} pfn=0x${hex(Math.max(0, Number(e.pfn)))} page=${page(e)} count=${e.count} align=${e.align} errorno=${e.errorno}`,
  cma_release: (e) => `name=${e.area} pfn=0x${hex(e.pfn)} page=${page(e)} count=${e.count}`,
  dma_alloc: alloc,
  dma_alloc_pages: alloc,
  dma_alloc_sgt: allocTable,
  dma_alloc_sgt_err: alloc,
  dma_free: (e) =>
    `${e.device} dir=BIDIRECTIONAL dma_addr=${hex(e.dma_addr)} size=${e.size} virt_addr=${hex(e.dma_addr)} attrs=`,
  dma_map_page: map,
  dma_map_resource: map,
  dma_unmap_page: unmap,
  dma_unmap_resource: unmap,
  dma_map_sg: mapTable,
  dma_map_sg_err: (e) =>
    `${e.device} dir=${dir(e)} dma_addrs=${list(Number(e.nents), (nth) => `0x${hex(Number(e.phys_addr) + nth * 4096)}`)} err=${e.err} attrs=${attrs(e)}`,
  dma_unmap_sg: (e) => `${e.device} dir=BIDIRECTIONAL phys_addrs={0x${hex(e.phys_addr)}} attrs=`,
  mm_page_alloc: (e) =>
    `page=${page(e)} pfn=0x${hex(e.pfn)} order=${e.order} migratetype=${e.migratetype} gfp_flags=${gfpNames(Number(e.gfp_flags))}`,
  mm_page_free: (e) => `page=${page(e)} pfn=0x${hex(e.pfn)} order=${e.order}`,
  workqueue_execute_start: (e) => `work struct 0000000000000001: function ${e.function}`,
  workqueue_execute_end: (e) => `work struct 0000000000000001: function ${e.function}`,
  swiotlb_bounced: (e) =>
    `dev_name: ${e.device} dma_mask=${hex(e.dma_mask)} dev_addr=${hex(e.dev_addr)} size=${e.size} ${e.force ? 'FORCE' : 'NORMAL'}`,
}

const page = ({ pfn }: KernelEvent): string => hex(pfn).padStart(16, '0')
