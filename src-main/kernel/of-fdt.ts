/** The flattened tree in early boot, drivers/of/fdt.c: RAM, the blob's own place, unflattening. Left out: crash kernels' properties. */
import { alignDown, alignUp, type Bytes } from '@shared/units.ts'
import type { EarlyBoot } from './early-boot.ts'
import { scanReservedMem, scanReservedMemRegNodes } from './of-reserved-mem.ts'
import type { EarlyBootStep } from './profile.ts'

/** setup_machine_fdt(): the blob is taken, its memory nodes (or the firmware's word) become RAM. */
export const setupMachineFdt: EarlyBootStep = (boot) => {
  const { dtb, memory } = boot.loader
  if (dtb) boot.memblock.reserve(dtb.start, dtb.end - dtb.start)
  const banks = memory.length > 0 ? memory : boot.board.memory
  for (const bank of banks) addMemory(boot, bank.start, bank.end - bank.start)
}

/** early_init_dt_add_memory_arch(): whole pages below the highest address that the kernel can name. */
function addMemory(boot: EarlyBoot, base: Bytes, size: Bytes): void {
  const page = boot.profile.page.sizeBytes
  const start = alignUp(base, page)
  const end = Math.min(alignDown(base + size, page), boot.memblock.maxAddress)
  if (end <= start)
    boot.log.print('warn', `OF: fdt: Ignoring memory block 0x${base.toString(16)} - 0x${(base + size).toString(16)}`)
  else boot.memblock.add(start, end - start)
}

/** early_init_fdt_scan_reserved_mem(): /reserved-memory, then the blob's /memreserve/ entries up to the first empty one. */
export const scanFdtReservedMem: EarlyBootStep = (boot) => {
  scanReservedMem(boot)
  for (const { base, size } of boot.board.memreserve) {
    if (size === 0) break
    boot.memblock.reserve(base, size)
  }
}

/** unflatten_device_tree(): the regions with `reg` are set up, then every node and property gets a structure of its own. */
export const unflattenDeviceTree: EarlyBootStep = (boot) => {
  scanReservedMemRegNodes(boot)
  const { deviceNodeBytes, propertyBytes } = boot.profile.earlyBoot.sizes
  const { nodes, properties, nameBytes } = boot.board.blob
  // Each node gets one more property, its name.
  const size = nodes * (deviceNodeBytes + propertyBytes) + properties * propertyBytes + 2 * nameBytes
  boot.memblock.alloc({ size: alignUp(size, 4) + 4, align: 8 })
}
