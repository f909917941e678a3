import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../src-main/cli/main.ts'
import { compile, writeBlob } from '../../src-main/devicetree/index.ts'
import { fakeTerminal } from './fake-terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'check-'))

async function check(source: string, ...flags: string[]) {
  const board = join(folder, 'board.dts')
  writeFileSync(board, source)
  const terminal = fakeTerminal()
  await main(['check', board, ...flags], terminal)
  return { ...terminal, stderr: terminal.stderr.replaceAll(board, 'board.dts') }
}

const sound = `/dts-v1/;
/ {
	#address-cells = <1>;
	#size-cells = <1>;
	memory@40000000 { device_type = "memory"; reg = <0x40000000 0x40000000>; };
	chosen { };
};
`
const overlapping = sound.replace(
  '	chosen { };',
  `	chosen { };
	reserved-memory {
		#address-cells = <1>;
		#size-cells = <1>;
		ranges;
		a@50000000 { reg = <0x50000000 0x2000>; };
		b@50001000 { reg = <0x50001000 0x2000>; };
	};`,
)
interface SarifRun {
  tool: { driver: { rules: { id: string }[] } }
  results: { ruleId: string; ruleIndex: number; fixes?: unknown[] }[]
}

describe('carveout check', () => {
  it('has nothing to say of a sound board', async () => {
    expect(await check(sound)).toMatchObject({ exitCode: 0, stdout: '', stderr: '' })
  })

  it('asks for RAM where the board does not say, and is content when told', async () => {
    const { exitCode, stderr } = await check('/dts-v1/;\n/ { };\n')
    expect(exitCode).toBe(0)
    expect(stderr).toMatch(/^board.dts:2:1: warning: .*--memory .* \[no-memory\]$/m)
    expect(await check('/dts-v1/;\n/ { };\n', '--memory', '1G-2G')).toMatchObject({ exitCode: 0, stderr: '' })
  })

  it('ends with 1 when the kernel would not do what the board asks, with the place of the other side', async () => {
    const { exitCode, stderr } = await check(overlapping)
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^board.dts:\d+:\d+: error: .* overlaps .* \[overlap\]\nboard.dts:\d+:\d+: note: /m)
  })

  it('prints SARIF with rules, places and fixes', async () => {
    const { stdout } = await check(overlapping.replace('chosen {', 'chosen { bootargs = "swiotlb=64M";'), '--sarif')
    const { version, runs } = JSON.parse(stdout) as { version: string; runs: SarifRun[] }
    expect(version).toBe('2.1.0')
    const [{ tool, results }] = runs as [SarifRun]
    expect(results.map((result) => result.ruleId).sort()).toEqual(['overlap', 'swiotlb-slabs'])
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]!.id).toBe(ruleId)
    expect(results.find((result) => result.ruleId === 'swiotlb-slabs')!.fixes).toHaveLength(1)
  })

  it('prints every error with its place, sorted, and ends with 2', async () => {
    const { exitCode, stdout, stderr } = await check('/dts-v1/;\n/ {\n  a = <&nowhere>;\n  b = ;\n};\n&gone { };\n')
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    const places = [...stderr.matchAll(/^board.dts:(\d+):\d+: error: /gm)].map(([, line]) => Number(line))
    expect(places).toEqual(expect.arrayContaining([3, 4, 6]))
    expect(places).toEqual([...places].sort((a, b) => a - b))
  })

  it('prints the same as one JSON document', async () => {
    const { exitCode, stdout, stderr } = await check('/dts-v1/;\n/ {\n  b = ;\n};\n', '--json')
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: '' })
    const [first] = (JSON.parse(stdout) as { diagnostics: unknown[] }).diagnostics
    expect(first).toMatchObject({ file: join(folder, 'board.dts'), line: 3, severity: 'error' })
  })

  it('says so when there is no such file', async () => {
    const terminal = fakeTerminal()
    await main(['check', '/nowhere/board.dts'], terminal)
    expect(terminal).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^\/nowhere\/board\.dts:1:1: error: /) as string,
    })
  })
})

describe('boards as blobs', () => {
  const blob = join(folder, 'board.dtb')
  const checkBlob = async (bytes: Uint8Array) => {
    writeFileSync(blob, bytes)
    const terminal = fakeTerminal()
    await main(['check', blob], terminal)
    return terminal
  }
  const sound = () => {
    const source = '/dts-v1/;\n/ { model = "x"; };\n'
    const { tree } = compile({ entry: 'x.dts', files: { readText: () => source, readBytes: () => null } })
    return writeBlob(tree!, {})
  }

  it('are read as such', async () => {
    expect(await checkBlob(sound())).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/^\S+:1:1: warning: .*\[no-memory\]\n$/) as string,
    })
  })

  it('keep what their devices refer to', async () => {
    const source = `/dts-v1/;
/ {
	reserved-memory { #address-cells = <1>; #size-cells = <1>; ranges; cam: cam@40000000 { reg = <0x40000000 0x400000>; no-map; }; };
	camera { compatible = "x,camera"; memory-region = <&cam>; };
};
`
    const { tree } = compile({ entry: 'x.dts', files: { readText: () => source, readBytes: () => null } })
    expect((await checkBlob(writeBlob(tree!, {}))).stderr).not.toContain('phandle')
  })

  it('that are cut off are said to be', async () => {
    const { exitCode, stderr } = await checkBlob(sound().subarray(0, 60))
    expect(exitCode).toBe(2)
    expect(stderr).toContain(`${blob}:1:1: error: `)
  })
})
