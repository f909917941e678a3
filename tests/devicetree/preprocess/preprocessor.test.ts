import { describe, expect, test } from 'vitest'
import { parse, type Preprocessed } from '../../../src-main/devicetree/index.ts'
import { hasProgram } from '../kernel-source.ts'
import { execFileSync } from 'node:child_process'

function preprocessed(
  source: string,
  others: Record<string, string> = {},
  includeDirs: string[] = [],
  defines: Record<string, string> = {},
): Preprocessed {
  const files: Record<string, string> = { 'board.dts': source, ...others }
  const access = { readText: (path: string) => files[path] ?? null, readBytes: () => null }
  return parse({ entry: 'board.dts', files: access, includeDirs, defines }).preprocessed
}

/** The text that is left, white space and comments made one space. */
const textOf = (result: Preprocessed): string =>
  result.text
    .replace(/\/\*.*?\*\/|\/\/.*/gs, ' ')
    .replace(/\s+/g, ' ')
    .trim()
const complaints = (result: Preprocessed): string[] =>
  result.diagnostics.map((d) => `${d.file}:${d.line}:${d.column} ${d.message}`)

describe('macros', () => {
  test.each([
    ['#define N 5\nN n N1 1N "N" \'N\'', '5 n N1 1N "N" \'N\''],
    ['#define N 5\nnode@N a-N N-a <N>', 'node@5 a-5 5 -a <5>'],
    ['#define F(x) [x]\nF(1) F (2) F F( a b )', '[1] [2] F [a b]'],
    ['#define F(x, y) y x\nF(1, 2) F((a, b), c) F(,)', '2 1 c (a, b)'],
    ['#define F() 1\nF() F( )', '1 1'],
    ['#define A B\n#define B A\nA B', 'A B'],
    ['#define A A A\nA', 'A A'],
    ['#define F(x) x\nF(F(F)(1))', 'F(1)'],
    ['#define F(x) x\n#define G F\nG(1) G', '1 F'],
    ['#define EMPTY\na EMPTY b EMPTY-c d-EMPTY-e', 'a b -c d- -e'],
    ['#define S(x) #x\nS( a  b ) S("q\\n") S()', '"a b" "\\"q\\\\n\\"" ""'],
    ['#define C(a, b) a ## b\nC(x, 1) C(, y) C(z,) C(foo-,bar)', 'x1 y z foo-bar'],
    ['#define N 1\n#define C(a, b) a ## b\n#define D(a, b) C(a, b)\nC(N, N) D(N, N)', 'NN 11'],
    ['#define V(...) <__VA_ARGS__>\nV() V(1) V(1, 2)', '<> <1> <1, 2>'],
    ['#define V(a, rest...) a(rest)\nV(1) V(1, 2, 3)', '1() 1(2, 3)'],
    ['#define V(a, ...) a , ## __VA_ARGS__ end\nV(1) V(1,2,3)', '1 end 1 ,2,3 end'],
    ['#define F(x) <x>\nF(1\n2 /* c */\n)', '<1 2>'],
    ['#define M(x) (x + \\\n 1)\nM(2)', '(2 + 1)'],
    ['#define X -1\n<-X +X>', '<- -1 +-1>'],
    [
      '#define P(x, y) x ## y\n#define E(x, y) P(x, y)\n#define N cp0\nE(N, E(-,ic-thermal)) E(N, E(_, ic)):',
      'cp0-ic-thermal cp0_ic:',
    ],
    ['#define HASH # x\nHASH', '# x'],
    ['#define C(a, b) a ## b\nC(..,.) C(<:,:)', '. . . < : :'],
    ['#define A 1\n#undef A\nA', 'A'],
    ['__LINE__\n__LINE__ __FILE__ __COUNTER__ __COUNTER__', '1 2 "board.dts" 0 1'],
    ['#define F(x) x __LINE__\nF(__LINE__\n__LINE__)', '2 3 2'],
    ['#line 100 "foo.c"\n__LINE__ __FILE__\n#define N 7\n#line N\n__LINE__', '100 "foo.c" 7'],
    // variable arguments
    ['#define F(a, ...) <a __VA_OPT__(,) __VA_ARGS__>\nF(1) F(1,) F(1, 2, 3)', '<1 > <1 > <1 , 2, 3>'],
    ['#define F(x, ...) x ## __VA_OPT__(y z) w\nF(a) F(a, 1) F(, 1)', 'a w ay z w y z w'],
    ['#define F(...) #__VA_OPT__(a  __VA_ARGS__ b)\nF() F(1,2)', '"" "a 1,2 b"'],
    ['#define F(...) p(x, ## __VA_ARGS__)\nF() F(1, 2)', 'p(x) p(x,1, 2)'],
    ['#define F(x, ...) a ,##__VA_ARGS__ ## c\nF(1) F(1, 2)', 'a , c a , 2c'],
    ['#define __VA_OPT__ 3\n__VA_OPT__', '3'],
    // quotes as assembler sources have them: without its partner one takes the rest of the line
    ["#define X y\n' X ' X\nX it's X\nX", "' X ' y y it's X y"],
    ["#define F(x) [x]\nF(')') F(it's)\nx)", "[')'] [it's) x]"],
    // lines joined in odd places
    ['#def\\\nine LONG 5\nLO\\\nNG "a\\\nb" /\\\n* gone */ 1', '5 "ab" 1'],
    // directives among the arguments
    ['#define F(x) [x]\nF(1\n#ifdef NO\n2\n#else\n3\n#endif\n)', '[1 3]'],
    ['_Pragma("once") x\n#define P _Pragma("omp") y\nP', 'x y'],
    [
      '#pragma push_macro("X")\n#define X 1\n#pragma push_macro("X")\n#undef X\n#define X 2\nX\n#pragma pop_macro("X")\nX\n#pragma pop_macro("X")\nX',
      '2 1 X',
    ],
    // https://gcc.gnu.org/onlinedocs/cpp/Self-Referential-Macros.html and the examples of C11 6.10.3.5
    ['#define NIL(xxx) xxx\n#define G_0(arg) NIL(G_1)(arg)\n#define G_1(arg) NIL(arg)\nG_0(42)', '42'],
    ['#define f(a) a*g\n#define g(a) f(a)\nf(2)(9)', '2*9*g'],
    [
      '#define hash_hash # ## #\n#define mkstr(a) # a\n#define in_between(a) mkstr(a)\n#define join(c, d) in_between(c hash_hash d)\njoin(x, y)',
      '"x ## y"',
    ],
    ['#define L1(x) L##x\nL1(\'a\') L1("a") $x', 'L\'a\' L"a" $x'],
  ])('%j → %j', (source, expected) => {
    const result = preprocessed(source + '\n')
    expect(complaints(result)).toEqual([])
    expect(textOf(result)).toBe(expected)
  })

  test('-D defines, with arguments, too', () => {
    expect(textOf(preprocessed('N F(2) E\n', {}, [], { N: '7', 'F(x)': 'x x', E: '' }))).toBe('7 2 2')
  })

  test.each([
    ['#define F(x) x\nF(1, 2)\n', 'board.dts:2:1 macro F takes 1 argument, not 2'],
    ['#define F(x) x\nF(1\n', "board.dts:2:1 the arguments of macro F have no closing ')'"],
    ['#define 1\n', "board.dts:1:1 '1' is no name for a macro; names begin with a letter or _"],
    ['#define A ## 1\n', "board.dts:1:1 '##' cannot stand at either end of a macro"],
    ['#define F(x x\n', "board.dts:1:1 the parameters of this macro need names, commas and a ')'"],
    ['#define A 1\n#define A 2\n', 'board.dts:2:9 macro A is defined again, differently; #undef it first'],
    ['#undef\n', 'board.dts:1:1 #undef needs the name of a macro'],
    ['#define F(...) __VA_OPT__(x\n', 'board.dts:1:1 __VA_OPT__( without )'],
    ['#define F(...) __VA_OPT__(## x)\n', "board.dts:1:1 '##' cannot stand at either end of a __VA_OPT__"],
    ['#define F(x) x\nF(1\n#include "a.h"\n)\n', 'board.dts:3:1 #include cannot stand in the arguments of a macro'],
    ['_Pragma x\n', 'board.dts:1:1 _Pragma needs a string in parentheses after it'],
    ['#pragma GCC poison X\nX\n', "board.dts:2:1 'X' is poisoned by a #pragma and cannot be used"],
    ['#pragma GCC poison X "y"\n', `board.dts:1:1 #pragma GCC poison takes names, not '"y"'`],
    ['#pragma push_macro(X)\n', 'board.dts:1:1 #pragma push_macro needs ("NAME")'],
    ['#ident x\n', 'board.dts:1:1 #ident needs a "text"'],
    ['#undef defined\n', 'board.dts:1:1 #undef needs the name of a macro'],
    ['__has_include("x")\n', 'board.dts:1:1 __has_include has a meaning in #if and #elif only'],
    ['#define A /* x\n1\n', 'board.dts:1:11 unterminated comment; close it with */'],
    ['#if 0\n/* x\n#endif\n', 'board.dts:2:1 unterminated comment; close it with */'],
    ['#assert\n', 'board.dts:1:1 an assertion needs a predicate: #assert machine(arm)'],
    ['#assert machine()\n', 'board.dts:1:1 the answer of machine is empty'],
    ['#line 5 foo\n', 'board.dts:1:1 #line needs a line number, and may have a "file"'],
  ])('%j: %s', (source, complaint) => {
    expect(complaints(preprocessed(source))).toContain(complaint)
  })

  test('a definition repeated in the same words is no complaint', () => {
    expect(complaints(preprocessed('#define A 1  +  2\n#define A 1 + 2\n'))).toEqual([])
  })

  test('text that doubles with every macro ends in a complaint, not in a hang', () => {
    const doubling = Array.from({ length: 40 }, (_, n) => `#define A${n + 1} A${n} A${n}`).join('\n')
    expect(complaints(preprocessed(`#define A0 x\n${doubling}\nA40\n`))).toEqual([
      'board.dts:42:1 macros expand to too much text',
    ])
  })
})

