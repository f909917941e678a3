import { describe, expect, test } from 'vitest'
import { parse } from '../../src-main/devicetree/index.ts'
import { compileText, errorsOf, hexOf, valueAt } from './compile-text.ts'

const board = (body: string): string => `/dts-v1/;\n/ {\n${body}\n};\n`

describe('after a syntax error', () => {
  test('every error of a file is found, each at its place', () => {
    const source = board(`	a = <1 2;
	b = "x"
	c = [0g];
	d { e = <(1 +)>; };
	f = <1>;
	g = , <2>;`)
    expect(errorsOf(compileText(source))).toEqual([
      "3:10 syntax error: expected a number, a reference or '>' to close the array, found ';'",
      "4:8 syntax error: expected ';' before 'c'",
      "5:7 syntax error: expected two hex digits or ']' to close the byte string, found '0'",
      "6:15 syntax error: expected a number or (expression), found ')'",
      "7:2 properties must precede subnodes; move 'f' up",
      "8:2 properties must precede subnodes; move 'g' up",
      '8:6 syntax error: expected a value: "text", <cells>, [bytes], &reference or /incbin/("file"), found \',\'',
    ])
  })

  test('what stands around the error is in the tree', () => {
    const { tree } = compileText(board('a = <1>;\nb = <oops>;\nc = <3>;\nn { d = <4>; e = ; f = <5>; };'))
    expect(['a', 'c'].map((name) => hexOf(valueAt(tree, '/', name)!))).toEqual(['00000001', '00000003'])
    expect(['d', 'f'].map((name) => hexOf(valueAt(tree, '/n', name)!))).toEqual(['00000004', '00000005'])
  })

  test('a missing semicolon has its fix', () => {
    const { diagnostics } = compileText(board('\ta = <1>\n\tb;'))
    expect(diagnostics[0]?.fixes?.[0]?.edits).toEqual([
      { file: 'board.dts', line: 3, column: 9, endLine: 3, endColumn: 9, newText: ';' },
    ])
  })

  test('a missing brace does not hide the next node', () => {
    const { tree } = compileText('/dts-v1/;\n/ { a { b; };\n/ { c; };\n')
    expect(tree.root.children.map(({ name }) => name)).toEqual(['a'])
  })

  test('many errors end in an end', () => {
    expect(errorsOf(compileText(board('= ;\n'.repeat(1000)))).length).toBeLessThan(300)
  })

  test.each([
    ['parentheses', `a = <${'('.repeat(5000)}1${')'.repeat(5000)}>;`],
    ['operators', `a = <(${'-'.repeat(5000)}1)>;`],
    ['conditionals', `a = <(${'1 ? '.repeat(3000)}1${' : 0'.repeat(3000)})>;`],
    ['nodes', `${'n { '.repeat(3000)}${'};'.repeat(3000)}`],
  ])('%s may nest, within bounds', (_, body) => {
    expect(errorsOf(compileText(board(body))).some((message) => message.includes('deep'))).toBe(true)
  })
})

describe('places', () => {
  test('of a diagnostic inside a macro: the use, and the definition beside it', () => {
    const { diagnostics } = compileText('#define BAD <1 oops>\n/dts-v1/;\n/ {\n\ta = BAD;\n};\n')
    expect(diagnostics[0]).toMatchObject({ line: 4, column: 6, endLine: 4, endColumn: 9 })
    expect(diagnostics[0]?.related).toMatchObject([
      { line: 1, column: 9, endColumn: 12, message: 'expanded from macro BAD' },
    ])
  })

  test('in an included file', () => {
    const { diagnostics } = compileText('/dts-v1/;\n#include "soc.dtsi"\n', {}, { 'soc.dtsi': '\n/ { a = <x>; };\n' })
    expect(diagnostics[0]).toMatchObject({ file: 'soc.dtsi', line: 2, column: 10 })
  })

  test('of nodes and properties, and all places that opened a node', () => {
    const { tree } = compileText('/dts-v1/;\n/ {\n\tl: n@1 {\n\t\treg = <1>;\n\t};\n};\n&l {\n\tp = "ä", <2>;\n};\n')
    const node = tree.root.children[0]!
    expect(node.nameSpan).toMatchObject({ line: 3, column: 5, endColumn: 8 })
    expect(node.spans.map(({ line, endLine }) => [line, endLine])).toEqual([
      [3, 5],
      [7, 9],
    ])
    expect(node.properties[1]!.valueSpan).toMatchObject({ line: 8, column: 6, endColumn: 14 })
    expect(node.properties[1]!.span).toMatchObject({ line: 8, column: 2, endColumn: 15 })
  })

  test('lead from a file back into the unit', () => {
    const text = '#define N 5\n/dts-v1/;\n/ { a = <N>; };\n'
    const { unit, ast } = parse({ entry: 'b', files: { readText: () => text, readBytes: () => null } })
    const cells = ast.items[0]!.node!.properties[0]!.parts[0]!
    const [at] = unit.positionsOf('b', text.indexOf('<N'))
    expect(at).toBe(cells.start)
    expect(unit.positionsOf('b', 3)).toEqual([])
  })
})

describe('/include/ and /incbin/', () => {
  test('bring in source as it is, anywhere', () => {
    const { tree, diagnostics } = compileText(
      '/dts-v1/;\n/include/ "a.dtsi"\n/ { b = <2>; /include/ "b.dtsi" };\n',
      { includeDirs: ['inc'] },
      { 'a.dtsi': '/ { a = <1>; };', 'inc/b.dtsi': 'c = /include/ "c.dtsi" ;', 'inc/c.dtsi': '<3>' },
    )
    expect(diagnostics).toEqual([])
    expect(tree.root.properties.map(({ name, bytes }) => name + hexOf(bytes))).toEqual([
      'a00000001',
      'b00000002',
      'c00000003',
    ])
  })

  test('a file that includes itself ends in a complaint', () => {
    const { diagnostics } = compileText('/dts-v1/;\n/include/ "board.dts"\n/ { };\n')
    expect(diagnostics.some(({ code }) => code === 'include-depth')).toBe(true)
  })

  test('/incbin/ takes a file or a part of it', () => {
    const others = { 'data.bin': Uint8Array.of(1, 2, 3, 4, 5) }
    const { tree } = compileText(
      board('a = /incbin/("data.bin"); b = /incbin/("data.bin", 1, 3); c = <9>, /incbin/("data.bin", 4, 9);'),
      {},
      others,
    )
    expect(['a', 'b', 'c'].map((name) => hexOf(valueAt(tree, '/', name)!))).toEqual([
      '0102030405',
      '020304',
      '0000000905',
    ])
  })

  test.each(['/include/ "none.dtsi"', '/ { a = /incbin/("none.bin"); };'])('%s: says that it is not there', (text) => {
    expect(errorsOf(compileText(`/dts-v1/;\n/ { };\n${text}\n`))[0]).toContain('add its folder with -i')
  })
})

test('names that are nearly right are offered', () => {
  expect(errorsOf(compileText('/dts-v1/;\n/ { uart0: serial { }; };\n&uatr0 { };\n'))).toEqual([
    '3:1 label or path uatr0 not found; did you mean uart0?',
  ])
  expect(errorsOf(compileText('/dts-v1/;\n/ { p = <&uart>; uart0: serial { }; };\n'))).toEqual([
    '2:10 /: Reference to non-existent node or label "uart"; did you mean uart0?',
  ])
})
