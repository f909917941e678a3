import type { Span, TextEdit } from '@shared/diagnostics.ts'
import type { Rename, RenameTarget } from '@shared/language.ts'
import type { Snapshot } from './snapshot.ts'

/** Labels, macros, included files and paths: where they are defined, where they are used, and what they would be called instead. */
export interface Name {
  kind: 'label' | 'macro' | 'include' | 'path'
  name: string
  range: Span
}

const same = (a: Span, b: Span): boolean =>
  a.file === b.file && a.line === b.line && a.column === b.column && a.endColumn === b.endColumn
const unique = (spans: Span[]): Span[] => spans.filter((span, n) => spans.findIndex((other) => same(span, other)) === n)

/** The name that a place lies in or touches; null when there is none. */
export function nameAt(snapshot: Snapshot, file: string, offset: number): Name | null {
  const text = snapshot.text(file)
  let start = offset
  while (start > 0 && /\w/.test(text[start - 1]!)) start--
  let end = offset
  while (/\w/.test(text[end] ?? '')) end++
  const word = text.slice(start, end)
  return (
    includeAt(snapshot, file, offset) ??
    pathAt(snapshot, file, text, offset) ??
    (word === '' ? null : wordName(snapshot, file, text, word, start, end))
  )
}

function wordName(
  snapshot: Snapshot,
  file: string,
  text: string,
  word: string,
  start: number,
  end: number,
): Name | null {
  const range = snapshot.span(file, start, end)
  const isReference = text[start - 1] === '&' || text.slice(0, start).endsWith('&{')
  const isLabel = text[end] === ':' || isReference
  if (isLabel && (snapshot.tree.labels.has(word) || [...snapshot.labels()].some((label) => label.name === word)))
    return { kind: 'label', name: word, range }
  const { macros, definitions } = snapshot.parsed.preprocessed
  if (!isLabel && (macros.has(word) || definitions.some((macro) => macro.name === word)))
    return { kind: 'macro', name: word, range }
  return null
}

function includeAt(snapshot: Snapshot, file: string, offset: number): Name | null {
  const include = snapshot.parsed.preprocessed.includes.find(
    (candidate) => candidate.file.path === file && candidate.start <= offset && offset <= candidate.end,
  )
  return include
    ? { kind: 'include', name: include.name, range: snapshot.span(file, include.start, include.end) }
    : null
}

function pathAt(snapshot: Snapshot, file: string, text: string, offset: number): Name | null {
  const start = text.lastIndexOf('&{', offset)
  const end = start < 0 ? -1 : text.indexOf('}', start)
  if (start < 0 || end < offset || text.slice(start, end).includes('\n')) return null
  return { kind: 'path', name: text.slice(start + 2, end), range: snapshot.span(file, start, end + 1) }
}

export function definitionOf(snapshot: Snapshot, { kind, name, range }: Name): Span[] {
  if (kind === 'label') return labelPlaces(snapshot, name)
  if (kind === 'macro') return macroDefinitions(snapshot, name)
  if (kind === 'path') return snapshot.node(snapshot.pathOfTarget(name))?.spans ?? []
  const include = snapshot.parsed.preprocessed.includes.find(
    ({ file, start, end, target }) => target && same(file.span(start, end), range),
  )
  return include?.target ? [include.target.span(0, 0)] : []
}

const labelPlaces = (snapshot: Snapshot, name: string): Span[] =>
  unique([...snapshot.labels()].filter((label) => label.name === name).map(snapshot.place))

const macroDefinitions = (snapshot: Snapshot, name: string): Span[] =>
  unique(
    snapshot.parsed.preprocessed.definitions.flatMap((macro) =>
      macro.name === name && macro.file ? [macro.file.span(macro.start, macro.end)] : [],
    ),
  )

/** Every place where the name stands, its definitions among them. */
export function referencesOf(snapshot: Snapshot, { kind, name }: Name): Span[] {
  if (kind === 'label') return unique([...labelPlaces(snapshot, name), ...labelUses(snapshot, name)])
  if (kind === 'macro') {
    const uses = snapshot.parsed.preprocessed.uses.filter((use) => use.name === name)
    return unique([
      ...macroDefinitions(snapshot, name),
      ...uses.map((use) => use.file.span(use.start, use.start + name.length)),
    ])
  }
  if (kind !== 'path') return []
  const path = snapshot.pathOfTarget(name)
  return unique(
    [...snapshot.references()]
      .filter((reference) => snapshot.pathOfTarget(reference.target) === path)
      .map(snapshot.place),
  )
}

/** The label's letters inside its references: without `&` and braces. */
function labelUses(snapshot: Snapshot, name: string): Span[] {
  return [...snapshot.references()]
    .filter(({ target }) => target === name || target.startsWith(`${name}/`))
    .map((reference) => {
      const span = snapshot.place(reference)
      const shift = reference.isPath ? 2 : 1
      return { ...span, column: span.column + shift, endLine: span.line, endColumn: span.column + shift + name.length }
    })
}

export const renameTarget = (name: Name | null): RenameTarget | null =>
  name && (name.kind === 'label' || name.kind === 'macro') ? { range: name.range, name: name.name } : null

/** Replaces a label or macro everywhere. `isWritable`: files outside of the project are not changed. */
export function rename(
  snapshot: Snapshot,
  name: Name | null,
  to: string,
  isWritable: (file: string) => boolean,
): Rename {
  if (!name || !renameTarget(name)) return { ok: false, message: 'only labels and macros can be renamed' }
  if (!/^[A-Za-z_]\w*$/.test(to))
    return { ok: false, message: `${to} is no name: letters, digits and _, not beginning with a digit` }
  if (to === name.name) return { ok: true, edits: [] }
  const isTaken = name.kind === 'label' ? snapshot.tree.labels.has(to) : snapshot.parsed.preprocessed.macros.has(to)
  if (isTaken) return { ok: false, message: `there is a ${name.kind} ${to} already` }
  const edits: TextEdit[] = referencesOf(snapshot, name).map((span) => ({ ...span, newText: to }))
  const outside = edits.find((edit) => !isWritable(edit.file))
  if (outside) return { ok: false, message: `${name.name} also stands in ${outside.file}, outside of the project` }
  const hidden = edits.find((edit) => textAt(snapshot, edit) !== name.name)
  if (hidden) return { ok: false, message: `${name.name} comes out of a macro at ${hidden.file}:${hidden.line}` }
  return { ok: true, edits }
}

const textAt = (snapshot: Snapshot, { file, line, column, endColumn }: Span): string =>
  snapshot.text(file).slice(snapshot.offset(file, line, column), snapshot.offset(file, line, endColumn))
