/** The words of the command language: flags, attributes, directions, sizes. */
import { parseBytes, type Bytes } from '@shared/units.ts'
import * as attr from '../../kernel/attrs.ts'
import * as gfp from '../../kernel/gfp.ts'
import type { DmaDirection } from '../../kernel/attrs.ts'

const GFP_WORDS: Record<string, number> = {
  kernel: gfp.GFP_KERNEL,
  atomic: gfp.GFP_ATOMIC,
  nowait: gfp.GFP_NOWAIT,
  noio: gfp.GFP_NOIO,
  dma: gfp.__GFP_DMA,
  dma32: gfp.__GFP_DMA32,
  movable: gfp.GFP_HIGHUSER_MOVABLE,
  kmovable: gfp.GFP_KERNEL | gfp.__GFP_MOVABLE,
  highuser: gfp.GFP_HIGHUSER,
  nowarn: gfp.__GFP_NOWARN,
  noretry: gfp.__GFP_NORETRY,
  zero: gfp.__GFP_ZERO,
  comp: gfp.__GFP_COMP,
}

const ATTR_WORDS: Record<string, number> = {
  'weak-ordering': attr.DMA_ATTR_WEAK_ORDERING,
  'write-combine': attr.DMA_ATTR_WRITE_COMBINE,
  'no-kernel-mapping': attr.DMA_ATTR_NO_KERNEL_MAPPING,
  'skip-cpu-sync': attr.DMA_ATTR_SKIP_CPU_SYNC,
  'force-contiguous': attr.DMA_ATTR_FORCE_CONTIGUOUS,
  'alloc-single-pages': attr.DMA_ATTR_ALLOC_SINGLE_PAGES,
  'no-warn': attr.DMA_ATTR_NO_WARN,
  privileged: attr.DMA_ATTR_PRIVILEGED,
}

const DIRECTIONS: readonly DmaDirection[] = ['to-device', 'from-device', 'bidirectional']

/** Null where a word is not known. */
export const parseGfp = (text: string): number | null => sum(text, GFP_WORDS)
export const parseAttrs = (text: string): number | null => sum(text, ATTR_WORDS)
export const parseDirection = (text: string): DmaDirection | null => DIRECTIONS.find((d) => d === text) ?? null
export const parseSize = (text: string): Bytes | null => parseBytes(text)

/** Words that say most of these flags; each request has one that says where it may wait, `nowait` where nothing else fits. */
export function gfpWords(flags: number): string {
  const base = BASES.find((word) => within(GFP_WORDS[word]!, flags)) ?? 'nowait'
  const rest = flags & ~GFP_WORDS[base]!
  return [base, ...MODIFIERS.filter((word) => within(GFP_WORDS[word]!, rest))].join(',')
}

const within = (bits: number, flags: number): boolean => (bits & flags) === bits
/** Those that allow most first. */
const BASES = ['movable', 'kmovable', 'highuser', 'kernel', 'noio', 'atomic', 'nowait'] as const
const MODIFIERS = ['dma', 'dma32', 'nowarn', 'noretry', 'zero', 'comp'] as const

export const attrWords = (): ReadonlySet<string> => new Set(Object.keys(ATTR_WORDS))

function sum(text: string, words: Record<string, number>): number | null {
  let flags = 0
  for (const word of text.split(',')) {
    if (!Object.hasOwn(words, word)) return null
    flags |= words[word]!
  }
  return flags
}

export const GFP_NAMES = Object.keys(GFP_WORDS)
export const ATTR_NAMES = Object.keys(ATTR_WORDS)
