/** Parameters of the kernel's command line that decide about DMA memory (Documentation/admin-guide/kernel-parameters.txt). */
export interface ArgumentBinding {
  name: string
  /** What is written, with places to fill in. */
  template: string
  meaning: string
}

// prettier-ignore
export const argumentBindings: readonly ArgumentBinding[] = [
  { name: 'cma', template: 'cma=${1:64M}', meaning: 'Size of the default CMA area: `nn[KMG][@start[-end]]`, 0 for none. Replaces the size of the configuration and any `linux,cma-default` node, with its place.' },
  { name: 'coherent_pool', template: 'coherent_pool=${1:1M}', meaning: 'Size of the atomic pool that interrupt handlers allocate coherent memory from. At most one block of the page allocator (4 MiB with 4 KiB pages); it grows by itself.' },
  { name: 'swiotlb', template: 'swiotlb=${1:32768}', meaning: 'Bounce buffer: `slabs[,areas][,force|noforce]`. Counts slabs of 2 KiB, not bytes: 32768 are 64 MiB.' },
  { name: 'mem', template: 'mem=${1:512M}', meaning: 'Uses no more RAM than this.' },
  { name: 'vmalloc', template: 'vmalloc=${1:256M}', meaning: '32-bit ARM: size of the vmalloc area, which remapped DMA buffers come from; takes low memory.' },
  { name: 'iommu.passthrough', template: 'iommu.passthrough=${1|0,1|}', meaning: '1: devices behind an IOMMU use physical addresses unless they ask for translation.' },
  { name: 'iommu.strict', template: 'iommu.strict=${1|1,0|}', meaning: '0: invalidations of the IOMMU’s cache are batched; IOVAs are given back later.' },
  { name: 'iommu.forcedac', template: 'iommu.forcedac=${1|0,1|}', meaning: '1: PCI devices get IOVAs above 4 GiB from the beginning.' },
  { name: 'cma_pernuma', template: 'cma_pernuma=${1:16M}', meaning: 'An area on every NUMA node.' },
  { name: 'memmap', template: 'memmap=${1:64M}${2:\\$}${3:0x58000000}', meaning: 'x86: marks memory as reserved.' },
  { name: 'crashkernel', template: 'crashkernel=${1:128M}', meaning: 'Reserves memory for a crash kernel.' },
  { name: 'movablecore', template: 'movablecore=${1:256M}', meaning: 'Memory for movable pages only.' },
  { name: 'kernelcore', template: 'kernelcore=${1:256M}', meaning: 'Memory that the kernel may use for anything.' },
  { name: 'hugepages', template: 'hugepages=${1:16}', meaning: 'Huge pages reserved at boot.' },
  { name: 'console', template: 'console=${1:ttyS0,115200n8}', meaning: 'Where the log goes.' },
  { name: 'root', template: 'root=${1:/dev/mmcblk0p2}', meaning: 'The root file system.' },
]

export const argumentOf = (name: string): ArgumentBinding | undefined =>
  argumentBindings.find((binding) => binding.name === name.replaceAll('-', '_'))
