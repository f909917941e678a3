import { isScalar, isSeq } from 'yaml'
import type { Board } from '@shared/board.ts'
import type { Completion, Hover } from '@shared/language.ts'
import { formatBytes } from '@shared/units.ts'
import { formatTime } from '@shared/words.ts'
import { AMOUNT_NOTE, TIME_NOTE } from '@shared/workload.ts'
import { evaluate } from '../formula.ts'
import { selectDevice } from '../select.ts'
import { Page, standingAt, writingsAt, type Writing } from './place.ts'
import { choicesOf, constantsOf, documentation, plain, shapesAt, shapesOfKey, typeText, type Shape } from './schema.ts'

/** What a workload file is written against: the board's devices, and its memory for formulas. */
export interface WorkloadSurroundings {
  board: Board | null
  ramBytes: number
}

/** What can be written at a place of a workload file; all of it comes from the schema, the board and the file itself. */
export function completionsIn(
  file: string,
  text: string,
  line: number,
  column: number,
  { board }: WorkloadSurroundings,
): Completion[] {
  const page = new Page(file, text)
  return writingsAt(text, page.offset(line, column)).flatMap((writing) =>
    writing.kind === 'key' ? keysFor(page, writing) : valuesFor(page, writing, board),
  )
}

function keysFor(page: Page, writing: Writing): Completion[] {
  const shapes = shapesAt(writing.path, writing.valueAt).filter(({ schema }) => schema.type === 'object')
  const offered = new Map<string, Completion>()
  const offer = (item: Completion) => offered.has(item.label) || offered.set(item.label, item)
  for (const shape of shapes) {
    // a shape that is told by a constant is offered by it, and its keys when that is written
    const [choosing] = shapes.length > 1 ? constantsOf(shape.schema).filter(([key]) => !writing.keys.includes(key)) : []
    if (choosing) {
      const label = `${choosing[0]}: ${plain(choosing[1])}`
      const words = { label, snippet: label, detail: '', documentation: shape.notes.at(-1) ?? '' }
      offer(item(page, writing, { ...words, kind: 'value', rank: 0 }))
      continue
    }
    for (const key of Object.keys(shape.schema.properties ?? {})) {
      const inner = shapesOfKey(shape.schema, key)
      const isNeeded = shape.schema.required?.includes(key) ?? false
      const needed = isNeeded
        ? { rank: 1, detail: `needed · ${typeText(inner)}` }
        : { rank: 2, detail: typeText(inner) }
      const snippet = key + (writing.hasValue ? '' : opening(page, writing, inner))
      if (!writing.keys.includes(key))
        offer(
          item(page, writing, {
            label: key,
            snippet,
            kind: 'property',
            ...needed,
            documentation: documentation(inner),
          }),
        )
    }
  }
  return [...offered.values()]
}

/** What follows a key: the colon, and the beginning of a list or map where it can be nothing else. */
function opening({ text }: Page, { from, inFlow }: Writing, shapes: Shape[]): string {
  const only = (type: string) => shapes.length > 0 && shapes.every(({ schema }) => schema.type === type)
  if (only('array')) return inFlow ? ': [$0]' : `:\n${indentAt(text, from)}  - $0`
  if (only('object')) return inFlow ? ': { $0 }' : `:\n${indentAt(text, from)}  $0`
  return ': $0'
}

/** A key after `- ` stands further right than its line begins, where editors indent to. */
function indentAt(text: string, from: number): string {
  const line = text.slice(text.lastIndexOf('\n', from - 1) + 1, from)
  return ' '.repeat(line.length - /^ */.exec(line)![0].length)
}

