import type { Diagnostic, Span } from './diagnostics.ts'
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
  pageSize: Bytes
  cmdline: string
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
  /** The value that states the size, when it can be edited in place: `size` or the second half of `reg`. */
  sizeSpan: Span | null
  nodePath: string | null
  zone: string | null
  /** Devices that use it, by name. */
  devices: string[]
  /** One line for the hover: what made it and for whom. */
  note: string
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
