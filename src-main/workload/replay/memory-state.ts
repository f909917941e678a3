/** What the recorder of 2012 answers to `pools`: all areas, pools and zones, keys in its order. */
import type { Kernel } from '../../kernel/index.ts'

export function memoryState(kernel: Kernel): Record<string, unknown> {
  const { cma, dma_pools, window, zones } = kernel.state()
  const minCma = kernel.profile.cma ? { min_cma: 0 } : {}
  const zone = ({ free, min, low, high }: (typeof zones)[number]) => ({ free, min, low, high, ...minCma })
  return {
    cma: Object.fromEntries(Object.entries(cma).map(([name, area]) => [name, areaState(kernel, name, area)])),
    dma_pools,
    zones: Object.fromEntries(zones.map((each) => [each.name, zone(each)])),
    ...(window ? { window: windowState(window) } : {}),
  }
}

function areaState(kernel: Kernel, name: string, area: ReturnType<Kernel['state']>['cma'][string]) {
  const { base_pfn, count, order_per_bit, used, set_runs } = area
  const free = kernel.areaMap(name)?.blocks.reduce((sum, [, pages]) => sum + pages, 0) ?? 0
  return { base_pfn, count, order_per_bit, used, unallocated_free_pages: free, set_runs }
}

function windowState(window: NonNullable<ReturnType<Kernel['state']>['window']>) {
  const pages = window.size / 4096
  const used = window.regions.reduce((sum, region) => sum + region.pages, 0)
  return { ...window, used_pages: used, free_pages: pages - used }
}
