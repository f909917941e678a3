import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  compile,
  decodeText,
  type FileAccess,
  readBlob,
  SourceCache,
  writeBlob,
  writeSource,
} from '../../src-main/devicetree/index.ts'
import { compileText } from './compile-text.ts'
import { hasProgram, kernelSource } from './kernel-source.ts'

/** Boards of the kernel's tree with all their includes and macros: the blob of each is the one that `cpp | dtc` makes. */
const boards = [
  'arm64/boot/dts/freescale/imx8mp-evk',
  'arm64/boot/dts/freescale/imx8mq-evk',
  'arm64/boot/dts/rockchip/rk3399-rockpro64',
  'arm64/boot/dts/rockchip/rk3588-rock-5b',
  'arm64/boot/dts/broadcom/bcm2711-rpi-4-b',
  'arm64/boot/dts/ti/k3-am625-sk',
  'arm64/boot/dts/qcom/sdm845-db845c',
  'arm64/boot/dts/amlogic/meson-g12b-odroid-n2',
  'arm64/boot/dts/allwinner/sun50i-h6-orangepi-3',
  'arm64/boot/dts/mediatek/mt8195-demo',
  'arm/boot/dts/st/stm32mp157c-ev1',
  'arm/boot/dts/ti/omap/am335x-boneblack',
  'arm/boot/dts/nxp/imx/imx6q-sabrelite',
]
const includes = 'scripts/dtc/include-prefixes'

const root = kernelSource()
const missing = [...(root ? [] : ['linux-source-6.12']), ...['dtc', 'cpp'].filter((name) => !hasProgram(name))]
if (missing.length > 0) console.warn(`SKIPPED: boards of the kernel; install ${missing.join(', ')} to run it`)

describe.skipIf(missing.length > 0)('boards of the kernel', () => {
  const cache = new SourceCache()
  const read = (path: string): Uint8Array | null => {
    try {
      return readFileSync(join(root!, path))
    } catch {
      return null
    }
  }
  const files: FileAccess = {
    readText: (path) => {
      const bytes = read(path)
      return bytes && decodeText(bytes)
    },
    readBytes: read,
  }

  function reference(board: string, flags: string): Buffer {
    const preprocess = `cpp -nostdinc -undef -x assembler-with-cpp -I ${includes} ${board} 2>/dev/null`
    return execFileSync('sh', ['-c', `${preprocess} | dtc -q ${flags} -I dts -O dtb -i ${dirname(board)} -`], {
      cwd: root!,
      maxBuffer: 1 << 26,
    })
  }

  test.each(boards)('%s', (name) => {
    const board = `arch/${name}.dts`
    for (const symbols of [false, true]) {
      const { tree, diagnostics } = compile({ entry: board, files, includeDirs: [includes], symbols }, cache)
      expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([])
      expect(Buffer.from(writeBlob(tree!)).equals(reference(board, symbols ? '-@' : ''))).toBe(true)
    }
  })

  test.each(boards)('%s: source → blob → source → blob', (name) => {
    const { tree } = compile({ entry: `arch/${name}.dts`, files, includeDirs: [includes], quiet: true }, cache)
    const blob = Buffer.from(writeBlob(tree!))
    const again = compileText(writeSource(readBlob(blob).tree), { quiet: true }).tree
    expect(Buffer.from(writeBlob(again)).equals(blob)).toBe(true)
  })
})