describe('conditions', () => {
  const defines = '#define YES 3\n#define IS_YES defined(YES)\n#define OTHER "other.h"\n'
  test.each([
    ['1', true],
    ['0', false],
    ['NOPE', false],
    ['defined NOPE', false],
    ['defined(YES) && !defined NOPE', true],
    ['YES == 3', true],
    ['1 + 2 * 3 == 7 && (1 + 2) * 3 == 9', true],
    ['-1 < 0u', false],
    ['-1 >> 1 == -1', true],
    ['~0 == -1 && 0x10 == 020 && 16 == 0b10000', true],
    ["'a' == 97 && '\\n' == 10", true],
    ['0 && 1 / 0', false],
    ['1 ? 2 : 1 / 0', true],
    ['0 ? 1 : 0', false],
    ["L'a' == 97 && '\\377' < 0 && 'ab' == 24930", true],
    ['(1 ? -1 : 0u) > 0 && (-1u) / 2 > 5', true],
    ['1 << 64 || 1 << 63 > 0', false],
    ['IS_YES && defined YES', true],
    ['__has_include(OTHER)', true],
    ['__has_include("other.h")', true],
    ['__has_include(<none.h>) || __has_include("none.h")', false],
  ])('#if %s is %s', (condition, expected) => {
    const result = preprocessed(`${defines}#if ${condition}\nyes\n#else\nno\n#endif\n`, { 'other.h': '' })
    expect(complaints(result)).toEqual([])
    expect(textOf(result)).toBe(expected ? 'yes' : 'no')
  })

  test.each([
    ['1 / 0', 'division by zero in #if'],
    ['', '#if needs an expression'],
    ['(1', "'(' without ')' in #if"],
    ['1 2', "'2' does not belong into this expression"],
    ['"x"', `'"x"' does not belong into #if`],
    ['1 +', '#if ends in the middle of an expression'],
    ['defined', "'defined' needs the name of a macro"],
    ['1.5', "'1.5' is no integer that #if can use"],
    ['__has_include("x" y)', '__has_include needs ("file") or (<file>)'],
    ['#machine(', "the answer of machine has no closing ')'"],
  ])('#if %s: %s', (condition, complaint) => {
    expect(complaints(preprocessed(`#if ${condition}\n#endif\n`))).toEqual([`board.dts:1:1 ${complaint}`])
  })

  test.each([
    ['#machine(arm) && #machine', true],
    ['#machine( arm )', true],
    ['#machine(mips) || #cpu', false],
    ['!#machine(x86) && #machine(a b)', true],
  ])('assertions: #if %s is %s', (condition, expected) => {
    const asserted = '#assert machine(arm)\n#assert machine(a   b)\n#assert machine(x86)\n#assert cpu(1)\n'
    const result = preprocessed(`${asserted}#unassert machine(x86)\n#unassert cpu\n#if ${condition}\nyes\n#endif\n`)
    expect(complaints(result)).toEqual([])
    expect(textOf(result)).toBe(expected ? 'yes' : '')
  })

  test('elif, else and nesting', () => {
    const source =
      '#if 0\na\n#elif 1\nb\n#if 0\nc\n#else\nd\n#endif\n#elif 1\ne\n#else\nf\n#endif\n#ifdef X\ng\n#elifndef X\nh\n#endif\n'
    expect(textOf(preprocessed(source))).toBe('b d h')
  })

  test('what is left out is not looked into', () => {
    const result = preprocessed('#if 0\n#error no\n#include "none.h"\n#if garbage (\n#endif\n"unterminated\n#endif\n')
    expect(complaints(result)).toEqual([])
    expect(result.inactive).toHaveLength(1)
  })

  test.each([
    ['#if 1\n', 'board.dts:1:1 #if without #endif'],
    ['#endif\n', 'board.dts:1:1 #endif without #if'],
    ['#if 1\n#else\n#else\n#endif\n', 'board.dts:3:1 #else after #else'],
    ['#error stop here\n', 'board.dts:1:1 #error stop here'],
  ])('%j: %s', (source, complaint) => {
    expect(complaints(preprocessed(source))).toEqual([complaint])
  })

  test('a property that begins with # is text', () => {
    expect(textOf(preprocessed('#define cells 1\n#address-cells = <cells>;\n  #size-cells = <0>;\n'))).toBe(
      '#address-1 = <1>; #size-1 = <0>;',
    )
  })
})

