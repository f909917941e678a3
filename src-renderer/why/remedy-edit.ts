import type { TextEdit } from '@shared/diagnostics.ts'
import type { Layout, LayoutRegion } from '@shared/layout.ts'
import type { Explanation } from '@shared/run.ts'
import type { Bytes } from '@shared/units.ts'

type Remedy = NonNullable<Explanation['remedy']>

/**
 * The one replacement in the source that does what an explanation suggests; null when it can't be done in place. A remedy names a node and
 * `size` or `reg`, or `bootargs NAME=`; its value is the new size in bytes.
 */
export function remedyEdit(layout: Layout, remedy: Remedy): TextEdit | null {
  const bytes = Number(remedy.value)
  if (remedy.value === null || !Number.isFinite(bytes)) return null
  const parameter = /^bootargs (\w+)=$/.exec(remedy.property ?? '')?.[1]
  if (parameter) {
    const text = JSON.stringify(withParameter(layout.cmdline, parameter, sizeWord(bytes)))
    return layout.cmdlineSpan && { ...layout.cmdlineSpan, newText: text }
  }
  const region = layout.regions.find((candidate) => candidate.nodePath === remedy.boardPath)
  return region ? resizeEdit(region, bytes) : null
}

/** The edit that gives a region another size, where its source says it. */
export function resizeEdit({ resize }: LayoutRegion, bytes: Bytes): TextEdit | null {
  if (!resize) return null
  const cells = Array.from({ length: resize.cells }, (_, at) => {
    const cell = Math.floor(bytes / 2 ** (32 * (resize.cells - 1 - at))) % 2 ** 32
    return `0x${cell.toString(16)}`
  })
  return { ...resize.span, newText: `<${resize.before}${cells.join(' ')}>` }
}

/** Where the source says what the remedy wants changed: for a link when it can't be done by one click. */
export const remedyPlace = (layout: Layout, remedy: Remedy) =>
  layout.regions.find((region) => region.nodePath === remedy.boardPath)?.span ?? layout.cmdlineSpan

/** What the change writes, for people. */
export const remedyText = (layout: Layout, remedy: Remedy): string => {
  const edit = remedyEdit(layout, remedy)
  return edit ? `${remedy.property?.startsWith('bootargs') ? 'bootargs' : remedy.property} = ${edit.newText}` : ''
}

/** The command line with one parameter of that name, at its end. */
export function withParameter(cmdline: string, name: string, value: string): string {
  const words = cmdline.split(/\s+/).filter((word) => word !== '' && !word.startsWith(`${name}=`))
  return [...words, `${name}=${value}`].join(' ')
}

/** `96M`, `1536K`: as the kernel's memparse reads it. */
export function sizeWord(bytes: Bytes): string {
  const [unit, scale] = bytes % 2 ** 20 === 0 ? ['M', 2 ** 20] : bytes % 1024 === 0 ? ['K', 1024] : ['', 1]
  return `${bytes / Number(scale)}${unit}`
}
