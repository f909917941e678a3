/**
 * drivers/base/dma-contiguous.c of 3.5 to 3.7: areas that board code declares for single devices, and the one that `cma=` or the
 * configuration reserves, all below the end of low memory.
 */
import { alignDown, alignUp, MiB, type Bytes } from '@shared/units.ts'
import { BootPanic, type EarlyBoot } from './early-boot.ts'
import type { CmaProfile, ContiguousProfile, EarlyBootStep } from './profile.ts'
import { memparse } from './memparse.ts'

/** An unsigned long of these kernels. */
const LONG = 0x1_0000_0000

/** mdesc->reserve(), which declares the devices' areas, and dma_contiguous_reserve(). */
export const reserveContiguous: EarlyBootStep = (boot) => {
  const { cma, contiguous } = boot.profile
  if (!cma || !contiguous) return
  for (const { name, sizeBytes } of boot.board.lab.contiguous) declareContiguous(boot, cma, name, sizeBytes)
  const asked = selectedBytes(boot, contiguous)
  if (asked > 0) boot.defaultCma = declareContiguous(boot, cma, 'reserved', asked)
}

/** dma_declare_contiguous: size, rounded up, and base are multiples of the profile's alignment. Index of the area, -1 without room. */
function declareContiguous(boot: EarlyBoot, cma: CmaProfile, name: string, asked: Bytes): number {
  const align = cma.minAlignPages * boot.profile.page.sizeBytes
  const size = alignUp(asked, align) % LONG
  // Rounded up beyond 32 bits: an area of no pages, whose pageblocks are counted down from none.
  if (size === 0) throw new BootPanic(`a CMA area of ${asked} bytes wraps to none`)
  // min(arm_dma_limit, arm_lowmem_limit), of which the first is the last address, not the end
  const limit = Math.min(boot.zoneDmaLimit, boot.numbers.lowmem_limit!)
  const base = boot.memblock.alloc({ size, align, end: alignDown(limit, align) })
  if (base === 0) {
    boot.log.print('err', `cma: CMA: failed to reserve ${size / MiB} MiB`)
    return -1
  }
  boot.log.print('info', `cma: CMA: reserved ${size / MiB} MiB at ${base.toString(16).padStart(8, '0')}`)
  return boot.cma.push({ name, base, size, orderPerBit: 0, fromNode: null }) - 1
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
