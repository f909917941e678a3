import { formatBytes, type Bytes } from './units.ts'

/** A zone at a moment, as its watermark sees it. */
export interface ZoneMoment {
  zone: string
  free: Bytes
  freeCma: Bytes
  minBytes: Bytes
  countsCma: boolean
}

/**
 * Why unmovable requests fail in a zone whose free memory lies in CMA areas, which they cannot have; null: it does not. Kernels before 3.7
 * let such a request pass the watermark on the areas' pages, and it finds nothing behind it.
 */
export function shortageText({ zone, free, freeCma, minBytes, countsCma }: ZoneMoment): string | null {
  const outside = free - freeCma
  if (freeCma === 0 || outside > minBytes) return null
  const where = `${formatBytes(free)} are free in zone ${zone}, ${formatBytes(freeCma)} of them in areas that unmovable requests cannot have.`
  return countsCma
    ? `${where} This kernel counts them: the watermark of ${formatBytes(minBytes)} lets the request pass, and behind it there are ${formatBytes(outside)}. It fails, or waits for ever, because the OOM killer sees memory enough.`
    : `${where} This kernel leaves them out: ${formatBytes(outside)} against a watermark of ${formatBytes(minBytes)}, so the request stops there, and the OOM killer can help.`
}
