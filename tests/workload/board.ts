import type { Board, BoardDevice } from '@shared/board.ts'

/** A small board for tests of workloads: devices by node name and compatible, nothing else. */
export function boardWith(...devices: [path: string, compatible: string, more?: Partial<BoardDevice>][]): Board {
  return {
    model: 'test',
    compatible: ['test,board'],
    addressCells: 2,
    sizeCells: 2,
    memory: [],
    memreserve: [],
    reservedMemory: null,
    devices: devices.map(([path, compatible, more]) => ({ ...device(path, compatible), ...more })),
    iommus: [],
    bootargs: '',
    bootargsSpan: null,
    cpus: 1,
    lab: {
      kernel: null,
      arch: null,
      config: [],
      properties: {},
      dmabounce: [],
      carveouts: [],
      contiguous: [],
      declared: [],
      carveoutApi: false,
    },
    blob: { bytes: 4096, properties: 0, nodeNames: [''], chosen: null },
    cpuCompatible: [],
    span: null,
    memorySpan: null,
    maxDmaCpuAddr: null,
  }
}

function device(path: string, compatible: string): BoardDevice {
  return {
    name: path.slice(path.lastIndexOf('/') + 1).replace(/^(.*)@(.*)$/, '$2.$1'),
    path,
    labels: [],
    compatible: [compatible],
    dmaBits: 32,
    coherent: false,
    memoryRegions: [],
    noInit: false,
    dmaRanges: [],
    hasDmaRanges: false,
    iommu: null,
    numaNode: -1,
    enabled: true,
    span: null,
  }
}
