/** A call script: one command a line, checked as a whole before the first one runs. */
import type { Diagnostic } from '@shared/diagnostics.ts'
import { ATTR_NAMES, GFP_NAMES, parseAttrs, parseDirection, parseGfp, parseSize } from './words.ts'

export interface Command {
  /** Counts from 1. */
  line: number
  text: string
  verb: string
  args: string[]
}

/** What an argument may be; `…?` may be missing, `rest` takes all that follows. */
type Kind =
  | 'device'
  | 'id'
  | 'area'
  | 'size'
  | 'count'
  | 'gfp'
  | 'attrs?'
  | 'direction'
  | 'word'
  | 'words?'
  | 'count?'
  | 'offsets'
  | 'rest'

/** Every verb with its arguments. */
export const VERBS: Record<string, readonly Kind[]> = {
  alloc: ['device', 'id', 'size', 'gfp', 'attrs?'],
  pages: ['device', 'id', 'size', 'gfp'],
  noncontig: ['device', 'id', 'size', 'gfp'],
  buf: ['id', 'size', 'gfp'],
  map: ['device', 'id', 'id', 'size', 'size', 'direction', 'attrs?'],
  mapphys: ['device', 'id', 'size', 'size', 'direction'],
  mapsg: ['device', 'id', 'count', 'size', 'gfp', 'direction'],
  cma_alloc: ['area', 'id', 'count', 'count', 'words?'],
  free: ['id'],
  pin: ['area', 'count', 'count'],
  'pin-at': ['area', 'offsets'],
  unpin: [],
  anon: ['count'],
  anonhole: ['count'],
  unanon: [],
  anonlock: ['count'],
  tmpfs: ['count', 'word'],
  rm: ['word'],
  hog: ['count', 'count', 'gfp'],
  unhog: ['count?'],
  info: ['device'],
  areamap: ['area'],
  pools: [],
  victim: ['count'],
  victims: [],
  watch: ['count'],
  newdev: ['word', 'count', 'words?'],
  sleep: ['count'],
  dump: ['word'],
  echo: ['rest'],
  cat: ['rest'],
}

const CHECKS: Partial<Record<Kind, (text: string) => string | null>> = {
  size: (t) => (parseSize(t) === null ? `${t} is no size; write bytes, or a number with K, M or G` : null),
  count: (t) => (/^\d+$/.test(t) ? null : `${t} is no number`),
  'count?': (t) => (/^\d+$/.test(t) ? null : `${t} is no number`),
  gfp: (t) => (parseGfp(t) === null ? `${t}: not a list of ${GFP_NAMES.join(', ')}` : null),
  'attrs?': (t) => (parseAttrs(t) === null ? `${t}: not a list of ${ATTR_NAMES.join(', ')}` : null),
  direction: (t) => (parseDirection(t) === null ? `${t}: write to-device, from-device or bidirectional` : null),
  offsets: (t) => (/^(-|\d+(,\d+)*)$/.test(t) ? null : `${t}: write page offsets with commas between, or -`),
}

/** The commands of a script, and everything that is wrong with it. `file` names it in diagnostics. */
export function parseScript(text: string, file: string): { commands: Command[]; diagnostics: Diagnostic[] } {
  const commands: Command[] = []
  const diagnostics: Diagnostic[] = []
  for (const [n, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const [verb = '', ...args] = line.split(/\s+/)
    const command = { line: n + 1, text: line, verb, args }
    const problem = problemOf(command)
    if (problem === null) commands.push(command)
    else diagnostics.push(report(file, command, raw, problem))
  }
  return { commands, diagnostics }
}

function problemOf({ verb, args }: Command): string | null {
  if (!Object.hasOwn(VERBS, verb)) return `${verb} is no command; write one of ${Object.keys(VERBS).join(', ')}`
  const kinds = VERBS[verb]!
  const least = kinds.filter((k) => !k.endsWith('?')).length
  const most = kinds.includes('rest') || kinds.includes('words?') ? Infinity : kinds.length
  if (args.length < least || args.length > most)
    return `usage: ${[verb, ...kinds.map((k) => k.toUpperCase())].join(' ')}`
  for (const [n, kind] of kinds.entries()) {
    const problem = args[n] === undefined ? null : (CHECKS[kind]?.(args[n]) ?? null)
    if (problem) return problem
  }
  return null
}

const report = (file: string, { line }: Command, raw: string, message: string): Diagnostic => ({
  file,
  line,
  column: raw.length - raw.trimStart().length + 1,
  endLine: line,
  endColumn: raw.trimEnd().length + 1,
  severity: 'error',
  code: 'script-command',
  message,
})
