import type { z } from 'zod'
import { PRESET_NAMES, workloadJsonSchema } from '@shared/workload.ts'
import type { WorkloadText } from './parse.ts'

/** Turns what the schema says into located sentences: what is wrong and how to mend it. */
type Issue = z.core.$ZodIssue
type Path = readonly PropertyKey[]

/** Reports every issue of a file. `root` is the value that was checked. */
export function explainIssues(source: WorkloadText, issues: readonly Issue[], root: unknown): void {
  for (const issue of issues) explain(source, issue, issue.path, root)
}

function explain(source: WorkloadText, issue: Issue, path: Path, root: unknown): void {
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) source.error(source.key(path, key), 'workload-key', unknownKey(key))
  } else if (issue.code === 'invalid_union') {
    explainUnion(source, issue.errors as Issue[][], path, root)
  } else {
    const missing = valueAt(root, path) === undefined
    source.error(
      source.at(path),
      `workload-${missing ? 'missing' : 'value'}`,
      missing ? missingKey(path) : sentence(issue, path),
    )
  }
}

const missingKey = (path: Path): string => `"${String(path.at(-1))}" is missing; add it`

function sentence(issue: Issue, path: Path): string {
  const subject = `"${String(path.at(-1) ?? 'workload')}"`
  switch (issue.code) {
    case 'invalid_value':
      return `${subject} must be ${list(issue.values.map(String))}`
    case 'invalid_type':
      return `${subject} must be ${article(issue.expected)}`
    case 'too_small':
      return `${subject} is too small; it must be ${issue.origin === 'number' || issue.origin === 'int' ? 'at least' : 'as long as'} ${issue.minimum}`
    case 'too_big':
      return `${subject} is too large; it may be at most ${issue.maximum}`
    case 'invalid_format':
      return `${subject} ${issue.message.startsWith('Invalid') ? `does not have the form ${issue.pattern ?? issue.format}` : issue.message}`
    default:
      return `${subject}: ${issue.message}`
  }
}

const article = (type: string): string =>
  ({ array: 'a list', record: 'a map', object: 'a map', int: 'a whole number' })[type] ?? `a ${type}`

/** Of several possible shapes the one that the writer most likely meant; its issues are the ones that help. */
function explainUnion(source: WorkloadText, branches: Issue[][], path: Path, root: unknown): void {
  const value = valueAt(root, path)
  const preset = (value as { preset?: unknown } | null | undefined)?.preset
  if (preset !== undefined && !PRESET_NAMES.includes(preset as never)) {
    const text = `there is no preset "${String(preset)}"; ${didYouMean(String(preset), PRESET_NAMES)}presets: ${PRESET_NAMES.join(', ')}`
    source.error(source.at([...path, 'preset']), 'workload-preset', text)
    return
  }
  const meant = branches.filter((issues) => !issues.some((issue) => isOtherShape(issue)))
  const best = meant.sort((a, b) => weight(a) - weight(b))[0]
  if (best) for (const issue of best) explain(source, issue, [...path, ...issue.path], root)
  else if (value === undefined) source.error(source.at(path), 'workload-missing', missingKey(path))
  else source.error(source.at(path), 'workload-value', `"${String(path.at(-1))}" must be ${list(shapes(branches))}`)
}

/** The value is not of this branch at all: of another type, or of another preset. */
const isOtherShape = (issue: Issue): boolean =>
  issue.path.length === 0
    ? issue.code === 'invalid_type' ||
      issue.code === 'invalid_value' ||
      (issue.code === 'unrecognized_keys' && issue.keys.includes('preset'))
    : issue.path.length === 1 && issue.path[0] === 'preset'

const weight = (issues: Issue[]): number =>
  issues.reduce((sum, issue) => sum + (issue.code === 'invalid_type' ? 2 : 1), 0)

function shapes(branches: Issue[][]): string[] {
  const words = branches.flat().flatMap((issue) => {
    if (issue.path.length) return []
    if (issue.code === 'invalid_type') return [article(issue.expected)]
    return issue.code === 'invalid_value' ? issue.values.map(String) : []
  })
  return [...new Set(words)]
}

function unknownKey(key: string): string {
  return `unknown key "${key}"; ${didYouMean(key, knownKeys())}remove it, or begin its name with x- if it is your own`
}

/** Every key name that the format knows. */
function knownKeys(): string[] {
  const names = new Set<string>()
  const visit = (value: unknown): void => {
    if (value === null || typeof value !== 'object') return
    const { properties } = value as { properties?: unknown }
    if (properties !== null && typeof properties === 'object')
      for (const name of Object.keys(properties)) names.add(name)
    for (const inner of Object.values(value)) visit(inner)
  }
  visit(workloadJsonSchema())
  return [...names]
}

function didYouMean(word: string, known: readonly string[]): string {
  const ranked = known.map((name) => ({ name, distance: editDistance(word.toLowerCase(), name.toLowerCase()) }))
  const nearest = ranked.sort((a, b) => a.distance - b.distance)[0]
  return nearest && nearest.distance <= Math.max(1, Math.floor(word.length / 3))
    ? `did you mean "${nearest.name}"? `
    : ''
}

/** Levenshtein distance, one row at a time. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]!
}

const list = (words: string[]): string =>
  words.length > 1 ? `${words.slice(0, -1).join(', ')} or ${words.at(-1)}` : (words[0] ?? 'something else')

const valueAt = (root: unknown, path: Path): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key], root)
