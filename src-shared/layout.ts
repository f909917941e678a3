import type { Diagnostic, Severity, Span } from './diagnostics.ts'
import type { BootReport } from './run.ts'
import type { Bytes } from './units.ts'

/** What the analysis of one revision of a board says: the picture beside the source (U1). */
export interface BoardAnalysis {
  diagnostics: Diagnostic[]
  /** Null when the board could not be booted this far; `panic` or the diagnostics say why. */
  layout: Layout | null
  panic: string | null
  /** Files that the board includes, as diagnostics name them. */
  includes: string[]
  elapsedMilliseconds: number
}

/** Physical memory as it stands after early boot, joined with the source lines it came from. */
export interface Layout {
  model: string
  kernel: string
  arch: string
  /** Kernels that the lab can boot on this architecture, oldest first. */
  kernels: string[]
  pageSize: Bytes
  cmdline: string
  /** Value of `bootargs`; null when the command line comes from elsewhere. */
  cmdlineSpan: Span | null
  banks: LayoutBank[]
  zones: { name: string; start: Bytes; end: Bytes; managedBytes: Bytes }[]
  /** By address; regions do not nest, except CMA areas inside the reserved region that made them, which are listed once. */
  regions: LayoutRegion[]
  devices: LayoutDevice[]
  /** Name of the area that devices without `memory-region` use; null when there is none. */
  defaultCma: string | null
  boot: BootReport
}

export interface LayoutBank {
  start: Bytes
  end: Bytes
  span: Span | null
}

/**
 * cma: lent to movable pages until claimed. declared: `shared-dma-pool` with `no-map`. removed: `no-map`, owned by a driver.
 * reserved: reserved but mapped. image, blob, memmap: the kernel itself.
 */
export type RegionKind =
  'cma' | 'declared' | 'removed' | 'reserved' | 'pool' | 'swiotlb' | 'image' | 'blob' | 'initrd' | 'memmap'

export interface LayoutRegion {
  /** Stable across revisions while the node keeps its name: what the selection holds. */
  id: string
  name: string
  kind: RegionKind
  start: Bytes
  end: Bytes
  /** The kernel chose the place (`size` without `reg`, `cma=` without an address). */
  dynamic: boolean
  /** Where the request stands in the source: the node, or the argument of the command line. */
  span: Span | null
  /** Where the size can be written in place; null when the source does not say it in one property. */
  resize: ResizePlace | null
  nodePath: string | null
  zone: string | null
  /** Devices that use it, by name. */
  devices: string[]
  /** The worst that the checks have to say of it; null: nothing. */
  problem: { severity: Severity; message: string } | null
  /** One line for the hover: what made it and for whom. */
  note: string
}

/** A property whose value ends with a size: `<before SIZE>`, with as many cells for the size as its parent says. */
export interface ResizePlace {
  property: 'size' | 'reg'
  /** The whole value, angle brackets included. */
  span: Span
  /** Cells before the size, as they shall be written: `0x0 0x92400000 ` for `reg`, empty for `size`. */
  before: string
  cells: number
}

export interface LayoutDevice {
  name: string
  path: string
  dmaBits: number
  coherent: boolean
  iommu: string | null
  /** Region ids in order of `memory-region`. */
  regions: string[]
  span: Span | null
}
