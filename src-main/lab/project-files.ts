import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import { projectSettingsSchema, type ProjectFile, type ProjectSettings } from '@shared/project.ts'
import { jsonFile } from './json-file.ts'

/** The files of a project folder as the lab sees them; reading only. */
export const settingsFileName = 'carveout.json'
const kinds: Record<string, ProjectFile['kind']> = {
  '.dts': 'board',
  '.dtso': 'overlay',
  '.dtsi': 'include',
  '.h': 'include',
  '.yaml': 'workload',
  '.yml': 'workload',
  '.ops': 'other',
}
const maxFileBytes = 8 * 1024 * 1024
/** A folder with more sources than this is a library of boards (a kernel tree), not a project: only the entry is listed. */
const maxListedSources = 60
const maxDepth = 3

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex')
export const kindOf = (path: string): ProjectFile['kind'] => kinds[extname(path)] ?? 'other'

export const settingsFile = (folder: string) =>
  jsonFile(join(folder, settingsFileName), projectSettingsSchema, projectSettingsSchema.parse({}))

/** Paths of every file of the project, entry board first, then by name. */
export function listFiles(folder: string, settings: ProjectSettings): string[] {
  const found = walk(folder, '', 0)
  const sources = found.filter((path) => kindOf(path) !== 'workload')
  const listed = sources.length > maxListedSources ? found.filter((path) => kindOf(path) === 'workload') : found
  const entry = settings.board ?? sources.filter((path) => kindOf(path) === 'board').sort(byDepth)[0]
  const rest = listed.filter((path) => path !== entry).sort()
  return entry === undefined ? rest : [entry, ...rest]
}

const byDepth = (a: string, b: string) => a.split('/').length - b.split('/').length || a.localeCompare(b)

function walk(folder: string, inside: string, depth: number): string[] {
  return readdirSync(join(folder, inside), { withFileTypes: true }).flatMap((entry) => {
    const path = inside === '' ? entry.name : `${inside}/${entry.name}`
    if (entry.name.startsWith('.') || entry.name === 'node_modules') return []
    if (entry.isDirectory()) return depth < maxDepth ? walk(folder, path, depth + 1) : []
    return entry.isFile() && extname(entry.name) in kinds ? [path] : []
  })
}

/** Null when the file is missing, too large, or no text. */
export function readText(path: string): string | null {
  try {
    if (statSync(path).size > maxFileBytes) return null
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(path))
  } catch {
    return null
  }
}
