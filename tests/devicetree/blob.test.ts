import { describe, expect, test } from 'vitest'
import {
  compile,
  decodeText,
  diffTrees,
  isBlob,
  readBlob,
  readFolder,
  writeBlob,
  writeSource,
} from '../../src-main/devicetree/index.ts'
import { blobOf, compileText, hexOf } from './compile-text.ts'

const source = '/dts-v1/;\n/memreserve/ 0x1000 0x2000;\n/ { a = <1>; n@1 { name-long = "xyz"; b; }; };\n'

describe('a blob', () => {
  test('is laid out as the specification says', () => {
    //  header | reservations | structure                                       | strings
    //  40     | 16 + 16      | root{ a=1 }                                     | "a\0"
    expect(hexOf(blobOf('/dts-v1/;\n/memreserve/ 1 2;\n/ { a = <1>; };'))).toBe(
      'd00dfeed' +
        '0000006a' +
        '00000048' +
        '00000068' +
        '00000028' +
        '00000011' +
        '00000010' +
        '00000000' +
        '00000002' +
        '00000020' +
        '0000000000000001' +
        '0000000000000002' +
        '00000000000000000000000000000000' +
        '00000001' +
        '00000000' +
        '00000003' +
        '00000004' +
        '00000000' +
        '00000001' +
        '00000002' +
        '00000009' +
        '6100',
    )
  })

  test.each([1, 2, 3, 16, 17])('of version %d is read back', (version) => {
    const { tree } = compileText(source)
    const { tree: read, diagnostics } = readBlob(writeBlob(tree, { version }))
    expect(diagnostics).toEqual([])
    const differences = diffTrees(tree, read).filter(({ property }) => property !== 'name')
    expect(differences).toEqual([])
  })

  test('gets a strings block of its own when it is written again: names that are gone, or another order, leave no trace', () => {
    const blob = writeBlob(compileText('/dts-v1/;\n/ { a; b; };').tree)
    const { tree } = readBlob(blob)
    tree.root.properties = tree.root.properties.slice(1)
    expect(decodeText(writeBlob(tree).slice(-2))).toBe('b\0')
  })

  test('whose root has a name that no node may have is refused', () => {
    const blob = writeBlob(compileText('/dts-v1/;\n/ { };').tree)
    blob[0x3c] = '/'.charCodeAt(0)
    expect(readBlob(blob).diagnostics[0]?.message).toContain('the root node is named "/"')
  })

  test('is padded as asked', () => {
    const { tree } = compileText(source)
    const size = writeBlob(tree).length
    expect(writeBlob(tree, { padBytes: 100 }).length).toBe(size + 100)
    expect(writeBlob(tree, { minimumBytes: 4096 }).length).toBe(4096)
    expect(writeBlob(tree, { minimumBytes: 4 }).length).toBe(size)
    expect(writeBlob(tree, { padBytes: 1, alignBytes: 64 }).length % 64).toBe(0)
    expect(() => writeBlob(tree, { version: 4 })).toThrow(RangeError)
  })

  test('cut off anywhere gives one error and never a crash', () => {
    const blob = blobOf(source)
    for (let length = 0; length < blob.length; length++) {
      const { diagnostics } = readBlob(blob.subarray(0, length), 'cut.dtb')
      expect(diagnostics.filter((d) => d.severity === 'error')).toHaveLength(1)
    }
  })

  test('with any one byte changed never crashes', () => {
    const blob = blobOf(source)
    for (let at = 0; at < blob.length; at++) {
      for (const value of [0, 1, 0x7f, 0xff]) {
        const damaged = Uint8Array.from(blob)
        damaged[at] = value
        const { tree } = readBlob(damaged)
        writeSource(tree)
      }
    }
  })

  test('may stand where source is expected', () => {
    const blob = blobOf(source)
    const result = compile({ entry: 'x.dtb', files: { readText: () => decodeText(blob), readBytes: () => blob } })
    expect(Buffer.from(writeBlob(result.tree!)).equals(blob)).toBe(true)
    expect(isBlob(blob)).toBe(true)
  })
})

describe('source that is written', () => {
  test('guesses what values are', () => {
    const text =
      '/dts-v1/;\n/ { a = "x"; b = "x", "y"; c = <1 2>; d = [01]; e; f = "a\\tb"; g = ""; h = [00 00]; i = "1\\02"; };'
    const written = writeSource(readBlob(blobOf(text)).tree)
    expect(written.match(/\t\w = .*;/g)?.map((line) => line.trim())).toEqual([
      'a = "x";',
      'b = "x\\0y";',
      'c = <0x01 0x02>;',
      'd = [01];',
      'f = "a\\tb";',
      'g = [00];',
      'h = [00 00];',
      'i = [31 02 00];',
    ])
  })

  test('keeps the form that values had in source', () => {
    const text = 'a = "x", <1 2>, [01 02], /bits/ 16 <3>, l: <4>, m: "y" n:;'
    expect(writeSource(compileText(`/dts-v1/;\n/ { ${text} };`).tree)).toContain(
      'a = "x", <0x01 0x02>, [01 02], /bits/ 16 <0x03>, l: <0x04>, m: "y" n:;',
    )
  })
})

describe('two trees', () => {
  const differences = (before: string, after: string): string[] =>
    diffTrees(compileText(`/dts-v1/;\n${before}`).tree, compileText(`/dts-v1/;\n${after}`).tree).map(
      ({ kind, path, property }) => `${kind} ${path}${property ? ' ' + property : ''}`,
    )

  test.each([
    ['/ { a; b; };', '/ { b; a; };', []],
    ['/ { x { }; y { }; };', '/ { y { }; x { }; };', []],
    [
      '/ { p = <&x 1>; x: x { }; y: y { }; };',
      '/ { q: y { }; p = <&x 1>; x: x { }; };'.replace(
        'q: y { }; p = <&x 1>; x: x { };',
        'p = <&x 1>; q: y { z; }; x: x { };',
      ),
      ['added /y z'],
    ],
    ['/ { p = <&x>; x: x { }; };', '/ { p = <&x>; x: x { phandle = <9>; }; };', []],
    [
      '/ { p = <&x>; x: x { }; y: y { phandle = <2>; }; };',
      '/ { p = <&y>; x: x { }; y: y { phandle = <2>; }; };',
      ['changed / p'],
    ],
    ['/ { a = <1>; n { }; };', '/ { a = <2>; m { }; c; };', ['changed / a', 'added / c', 'removed /n', 'added /m']],
    ['/memreserve/ 1 2;\n/ { };', '/ { };', ['removed /memreserve/ 0x1 0x2']],
  ])('%s and %s', (before, after, expected) => {
    expect(differences(before, after)).toEqual(expected)
  })
})

test('a folder as /proc/device-tree has it', () => {
  const files: Record<string, Uint8Array> = {
    'dt/model': Buffer.from('x\0'),
    'dt/cpus/cpu@2/reg': Uint8Array.of(0, 0, 0, 2),
  }
  const folders: Record<string, string[]> = {
    dt: ['model', 'cpus', 'locked'],
    'dt/cpus': ['cpu@2'],
    'dt/cpus/cpu@2': ['reg'],
  }
  const { live, unreadable } = readFolder('dt', {
    list: (path) => folders[path]?.map((name) => ({ name, isFolder: `${path}/${name}` in folders })) ?? null,
    readBytes: (path) => files[path] ?? null,
  })
  expect(live.bootCpuid).toBe(2)
  expect(unreadable).toEqual(['dt/locked'])
  expect(writeSource({ ...live, labels: new Map() })).toContain('reg = <0x02>;')
})
