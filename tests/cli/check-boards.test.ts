import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Diagnostic } from '@shared/diagnostics.ts'
import { main } from '../../src-main/cli/main.ts'
import { fakeTerminal } from './fake-terminal.ts'

const kernel = process.env['LINUX_SOURCE'] ?? '/usr/src/linux-source-6.12'
const saysItsRam = [
  'arm64/boot/dts/freescale/imx8mp-evk',
  'arm64/boot/dts/ti/k3-am625-sk',
  'arm/boot/dts/nxp/imx/imx6q-sabrelite',
]
const leavesRamToItsLoader = ['arm64/boot/dts/rockchip/rk3399-rockpro64', 'arm64/boot/dts/qcom/sdm845-db845c']

async function check(board: string, ...flags: string[]) {
  const terminal = fakeTerminal()
  await main(['check', join(kernel, 'arch', `${board}.dts`), '--json', ...flags], terminal)
  const { diagnostics } = JSON.parse(terminal.stdout) as { diagnostics: Diagnostic[] }
  return { exitCode: terminal.exitCode, diagnostics }
}

describe.runIf(existsSync(kernel))('boards of the kernel tree', () => {
  it.each(saysItsRam)('%s is sound', async (board) => {
    const { exitCode, diagnostics } = await check(board)
    expect({ exitCode, errors: diagnostics.filter((d) => d.severity === 'error') }).toEqual({ exitCode: 0, errors: [] })
    expect(diagnostics.map((d) => d.code)).not.toContain('no-memory')
  })

  it.each(leavesRamToItsLoader)('%s asks for RAM, at its place', async (board) => {
    const silent = await check(board)
    const missing = silent.diagnostics.find((d) => d.code === 'no-memory')
    expect(missing).toMatchObject({ severity: 'warning', file: expect.stringMatching(/\.dtsi?$/) as string })
    expect(missing!.message).toContain('--memory')
    const told = await check(board, '--memory', '0x80000000-0x180000000')
    expect(told.exitCode).toBe(0)
    expect(told.diagnostics.map((d) => d.code)).not.toContain('no-memory')
  })
})
