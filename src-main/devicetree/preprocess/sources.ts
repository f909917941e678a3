import { ParseMemory } from '../parse-memory.ts'
import { SourceText } from '../source.ts'
import type { FileAccess } from '../tree.ts'

/**
 * Files by path, kept between compilations: a file whose content has not changed stays the same object, and with it everything that
 * was worked out about it (its lines, its directives, its macro definitions).
 */
export class SourceCache {
  private readonly known = new Map<string, SourceText>()
  /** The last parses, for an editor that parses the same entry again and again; null where every entry is parsed once. */
  readonly parses: ParseMemory | null

  constructor({ keepParses = false } = {}) {
    this.parses = keepParses ? new ParseMemory() : null
  }

  read(files: FileAccess, path: string): SourceText | null {
    const text = files.readText(path)
    if (text === null) return null
    const known = this.known.get(path)
    if (known?.text === text) return known
    const source = new SourceText(path, text)
    this.known.set(path, source)
    return source
  }
}

export const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1)

const join = (folder: string, name: string): string =>
  folder === '' || folder.endsWith('/') ? folder + name : folder + '/' + name

/** Paths at which an included file may be, in the order in which they are tried. `from` is null for `<name>`. */
export function candidatePaths(name: string, from: string | null, includeDirs: string[]): string[] {
  if (name.startsWith('/')) return [name]
  const folders = from === null ? includeDirs : [folderOf(from), ...includeDirs]
  return folders.map((folder) => join(folder, name))
}
