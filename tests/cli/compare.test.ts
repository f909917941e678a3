import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../src-main/cli/main.ts'
import { fakeTerminal } from './fake-terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'compare-'))

/** A board whose camera has an area of so many MiB; the DSP owns 16 MiB that nobody else can use. */
function board(name: string, areaMiB: number): string {
  const path = join(folder, name)
  writeFileSync(
    path,
    `/dts-v1/;
/ {
	#address-cells = <2>;
	#size-cells = <2>;
	memory@40000000 { device_type = "memory"; reg = <0 0x40000000 0 0x20000000>; };
	reserved-memory {
		#address-cells = <2>;
		#size-cells = <2>;
		ranges;
		cam: camera { compatible = "shared-dma-pool"; reusable; size = <0 (${areaMiB} * 1024 * 1024)>; };
		dsp: dsp@48000000 { reg = <0 0x48000000 0 0x1000000>; no-map; };
	};
	isi: camera@1000 { compatible = "example,isi"; reg = <0 0x1000 0 0x1000>; memory-region = <&cam>; };
};
`,
  )
  return path
}
const small = board('small.dts', 8)
const large = board('large.dts', 64)

const workload = join(folder, 'cameras.yaml')
writeFileSync(
  workload,
  `format: 1
name: cameras
duration: 1s
streams:
  - { preset: camera, name: cameras, device: isi, streams: 2, resolution: 1080p, frames: 4 }
`,
)

async function compare(...words: string[]) {
  const terminal = fakeTerminal()
  await main(['compare', '-w', workload, ...words], terminal)
  return terminal
}

describe('carveout compare', () => {
  it('puts two boards side by side and names the first call that went otherwise', async () => {
    const { exitCode, stdout, stderr } = await compare(small, large)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    const rows = stdout.split('\n').map((line) => line.split(/ {2,}/))
    expect(rows[0]).toEqual(['', 'small.dts', 'large.dts'])
    const [, ofSmall, ofLarge] = rows.find(([name]) => name === 'fallbacks') ?? []
    expect(Number(ofSmall)).toBeGreaterThan(0)
    expect(ofLarge).toBe('0')
    expect(stdout).toMatch(
      /First difference at \d\.\d{3} s, .*camera.*\n {2}small\.dts: .*camera.*\n {2}large\.dts: served by cma:camera\n/,
    )
  })

  it('says the same as JSON', async () => {
    const comparison = JSON.parse((await compare(small, large, '--json')).stdout) as Record<string, unknown>
    expect(comparison).toMatchObject({
      variants: [
        { label: 'small.dts', booted: true },
        { label: 'large.dts', totals: { fallbacks: 0 } },
      ],
      first: { outcomes: [{ ok: true }, { ok: true, errno: 0, source: 'cma:camera', reason: '' }] },
    })
    expect(comparison['differing']).toBeGreaterThan(0)
  })

  it('finds no difference between a board and itself', async () => {
    expect((await compare(small, small)).stdout).toContain('The same calls fail and fall back.\n')
  })

  it('shows what a carve-out gives back as a CMA area', async () => {
    const { stdout } = await compare(large, '--force-cma', 'dsp')
    expect(stdout).toMatch(/^ +large\.dts {2,}large\.dts, in CMA\n/)
    expect(stdout).toMatch(/lost to carve-outs +16 MiB +0 B\n/)
    expect(stdout).toMatch(/cma:dsp@48000000, peak +– +0 B of 16 MiB\n/)
  })

  it.each([
    [[small], 'nothing to compare with'],
    [[small, '--force-cma', 'gpu'], 'has no reserved-memory node gpu'],
    [[small, large, '--kernel', '2.6'], 'kernel'],
    [[small, join(folder, 'missing.dts')], 'missing.dts:1:1: error: '],
    [[small, large, '-w', join(folder, 'missing.yaml')], 'missing.yaml:1:1: error: '],
  ])('%j is bad input', async (words, message) => {
    const { exitCode, stdout, stderr } = await compare(...words)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain(message)
  })
})
