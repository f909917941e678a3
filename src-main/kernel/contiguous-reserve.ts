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
  const addresses = 2 ** profile.page.wordBits
  return Object.assign({ size: 0, base: 0, limit: 0 }, ...values.map((value) => parseCma(value, addresses))) as AskedCma
}

/** early_cma(): `SIZE`, `SIZE@BASE` or `SIZE@BASE-LIMIT`. Each is a phys_addr_t: what does not fit is cut off. */
function parseCma(text: string, addresses: number): Partial<AskedCma> & { size: Bytes } {
  const parsed = memparse(text)
  const size = parsed.value % addresses
  if (!parsed.rest.startsWith('@')) return { size }
  const { value, rest } = memparse(parsed.rest.slice(1))
  const base = value % addresses
  if (!rest.startsWith('-')) return { size, base, limit: (base + size) % addresses }
  return { size, base, limit: memparse(rest.slice(1)).value % addresses }
}

/** Reserves the default area below `limit` (exclusive), unless a region of the tree is it already. */
export function dmaContiguousReserve(boot: EarlyBoot, limit: Bytes): void {
  const { contiguous } = boot.profile
  if (!contiguous) return
  const asked = askedCma(boot)
  const size = asked ? asked.size : contiguous.defaultBytes(boot.memblock.physMemBytes)
  if (!size || boot.defaultCma >= 0) return
  const fixed = asked !== null && (asked.base + asked.size) % 2 ** boot.profile.page.wordBits === asked.limit
  const within = asked?.limit ? Math.min(asked.limit, limit || Infinity) : limit
  const index = declareContiguous(boot, { size, base: asked?.base ?? 0, limit: within, fixed, name: 'reserved' })
  if (index < 0) return
  boot.defaultCma = index
  boot.contiguousFixups.push({ base: boot.cma[index]!.base, size: boot.cma[index]!.size })
}
