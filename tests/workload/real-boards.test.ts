/** Boards of the kernel's tree, includes and macros and all, boot; wherever Debian's package linux-source-6.12 is installed. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { GiB } from '@shared/units.ts'
import { boardFromTree, resolveMachine } from '../../src-main/board/index.ts'
import { compile, type FileAccess } from '../../src-main/devicetree/index.ts'
import { bootKernel } from '../../src-main/kernel/index.ts'
import { prepareBoot } from '../../src-main/workload/boot-board.ts'
import { kernelSource } from '../devicetree/kernel-source.ts'

const root = kernelSource()

/** Board, architecture it is taken for, and where its RAM begins. */
const BOARDS = [
  ['arm64/boot/dts/freescale/imx8mp-evk', 'arm64', 0x4000_0000],
  ['arm64/boot/dts/freescale/imx8mq-evk', 'arm64', 0x4000_0000],
  ['arm64/boot/dts/rockchip/rk3399-rockpro64', 'arm64', 0x20_0000],
  ['arm64/boot/dts/rockchip/rk3588-rock-5b', 'arm64', 0x20_0000],
  ['arm64/boot/dts/broadcom/bcm2711-rpi-4-b', 'arm64', 0],
  ['arm64/boot/dts/ti/k3-am625-sk', 'arm64', 0x8000_0000],
  ['arm64/boot/dts/qcom/sdm845-db845c', 'arm64', 0x8000_0000],
  ['arm64/boot/dts/amlogic/meson-g12b-odroid-n2', 'arm64', 0],
  ['arm64/boot/dts/allwinner/sun50i-h6-orangepi-3', 'arm64', 0x4000_0000],
  ['arm64/boot/dts/mediatek/mt8195-demo', 'arm64', 0x4000_0000],
  ['arm/boot/dts/st/stm32mp157c-ev1', 'arm', 0xc000_0000],
  ['arm/boot/dts/ti/omap/am335x-boneblack', 'arm', 0x8000_0000],
  ['arm/boot/dts/nxp/imx/imx6q-sabrelite', 'arm', 0x1000_0000],
] as const

const read = (path: string): Uint8Array | null => {
  try {
    return readFileSync(path)
  } catch {
    return null
  }
}
const files: FileAccess = {
  readBytes: read,
  readText: (path) => {
    const bytes = read(path)
    return bytes && new TextDecoder().decode(bytes)
  },
}

test.skipIf(!root).each(BOARDS)('%s', (name, arch, ram) => {
  const entry = join(root!, 'arch', `${name}.dts`)
  const includeDirs = [join(root!, 'scripts/dtc/include-prefixes'), dirname(entry)]
  const { tree, diagnostics } = compile({ entry, files, includeDirs, quiet: true })
  expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([])
  const { board, diagnostics: ofBoard } = boardFromTree(tree!)
  expect(ofBoard.filter((d) => d.severity === 'error')).toEqual([])
  expect(board.devices.length).toBeGreaterThan(20)
  expect(board.iommus.every((unit) => unit.model !== null)).toBe(true)
  // What the boot loader fills in must be asked for, at a place in the file.
  const missing = resolveMachine(board, {}).diagnostics
  if (board.memory.length === 0)
    expect(missing).toMatchObject([{ code: 'no-memory', file: expect.stringMatching(/dts/) }])
  const { boot } = prepareBoot(board, { memory: [{ start: ram, end: ram + GiB / 2 }] })
  expect(boot!.machine.arch).toBe(arch)
  const booted = bootKernel(boot!.input, null)
  expect(booted).toMatchObject({ ok: true })
})
