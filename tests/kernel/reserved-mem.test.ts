import { describe, expect, test } from 'vitest'
import { cma, early, picture, reserved, said } from './early.ts'

const LEGEND = { cam: 'c', vpu: 'v', fw: 'f', 'fw@42000000': 'f', 'cam@43000000': 'c', reserved: 'r' }
const MIB8 = 'size = <0 0x800000>;'

/** Pictures: 2 MiB a character, 64 MiB; see `picture`. `cma=0` keeps the default area away. */
function check(nodes: string, want: string, cmdline = 'cma=0'): void {
  expect(picture(early(reserved(nodes), { cmdline }), LEGEND)).toBe(want)
}

describe('regions with a size find a place', () => {
  test('from the top down, in tree order', () =>
    check(cma('cam', MIB8) + cma('vpu', MIB8), '.KK.D...................vvvvcccc'))
  test('below what a region with reg takes first, wherever it stands in the tree', () =>
    check(
      cma('cam', 'size = <0 0x1000000>;') + cma('vpu', 'reg = <0 0x43000000 0 0x1000000>;'),
      '.KK.D...........ccccccccvvvvvvvv',
    ))
  test('on the alignment that a CMA area needs, or a larger one of their own', () =>
    check(cma('cam', 'size = <0 0x200000>; alignment = <0 0x1000000>;'), '.KK.D...................c.......'))
  test('inside the first of their ranges that has room', () =>
    check(
      cma('cam', `${MIB8} alloc-ranges = <0 0x40000000 0 0x800000 0 0x42000000 0 0x1000000>;`),
      '.KK.D...............cccc........',
    ))
  test('right behind a region that touches the start of their range', () =>
    check(
      cma('vpu', 'size = <0 0x800000>; alloc-ranges = <0 0x42000000 0 0x800000>;') +
        cma('cam', `${MIB8} alloc-ranges = <0 0x42800000 0 0x1800000>;`),
      '.KK.D...........vvvvcccc........',
    ))
})

describe('regions that cannot be', () => {
  test('too large', () => {
    const boot = early(reserved(cma('cam', 'size = <0 0x8000000>;')), { cmdline: 'cma=0' })
    expect(said(boot, /cam/)).toEqual([`OF: reserved mem: failed to allocate memory for node 'cam': size 128 MiB`])
    expect(boot.reservedMem).toEqual([])
  })
  test.each([
    ['size', 'size = <0x800000>;'],
    ['alignment', 'size = <0 0x800000>; alignment = <0x200000>;'],
  ])('%s with the wrong number of cells', (property, body) => {
    const boot = early(reserved(cma('cam', body)))
    expect(said(boot, /invalid/)).toEqual([`OF: reserved mem: invalid ${property} property in 'cam' node.`])
  })
  test('cells that differ from those of the root: nothing of the node counts', () => {
    const nodes = 'reserved-memory { #address-cells = <1>; #size-cells = <1>; ranges; cam { size = <0x800000>; }; };'
    expect(said(early(nodes), /unsupported/)).toHaveLength(2)
  })
  test('switched off', () => check(cma('cam', `${MIB8} status = "disabled";`), '.KK.D...........................'))
  test('a CMA area that begins inside a pageblock is given back', () => {
    const boot = early(reserved(cma('cam', 'reg = <0 0x42100000 0 0x800000>;')), { cmdline: 'cma=0' })
    expect(said(boot, /cam|alignment/)).toEqual([
      'Reserved memory: incorrect alignment of CMA region',
      'OF: reserved mem: node cam compatible matching fail',
    ])
    expect(boot.memblock.isRegionReserved(0x4210_0000, 0x80_0000)).toBe(false)
  })
})

describe('overlaps', () => {
  test('are told of, and the areas are there all the same', () => {
    const boot = early(
      reserved(
        cma('cam@42000000', 'reg = <0 0x42000000 0 0x800000>;') +
          cma('vpu@42400000', 'reg = <0 0x42400000 0 0x800000>;'),
      ),
      { cmdline: 'cma=0' },
    )
    expect(said(boot, /OVERLAP/)[0]).toContain(
      'cam@42000000 (0x0000000042000000--0x0000000042800000) overlaps with vpu@42400000',
    )
    expect(boot.cma.map((area) => area.name)).toEqual(['cam@42000000', 'vpu@42400000'])
  })
  test('what the blob lies in cannot be unmapped', () => {
    const boot = early(reserved('fw@40800000 { reg = <0 0x40800000 0 0x200000>; no-map; };'))
    expect(said(boot, /failed to reserve/)).toHaveLength(1)
    expect(boot.memblock.memory.regions.every((r) => r.flags === 0)).toBe(true)
  })
})

test('no-map takes RAM out of the map; memreserve only reserves it', () => {
  check('fw@42000000 { reg = <0 0x42000000 0 0x400000>; no-map; };', '.KK.D...........ff..............')
  const boot = early(reserved('fw@42000000 { reg = <0 0x42000000 0 0x400000>; no-map; };'))
  expect(boot.memblock.memory.find(0x4200_0000)?.flags).not.toBe(0)
})

describe('tables that are full', () => {
  const many = (count: number) => Array.from({ length: count }, (_, n) => `r${n} { size = <0 0x1000>; };`).join(' ')
  test('64 regions with a size, no more', () => {
    const boot = early(reserved(many(66)))
    expect(said(boot, /too many/)).toEqual(
      ['r64', 'r65'].map((r) => `OF: reserved mem: too many defined dynamic regions, skip '${r}'`),
    )
    expect(boot.reservedMem).toHaveLength(64)
  })
  test('as many CMA areas as the configuration has', () => {
    const body = reserved(['a', 'b', 'c'].map((n) => cma(n, 'size = <0 0x200000>;')).join(''))
    const boot = early(`${body} lab { compatible = "carveout,lab"; config = "CMA_AREAS=2"; };`, { cmdline: 'cma=0' })
    expect(boot.cma.map((area) => area.name)).toEqual(['a', 'b'])
    expect(said(boot, /slots|unable/)).toEqual([
      'cma: Not enough slots for CMA reserved regions!',
      'Reserved memory: unable to setup CMA region',
    ])
  })
})

test('linux,cma-default makes the default area, unless the command line asks for one', () => {
  const body = reserved(cma('cam', `${MIB8} linux,cma-default;`))
  const own = early(body)
  expect(own.cma[own.defaultCma]?.name).toBe('cam')
  const asked = early(body, { cmdline: 'cma=16M' })
  expect(asked.cma[asked.defaultCma]).toMatchObject({ name: 'reserved', size: 0x100_0000 })
  expect(said(asked, /bypass/)).toEqual(['Reserved memory: bypass cam node, using cmdline CMA params instead'])
})
