import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
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
      /First difference at \d\.\d{3} s, .*camera.*\n {2}small\.dts: .*camera.*\n(?: {4}.*\n)+ {2}large\.dts: served by cma:camera\n/,
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
    expect((await compare(small, small)).stdout).toContain(
      'The same calls fail and fall back, served from the same sources.\n',
    )
  })

  it('shows what a carve-out gives back as a CMA area', async () => {
    const { stdout } = await compare(large, '--force-cma', 'dsp')
    expect(stdout).toMatch(/^ +large\.dts {2,}large\.dts, in CMA\n/)
    expect(stdout).toMatch(/lost to carve-outs +16 MiB +0 B\n/)
    expect(stdout).toMatch(/cma:dsp@48000000, peak +– +0 B of 16 MiB\n/)
  })

  it('explains the first difference, and goes on call by call', async () => {
    const { stdout } = await compare(small, large)
    expect(stdout).toMatch(/\n {4}cma: camera has no hole of .*\n/)
    expect(stdout).toMatch(/Call by call: \d+ fail or fall back otherwise, \d+ are served from elsewhere\.\n {2}\d/)
  })

  it('puts CMA off, on and with the old code behind it side by side, with the warnings of the switch', async () => {
    const old = join(folder, 'old.dts')
    writeFileSync(
      old,
      `/dts-v1/;
/ {
	#address-cells = <1>;
	#size-cells = <1>;
	memory@60000000 { device_type = "memory"; reg = <0x60000000 0x10000000>; };
	chosen { bootargs = "cma=8M"; };
	lab { compatible = "carveout,lab"; arch = "arm"; kernel = "3.6"; };
	isi: camera@1000 { compatible = "example,isi"; reg = <0x1000 0x1000>; };
};
`,
    )
    const modes = ['off', 'on', 'fall-back'].flatMap((mode) => ['--cma', mode])
    const page = join(folder, 'report.html')
    const { stdout, stderr } = await compare(old, ...modes, '--html', page)
    expect(stderr).toBe('')
    const rows = stdout.split('\n').map((line) => line.trim().split(/ {2,}/))
    expect(rows[0]).toEqual(['CMA off', 'CMA on', 'CMA, fall-back'])
    const failures = rows.find(([name]) => name === 'failures')!
    expect(Number(failures[2])).toBeGreaterThan(0)
    expect(failures[3]).toBe('0')
    const [, , , warned] = rows.find(([name]) => name === 'fallbacks of 1000.camera')!
    expect(warned).toBe(failures[2])
    expect(stdout).toMatch(
      /CMA, fall-back warns \d+ times for 1000\.camera, .* in all: 1000\.camera: CMA cannot serve \d+ bytes, it has no such range free; served by the vmalloc/,
    )
    expect(stdout).toMatch(/CMA, fall-back fell back to zone:\w+ \(vmalloc\)/)
    expect(readFileSync(page, 'utf8')).toContain('Failures and fall-backs so far')
  })

  it('runs carve-outs as they are, in CMA and through the carve-out API', async () => {
    const owned = join(folder, 'owned.dts')
    writeFileSync(
      owned,
      readFileSync(large, 'utf8').replace(
        /};\n$/,
        `	lab { compatible = "carveout,lab"; frames { compatible = "carveout,carveout"; devices = <&isi>; size = <0x2000000>; }; };
};
`,
      ),
    )
    const { stdout } = await compare(owned, '--force-cma', 'frames', '--carveout-api')
    expect(stdout).toMatch(/^ +owned\.dts +owned\.dts, in CMA +owned\.dts, API\n/)
    expect(stdout).toMatch(/lost to carve-outs +48 MiB +16 MiB +48 MiB\n/)
    expect(stdout).toMatch(/carveout:frames.*; owned\.dts, in CMA cma:frames; owned\.dts, API cma:camera/)
  })

  it.each([
    [[small], 'nothing to compare with'],
    [[small, '--force-cma', 'gpu'], 'has no reserved-memory node or carve-out gpu'],
    [[small, large, '--kernel', '2.6'], 'Linux 2.6 on arm64 is not simulated'],
    [[small, join(folder, 'missing.dts')], 'missing.dts:1:1: error: '],
    [[small, large, '-w', join(folder, 'missing.yaml')], 'missing.yaml:1:1: error: '],
  ])('%j is bad input', async (words, message) => {
    const { exitCode, stdout, stderr } = await compare(...words)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain(message)
  })
})
