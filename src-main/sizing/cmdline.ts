/** The kernel command line as text: read and change one parameter, leave all else as it is. */
import type { Bytes } from '@shared/units.ts'

/** `96M`, `1536K`: the shortest spelling that the kernel's memparse reads back to the same number. */
export function sizeWord(bytes: Bytes): string {
  for (const [unit, scale] of [
    ['G', 2 ** 30],
    ['M', 2 ** 20],
    ['K', 2 ** 10],
  ] as const) {
    if (bytes >= scale && bytes % scale === 0) return `${bytes / scale}${unit}`
  }
  return String(bytes)
}

/** Value of the last parameter of that name; null when there is none. */
export function parameterOf(cmdline: string, name: string): string | null {
  const words = kernelWords(cmdline).filter((word) => word.startsWith(`${name}=`))
  return words.at(-1)?.slice(name.length + 1) ?? null
}

/** The command line with exactly one parameter of that name, where it stood last; at the end when it is new. */
export function setParameter(cmdline: string, name: string, value: string): string {
  const [kernel, ...init] = cmdline.split(/\s--(?=\s|$)/)
  const words = kernelWords(kernel!)
  const at = words.findLastIndex((word) => word.startsWith(`${name}=`))
  const kept = words
    .filter((word, i) => i === at || !word.startsWith(`${name}=`))
    .map((word) => (word.startsWith(`${name}=`) ? `${name}=${value}` : word))
  return [(at < 0 ? [...kept, `${name}=${value}`] : kept).join(' '), ...init].join(' --')
}

/** Words of the kernel's part; quotes hold spaces. */
const kernelWords = (cmdline: string): string[] => cmdline.split(/\s--(?=\s|$)/)[0]!.match(/(?:[^\s"]|"[^"]*")+/g) ?? []
