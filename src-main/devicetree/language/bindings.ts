import { ARCHITECTURES, KERNELS } from '@shared/board.ts'
import type { DtNode } from '../tree.ts'

/**
 * What the lab knows of properties and strings: the Devicetree Specification 0.4 and the kernel's bindings around memory
 * (reserved-memory/*.yaml, shared-dma-pool, restricted-dma-pool, memory-region, iommus, dma-ranges). Left out: everything about other hardware.
 */
export type NodeKind =
  'root' | 'memory' | 'reserved-memory' | 'region' | 'chosen' | 'cpus' | 'cpu' | 'lab' | 'lab-child' | 'device'

/** How the cells of a value are grouped: addresses and sizes by the parent's counts, or a fixed number. */
export type CellLayout = 'address-size' | 'address' | 'size' | 'ranges' | 'one' | 'phandles' | 'phandle-args' | null

export interface PropertyBinding {
  name: string
  /** Kinds of nodes it belongs to; `any`: all of them. */
  on: readonly (NodeKind | 'any')[]
  /** What follows the name, with places to fill in. */
  template: string
  cells: CellLayout
  meaning: string
}

const own = '<${1:0x0} ${2:0x40000000} ${3:0x0} ${4:0x1000000}>'

// prettier-ignore
export const propertyBindings: readonly PropertyBinding[] = [
  { name: 'compatible', on: ['any'], template: ' = "${1}";', cells: null, meaning: 'What drives the node: strings from the most special to the most general.' },
  { name: 'status', on: ['any'], template: ' = "${1|okay,disabled|}";', cells: null, meaning: '`okay` (also without the property), `disabled`, `reserved`, `fail`. Only an `okay` node exists for the kernel.' },
  { name: 'reg', on: ['memory', 'region', 'device', 'cpu'], template: ` = ${own};`, cells: 'address-size', meaning: 'Addresses and sizes, in cells as the parent’s `#address-cells` and `#size-cells` say.' },
  { name: '#address-cells', on: ['root', 'reserved-memory', 'device', 'cpus'], template: ' = <${1:2}>;', cells: 'one', meaning: 'Cells of 32 bits that an address of a child takes. That of /reserved-memory must be the root’s.' },
  { name: '#size-cells', on: ['root', 'reserved-memory', 'device', 'cpus'], template: ' = <${1:2}>;', cells: 'one', meaning: 'Cells of 32 bits that a size of a child takes. That of /reserved-memory must be the root’s.' },
  { name: 'ranges', on: ['reserved-memory', 'device'], template: ';', cells: 'ranges', meaning: 'How addresses of children become addresses of the parent; empty: unchanged. Without it the children are not reached by the CPU, and /reserved-memory is ignored.' },
  { name: 'phandle', on: ['any'], template: ' = <${1:0x1}>;', cells: 'one', meaning: 'The number by which other nodes refer to this one. The compiler gives it where a label is used.' },
  { name: 'device_type', on: ['memory', 'cpu'], template: ' = "${1|memory,cpu|}";', cells: null, meaning: '`memory` makes the kernel count the node’s `reg` as RAM, `cpu` counts a processor.' },
  { name: 'linux,usable-memory', on: ['memory'], template: ` = ${own};`, cells: 'address-size', meaning: 'Takes the place of `reg` where a boot loader leaves the kernel less.' },
  { name: 'numa-node-id', on: ['memory', 'cpu', 'device'], template: ' = <${1:0}>;', cells: 'one', meaning: 'The NUMA node that the memory, processor or device belongs to.' },
  { name: 'hotpluggable', on: ['memory'], template: ';', cells: null, meaning: 'The bank can be removed at run time: memory that the kernel cannot move stays out of it.' },

  { name: 'size', on: ['region'], template: ' = <${1:0x0} ${2:0x4000000}>;', cells: 'size', meaning: 'Bytes of a region that the kernel places itself; as many cells as the root’s `#size-cells`. A CMA area takes whole pageblocks.' },
  { name: 'alignment', on: ['region'], template: ' = <${1:0x0} ${2:0x400000}>;', cells: 'address', meaning: 'Smallest alignment of a region that the kernel places; as many cells as the root’s `#address-cells`, a power of two.' },
  { name: 'alloc-ranges', on: ['region'], template: ` = ${own};`, cells: 'address-size', meaning: 'Where the kernel may place the region: pairs of address and size, tried in order, each from the top down. Keeps an area within reach of 32-bit masters.' },
  { name: 'reusable', on: ['region'], template: ';', cells: null, meaning: 'Memory is lent to movable pages until a device claims it: with `compatible = "shared-dma-pool"` a CMA area. Not together with `no-map`.' },
  { name: 'no-map', on: ['region'], template: ';', cells: null, meaning: 'The kernel does not map the memory. With `shared-dma-pool` it is coherent memory of its devices alone, otherwise it is lost to the system and its driver owns it.' },
  { name: 'linux,cma-default', on: ['region'], template: ';', cells: null, meaning: 'The area serves every device without `memory-region`. `cma=` on the command line replaces it, with size and place.' },
  { name: 'linux,dma-default', on: ['region'], template: ';', cells: null, meaning: 'The pool is the coherent memory of every device without one of its own (32-bit ARM without MMU).' },
  { name: 'no-map-fixup', on: ['region'], template: ';', cells: null, meaning: 'A Qualcomm addition: the region is put back when it is not used.' },

  { name: 'memory-region', on: ['device'], template: ' = <&${1:label}>;', cells: 'phandles', meaning: 'Regions of /reserved-memory that the device uses, in the order its driver expects. The first `shared-dma-pool` becomes the source of its DMA memory.' },
  { name: 'memory-region-names', on: ['device'], template: ' = "${1:name}";', cells: null, meaning: 'Names for the entries of `memory-region`.' },
  { name: 'dma-coherent', on: ['device', 'root'], template: ';', cells: null, meaning: 'The device’s DMA sees the caches: no cache maintenance, no remapping. Holds for everything below.' },
  { name: 'dma-noncoherent', on: ['device', 'root'], template: ';', cells: null, meaning: 'The device’s DMA goes past the caches although the architecture’s default is coherent.' },
  { name: 'dma-ranges', on: ['device', 'root'], template: ' = <${1:0x0} ${2:0x0} ${3:0x40000000}>;', cells: 'ranges', meaning: 'Which CPU addresses DMA from below this bus reaches, and as which bus addresses: child address, parent address, size. Empty: all, unchanged.' },
  { name: 'iommus', on: ['device'], template: ' = <&${1:smmu} ${2:0x0}>;', cells: 'phandle-args', meaning: 'The IOMMU that translates the device’s DMA, and its stream ids. Scattered pages then look contiguous to it.' },
  { name: '#iommu-cells', on: ['device'], template: ' = <${1:1}>;', cells: 'one', meaning: 'Makes the node an IOMMU: cells that follow its phandle in `iommus`.' },
  { name: 'interrupts', on: ['device'], template: ' = <${1:0} ${2:1} ${3:4}>;', cells: null, meaning: 'Interrupts of the device, in cells as the interrupt parent’s `#interrupt-cells` say.' },
  { name: 'clocks', on: ['device'], template: ' = <&${1:clk} ${2:0}>;', cells: 'phandle-args', meaning: 'Clocks of the device, each as its provider’s `#clock-cells` say.' },
  { name: 'resets', on: ['device'], template: ' = <&${1:rst} ${2:0}>;', cells: 'phandle-args', meaning: 'Reset lines of the device.' },
  { name: 'power-domains', on: ['device'], template: ' = <&${1:pd} ${2:0}>;', cells: 'phandle-args', meaning: 'Power domains of the device.' },
  { name: 'dmas', on: ['device'], template: ' = <&${1:dma} ${2:0}>;', cells: 'phandle-args', meaning: 'Channels of a DMA engine that the device uses.' },

  { name: 'bootargs', on: ['chosen'], template: ' = "${1}";', cells: null, meaning: 'The kernel’s command line, unless the boot loader writes another one.' },
  { name: 'stdout-path', on: ['chosen'], template: ' = "${1:serial0:115200n8}";', cells: null, meaning: 'The console.' },
  { name: 'linux,initrd-start', on: ['chosen'], template: ' = <${1:0x48000000}>;', cells: 'one', meaning: 'Where the initial RAM disk starts; the boot loader’s business.' },
  { name: 'linux,initrd-end', on: ['chosen'], template: ' = <${1:0x49000000}>;', cells: 'one', meaning: 'Where the initial RAM disk ends; the boot loader’s business.' },
  { name: 'linux,usable-memory-range', on: ['chosen'], template: ` = ${own};`, cells: 'address-size', meaning: 'The only RAM that a crash kernel uses.' },
  { name: 'model', on: ['root'], template: ' = "${1:Vendor Board}";', cells: null, meaning: 'The board’s name.' },
  { name: 'interrupt-parent', on: ['root', 'device'], template: ' = <&${1:gic}>;', cells: 'phandles', meaning: 'The interrupt controller of this node and those below.' },
  { name: 'enable-method', on: ['cpu'], template: ' = "psci";', cells: null, meaning: 'How the processor is switched on.' },

  { name: 'kernel', on: ['lab'], template: ' = "${1|6.12,3.7,3.6,3.5,3.4|}";', cells: null, meaning: 'The kernel that the lab simulates.' },
  { name: 'arch', on: ['lab'], template: ' = "${1|arm64,arm,x86_64|}";', cells: null, meaning: 'The architecture; guessed from the processors without it.' },
  { name: 'config', on: ['lab'], template: ' = "${1:CMA_SIZE_MBYTES=64}";', cells: null, meaning: 'Symbols of the kernel’s configuration, without CONFIG_.' },
  { name: 'consistent-dma-size', on: ['lab'], template: ' = <${1:0x400000}>;', cells: 'one', meaning: 'What board code of 3.4 and 3.5 tells `init_consistent_dma_size()`: the consistent window, 2 MiB without it.' },
  { name: 'dma-zone-size', on: ['lab'], template: ' = <${1:0x4000000}>;', cells: 'one', meaning: 'The machine’s DMA zone in 2012, from the start of RAM; needs `ZONE_DMA=y`.' },
  { name: 'cma-fallback', on: ['lab'], template: ';', cells: null, meaning: 'In 3.5 to 3.7: where the CMA area cannot serve, the old code does, with a warning. No kernel had it.' },
  { name: 'carveout-api', on: ['lab'], template: ';', cells: null, meaning: 'Carve-outs are asked for through the core carve-out API.' },
  { name: 'devices', on: ['lab-child'], template: ' = <&${1:label}>;', cells: 'phandles', meaning: 'Whose it is: labels of devices, or names where a script adds the device.' },
  { name: 'owner', on: ['lab-child'], template: ' = "${1:out-of-tree graphics}";', cells: null, meaning: 'Who the carve-out is for, in words.' },
  { name: 'size', on: ['lab-child'], template: ' = <${1:0x1000000}>;', cells: 'size', meaning: 'Bytes of the carve-out or area.' },
  { name: 'base', on: ['lab-child'], template: ' = <${1:0x70000000}>;', cells: 'one', meaning: 'Where the carve-out begins; at the end of RAM without it.' },
  { name: 'memory-region', on: ['lab-child'], template: ' = <&${1:label}>;', cells: 'phandles', meaning: 'The reserved region that the carve-out is, instead of memory that the boot loader keeps.' },
  { name: 'allocator', on: ['lab-child'], template: ' = "${1|first-fit,best-fit,buddy|}";', cells: null, meaning: 'How the owner sub-allocates in its carve-out.' },
  { name: 'granule', on: ['lab-child'], template: ' = <${1:0x1000}>;', cells: 'one', meaning: 'The owner’s smallest piece: a power of two of at least 4 KiB.' },
  { name: 'isolated', on: ['lab-child'], template: ';', cells: null, meaning: 'Nobody else may use the memory, not even while it is idle: the carve-out API never serves it from CMA.' },
  { name: 'small-size', on: ['lab-child'], template: ' = <${1:2048}>;', cells: 'one', meaning: 'Blocks of the small pool of safe buffers.' },
  { name: 'large-size', on: ['lab-child'], template: ' = <${1:4096}>;', cells: 'one', meaning: 'Blocks of the large pool of safe buffers; 0: none.' },
  { name: 'limit', on: ['lab-child'], template: ' = <${1:0x4000000}>;', cells: 'one', meaning: 'First bus address that the bridge in front of the devices does not pass.' },
]

