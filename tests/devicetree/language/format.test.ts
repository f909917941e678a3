import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatText } from '../../../src-main/devicetree/language/index.ts'
import { kernelSource } from '../kernel-source.ts'

describe('formatting', () => {
  it('indents, spaces and aligns as the kernel does', () => {
    const ugly = [
      '/{',
      '  soc{',
      'reg=<0x1 0x2>,',
      '<3 4>;',
      '   status = "okay" ;',
      '/* keep',
      '     this */',
      '};',
      '};',
      '',
    ].join('\n')
    const nice = [
      '/{',
      '\tsoc {',
      '\t\treg = <0x1 0x2>,',
      '\t\t      <3 4>;',
      '\t\tstatus = "okay";',
      '\t\t/* keep',
      '     this */',
      '\t};',
      '};',
      '',
    ]
    expect(formatText(ugly)).toBe(nice.join('\n').replace('/{', '/ {'))
  })

  it('leaves directives, strings and expressions alone', () => {
    const text = [
      '#include "a.h"',
      '#define A(x) \\',
      '      (x << 2)',
      '/ {',
      '\tx = "a  = b;  {";',
      '\ty = <(1 << 2) (A > 3)>;',
      '};',
      '',
    ].join('\n')
    expect(formatText(text)).toBe(text)
  })

  it.each([
    ['p = <(1<<2) ( A>3 ) (-1) (~ X+ 2 )>;', 'p = <(1 << 2) (A > 3) (-1) (~X + 2)>;'],
    ['p=< (A|B ) (C?1:2) >;', 'p = <(A | B) (C ? 1 : 2)>;'],
    ['p = <(4/2*( 1+ 1 ))   ;', 'p = <(4 / 2 * (1 + 1));'],
    // what a macro is given may be a name with a hyphen
    ['p = <GPIO( 1,2 ) (F(a-b)*2) F(&x -1)>;', 'p = <GPIO( 1,2 ) (F(a-b) * 2) F(&x -1)>;'],
    ['p = <(1 + >;', 'p = <(1 + >;'],
    ["p = <('a'+'(')>;", "p = <('a'+'(')>;"],
    ['p = /bits/ 8 <(X-1)>, /incbin/("a b");', 'p = /bits/ 8 <(X - 1)>, /incbin/("a b");'],
  ])('spaces expressions: %s', (before, after) => {
    expect(formatText(before)).toBe(after)
  })

  const kernel = kernelSource()
  it.runIf(kernel)('changes nothing but white space, and nothing the second time', () => {
    const folder = join(kernel!, 'arch/arm64/boot/dts/rockchip')
    const squeeze = (text: string) => text.replace(/\s+/g, '')
    for (const name of readdirSync(folder).filter((n) => n.endsWith('.dtsi'))) {
      const text = readFileSync(join(folder, name), 'utf8')
      const once = formatText(text)
      expect(squeeze(once)).toBe(squeeze(text))
      expect(formatText(once)).toBe(once)
    }
  })
})
