/**
 * drivers/base/dma-contiguous.c of 3.5 to 3.7: the one area that `cma=` or the configuration reserves below the end of low
 * memory. Left out: areas that board code declares for single devices.
 */
import { alignDown, alignUp, MiB, type Bytes } from '@shared/units.ts'
import { BootPanic, type EarlyBoot } from './early-boot.ts'
import type { ContiguousProfile, EarlyBootStep } from './profile.ts'
import { memparse } from './memparse.ts'

/** An unsigned long of these kernels. */
const LONG = 0x1_0000_0000

/** dma_contiguous_reserve: size, rounded up, and base are multiples of the profile's alignment. */
export const reserveContiguous: EarlyBootStep = (boot) => {
  const { page, cma, contiguous } = boot.profile
  const asked = cma && contiguous ? selectedBytes(boot, contiguous) : 0
  if (asked === 0) return
  const align = cma!.minAlignPages * page.sizeBytes
  const size = alignUp(asked, align) % LONG
  // min(arm_dma_limit, arm_lowmem_limit), of which the first is the last address, not the end
  const limit = Math.min(boot.zoneDmaLimit, boot.numbers.lowmem_limit!)
  const base = boot.memblock.alloc({ size, align, end: alignDown(limit, align) })
  if (base === 0) return boot.log.print('err', `cma: CMA: failed to reserve ${size / MiB} MiB`)
  boot.defaultCma = boot.cma.push({ name: 'reserved', base, size, orderPerBit: 0, fromNode: null }) - 1
  boot.log.print('info', `cma: CMA: reserved ${size / MiB} MiB at ${base.toString(16).padStart(8, '0')}`)
}

/**
 * The size from `cma=` is kept in a signed long, where -1 means that none was given; wider values lose their upper half. A `cma`
 * without a value is a null string to the kernel, which dies before it can say so.
 */
function selectedBytes({ params, memblock }: EarlyBoot, contiguous: ContiguousProfile): Bytes {
  const asked = params.filter((each) => each.name === 'cma')
  if (asked.some((each) => each.value === null)) throw new BootPanic('cma without a value')
  const last = asked.at(-1)?.value
  const size = last === undefined || last === null ? LONG - 1 : memparse(last).value % LONG
  return size === LONG - 1 ? contiguous.defaultBytes(memblock.physMemBytes) : size
}
