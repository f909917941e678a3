import fc from 'fast-check'
import type { Diagnostic } from '@shared/diagnostics.ts'
import { applyOverlay, diffTrees, parse, readBlob, writeBlob, writeSource } from '../../src-main/devicetree/index.ts'
import { compileText } from './compile-text.ts'
import { damage, generateSource } from './generate.ts'

/**
 * What must hold for any input, however hostile: no crash, no hang, every position inside its file, and nothing lost between source and
 * blob. `fuzz.test.ts` runs each with a fixed budget, `npm run fuzz` for as long as it is told to.
 */
const stream = fc.array(fc.nat(1 << 20), { maxLength: 400, size: 'max' })
const short = fc.array(fc.nat(1 << 20), { maxLength: 60, size: 'max' })
const pieces = fc.constantFrom(
  '/',
  '{',
  '}',
  ';',
  '<',
  '>',
  '[',
  ']',
  '(',
  ')',
  '"',
  "'",
  '&',
  '&{',
  ',',
  '=',
  ':',
  '#',
  '\n',
  ' ',
  '\\',
  'a',
  'a:',
  '1',
  '0x',
  '/dts-v1/;',
  '/plugin/;',
  '/bits/',
  '/memreserve/',
  '/delete-node/',
  '/delete-property/',
  '/omit-if-no-ref/',
  '/include/',
  '/incbin/',
  '#define',
  '#if',
  '#else',
  '#endif',
  '#include',
  '##',
  '__VA_ARGS__',
  '/*',
  '*/',
  '//',
  '\r',
  '\u{1f600}',
  '\0',
)

/** Line and column of every diagnostic exist in the text. */
function positionsInside(text: string, diagnostics: Diagnostic[]): boolean {
  const lines = text.split('\n')
  return diagnostics.every((d) => {
    if (d.file !== 'board.dts') return true
    const [first, last] = [lines[d.line - 1], lines[d.endLine - 1]]
    if (first === undefined || last === undefined) return false
    const ordered = d.endLine > d.line || (d.endLine === d.line && d.endColumn >= d.column)
    return ordered && d.column >= 1 && d.column <= first.length + 1 && d.endColumn <= last.length + 1
  })
}

/** Compiles, and uses all that comes of it. */
function survives(text: string): boolean {
  const others = { 'self.dts': '/include/ "self.dts"\n#include "self.dts"\n' }
  const { tree, diagnostics } = compileText(text, { symbols: true }, others)
  writeBlob(tree)
  writeSource(tree)
  return positionsInside(text, diagnostics)
}

export const properties: Record<string, fc.IProperty<unknown[]>> = {
  'random tokens': fc.property(fc.array(pieces, { maxLength: 80, size: 'max' }), (parts) => survives(parts.join(''))),
  'random text': fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => survives(text)),
  'damaged source': fc.property(stream, short, (choices, blows) =>
    survives(damage(generateSource(choices, { preprocessor: true }), blows)),
  ),
  'damaged overlays': fc.property(stream, short, (choices, blows) =>
    survives(damage(generateSource(choices, { plugin: true }), blows)),
  ),
  'spans of the syntax tree lie inside the text': fc.property(stream, short, (choices, blows) => {
    const text = damage(generateSource(choices, { preprocessor: true }), blows)
    const { unit, ast } = parse({
      entry: 'board.dts',
      files: { readText: (path) => (path === 'board.dts' ? text : null), readBytes: () => null },
    })
    return ast.items.every(({ start, end }) =>
      positionsInside(text, [{ ...unit.span(start, end), severity: 'info', code: '', message: '' }]),
    )
  }),
  'source → blob → source → blob': fc.property(stream, (choices) => {
    const first = compileText(generateSource(choices, { valid: true, preprocessor: true }))
    if (first.diagnostics.some((d) => d.severity === 'error')) return true
    const blob = writeBlob(first.tree)
    const text = writeSource(readBlob(blob).tree)
    return Buffer.from(writeBlob({ ...compileText(text).tree, bootCpuid: first.tree.bootCpuid })).equals(
      Buffer.from(blob),
    )
  }),
  'source → source keeps the blob': fc.property(stream, (choices) => {
    const first = compileText(generateSource(choices, { valid: true }))
    if (first.diagnostics.some((d) => d.severity === 'error')) return true
    const again = compileText(writeSource(first.tree)).tree
    return diffTrees(first.tree, again).length === 0
  }),
  'damaged blobs': fc.property(
    stream,
    fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }),
    fc.nat(),
    (choices, blows, cut) => {
      const blob = writeBlob(compileText(generateSource(choices, { valid: true })).tree)
      for (const [at, value] of blows) blob[at % blob.length] = value
      const damaged = cut % 3 === 0 ? blob.subarray(0, cut % blob.length) : blob
      const { tree, diagnostics } = readBlob(damaged)
      writeSource(tree)
      writeBlob(tree)
      applyOverlay(tree, tree)
      const claimed = damaged.length >= 8 ? new DataView(damaged.buffer, damaged.byteOffset).getUint32(4) : Infinity
      return claimed <= damaged.length || diagnostics.some((d) => d.severity === 'error')
    },
  ),
  'overlays onto anything': fc.property(stream, stream, (base, overlay) => {
    const target = compileText(generateSource(base, { valid: true }), { symbols: true }).tree
    const before = Buffer.from(writeBlob(target))
    const { tree, diagnostics } = applyOverlay(
      target,
      compileText(generateSource(overlay, { valid: true, plugin: true })).tree,
    )
    writeBlob(tree)
    // what is handed in stays as it is, and an overlay that fails changes nothing
    return Buffer.from(writeBlob(target)).equals(before) && (diagnostics.length === 0 || tree === target)
  }),
}
