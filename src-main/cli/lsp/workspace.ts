import { basename, dirname, extname } from 'node:path'
import type { Board, Machine } from '@shared/board.ts'
import type { Diagnostic } from '@shared/diagnostics.ts'
import { SourceCache } from '../../devicetree/index.ts'
import { listFolder } from '../../lab/board-files.ts'
import { examine, type Examination } from '../../lab/examine.ts'
import { kernelTreeIncludes } from '../../lab/kernel-tree.ts'
import { snapshotOf } from '../../lab/language.ts'
import { checkAgainst } from '../../lab/tasks/check-workload.ts'
import { isYaml } from '../../lab/tasks/language.ts'
import { readBytes, readText } from '../files.ts'

/** What the command line or the editor's settings say beside the files. */
export interface LanguageSettings {
  includeDirs: string[]
  defines: Record<string, string>
  machine: Machine
}

/**
 * The files that an editor has open, and the boards that they are part of. A board is an open `.dts` or `.dtso`; a file that one of them
 * includes is looked at as part of it. Boards are examined when they are asked for, and again after a change. An open workload file is
 * looked at against the open board that is nearest to it.
 */
export class Workspace {
  private readonly texts = new Map<string, string>()
  private readonly examined = new Map<string, Examination>()
  private readonly cache = new SourceCache({ keepParses: true })

  constructor(readonly settings: LanguageSettings) {}

  change(path: string, text: string): void {
    this.texts.set(path, text)
    this.forget(path)
  }

  close(path: string): void {
    this.texts.delete(path)
    this.examined.delete(path)
    this.forget(path)
  }

  /** A file changed, perhaps on disk only: the boards that it is part of are out of date. */
  forget(path: string): void {
    for (const [entry, examined] of this.examined)
      if (entry === path || !examined.parsed || snapshotOf(examined)?.files.has(path)) this.examined.delete(entry)
  }

  /** The settings changed: every board is out of date. */
  forgetAll(): void {
    this.examined.clear()
  }

  /** Open boards. */
  get entries(): string[] {
    return [...this.texts.keys()].filter((path) => ['.dts', '.dtso'].includes(extname(path)))
  }

  /** Open workload files: YAML that begins as one, or that stands where the lab keeps them. */
  get workloads(): string[] {
    const isWorkload = ([path, text]: [string, string]): boolean =>
      isYaml(path) && (/^format:/m.test(text) || basename(dirname(path)) === 'workloads')
    return [...this.texts].filter(isWorkload).map(([path]) => path)
  }

  /** The text of an open workload file and the board that it is for; null when the file is none. */
  workload(path: string): { text: string; board: Board | null } | null {
    if (!this.workloads.includes(path)) return null
    const [nearest] = this.entries.sort((a, b) => shared(b, path) - shared(a, path))
    return { text: this.texts.get(path)!, board: nearest === undefined ? null : this.examine(nearest).board }
  }

  /** What is wrong with one open file. */
  problemsOf(path: string): Diagnostic[] {
    const workload = this.workload(path)
    if (workload) return checkAgainst(workload.board, path, workload.text).diagnostics
    return this.diagnostics(this.entryOf(path)).get(path) ?? []
  }

  /** The board that a file is part of: itself, the open one that includes it, or else itself again. */
  entryOf(path: string): string {
    const { entries } = this
    if (entries.includes(path)) return path
    return entries.find((entry) => snapshotOf(this.examine(entry))?.files.has(path)) ?? path
  }

  examine(entry: string): Examination {
    const known = this.examined.get(entry)
    if (known) return known
    const { includeDirs, defines, machine } = this.settings
    const files = {
      readText: (path: string) => this.texts.get(path) ?? readText(path, path === entry ? 'any' : 'regular'),
      readBytes: (path: string) => readBytes(path, 'regular'),
      list: (folder: string) => listFolder(folder || '.'),
    }
    const folders = [...includeDirs, ...kernelTreeIncludes(dirname(entry))]
    const examined = examine({ entry, files, includeDirs: folders, defines }, machine, this.cache)
    this.examined.set(entry, examined)
    return examined
  }

  /** What is wrong with a board, by file; every file that it is made of is named, so that old ones are cleared. */
  diagnostics(entry: string): Map<string, Diagnostic[]> {
    const examined = this.examine(entry)
    const byFile = new Map<string, Diagnostic[]>(
      [...(snapshotOf(examined)?.files.keys() ?? [])].map((file) => [file, []]),
    )
    for (const diagnostic of [...examined.diagnostics, ...examined.findings]) {
      const file = diagnostic.file || entry
      byFile.set(file, [...(byFile.get(file) ?? []), { ...diagnostic, file }])
    }
    return byFile
  }
}

/** How many characters two paths begin with alike. */
function shared(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return length
}
