import { expect, test } from 'vitest'
import { parse, SourceCache } from '../../src-main/devicetree/index.ts'
import { generateSource } from './generate.ts'

/** Numbers that look random and are the same every time. */
function numbers(seed: number): () => number {
  let state = seed
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 8
}

const pieces = ['x', ';', '{', '}', '&a { };', '/* */', '"', '<1>', '\n', '/delete-node/ &a;', '/memreserve/ 1 2;', '']

function parsed(text: string, cache: SourceCache) {
  const files = { readText: (path: string) => (path === 'b.dts' ? text : null), readBytes: () => null }
  const { ast, diagnostics } = parse({ entry: 'b.dts', files }, cache)
  return { ast, diagnostics }
}

/** Edits one after the other, as an editor sees them: what is kept from parse to parse must never show. */
test.each([1, 2, 3, 4, 5, 6])('after any edit the same tree as from scratch (%i)', (seed) => {
  const next = numbers(seed)
  let text = generateSource(
    Array.from({ length: 400 }, () => next() % 1000),
    { valid: true, plugin: seed % 3 === 0, preprocessor: seed % 2 === 0 },
  )
  const cache = new SourceCache({ keepParses: true })
  for (let edit = 0; edit < 60; edit++) {
    expect(parsed(text, cache)).toEqual(parsed(text, new SourceCache()))
    const at = next() % text.length
    const changed = text.slice(0, at) + pieces[next() % pieces.length]! + text.slice(at + (next() % 3))
    // most edits are taken back, so that good texts follow on bad ones
    expect(parsed(changed, cache)).toEqual(parsed(changed, new SourceCache()))
    if (parsed(changed, new SourceCache()).diagnostics.length === 0) text = changed
  }
})

test('what stands before an edit is the same tree, not an equal one', () => {
  const cache = new SourceCache({ keepParses: true })
  const before = parsed('/dts-v1/;\n/ { a: n { }; };\n&a { p; };\n&a { q; };\n', cache)
  const after = parsed('/dts-v1/;\n/ { a: n { }; };\n&a { p; };\n&a { q = <1>; };\n', cache)
  expect(after.ast.items[0]).toBe(before.ast.items[0])
  expect(after.ast.items[1]).toBe(before.ast.items[1])
  expect(after.ast.items[2]!.node!.properties[0]!.parts).toHaveLength(1)
})
