import type { Diagnostic } from '@shared/diagnostics.ts'
import { wholeFile } from './errors.ts'
import { readNamedText } from './files.ts'
import type { DtcFlags } from './dtc-flags.ts'
import { TreeLoader } from './dtc-load.ts'
import { emit, report } from './dtc-output.ts'
import type { Terminal } from './terminal.ts'

/**
 * `--list FILE`: one compilation a line, INPUT<TAB>OUTPUT<TAB>INCLUDE-FOLDER, all in this process. Files that fail do not stop the
 * others. Without `-W` or `-E` only errors are printed and only they are looked for.
 * @returns what was found, file after file
 */
export function compileList(listFile: string, flags: DtcFlags, terminal: Terminal): Diagnostic[] {
  const quiet = flags.quiet ?? (flags.checks.length === 0 || undefined)
  const loader = new TreeLoader({ ...flags, quiet })
  return readNamedText(listFile)
    .split('\n')
    .flatMap((line, index) => {
      const text = line.replace(/\r$/, '')
      if (text.trim() === '' || text.startsWith('#')) return []
      const [input, output, folder] = text.split('\t')
      if (!input || !output) {
        const place = { line: index + 1, endLine: index + 1, endColumn: text.length + 1 }
        const message = 'a line needs INPUT<TAB>OUTPUT, and may have <TAB>INCLUDE-FOLDER'
        const diagnostics = [{ ...wholeFile(listFile, 'list', message), ...place }]
        report(diagnostics, flags, terminal)
        return diagnostics
      }
      const loaded = loader.load(input, {
        symbols: flags.symbols,
        format: flags.inFormat,
        includeDirs: folder ? [folder] : [],
      })
      if (report(loaded.diagnostics, { ...flags, quiet }, terminal) && loaded.tree)
        emit(loaded.tree, loaded, { ...flags, out: output })
      return loaded.diagnostics
    })
}
