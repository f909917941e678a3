/** Combinations of flags that the handlers of kernel/dma (contiguous.c, coherent.c, swiotlb.c) refuse or ignore. */
import { findProperty } from '../../devicetree/tree.ts'
import { fix, type BoardCheck, type CheckContext, type Finding } from './check.ts'
import { placeOf } from './region.ts'

function reusableNoMap({ regions }: CheckContext): Finding[] {
  return regions
    .filter(({ node }) => node.reusable && node.noMap)
    .map((region) => {
      const noMap = findProperty(region.dt, 'no-map')?.span ?? null
      const reusable = findProperty(region.dt, 'reusable')?.span ?? null
      const effect = region.isPool ? 'so the kernel refuses the pool' : 'which contradict each other'
      return {
        at: noMap ?? region.dt.nameSpan,
        message: `${region.node.name}: reusable memory is lent to the system, no-map memory is not even mapped, ${effect}; keep reusable for a CMA area, no-map for memory of the device alone`,
        related: reusable ? [{ ...reusable, message: 'reusable is set here' }] : [],
        fixes: [...fix('Remove no-map', noMap, ''), ...fix('Remove reusable', reusable, '')],
      }
    })
}

function reusableWithoutHandler({ regions }: CheckContext): Finding[] {
  return regions
    .filter(({ node, isPool }) => node.reusable && !isPool && !node.noMap && node.compatible.length === 0)
    .map((region) => ({
      at: placeOf(region, 'reusable'),
      message: `${region.node.name}: without compatible = "shared-dma-pool" nothing lends this memory out, it is lost to the system; add the compatible string`,
      fixes: fix(
        'Add compatible = "shared-dma-pool"',
        findProperty(region.dt, 'reusable')?.span ?? null,
        'compatible = "shared-dma-pool";\n\t\t\treusable;',
      ),
    }))
}

function mappedPool({ regions, kernel }: CheckContext): Finding[] {
  return regions
    .filter(({ node, isPool }) => isPool && !node.reusable && !node.noMap)
    .map((region) => ({
      at: region.dt.nameSpan,
      severity: kernel?.declaredNeedsNoMap ? 'error' : 'warning',
      message: kernel?.declaredNeedsNoMap
        ? `${region.node.name}: this kernel takes a device's own pool only with no-map and refuses it; add no-map, or reusable for a CMA area`
        : `${region.node.name}: a shared-dma-pool with neither reusable nor no-map is memory of its devices alone that stays mapped as cacheable; add no-map, or reusable for a CMA area`,
    }))
}

function defaultWithoutCma({ regions }: CheckContext): Finding[] {
  return regions
    .filter(({ node, wantsCma }) => node.linuxCmaDefault && !wantsCma)
    .map((region) => ({
      at: placeOf(region, 'linux,cma-default'),
      message: `${region.node.name}: linux,cma-default has no effect, because the region is no CMA area; that takes compatible = "shared-dma-pool" and reusable, without no-map`,
    }))
}

function severalDefaults({ regions }: CheckContext): Finding[] {
  const [first, ...rest] = regions.filter(({ node, wantsCma }) => node.linuxCmaDefault && wantsCma)
  return rest.map((region) => ({
    at: placeOf(region, 'linux,cma-default'),
    message: `${region.node.name} and ${first!.node.name} are both linux,cma-default, and only the one that is set up last serves the devices without memory-region; keep it on one of them`,
    related: [{ ...(placeOf(first!, 'linux,cma-default') ?? region.dt.nameSpan!), message: 'the other default' }],
    fixes: fix('Remove linux,cma-default here', findProperty(region.dt, 'linux,cma-default')?.span ?? null, ''),
  }))
}

function restrictedFlags({ regions, kernel }: CheckContext): Finding[] {
  return regions
    .filter(({ node }) => node.compatible.includes('restricted-dma-pool'))
    .flatMap((region): Finding[] => {
      const wrong = ['reusable', 'no-map', 'linux,cma-default', 'linux,dma-default'].filter((name) =>
        findProperty(region.dt, name),
      )
      if (wrong.length)
        return [
          {
            at: placeOf(region, wrong[0]!),
            message: `${region.node.name}: the kernel refuses a restricted-dma-pool with ${wrong.join(' and ')}; remove ${wrong.length > 1 ? 'them' : 'it'}`,
            fixes: fix(`Remove ${wrong[0]!}`, findProperty(region.dt, wrong[0]!)?.span ?? null, ''),
          },
        ]
      if (!kernel || kernel.hasRestrictedPools) return []
      return [
        {
          at: region.dt.nameSpan,
          severity: 'warning',
          message: `${region.node.name}: this kernel is built without CONFIG_DMA_RESTRICTED_POOL, so the region is only reserved; switch the option on`,
        },
      ]
    })
}

// prettier-ignore
export const flagChecks: readonly BoardCheck[] = [
  { code: 'reusable-no-map', severity: 'error', title: 'reusable together with no-map', needs: [], run: reusableNoMap },
  { code: 'reusable-without-handler', severity: 'warning', title: 'reusable on a region that no handler takes', needs: [], run: reusableWithoutHandler },
  { code: 'mapped-pool', severity: 'warning', title: 'shared-dma-pool with neither reusable nor no-map', needs: [], run: mappedPool },
  { code: 'cma-default-without-cma', severity: 'warning', title: 'linux,cma-default on a region that is no CMA area', needs: [], run: defaultWithoutCma },
  { code: 'cma-default-twice', severity: 'warning', title: 'More than one linux,cma-default', needs: [], run: severalDefaults },
  { code: 'restricted-pool-flags', severity: 'error', title: 'restricted-dma-pool with flags that it cannot have', needs: [], run: restrictedFlags },
]
