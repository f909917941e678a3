/**
 * drivers/base/dma-contiguous.c of 3.5 to 3.7: the one area that `cma=` or the configuration reserves below the end of low
 * memory. Left out: areas that board code declares for single devices.
 */
import { alignDown, alignUp, MiB, type Bytes, type Pages } from '@shared/units.ts'
import { BootPanic, type EarlyBoot } from './early-boot.ts'
import type { EarlyBootStep } from './profile.ts'
import { memparse } from './memparse.ts'

/** An unsigned long of these kernels. */
const LONG = 0x1_0000_0000

/**
 * dma_contiguous_reserve. `alignPages`: size and base are multiples of it, the size rounded up.
 * A `cma` without a value is a null string to the kernel, which dies before it can say so.
 */
export const dmaContiguousReserve =
  (alignPages: Pages): EarlyBootStep =>
  (boot) => {
    const asked = selectedBytes(boot)
    if (asked === 0) return
    const align = alignPages * boot.profile.page.sizeBytes
    const size = alignUp(asked, align) % LONG
    const base = boot.memblock.alloc({ size, align, end: alignDown(boot.numbers.lowmem_limit!, align) })
    if (base === 0) return boot.log.print('err', `cma: CMA: failed to reserve ${size / MiB} MiB`)
    boot.defaultCma = boot.cma.push({ name: 'reserved', base, size, orderPerBit: 0, fromNode: null }) - 1
    boot.log.print('info', `cma: CMA: reserved ${size / MiB} MiB at ${base.toString(16).padStart(8, '0')}`)
  }

/** The size from `cma=` is kept in a signed long, where -1 means that none was given; wider values lose their upper half. */
function selectedBytes(boot: EarlyBoot): Bytes {
  const param = boot.params.filter((each) => each.name === 'cma').at(-1)
  if (param?.value === null) throw new BootPanic('cma without a value')
  const asked = param === undefined ? LONG - 1 : memparse(param.value).value % LONG
  return asked === LONG - 1 ? boot.config.number('CMA_SIZE_MBYTES', 16) * MiB : asked
}