/** Of properties that mean different things on different nodes the one of this kind, where it is known. */
export function bindingOf(name: string, kind: NodeKind | null = null): PropertyBinding | undefined {
  const named = propertyBindings.filter((binding) => binding.name === name)
  return named.find(({ on }) => kind !== null && on.includes(kind)) ?? named[0]
}

export interface StringBinding {
  value: string
  meaning: string
}

export const compatibleStrings: Partial<Record<NodeKind, readonly StringBinding[]>> = {
  region: [
    {
      value: 'shared-dma-pool',
      meaning: 'With `reusable` a CMA area, with `no-map` coherent memory of its devices alone.',
    },
    {
      value: 'restricted-dma-pool',
      meaning: 'A bounce buffer through which all DMA of its devices goes (CONFIG_DMA_RESTRICTED_POOL).',
    },
    { value: 'ramoops', meaning: 'Where the kernel’s last log survives a reboot (pstore).' },
    { value: 'framebuffer', meaning: 'A frame buffer that the boot loader has set up.' },
    { value: 'removed-dma-pool', meaning: 'Memory of a device that the kernel does not map; out-of-tree drivers.' },
    { value: 'linaro,optee-tz', meaning: 'OP-TEE.' },
    { value: 'google,open-dice', meaning: 'Measurements of a DICE boot chain.' },
    { value: 'nvidia,tegra264-bpmp-shmem', meaning: 'Memory shared with the boot and power management processor.' },
    { value: 'qcom,smem', meaning: 'Memory shared by the processors of a Qualcomm SoC.' },
    { value: 'qcom,rmtfs-mem', meaning: 'Memory shared with the remote file system service.' },
    { value: 'phram', meaning: 'RAM that serves as an MTD device.' },
    { value: 'mediatek,scp', meaning: 'MediaTek’s system companion processor.' },
  ],
  lab: [{ value: 'carveout,lab', meaning: 'What a devicetree cannot say of the machine, for the lab.' }],
  'lab-child': [
    {
      value: 'carveout,carveout',
      meaning: 'Memory that boot takes away for one owner, which sub-allocates in it alone.',
    },
    { value: 'carveout,dmabounce', meaning: 'Devices that board code of 2012 registers with dmabounce.' },
    { value: 'carveout,contiguous', meaning: 'A CMA area for single devices, as dma_declare_contiguous().' },
  ],
  device: [
    { value: 'simple-bus', meaning: 'A bus whose children are reached as its `ranges` say; they become devices.' },
    { value: 'simple-mfd', meaning: 'A device whose children become devices too.' },
    { value: 'arm,smmu-v3', meaning: 'Arm’s SMMU version 3.' },
    { value: 'arm,mmu-500', meaning: 'Arm’s MMU-500.' },
  ],
}

