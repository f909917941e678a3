/**
 * include/linux/gfp_types.h and mm/debug.c's names of them: what a caller allows the page allocator to do.
 */

export const __GFP_DMA = 0x1
export const __GFP_HIGHMEM = 0x2
export const __GFP_DMA32 = 0x4
export const __GFP_MOVABLE = 0x8
export const __GFP_RECLAIMABLE = 0x10
export const __GFP_HIGH = 0x20
export const __GFP_IO = 0x40
export const __GFP_FS = 0x80
export const __GFP_ZERO = 0x100
export const __GFP_DIRECT_RECLAIM = 0x400
export const __GFP_KSWAPD_RECLAIM = 0x800
export const __GFP_NOWARN = 0x2000
export const __GFP_RETRY_MAYFAIL = 0x4000
export const __GFP_NORETRY = 0x10000
export const __GFP_COMP = 0x40000
export const __GFP_HARDWALL = 0x100000

export const __GFP_RECLAIM = __GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM
export const GFP_ATOMIC = __GFP_HIGH | __GFP_KSWAPD_RECLAIM
export const GFP_NOWAIT = __GFP_KSWAPD_RECLAIM | __GFP_NOWARN
/** @alias The kernel has both names. */
export const GFP_NOIO = __GFP_RECLAIM
export const GFP_NOFS = __GFP_RECLAIM | __GFP_IO
export const GFP_KERNEL = __GFP_RECLAIM | __GFP_IO | __GFP_FS
export const GFP_USER = GFP_KERNEL | __GFP_HARDWALL
export const GFP_HIGHUSER = GFP_USER | __GFP_HIGHMEM
export const GFP_HIGHUSER_MOVABLE = GFP_HIGHUSER | __GFP_MOVABLE

/** Longest combinations first, as __def_gfpflag_names has them. */
export const NAMES: readonly (readonly [flags: number, name: string])[] = [
  [GFP_HIGHUSER_MOVABLE, 'GFP_HIGHUSER_MOVABLE'],
  [GFP_HIGHUSER, 'GFP_HIGHUSER'],
  [GFP_USER, 'GFP_USER'],
  [GFP_KERNEL, 'GFP_KERNEL'],
  [GFP_NOFS, 'GFP_NOFS'],
  [GFP_ATOMIC, 'GFP_ATOMIC'],
  [GFP_NOIO, 'GFP_NOIO'],
  [GFP_NOWAIT, 'GFP_NOWAIT'],
  [__GFP_DMA, 'GFP_DMA'],
  [__GFP_DMA32, 'GFP_DMA32'],
  [__GFP_HIGH, '__GFP_HIGH'],
  [__GFP_IO, '__GFP_IO'],
  [__GFP_FS, '__GFP_FS'],
  [__GFP_NOWARN, '__GFP_NOWARN'],
  [__GFP_RETRY_MAYFAIL, '__GFP_RETRY_MAYFAIL'],
  [__GFP_NORETRY, '__GFP_NORETRY'],
  [__GFP_COMP, '__GFP_COMP'],
  [__GFP_ZERO, '__GFP_ZERO'],
  [__GFP_HARDWALL, '__GFP_HARDWALL'],
  [__GFP_HIGHMEM, '__GFP_HIGHMEM'],
  [__GFP_MOVABLE, '__GFP_MOVABLE'],
  [__GFP_RECLAIMABLE, '__GFP_RECLAIMABLE'],
  [__GFP_DIRECT_RECLAIM, '__GFP_DIRECT_RECLAIM'],
  [__GFP_KSWAPD_RECLAIM, '__GFP_KSWAPD_RECLAIM'],
]

/** `%pGg`: `GFP_KERNEL|GFP_DMA`. */
export function gfpNames(gfp: number): string {
  const names = []
  let left = gfp
  for (const [flags, name] of NAMES) {
    if ((left & flags) !== flags) continue
    names.push(name)
    left &= ~flags
  }
  if (left !== 0 || names.length === 0) names.push(`0x${left.toString(16)}`)
  return names.join('|')
}

/** gfpflags_allow_blocking */
export function allowsBlocking(gfp: number): boolean {
  return (gfp & __GFP_DIRECT_RECLAIM) !== 0
}
