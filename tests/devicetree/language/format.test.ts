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
