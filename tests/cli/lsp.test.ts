import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createMessageConnection,
  type Diagnostic,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node'
import { startLanguageServer } from '../../src-main/cli/lsp/server.ts'

const folder = mkdtempSync(join(tmpdir(), 'lsp-'))
const uri = (name: string) => pathToFileURL(join(folder, name)).href
const soc = `/ {
	#address-cells = <2>;
	#size-cells = <2>;
	memory@40000000 { device_type = "memory"; reg = <0 0x40000000 0 0x40000000>; };
	vpu: vpu@1000 { compatible = "x,vpu"; reg = <0 0x1000 0 0x1000>; };
};
`
const board = `/dts-v1/;
#include "soc.dtsi"
/ {
	chosen { bootargs = "swiotlb=64M"; };
	reserved-memory {
		#address-cells = <2>;
		#size-cells = <2>;
		ranges;
		cam: cam-pool { compatible = "shared-dma-pool"; reusable; size = <0 0x6000000>; };
	};
};
&vpu { memory-region = <&cam>; };
`

/** A session as an editor has it: requests and notifications over two pipes. */
describe('carveout lsp', () => {
  let editor: MessageConnection
  let ended: Promise<void>
  const published = new Map<string, Diagnostic[]>()
  const text = (name: string) => ({ textDocument: { uri: uri(name) } })
  const at = (name: string, line: number, character: number) => ({ ...text(name), position: { line, character } })
  const codesOf = (name: string) => published.get(uri(name))?.map((d) => d.code)

  beforeAll(async () => {
    writeFileSync(join(folder, 'soc.dtsi'), soc)
    const [there, back] = [new PassThrough(), new PassThrough()]
    ended = startLanguageServer({ includeDirs: [], defines: {}, machine: {} }, there, back)
    editor = createMessageConnection(new StreamMessageReader(back), new StreamMessageWriter(there))
    editor.onNotification('textDocument/publishDiagnostics', (p: { uri: string; diagnostics: Diagnostic[] }) => {
      published.set(p.uri, p.diagnostics)
    })
    editor.onRequest('workspace/inlayHint/refresh', () => null)
    editor.listen()
    const { capabilities } = await editor.sendRequest<{ capabilities: object }>('initialize', {
      processId: null,
      rootUri: pathToFileURL(folder).href,
      capabilities: {},
    })
    expect(Object.keys(capabilities)).toContain('inlayHintProvider')
    await editor.sendNotification('initialized', {})
    await editor.sendNotification('textDocument/didOpen', {
      textDocument: { uri: uri('board.dts'), languageId: 'dts', version: 1, text: board },
    })
  })
  afterAll(() => editor.dispose())

  it('publishes what is wrong, with quick fixes', async () => {
    await expect.poll(() => codesOf('board.dts')).toEqual(['swiotlb-slabs'])
    const range = { start: { line: 3, character: 25 }, end: { line: 3, character: 25 } }
    const context = { diagnostics: [] }
    const [action] = await editor.sendRequest<{ title: string; edit: { changes: object } }[]>(
      'textDocument/codeAction',
      { ...text('board.dts'), range, context },
    )
    expect(action).toMatchObject({ title: 'Write swiotlb=32768' })
  })

  it('completes, explains, finds and names', async () => {
    const items = await editor.sendRequest<{ label: string }[]>('textDocument/completion', at('board.dts', 8, 60))
    expect(items.map((item) => item.label)).toContain('alloc-ranges')
    const hover = await editor.sendRequest('textDocument/hover', at('board.dts', 8, 10))
    expect(JSON.stringify(hover)).toContain('Lands at')
    expect(await editor.sendRequest('textDocument/definition', at('board.dts', 11, 2))).toMatchObject([
      { uri: uri('soc.dtsi'), range: { start: { line: 4, character: 1 } } },
    ])
    expect(await editor.sendRequest('textDocument/references', at('board.dts', 8, 3))).toHaveLength(2)
    const renamed = await editor.sendRequest<{ changes: Record<string, object[]> }>('textDocument/rename', {
      ...at('board.dts', 11, 2),
      newName: 'codec',
    })
    expect(Object.keys(renamed.changes).sort()).toEqual([uri('board.dts'), uri('soc.dtsi')])
    await expect(
      editor.sendRequest('textDocument/rename', { ...at('board.dts', 11, 2), newName: 'cam' }),
    ).rejects.toThrow('already')
  })

  it('serves workload files against the open board', async () => {
    const open = (name: string, text: string) =>
      editor.sendNotification('textDocument/didOpen', {
        textDocument: { uri: uri(name), languageId: 'yaml', version: 1, text },
      })
    await open('video.yaml', 'format: 1\nname: Video\nstreams:\n  - device: /vpu\n    dur: 1\n')
    await open('other.yml', 'jobs: none of ours\n')
    await expect.poll(() => published.get(uri('video.yaml'))?.length).toBeGreaterThan(0)
    expect(published.get(uri('video.yaml'))![0]!.range.start.line).toBeGreaterThan(0)
    expect(published.get(uri('other.yml'))).toBeUndefined()
    const items = await editor.sendRequest<{ label: string }[]>('textDocument/completion', at('video.yaml', 3, 12))
    expect(items.map((item) => item.label)).toContain('vpu')
    const hover = await editor.sendRequest('textDocument/hover', at('video.yaml', 2, 3))
    expect(hover).toMatchObject({ contents: { kind: 'markdown' } })
    expect(await editor.sendRequest('textDocument/definition', at('video.yaml', 2, 3))).toEqual([])
    await editor.sendNotification('textDocument/didClose', text('video.yaml'))
  })

  it('shows the file: symbols, folds, tokens, hints, signatures, formatting, the compiled tree', async () => {
    const outline = await editor.sendRequest<{ name: string }[]>('textDocument/documentSymbol', text('board.dts'))
    expect(outline.map((symbol) => symbol.name)).toEqual(['/', '&vpu'])
    expect(await editor.sendRequest('textDocument/foldingRange', text('board.dts'))).not.toHaveLength(0)
    const tokens = await editor.sendRequest<{ data: number[] }>('textDocument/semanticTokens/full', text('board.dts'))
    expect(tokens.data.length % 5).toBe(0)
    const range = { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } }
    const hints = await editor.sendRequest<{ label: string }[]>('textDocument/inlayHint', {
      ...text('board.dts'),
      range,
    })
    expect(hints.map((hint) => hint.label)).toContainEqual(expect.stringMatching(/^96 MiB → 0x/) as string)
    expect(
      await editor.sendRequest('textDocument/signatureHelp', at('board.dts', 8, board.split('\n')[8]!.indexOf('0x6'))),
    ).toMatchObject({
      activeParameter: 1,
    })
    const options = { tabSize: 8, insertSpaces: false }
    expect(await editor.sendRequest('textDocument/formatting', { ...text('board.dts'), options })).toEqual([])
    const compiled = await editor.sendRequest<{ text: string }>('carveout/compiled', text('board.dts'))
    expect(compiled.text).toContain('memory-region = <')
  })

  it('follows edits, in included files too', async () => {
    const change = (name: string, version: number, contentChanges: object[]) =>
      editor.sendNotification('textDocument/didChange', { textDocument: { uri: uri(name), version }, contentChanges })
    const word = { start: { line: 3, character: 22 }, end: { line: 3, character: 33 } }
    await change('board.dts', 2, [{ range: word, text: 'cma=64M' }])
    await expect.poll(() => codesOf('board.dts')).toEqual([])
    await editor.sendNotification('textDocument/didOpen', {
      textDocument: { uri: uri('soc.dtsi'), languageId: 'dts', version: 1, text: soc.replace('x,vpu";', 'x,vpu"') },
    })
    await expect.poll(() => codesOf('soc.dtsi')).toContain('syntax')
    await change('soc.dtsi', 2, [{ text: soc }])
    await expect.poll(() => codesOf('soc.dtsi')).toEqual([])
  })

  it('completes the paths of includes', async () => {
    const line = board.split('\n')[1]!
    const items = await editor.sendRequest<{ label: string }[]>(
      'textDocument/completion',
      at('board.dts', 1, line.indexOf('soc')),
    )
    expect(items.map((item) => item.label)).toEqual(['soc.dtsi'])
  })

  it('takes new settings while it runs', async () => {
    const set = (settings: object) => editor.sendNotification('workspace/didChangeConfiguration', { settings })
    await set({ carveout: { machine: { cmdline: 'swiotlb=64M' } } })
    await expect.poll(() => codesOf('board.dts')).toEqual(['swiotlb-slabs'])
    await set({ carveout: {} })
    await expect.poll(() => codesOf('board.dts')).toEqual([])
  })

  it('says goodbye', async () => {
    await editor.sendRequest('shutdown')
    await editor.sendNotification('exit')
    await ended
  })
})
