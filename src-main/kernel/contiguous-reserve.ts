/** The default CMA area: dma_contiguous_reserve() of kernel/dma/contiguous.c. Left out: areas of NUMA nodes. */
import type { Bytes } from '@shared/units.ts'
import { declareContiguous } from './cma-reserve.ts'
import type { EarlyBoot } from './early-boot.ts'
import { memparse } from './memparse.ts'

export interface AskedCma {
  size: Bytes
  base: Bytes
  limit: Bytes
}

/** What `cma=` asks for; a later one replaces the size, and the place only where it names one. Null: not on the command line. */
export function askedCma({ params, profile }: EarlyBoot): AskedCma | null {
  if (!profile.contiguous) return null
  const values = params.flatMap(({ name, value }) => (name === 'cma' && value !== null ? [value] : []))
  if (values.length === 0) return null
  return Object.assign({ size: 0, base: 0, limit: 0 }, ...values.map(parseCma)) as AskedCma
}

/** early_cma(): `SIZE`, `SIZE@BASE` or `SIZE@BASE-LIMIT`. */
function parseCma(text: string): Partial<AskedCma> & { size: Bytes } {
  const { value: size, rest } = memparse(text)
  if (!rest.startsWith('@')) return { size }
  const base = memparse(rest.slice(1))
  if (!base.rest.startsWith('-')) return { size, base: base.value, limit: base.value + size }
  return { size, base: base.value, limit: memparse(base.rest.slice(1)).value }
}

/** Reserves the default area below `limit` (exclusive), unless a region of the tree is it already. */
export function dmaContiguousReserve(boot: EarlyBoot, limit: Bytes): void {
  const { contiguous } = boot.profile
  if (!contiguous) return
  const asked = askedCma(boot)
  const size = asked ? asked.size : contiguous.defaultBytes(boot.memblock.physMemBytes)
  if (!size || boot.defaultCma >= 0) return
  const fixed = asked !== null && asked.base + asked.size === asked.limit
  const within = asked?.limit ? Math.min(asked.limit, limit || Infinity) : limit
  const index = declareContiguous(boot, { size, base: asked?.base ?? 0, limit: within, fixed, name: 'reserved' })
  if (index < 0) return
  boot.defaultCma = index
  boot.contiguousFixups.push({ base: boot.cma[index]!.base, size: boot.cma[index]!.size })
}