describe('includes', () => {
  test('beside the file first, then in the folders; <> only in the folders', () => {
    const others = { 'a.h': 'own', 'inc/a.h': 'other', 'inc/sub/b.h': '#include "c.h"\n', 'inc/sub/c.h': 'c' }
    expect(textOf(preprocessed('#include "a.h"\n#include <a.h>\n#include "sub/b.h"\n', others, ['inc']))).toBe(
      'own other c',
    )
  })

  test('a macro may name the file', () => {
    expect(textOf(preprocessed('#define FILE "a.h"\n#include FILE\n', { 'a.h': 'here' }))).toBe('here')
  })

  test('#pragma once and guards', () => {
    const others = { 'a.h': '#pragma once\na', 'b.h': '#ifndef B\n#define B\nb\n#endif' }
    expect(textOf(preprocessed('#include "a.h"\n#include "a.h"\n#include "b.h"\n#include "b.h"\n', others))).toBe('a b')
  })

  test('a file that is not there', () => {
    expect(complaints(preprocessed('\n #include "none.h"\n'))).toEqual([
      'board.dts:2:11 cannot find "none.h"; add its folder with -i',
    ])
  })

  test('a file that includes itself ends in one complaint', () => {
    const found = complaints(preprocessed('#include "a.h"\n', { 'a.h': '#include "a.h"\n#include "a.h"\n' }))
    expect(found).toEqual(['a.h:1:10 includes nest more than 200 deep; a file seems to include itself'])
  })

  test('line markers rename what follows', () => {
    expect(complaints(preprocessed('# 12 "other.dts"\n\n#error here\n'))).toEqual(['other.dts:13:1 #error here'])
  })

  test('uses and definitions are kept for the editor', () => {
    const { uses, definitions, includes } = preprocessed('#include "a.h"\n<N F(N)>\n', {
      'a.h': '#define N 1\n#define F(x) x\n',
    })
    expect(definitions.map(({ name, body, file }) => [name, body, file?.path])).toEqual([
      ['N', '1', 'a.h'],
      ['F', 'x', 'a.h'],
    ])
    expect(uses.map(({ name, file, start, end }) => [name, file.path, start, end])).toEqual([
      ['N', 'board.dts', 16, 17],
      ['F', 'board.dts', 18, 22],
      ['N', 'board.dts', 20, 21],
    ])
    expect(includes.map(({ name, target }) => [name, target?.path])).toEqual([['a.h', 'a.h']])
  })
})

const torture = `#define PASTE(a,b) a-##b
#define EMPTY
#define N 5
#define STR(x) #x
#define F(x) x
#define LONGER(x) <&gpio x F(GPIO_##x) (N + \\
  2)>
#define X -1
#define A(x) x-x
PASTE(foo,bar) x-EMPTY-y x EMPTY-y node@N-N N.foo <N-N> STR( a  "b" ) F
 (3) F(F)(2) LONGER(ABC) LONGER(
  D)
<-X +X> (1-X) &N & N &F(N) &&X A(N) A( N ) A(N )A(N) 0xN 1N 1e-N 2-N N/**/N F(N)N N F() .
X.N N:N (F)(1) F(EMPTY)x F(N )-F( -N)
`

test.skipIf(!hasProgram('cpp'))('cpp prints the same', () => {
  const printed = execFileSync('cpp', ['-P', '-nostdinc', '-undef', '-x', 'assembler-with-cpp', '-'], {
    input: torture,
    encoding: 'utf8',
  })
  expect(textOf(preprocessed(torture))).toBe(printed.replace(/\s+/g, ' ').trim())
})
