/**
 * Who takes a region of /reserved-memory: the handlers that kernel/dma registers for its compatible strings (RESERVEDMEM_OF_DECLARE),
 * in the order in which they are linked.
 */
import type { ReservedNode } from '@shared/board.ts'
import { MiB } from '@shared/units.ts'
import { initReservedCma, isCmaAligned } from './cma-reserve.ts'
import { askedCma } from './contiguous-reserve.ts'
import type { EarlyBoot, ReservedRegion } from './early-boot.ts'
import { phys } from './phys.ts'

type Handler = (boot: EarlyBoot, node: ReservedNode, region: ReservedRegion) => boolean

/** Offers the region to its handlers. `unknown`: nobody knows its compatible string; `refused`: none took it. */
export function initNode(boot: EarlyBoot, node: ReservedNode, region: ReservedRegion): 'taken' | 'refused' | 'unknown' {
  let result: 'refused' | 'unknown' = 'unknown'
  for (const { compatible, setup } of handlers(boot)) {
    if (!node.compatible.includes(compatible)) continue
    if (!setup(boot, node, region)) {
      result = 'refused'
      continue
    }
    region.handler = compatible
    boot.log.print('info', `OF: reserved mem: initialized node ${region.name}, compatible id ${compatible}`)
    return 'taken'
  }
  return result
}

function handlers({ profile }: EarlyBoot): { compatible: string; setup: Handler }[] {
  return [
    ...(profile.contiguous ? [{ compatible: 'shared-dma-pool', setup: setupCma }] : []),
    ...(profile.declaredCoherent ? [{ compatible: 'shared-dma-pool', setup: setupDeclared }] : []),
    ...(profile.swiotlb?.restrictedPools ? [{ compatible: 'restricted-dma-pool', setup: setupRestricted }] : []),
  ]
}

/** rmem_cma_setup() of kernel/dma/contiguous.c. */
const setupCma: Handler = (boot, node, region) => {
  if (node.linuxCmaDefault && askedCma(boot)) {
    boot.log.print('info', `Reserved memory: bypass ${node.name} node, using cmdline CMA params instead`)
    return false
  }
  if (!node.reusable || node.noMap) return false
  if (!isCmaAligned(boot, region.base, region.size)) {
    boot.log.print('err', 'Reserved memory: incorrect alignment of CMA region')
    return false
  }
  const index = initReservedCma(boot, { ...region, fromNode: region.name })
  if (index < 0) {
    boot.log.print('err', 'Reserved memory: unable to setup CMA region')
    return false
  }
  if (node.linuxCmaDefault) boot.defaultCma = index
  region.kind = 'cma'
  region.cmaIndex = index
  boot.log.print('info', `Reserved memory: created CMA memory pool at ${placeOf(boot, region)}`)
  return true
}

/** rmem_dma_setup() of kernel/dma/coherent.c. */
const setupDeclared: Handler = (boot, node, region) => {
  if (node.reusable) return false
  if (boot.profile.declaredCoherent?.needsNoMap && !node.noMap) {
    boot.log.print('err', 'Reserved memory: regions without no-map are not yet supported')
    return false
  }
  region.kind = 'declared'
  boot.log.print('info', `Reserved memory: created DMA memory pool at ${placeOf(boot, region)}`)
  return true
}

/** rmem_swiotlb_setup() of kernel/dma/swiotlb.c. */
const setupRestricted: Handler = (boot, node, region) => {
  if (node.reusable || node.linuxCmaDefault || node.linuxDmaDefault || node.noMap) return false
  region.kind = 'restricted'
  boot.log.print('info', `software IO TLB: Reserved memory: created restricted DMA pool at ${placeOf(boot, region)}`)
  return true
}

const placeOf = (boot: EarlyBoot, { base, size }: ReservedRegion): string =>
  `${phys(boot, base)}, size ${Math.floor(size / MiB)} MiB`
