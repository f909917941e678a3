/**
 * Units of memory. Addresses and sizes are bytes in a double (exact to 2^53; physical and IOVA addresses fit);
 * page frame numbers and page counts are integers. Never use bit operators on byte addresses: they truncate to 32 bits.
 */
export type Bytes = number
export type Pages = number
/** Page frame number: physical address / page size. */
export type Pfn = number
/** Buddy order: a block of 2^order pages. */
export type Order = number
/** Simulated time. */
export type Microseconds = number

export const KiB = 1024
export const MiB = 1024 * 1024
export const GiB = 1024 * 1024 * 1024

/** A half-open range of physical or bus addresses: end is exclusive. */
export interface AddressRange {
  start: Bytes
  end: Bytes
}

/** The parts of `ranges` that lie in `within`, in their order. */
export const clipTo = (ranges: readonly AddressRange[], within: AddressRange): AddressRange[] =>
  ranges
    .map(({ start, end }) => ({ start: Math.max(start, within.start), end: Math.min(end, within.end) }))
    .filter(({ start, end }) => start < end)

/** How many bytes ranges that do not overlap hold together. */
export const bytesIn = (ranges: readonly AddressRange[]): Bytes =>
  ranges.reduce((sum, { start, end }) => sum + end - start, 0)

export const alignUp = (value: number, align: number): number => Math.ceil(value / align) * align
export const alignDown = (value: number, align: number): number => Math.floor(value / align) * align

/** Smallest order whose block holds `pages` pages (the kernel's get_order, in pages). */
export function orderOf(pages: Pages): Order {
  if (pages <= 1) return 0
  if (pages <= 0x8000_0000) return 32 - Math.clz32(Math.ceil(pages) - 1)
  let order = 32
  while (2 ** order < pages) order++
  return order
}

/** 0x40000000 as `0x4000_0000`; for people, not for the kernel log. */
export function formatAddress(address: Bytes): string {
  const digits = address.toString(16)
  return '0x' + digits.replace(/\B(?=(.{4})+$)/g, '_')
}

/** 6291456 as `6 MiB`; up to two decimals, trailing zeros dropped. */
export function formatBytes(bytes: Bytes): string {
  const [unit, name] =
    Math.abs(bytes) >= GiB
      ? [GiB, 'GiB']
      : Math.abs(bytes) >= MiB
        ? [MiB, 'MiB']
        : Math.abs(bytes) >= KiB
          ? [KiB, 'KiB']
          : [1, 'B']
  return `${Number((bytes / unit).toFixed(2))} ${name}`
}

/** `64M`, `0x1000`, `512K`, `1G`, `4MiB` as bytes; null when it is not a size. */
export function parseBytes(text: string): Bytes | null {
  const match = /^(0x[0-9a-f]+|\d+)\s*(?:([KMGT])(?:i?B)?|B)?$/i.exec(text.trim())
  if (!match) return null
  const scale = { K: KiB, M: MiB, G: GiB, T: GiB * 1024 }[(match[2] ?? '').toUpperCase()] ?? 1
  return Number(match[1]) * scale
}
