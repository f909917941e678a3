import { wholeFile } from './errors.ts'
import { readNamedText } from './files.ts'
import { type DtcFlags, emit, report } from './dtc.ts'
import { TreeLoader } from './dtc-load.ts'
import type { Terminal } from './terminal.ts'

/**
 * `--list FILE`: one compilation a line, INPUT<TAB>OUTPUT<TAB>INCLUDE-FOLDER, all in this process. Files that fail do not stop the
 * others. Without `-W` or `-E` only errors are printed and only they are looked for.
 */
export function compileList(listFile: string, flags: DtcFlags, terminal: Terminal): void {
  const quiet = flags.quiet ?? (flags.checks.length === 0 || undefined)
  const loader = new TreeLoader({ ...flags, quiet })
  readNamedText(listFile)
    .split('\n')
    .forEach((line, index) => {
      const text = line.replace(/\r$/, '')
      if (text.trim() === '' || text.startsWith('#')) return
      const [input, output, folder] = text.split('\t')
      if (!input || !output) {
        const place = { line: index + 1, endLine: index + 1, endColumn: text.length + 1 }
        const message = 'a line needs INPUT<TAB>OUTPUT, and may have <TAB>INCLUDE-FOLDER'
        report([{ ...wholeFile(listFile, 'list', message), ...place }], flags, terminal)
        return
      }
      const loaded = loader.load(input, {
        symbols: flags.symbols,
        format: flags.inFormat,
        includeDirs: folder ? [folder] : [],
      })
      if (report(loaded.diagnostics, { ...flags, quiet }, terminal) && loaded.tree)
        emit(loaded.tree, loaded.format, { ...flags, out: output })
    })
}
