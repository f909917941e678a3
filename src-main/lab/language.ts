import type { LanguageAnswers, LanguageQuestion, Landing } from '@shared/language.ts'
import {
  compiledView,
  completionsAt,
  definitionOf,
  foldingOf,
  formatEdits,
  hoverAt,
  inlayHintsOf,
  nameAt,
  outlineOf,
  referencesOf,
  rename,
  renameTarget,
  signatureAt,
  Snapshot,
  tokensOf,
} from '../devicetree/language/index.ts'
import type { Examination } from './examine.ts'
import { layoutFrom } from './layout.ts'

/** A question about a place of a file; lines and columns from 1. */
export interface LanguageAsk {
  question: LanguageQuestion
  file: string
  line: number
  column: number
  /** For `rename`. */
  newName: string
}

const snapshots = new WeakMap<Examination, Snapshot>()

/** The syntax of an examined board joined with where early boot puts things. */
export function snapshotOf(examined: Examination): Snapshot | null {
  const known = snapshots.get(examined)
  if (known || !examined.parsed) return known ?? null
  const snapshot = new Snapshot(examined.parsed, examined.tree, nodeLandings(examined), argumentLandings(examined))
  snapshots.set(examined, snapshot)
  return snapshot
}

function nodeLandings(examined: Examination): (path: string) => Landing | null {
  let regions: Map<string, Landing> | null = null
  return (path) => {
    if (!path.startsWith('/reserved-memory/')) return null
    regions ??= new Map(
      (layoutFrom(examined)?.regions ?? []).flatMap((region) =>
        region.nodePath ? [[region.nodePath, { start: region.start, end: region.end, note: region.note }]] : [],
      ),
    )
    const node = examined.board.reservedMemory?.nodes.find((candidate) => candidate.path === path)
    const isRefused = examined.report !== null && node?.enabled === true
    return regions.get(path) ?? (isRefused ? { start: 0, end: 0, note: 'gets no memory' } : null)
  }
}

function argumentLandings({ report }: Examination): (name: string) => Landing | null {
  return (name) => {
    const area = name === 'cma' ? report?.cma.find((candidate) => candidate.from_node === null) : undefined
    if (area) return { start: area.base, end: area.base + area.size, note: 'default CMA area' }
    const pool = name === 'swiotlb' ? report?.swiotlb[0] : undefined
    return pool ? { start: pool.start, end: pool.end, note: 'bounce buffer' } : null
  }
}

/** One function a question; what cannot be answered is answered with nothing. */
const answers: {
  [Q in LanguageQuestion]: (
    snapshot: Snapshot,
    ask: LanguageAsk & { offset: number; isWritable: (file: string) => boolean },
  ) => LanguageAnswers[Q]
} = {
  completion: (snapshot, { file, offset }) => completionsAt(snapshot, file, offset),
  hover: (snapshot, { file, offset }) => hoverAt(snapshot, file, offset),
  definition(snapshot, { file, offset }) {
    const name = nameAt(snapshot, file, offset)
    return name ? definitionOf(snapshot, name) : []
  },
  references(snapshot, { file, offset }) {
    const name = nameAt(snapshot, file, offset)
    return name ? referencesOf(snapshot, name) : []
  },
  renameTarget: (snapshot, { file, offset }) => renameTarget(nameAt(snapshot, file, offset)),
  rename: (snapshot, { file, offset, newName, isWritable }) =>
    rename(snapshot, nameAt(snapshot, file, offset), newName, isWritable),
  outline: (snapshot, { file }) => outlineOf(snapshot, file),
  folding: (snapshot, { file }) => foldingOf(snapshot, file),
  tokens: (snapshot, { file }) => tokensOf(snapshot, file),
  signature: (snapshot, { file, offset }) => signatureAt(snapshot, file, offset),
  inlayHints: (snapshot, { file }) => inlayHintsOf(snapshot, file),
  format: (snapshot, { file }) => formatEdits(file, snapshot.text(file)),
  compiled: (snapshot) => compiledView(snapshot),
}

/** `isWritable`: files that a rename may change. The file must be part of the board. */
export function answer<Q extends LanguageQuestion>(
  snapshot: Snapshot,
  ask: LanguageAsk & { question: Q },
  isWritable: (file: string) => boolean,
): LanguageAnswers[Q] {
  const offset = snapshot.offset(ask.file, ask.line, ask.column)
  return answers[ask.question](snapshot, { ...ask, offset, isWritable })
}