export const stringValues: Record<string, readonly string[]> = {
  status: ['okay', 'disabled', 'reserved', 'fail'],
  device_type: ['memory', 'cpu', 'pci'],
  kernel: KERNELS.toReversed(),
  arch: ARCHITECTURES,
  allocator: ['first-fit', 'best-fit', 'buddy'],
  config: [
    'CMA_SIZE_MBYTES=',
    'CMA_AREAS=',
    'CMA_ALIGNMENT=',
    'DMA_CMA=y',
    'DMA_CMA=n',
    'HIGHMEM=y',
    'ARM64_16K_PAGES=y',
    'ARM64_64K_PAGES=y',
    'SWIOTLB_DYNAMIC=y',
    'DMA_RESTRICTED_POOL=y',
    'IOMMU_DEFAULT_PASSTHROUGH=y',
  ],
}

/** Children that can be written whole, by kind of the node around them. */
export const nodeTemplates: Partial<Record<NodeKind, readonly { label: string; snippet: string; meaning: string }[]>> =
  {
    root: [
      {
        label: 'memory@…',
        snippet:
          'memory@${1:40000000} {\n\tdevice_type = "memory";\n\treg = <${2:0x0} 0x${1:40000000} ${3:0x0} ${4:0x40000000}>;\n};',
        meaning: 'A bank of RAM.',
      },
      {
        label: 'reserved-memory',
        snippet: 'reserved-memory {\n\t#address-cells = <${1:2}>;\n\t#size-cells = <${2:2}>;\n\tranges;\n\n\t$0\n};',
        meaning: 'Memory that is kept from the system’s general use.',
      },
      { label: 'chosen', snippet: 'chosen {\n\tbootargs = "$0";\n};', meaning: 'What firmware tells the kernel.' },
      {
        label: 'lab',
        snippet: 'lab {\n\tcompatible = "carveout,lab";\n\tkernel = "${1:6.12}";\n};',
        meaning: 'What a devicetree cannot say of the machine.',
      },
    ],
    lab: [
      {
        label: 'carve-out of an owner',
        snippet:
          '${1:graphics} {\n\tcompatible = "carveout,carveout";\n\towner = "${2:out-of-tree graphics}";\n\tdevices = <&${3:gpu}>;\n\tsize = <${4:0x4000000}>;\n\tallocator = "${5|first-fit,best-fit,buddy|}";\n};',
        meaning: 'Taken away at boot; its owner sub-allocates in it alone.',
      },
      {
        label: 'devices that bounce',
        snippet:
          '${1:bridge} {\n\tcompatible = "carveout,dmabounce";\n\tdevices = <&${2:eth}>;\n\tlimit = <${3:0x4000000}>;\n};',
        meaning: 'Registered with dmabounce: copied through safe buffers where a bridge does not reach.',
      },
      {
        label: 'CMA area of 2012',
        snippet:
          '${1:camera} {\n\tcompatible = "carveout,contiguous";\n\tdevices = <&${2:camera}>;\n\tsize = <${3:0x1000000}>;\n};',
        meaning: 'What board code declared with dma_declare_contiguous().',
      },
    ],
    'reserved-memory': [
      {
        label: 'CMA area of its own',
        snippet:
          '${1:cam}: ${1:cam} {\n\tcompatible = "shared-dma-pool";\n\treusable;\n\tsize = <${2:0x0} ${3:0x6000000}>;\n};',
        meaning: 'Lent to movable pages until the devices that name it claim it.',
      },
      {
        label: 'default CMA area',
        snippet:
          'linux,cma {\n\tcompatible = "shared-dma-pool";\n\treusable;\n\tsize = <${1:0x0} ${2:0x14000000}>;\n\tlinux,cma-default;\n};',
        meaning: 'Serves every device without `memory-region`.',
      },
      {
        label: 'declared coherent pool',
        snippet:
          '${1:pool}: ${1:pool}@${2:50000000} {\n\tcompatible = "shared-dma-pool";\n\tno-map;\n\treg = <${3:0x0} 0x${2:50000000} ${4:0x0} ${5:0x400000}>;\n};',
        meaning: 'Coherent memory of its devices alone.',
      },
      {
        label: 'carve-out',
        snippet:
          '${1:fw}: ${1:fw}@${2:50000000} {\n\tno-map;\n\treg = <${3:0x0} 0x${2:50000000} ${4:0x0} ${5:0x400000}>;\n};',
        meaning: 'Taken out of the system’s memory; its driver or firmware owns it.',
      },
      {
        label: 'restricted bounce buffer',
        snippet:
          '${1:bounce}: ${1:bounce} {\n\tcompatible = "restricted-dma-pool";\n\tsize = <${2:0x0} ${3:0x400000}>;\n};',
        meaning: 'All DMA of its devices is copied through it.',
      },
    ],
  }

const byName: Record<string, NodeKind> = {
  'reserved-memory': 'reserved-memory',
  chosen: 'chosen',
  cpus: 'cpus',
  lab: 'lab',
}

/** What kind of node stands at the end of a chain of names; `path` is absolute where it is known. */
export function kindOf(path: string | null, node: DtNode | null): NodeKind {
  if (path === '/') return 'root'
  const names = (path ?? '').split('/').filter(Boolean)
  if (names[0] === 'reserved-memory') return names.length === 1 ? 'reserved-memory' : 'region'
  if (names[0] === 'lab' && names.length > 1) return 'lab-child'
  if (names[0] === 'cpus' && names.length > 1) return 'cpu'
  const last = names.at(-1) ?? node?.name ?? ''
  if (names.length === 1 && /^memory(@|$)/.test(last)) return 'memory'
  return names.length === 1 ? (byName[last] ?? 'device') : 'device'
}
