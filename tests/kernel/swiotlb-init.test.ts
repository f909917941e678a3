import { describe, expect, test } from 'vitest'
import { SwiotlbPlan } from '../../src-main/kernel/swiotlb-init.ts'
import { Log } from '../../src-main/kernel/log.ts'
import { Tracer } from '../../src-main/kernel/tracer.ts'
import { early, GiB, RAM, said } from './early.ts'

test.each([
  ['4096', { slots: 4096, areas: 0, force: false, disabled: false }],
  ['100', { slots: 128, areas: 0 }],
  ['1000,3', { slots: 1024, areas: 4 }],
  ['128,8', { slots: 1024, areas: 8 }],
  ['force', { slots: 32768, force: true }],
  ['noforce', { disabled: true }],
  ['4096,force', { slots: 4096, force: true }],
  ['4096,2,noforce', { slots: 4096, areas: 2, disabled: true }],
  ['nonsense', { slots: 32768, areas: 0, force: false, disabled: false }],
])('swiotlb=%s', (text, want) => {
  const plan = new SwiotlbPlan({ log: new Log(new Tracer(null)) })
  plan.parse(text)
  expect(plan).toMatchObject(want)
})

describe('the pool', () => {
  const large = [{ start: RAM, end: RAM + 5 * GiB }]
  test('is whole where RAM reaches beyond what DMA does, and below that limit', () => {
    const { swiotlb } = early('', { memory: large, cpus: 3 })
    expect(swiotlb).toMatchObject({ slots: 32768, areas: 4, force: false })
    expect(swiotlb!.start + 32768 * 2048).toBeLessThanOrEqual(4 * GiB)
  })
  test('is 1 MiB for each GiB where only unaligned buffers bounce', () =>
    expect(early('', { memory: [{ start: RAM, end: RAM + 2 * GiB }] }).swiotlb?.slots).toBe(1024))
  test('lies a page below the end of what DMA reaches, where nothing else lies there', () => {
    const { swiotlb } = early('', { memory: large, cmdline: 'cma=0 swiotlb=1024' })
    expect(swiotlb!.start + swiotlb!.slots * 2048).toBe(4 * GiB - 4096)
  })
  test('is absent when it is forbidden, or not built in', () => {
    expect(early('', { memory: large, cmdline: 'swiotlb=noforce' }).swiotlb).toBeNull()
    expect(early('lab { compatible = "carveout,lab"; config = "SWIOTLB=n"; };', { memory: large }).swiotlb).toBeNull()
  })
  test('is halved until there is room, and says so', () => {
    const boot = early('', { memory: [{ start: RAM, end: RAM + GiB }], cmdline: 'swiotlb=1048576' })
    expect(boot.swiotlb?.slots).toBe(262144)
    expect(said(boot, /adjusted|Failed/)).toEqual([
      'software IO TLB: swiotlb_memblock_alloc: Failed to allocate 2147483648 bytes tlb structure',
      'software IO TLB: swiotlb_memblock_alloc: Failed to allocate 1073741824 bytes tlb structure',
      'software IO TLB: SWIOTLB bounce buffer size adjusted 1048576 -> 262144 slabs',
    ])
  })
})
