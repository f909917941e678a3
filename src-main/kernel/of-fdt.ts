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
  boot.memblock.alloc({ size: unflattenedBytes(boot) + 4, align: 8 })
}

/** What unflatten_dt_nodes() counts in its dry run: each structure begins at a multiple of 8, names stand behind their node. */
function unflattenedBytes({ board, loader, profile }: EarlyBoot): Bytes {
  const { deviceNodeBytes, propertyBytes } = profile.earlyBoot.sizes
  const { properties, nodeNames, chosen } = board.blob
  const added = [loader.cmdline && 'bootargs', ...(loader.initrd ? ['linux,initrd-start', 'linux,initrd-end'] : [])]
  const fromLoader = added.filter((name) => name && !chosen?.includes(name))
  const names = chosen || fromLoader.length === 0 ? nodeNames : [...nodeNames, 'chosen']
  // Each node gets one more property: its name, without the unit address.
  const ofNode = (name: string): Bytes =>
    alignUp(deviceNodeBytes + name.length + 1, 8) + alignUp(propertyBytes + name.split('@')[0]!.length + 1, 8)
  const ofProperties = (properties + fromLoader.length) * alignUp(propertyBytes, 8)
  return names.reduce((sum, name) => sum + ofNode(name), ofProperties)
}