function valuesFor(page: Page, writing: Writing, board: Board | null): Completion[] {
  const key = writing.path.findLast((step) => typeof step === 'string')
  const shapes = shapesAt(writing.path, writing.valueAt)
  const value = (text: string, detail: string, rank: number, more: Partial<Completion> = {}) =>
    item(page, writing, { label: text, snippet: text, detail, kind: 'value', rank, ...more })
  const noteOf = (choice: unknown) => shapes.find(({ schema }) => schema.const === choice)?.notes.at(-1) ?? ''
  const fallback = shapes.find((shape) => shape.default !== undefined)?.default
  const examples = shapes[0]?.examples ?? []
  return [
    ...choicesOf(shapes).map((choice) =>
      value(plain(choice), choice === fallback ? 'default' : '', 0, { documentation: noteOf(choice) }),
    ),
    ...(key === 'device' ? devicesOf(board).map(({ name, detail }) => value(name, detail, 0, { kind: 'label' })) : []),
    ...(key === 'phases' && writing.path[0] === 'streams' ? phasesIn(page).map((name) => value(name, 'phase', 0)) : []),
    ...examples.map((example) => value(plain(example), 'example', 3)),
  ]
}

const devicesOf = (board: Board | null) =>
  (board?.devices ?? [])
    .filter((device) => device.enabled)
    .map(({ labels: [label], path, compatible: [compatible = ''] }) =>
      label ? { name: label, detail: `${path} ${compatible}` } : { name: path, detail: compatible },
    )

function phasesIn(page: Page): string[] {
  const phases = page.node(['phases'])
  return isSeq(phases) ? phases.items.flatMap((_, index) => textOf(page, ['phases', index, 'name']) ?? []) : []
}

type Words = Pick<Completion, 'label' | 'snippet' | 'detail' | 'kind' | 'rank'> & { documentation?: string }
const item = (page: Page, { from, to }: Writing, words: Words): Completion => ({
  documentation: '',
  ...words,
  range: page.span(from, to),
})

/** What a key is for and what its value comes out as, here; null where nothing is known. */
export function hoverIn(
  file: string,
  text: string,
  line: number,
  column: number,
  surroundings: WorkloadSurroundings,
): Hover | null {
  const page = new Page(file, text)
  const standing = standingAt(page, page.offset(line, column))
  if (!standing) return null
  const shapes = shapesAt(standing.path, (depth) => page.node(standing.path.slice(0, depth)))
  if (shapes.length === 0) return null
  const key = standing.path.findLast((step) => typeof step === 'string')
  const outcome = outcomeOf(page, standing.path, shapes, surroundings)
  const contents = [`**${key}**${outcome ? ` → ${outcome}` : ''}`, documentation(shapes)].join('\n\n')
  return { range: page.span(standing.from, standing.to), contents }
}

/** The device that is meant, the bytes or time that a formula comes to; null where the value is what it says. */
function outcomeOf(
  page: Page,
  path: (string | number)[],
  shapes: Shape[],
  { board, ramBytes }: WorkloadSurroundings,
): string | null {
  const text = textOf(page, path)
  if (text === null) return null
  if (path.at(-1) === 'device' && board) {
    const selection = selectDevice(board, text)
    return 'device' in selection ? `\`${selection.device.path}\`` : selection.problem
  }
  const isOf = (note: string) => shapes.some(({ notes }) => notes.includes(note))
  try {
    const names = namesIn(page, ramBytes)
    if (isOf(TIME_NOTE)) return formatTime(evaluate(text, 'time', names))
    if (isOf(AMOUNT_NOTE))
      return /^\d+$/.test(text) && Number(text) < 4096 ? null : formatBytes(evaluate(text, 'size', names))
  } catch {
    // the diagnostics say what is wrong with it
  }
  return null
}

function namesIn(page: Page, ramBytes: number): Record<string, number> {
  const names: Record<string, number> = { ram: ramBytes, page: 4096 }
  const parameters = page.node(['parameters'])?.toJSON() as Record<string, string | number> | null | undefined
  for (const [name, formula] of Object.entries(parameters ?? {})) names[name] = evaluate(formula, 'size', names)
  return names
}

const textOf = (page: Page, path: (string | number)[]): string | null => {
  const node = page.node(path)
  return isScalar(node) && node.value !== null ? String(node.value) : null
}
