import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  applyOverlay,
  diffTrees,
  readLiveBlob,
  toTree,
  writeBlob,
  writeSource,
} from '../../src-main/devicetree/index.ts'
import { compileText } from './compile-text.ts'
import { hasProgram } from './kernel-source.ts'

const base = `/dts-v1/;
/ {
	user = <&clk>;
	clk: clock { };
	soc { uart0: serial@1 { status = "disabled"; child { x = <1>; }; }; };
};
`
const overlay = (body: string): string => `/dts-v1/;\n/plugin/;\n${body}`

/** The base with the overlays on it, as source; or the complaint. */
function applied(...overlays: string[]): string {
  let { tree } = compileText(base, { symbols: true })
  for (const source of overlays) {
    const result = applyOverlay(tree, compileText(overlay(source), { symbols: true }).tree)
    if (result.diagnostics[0]) return result.diagnostics[0].message
    tree = result.tree
  }
  return asSource(writeBlob(tree))
}

/** What a blob says, without the labels that its symbols give. */
const asSource = (blob: Uint8Array): string => writeSource(toTree(readLiveBlob(blob, '').live))

describe('an overlay', () => {
  test('sets, adds and refers: what is new stands in front', () => {
    expect(applied('&uart0 { status = "okay"; clocks = <&clk>; extra: new { self = <&extra>; }; };')).toContain(
      `serial@1 {
			clocks = <0x01>;
			status = "okay";
			phandle = <0x02>;

			new {
				phandle = <0x03>;
				self = <0x03>;
			};
`,
    )
  })

  test('adds its labels to the symbols, so that the next overlay can use them', () => {
    const text = applied('&uart0 { extra: new { }; };', '&extra { y = <2>; };')
    expect(text).toContain('extra = "/soc/serial@1/new"')
    expect(text).toContain('y = <0x02>')
  })

  test('by path', () => {
    expect(applied('&{/soc/serial@1/child} { y; };')).toContain('child {\n\t\t\t\ty;\n\t\t\t\tx = <0x01>;')
  })

  test.each([
    ['&nope { };', "the base has no symbol 'nope'"],
    ['&{/nope} { };', 'the target /nope of /fragment@0 is not in the base'],
    ['/ { fragment@0 { __overlay__ { }; }; };', '/fragment@0 has neither target nor target-path'],
    ['/ { fragment@0 { target = <0x99>; __overlay__ { }; }; };', 'the target of /fragment@0 is not in the base'],
    ['/ { __fixups__ { clk = "/x:y:0"; }; };', "fixup '/x:y:0' leads nowhere in the overlay"],
    ['/ { __local_fixups__ { n { p = <0>; }; }; };', '__local_fixups__ does not fit: there is no node n in /'],
  ])('%s: %s', (source, complaint) => {
    expect(applied(source)).toBe(complaint)
  })

  test('onto a base without symbols says how to get them', () => {
    const { diagnostics } = applyOverlay(compileText(base).tree, compileText(overlay('&clk { };')).tree)
    expect(diagnostics[0]?.message).toBe("the base has no symbol 'clk'; compile it with -@, which exports its labels")
  })

  test('changes neither of the trees that it is given', () => {
    const [target, source] = [compileText(base, { symbols: true }).tree, compileText(overlay('&uart0 { a; };')).tree]
    const before = [writeBlob(target), writeBlob(source)]
    applyOverlay(target, source)
    expect([writeBlob(target), writeBlob(source)]).toEqual(before)
  })

  test.skipIf(!hasProgram('fdtoverlay') || !hasProgram('dtc'))('fdtoverlay makes the same tree', () => {
    const sources = [
      '&uart0 { p = <&clk &uart0>; l: n { q = <&l>; }; };\n&{/soc} { m { }; };',
      '/ { x; };\n&l { r = <&clk>; };',
    ]
    const folder = mkdtempSync(join(tmpdir(), 'carveout-overlay-'))
    const compileTo = (name: string, source: string): string => {
      const out = join(folder, name)
      writeFileSync(out, execFileSync('dtc', ['-q', '-@', '-I', 'dts', '-O', 'dtb', '-'], { input: source }))
      return out
    }
    const [first, second] = sources.map((source, index) => compileTo(`o${index}`, overlay(source)))
    const out = join(folder, 'out')
    expect(spawnSync('fdtoverlay', ['-i', compileTo('base', base), '-o', out, first!, second!]).status).toBe(0)
    const theirs = toTree(readLiveBlob(readFileSync(out), '').live)
    rmSync(folder, { recursive: true })
    expect(applied(...sources)).toBe(writeSource(theirs))
    expect(diffTrees(theirs, theirs)).toEqual([])
  })
})
