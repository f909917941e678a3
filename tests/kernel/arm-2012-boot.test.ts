import { describe, expect, it } from 'vitest'
import { MiB } from '@shared/units.ts'
import { runEarlyBoot } from '../../src-main/kernel/boot.ts'
import { BootPanic, type EarlyBoot } from '../../src-main/kernel/early-boot.ts'
import { Log } from '../../src-main/kernel/log.ts'
import { resolveProfile } from '../../src-main/kernel/profiles/index.ts'
import { Tracer } from '../../src-main/kernel/tracer.ts'
import { boardWith } from '../workload/board.ts'

const RAM = 0x6000_0000

/** A vexpress with that much RAM, as its boot loader leaves it. */
function boot(
  release: string,
  mib: number,
  cmdline = '',
  extra = '',
  { imageEnd = RAM + 0x24_0000, ramdiskBytes = 0xa_0000 } = {},
): EarlyBoot {
  const { profile, config } = resolveProfile(release, 'arm', null, extra)!
  const loader = {
    memory: [{ start: RAM, end: RAM + mib * MiB }],
    cmdline,
    kernelImage: { start: RAM + 0x8000, end: imageEnd },
    initrd: { start: RAM + 8 * MiB, end: RAM + 8 * MiB + ramdiskBytes },
    dtb: null,
    cpus: 1,
  }
  return runEarlyBoot({ profile, config, board: boardWith(), loader }, new Log(new Tracer(null)))
}
const area = (state: EarlyBoot): string =>
  state.cma.map((each) => `${each.size / MiB}M at ${each.base.toString(16)}`).join()
const said = (state: EarlyBoot): string[] => state.log.lines.map((line) => `${line.level} ${line.text}`)

describe('low and high memory', () => {
  it.each([
    [128, '', 0x6800_0000, 0xc880_0000, ['Normal']],
    [1024, '', 0x8f80_0000, 0xf000_0000, ['Normal', 'HighMem']],
    [1024, 'vmalloc=512M', 0x7f00_0000, 0xdf80_0000, ['Normal', 'HighMem']],
    [512, 'mem=300M', 0x72c0_0000, 0xd300_0000, ['Normal']],
    [512, 'mem=64M mem=64M@0x70000000', 0x7400_0000, 0xd480_0000, ['Normal']],
  ])('%i MiB with "%s"', (mib, cmdline, lowmem, vmalloc, zones) => {
    const state = boot('3.4', mib, cmdline)
    expect(state.numbers.lowmem_limit).toBe(lowmem)
    expect(state.numbers.vmalloc_start).toBe(vmalloc)
    expect(state.zones.map((zone) => zone.name)).toEqual(zones)
  })

  it('says what it has to cut where there is no high memory', () => {
    const state = boot('3.4', 1024, '', 'CONFIG_HIGHMEM=n')
    expect(said(state)).toEqual(['notice Truncating RAM at 60000000-9fffffff to -8f7fffff (vmalloc region overlap).'])
    expect(state.zones.map((zone) => zone.name)).toEqual(['Normal'])
  })

  it('bounds what vmalloc= asks for', () => {
    expect(said(boot('3.4', 128, 'vmalloc=1M'))).toEqual(['warn vmalloc area too small, limiting to 16MB'])
    expect(said(boot('3.4', 128, 'vmalloc=2G'))).toEqual(['warn vmalloc area is too big, limiting to 976MB'])
  })
})

// "Memory: 110536k/110536k available" of the recordings' logs, in pages
it.each([
  [128, '', 27_634],
  [512, 'mem=300M cma=32M', 67_143],
  [512, 'cma=400M', 26_599],
  [1024, '', 255_043],
])('%i MiB with "%s" leaves %i pages when the page allocator takes over', (mib, cmdline, expected) => {
  const { memblock } = boot('3.6', mib, cmdline, '', { imageEnd: RAM + 0x23_cd64, ramdiskBytes: 666_624 })
  const pages = memblock.freeRanges().map(({ start, end }) => Math.floor(end / 4096) - Math.ceil(start / 4096))
  expect(pages.reduce((sum, count) => sum + count)).toBe(expected)
})

describe('RAM that cannot be', () => {
  it.each([
    ['mem=1M', 'the kernel image lies outside RAM'],
    ['mem=8M', 'VFS: Unable to mount root fs'],
    ['mem=1G', 'RAM ends at 0x80000000'],
    ['mem=64M@0x70000000', 'the kernel image lies outside RAM'],
    ['mem=4G', 'the machine has no RAM'],
    ['mem', 'mem without a value'],
    ['vmalloc', 'vmalloc without a value'],
  ])('%s: %s', (cmdline, why) => {
    expect(() => boot('3.4', 512, cmdline)).toThrow(BootPanic)
    expect(() => boot('3.7', 512, cmdline)).toThrow(why)
  })

  it('counts sizes in 32 bits', () =>
    expect(said(boot('3.4', 128, 'vmalloc=4G'))).toEqual(['warn vmalloc area too small, limiting to 16MB']))
})

describe('the CMA area', () => {
  it.each([
    ['3.5', 512, '', '16M at 7f000000'],
    ['3.5', 512, 'cma=5M', '8M at 7f800000'],
    ['3.6', 512, 'cma=1', '4M at 7fc00000'],
    ['3.5', 512, 'mem=300M cma=32M', '32M at 70800000'],
    ['3.6', 512, 'mem=300M cma=32M', '32M at 70c00000'],
    ['3.5', 1024, 'cma=700M', '704M at 63800000'],
    ['3.7', 1024, 'cma=64M', '64M at 8b800000'],
    ['3.5', 512, 'cma=64M cma=8M@0x70000000', '8M at 7f800000'],
    ['3.5', 512, 'cma=0', ''],
    ['3.5', 512, 'cma=foo', ''],
    ['3.5', 512, 'cma=4G', ''],
    ['3.4', 512, 'cma=64M', ''],
  ])('%s, %i MiB, "%s": %s', (release, mib, cmdline, expected) =>
    expect(area(boot(release, mib, cmdline))).toBe(expected),
  )

  it('says what it reserved and what it could not', () => {
    expect(said(boot('3.5', 512))).toEqual(['info cma: CMA: reserved 16 MiB at 7f000000'])
    expect(said(boot('3.5', 512, 'cma=500M'))).toEqual(['err cma: CMA: failed to reserve 504 MiB'])
    expect(said(boot('3.6', 512, 'cma=2G'))).toEqual(['err cma: CMA: failed to reserve 2048 MiB'])
  })

  it.each(['cma', 'cma=4095M'])('kills the kernel with %s', (cmdline) =>
    expect(() => boot('3.5', 512, cmdline)).toThrow(BootPanic),
  )
})
