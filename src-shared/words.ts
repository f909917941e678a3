/** How results are worded, the same in the page and in every report. */

/** `cma:camera` as `camera`: the kind stands beside it. */
export const areaLabel = (name: string): string => name.slice(name.indexOf(':') + 1)

const errnoNames: Record<number, string> = {
  12: 'ENOMEM: no hole of that size',
  16: 'EBUSY: holes were found, pages in them could not be moved',
  22: 'EINVAL: the request itself cannot be served',
  5: 'EIO: the mapping failed',
}

/** −12 and −16 with their meaning, never a bare code; either sign is understood. */
export const errnoText = (errno: number): string =>
  errno === 0 ? '' : `−${Math.abs(errno)} ${errnoNames[Math.abs(errno)] ?? 'error'}`

/** 3124000 as `3.124 s`, 1200 as `1.2 ms`. */
export function formatTime(microseconds: number): string {
  if (microseconds === 0) return '0 s'
  if (Math.abs(microseconds) >= 1e6) return `${Number((microseconds / 1e6).toFixed(3))} s`
  if (Math.abs(microseconds) >= 1e3) return `${Number((microseconds / 1e3).toFixed(2))} ms`
  return `${Math.round(microseconds)} µs`
}
