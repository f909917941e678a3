import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { main } from '../../src-main/cli/main.ts'
import { fakeTerminal } from './fake-terminal.ts'

it('boot --svg draws every region, and what is free between them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'svg-'))
  const board = join(folder, 'b.dts')
  writeFileSync(
    board,
    '/dts-v1/;\n/ { #address-cells = <1>; #size-cells = <1>; model = "A & B"; memory@40000000 { device_type = "memory"; reg = <0x40000000 0x20000000>; }; chosen { bootargs = "cma=32M"; }; };\n',
  )
  const terminal = fakeTerminal()
  await main(['boot', board, '--svg', join(folder, 'map.svg')], terminal)
  expect(terminal.exitCode).toBe(0)
  const svg = readFileSync(join(folder, 'map.svg'), 'utf8')
  expect(svg).toMatch(/^<svg [^]*A &#38; B[^]*CMA area[^]*<\/svg>$/)
  expect(svg).toContain('32 MiB')
  expect(svg).toContain('>free<')
})
