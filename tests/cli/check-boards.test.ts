import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Diagnostic } from '@shared/diagnostics.ts'
import { main } from '../../src-main/cli/main.ts'
import { kernelSource } from '../devicetree/kernel-source.ts'
import { fakeTerminal } from './fake-terminal.ts'

const kernel = kernelSource()

const saysItsRam = [
  'arm64/boot/dts/freescale/imx8mp-evk',
  'arm64/boot/dts/freescale/imx8mq-evk',
  'arm64/boot/dts/ti/k3-am625-sk',
  'arm64/boot/dts/amlogic/meson-g12b-odroid-n2',
  'arm64/boot/dts/mediatek/mt8195-demo',
  'arm/boot/dts/st/stm32mp157c-ev1',
  'arm/boot/dts/ti/omap/am335x-boneblack',
  'arm/boot/dts/nxp/imx/imx6q-sabrelite',
]
const leavesRamToItsLoader = [
  'arm64/boot/dts/rockchip/rk3399-rockpro64',
  'arm64/boot/dts/rockchip/rk3588-rock-5b',
  'arm64/boot/dts/broadcom/bcm2711-rpi-4-b',
  'arm64/boot/dts/qcom/sdm845-db845c',
  'arm64/boot/dts/allwinner/sun50i-h6-orangepi-3',
]

async function check(board: string, ...flags: string[]) {
  const terminal = fakeTerminal()
  const includes = ['-i', join(kernel!, 'scripts/dtc/include-prefixes')]
  await main(['check', join(kernel!, 'arch', `${board}.dts`), ...includes, '--json', ...flags], terminal)
  const { diagnostics } = JSON.parse(terminal.stdout) as { diagnostics: Diagnostic[] }
  return { exitCode: terminal.exitCode, diagnostics }
}

describe.runIf(kernel)('boards of the kernel tree, where Debian’s linux-source-6.12 is installed', () => {
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
    const told = await check(board, '--memory', '0x0-0x180000000')
    expect(told.exitCode).toBe(0)
    expect(told.diagnostics.map((d) => d.code)).not.toContain('no-memory')
  })
})
