/** Every kernel that can be simulated, resolved with its default configuration and dumped: what a change of a fragment changes shows here. */
import { expect, test } from 'vitest'
import { GiB, MiB } from '@shared/units.ts'
import { resolveProfile } from '../../src-main/kernel/index.ts'

const KERNELS = [
  ['3.4', 'arm'],
  ['3.5', 'arm'],
  ['3.6', 'arm'],
  ['3.7', 'arm'],
  ['6.12', 'arm'],
  ['6.12', 'arm64'],
  ['6.12', 'x86_64'],
] as const

/** Policies stand as their names, those of sizes as what they answer for 512 MiB and 4 GiB. */
function dump(value: unknown, key = ''): unknown {
  if (typeof value === 'function')
    return key.endsWith('Bytes') ? [512 * MiB, 4 * GiB].map((bytes) => value(bytes)) : 'policy'
  if (Array.isArray(value))
    return key === 'steps' ? value.map((step: { name: string }) => step.name || 'step') : value.map((v) => dump(v))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, dump(v, k)]))
}

test.each(KERNELS)('Linux %s on %s', async (release, arch) => {
  const { profile } = resolveProfile(release, arch, null)!
  await expect(JSON.stringify(dump(profile), null, 2) + '\n').toMatchFileSnapshot(`profiles/${release}-${arch}.json`)
  const keys = JSON.stringify(dump(profile)).match(/"(version|release|arch|architecture)":/g)
  expect(keys).toBeNull()
})

test.each([
  ['ARM64_16K_PAGES', '11', 16384, 11, 32 * MiB],
  ['ARM64_64K_PAGES', '13', 65536, 13, 512 * MiB],
])('%s: page and pageblock follow the configuration', (symbol, order, pageBytes, pageblockOrder, align) => {
  const extra = `CONFIG_ARM64_4K_PAGES=n\nCONFIG_${symbol}=y\nCONFIG_ARCH_FORCE_MAX_ORDER=${order}`
  const { profile } = resolveProfile('6.12', 'arm64', null, extra)!
  expect(profile.page).toMatchObject({ sizeBytes: pageBytes, pageblockOrder })
  expect(profile.cma!.minAlignPages * pageBytes).toBe(align)
})

// s of "percpu: Embedded … s… r0 d…" in a boot's log, but for 16 bytes of alignment
test.each([
  ['ARM64_4K_PAGES', '10', 71648, 56],
  ['ARM64_16K_PAGES', '11', 170160, 32],
  ['ARM64_64K_PAGES', '13', 563584, 56],
])('%s: per-CPU variables and usage maps grow with the page', (symbol, order, perCpuStaticBytes, usageBytes) => {
  const pages = ['4K', '16K', '64K'].map((size) => `CONFIG_ARM64_${size}_PAGES=n`).join('\n')
  const extra = `${pages}\nCONFIG_${symbol}=y\nCONFIG_ARCH_FORCE_MAX_ORDER=${order}`
  const { sizes, sparse } = resolveProfile('6.12', 'arm64', null, extra)!.profile.earlyBoot
  expect([sizes.perCpuStaticBytes, sparse!.usageBytes]).toEqual([perCpuStaticBytes, usageBytes])
  expect(sparse!.sharesTopTable).toBe(symbol === 'ARM64_64K_PAGES')
})

test('what a configuration turns off is absent', () => {
  const off = ['CMA', 'DMA_CMA', 'SWIOTLB', 'DMA_COHERENT_POOL', 'DMA_DECLARE_COHERENT', 'IOMMU_DMA']
  const { profile } = resolveProfile('6.12', 'arm64', null, off.map((name) => `CONFIG_${name}=n`).join('\n'))!
  const { cma, contiguous, swiotlb, atomicPool, declaredCoherent, iommu } = profile
  expect([cma, contiguous, swiotlb, atomicPool, declaredCoherent, iommu]).toEqual([null, null, null, null, null, null])
})

test('an unknown kernel is none', () => expect(resolveProfile('5.10', 'arm64', null)).toBeNull())
