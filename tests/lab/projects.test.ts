import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Project } from '@shared/project.ts'
import type { Reply } from '@shared/api.ts'
import type { Api } from '../../src-main/lab/api.ts'
import { createApiWith } from '../../src-main/lab/create-api.ts'

let scratch: string
let home: string
let api: Api
let emitted: [string, unknown][] = []

/** A lab whose home is a scratch folder and whose workers never start. */
function openApi(open: string | null = null): Api {
  return createApiWith(
    {
      kind: 'browser',
      version: '0',
      stateFolder: join(scratch, 'state'),
      homeFolder: home,
      resourcesFolder: join(scratch, 'resources'),
      open,
      pick: null,
      printPdf: null,
      setDirty: () => {},
      setTitle: () => {},
      emit: (stream, event) => void emitted.push([stream, event]),
    },
    () => {
      throw new Error('no worker is needed')
    },
    ['6.12'],
    () => 1000,
  )
}
const write = (path: string, text: string) => {
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text)
}
const ok = async <T>(name: string, params: unknown = {}): Promise<T> => {
  const reply = (await api.call(name, params)) as Reply<T>
  if (!reply.ok) throw new Error(`${name}: ${reply.code}: ${reply.message}`)
  return reply.value
}
const refused = async (name: string, params: unknown) => {
  const reply = await api.call(name, params)
  return reply.ok ? 'ok' : reply.code
}

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'carveout-lab-'))
  home = join(scratch, 'home')
  write(join(home, 'board/board.dts'), '/dts-v1/;\n/ { };\n')
  write(join(home, 'board/video.yaml'), 'format: 1\n')
  write(join(home, 'board/parts/soc.dtsi'), '/ { };\n')
  write(join(scratch, 'outside/secret.dts'), 'secret')
  write(join(scratch, 'resources/examples/camera/example.json'), '{"title": "Camera", "summary": "…"}')
  write(join(scratch, 'resources/examples/camera/board.dts'), '/dts-v1/;\n/ { };\n')
  emitted = []
  api = openApi()
})
afterEach(() => {
  api.close()
  rmSync(scratch, { recursive: true, force: true })
})

const openBoard = async (): Promise<Project> => {
  await ok('files.pick', { purpose: 'openProject', path: join(home, 'board') })
  return ok<Project>('project.open', { path: join(home, 'board') })
}

describe('a project on disk', () => {
  it('opens with its board first and every file by kind', async () => {
    const project = await openBoard()
    expect(project.files.map(({ path, kind }) => [path, kind])).toEqual([
      ['board.dts', 'board'],
      ['parts/soc.dtsi', 'include'],
      ['video.yaml', 'workload'],
    ])
  })

  it('opens from a board file as well', async () => {
    await ok('files.pick', { purpose: 'openProject', path: join(home, 'board/board.dts') })
    const project = await ok<Project>('project.open', { path: join(home, 'board/board.dts') })
    expect(project.settings.board).toBe('board.dts')
  })

  it('opens nothing that was not picked', async () => {
    expect(await refused('project.open', { path: join(home, 'board') })).toBe('forbidden')
    expect(await refused('files.pick', { purpose: 'openProject', path: join(scratch, 'outside') })).toBe('forbidden')
    expect(await refused('files.list', { folder: join(scratch, 'outside') })).toBe('forbidden')
  })

  it('saves whole files, and refuses to run over another program’s change', async () => {
    const board = (await openBoard()).files[0]!
    const { digest } = await ok<{ digest: string }>('project.save', {
      path: 'board.dts',
      text: 'mine',
      digest: board.digest,
    })
    expect(readFileSync(join(home, 'board/board.dts'), 'utf8')).toBe('mine')
    writeFileSync(join(home, 'board/board.dts'), 'theirs')
    expect(await refused('project.save', { path: 'board.dts', text: 'again', digest })).toBe('conflict')
    expect(readFileSync(join(home, 'board/board.dts'), 'utf8')).toBe('theirs')
    expect(readdirSync(join(home, 'board')).filter((name) => /board\.dts\./.test(name))).toEqual([])
  })

  it('tells when another program changes a file', async () => {
    await openBoard()
    writeFileSync(join(home, 'board/parts/soc.dtsi'), '/* theirs */')
    await vi.waitFor(
      () =>
        expect(emitted).toContainEqual([
          'fileChanged',
          expect.objectContaining({ path: 'parts/soc.dtsi', text: '/* theirs */' }),
        ]),
      { timeout: 5000 },
    )
  })

  it('tells when a file is deleted, and writes it again when asked', async () => {
    await openBoard()
    rmSync(join(home, 'board/video.yaml'))
    const gone = ['fileChanged', { path: 'video.yaml', text: '', digest: null }]
    await vi.waitFor(() => expect(emitted).toContainEqual(gone), { timeout: 5000 })
    await ok('project.save', { path: 'video.yaml', text: 'kept', digest: null })
    expect(readFileSync(join(home, 'board/video.yaml'), 'utf8')).toBe('kept')
  })

  it('leaves what is no text out, says so, and never writes over it', async () => {
    writeFileSync(join(home, 'board/blob.dts'), Buffer.from([0xd0, 0x0d, 0xfe, 0xed, 0xff]))
    expect((await openBoard()).files.map(({ path }) => path)).not.toContain('blob.dts')
    expect(emitted).toContainEqual(['notice', expect.objectContaining({ text: expect.stringContaining('blob.dts') })])
    expect(await refused('project.save', { path: 'blob.dts', text: 'x', digest: null })).toBe('forbidden')
  })

  it('saves a file that was only a draft when the lab crashed', async () => {
    await openBoard()
    await ok('project.keepDrafts', { drafts: { 'new.yaml': 'format: 1' } })
    const draft = (await openBoard()).files.find(({ path }) => path === 'new.yaml')!
    expect(draft).toMatchObject({ digest: null, draft: { text: 'format: 1' } })
    await ok('project.save', { path: 'new.yaml', text: draft.draft!.text, digest: draft.digest })
    expect(readFileSync(join(home, 'board/new.yaml'), 'utf8')).toBe('format: 1')
  })

  it('makes a file that is new', async () => {
    await openBoard()
    await ok('project.save', { path: 'new/camera.yaml', text: 'format: 1\n', digest: null })
    expect(existsSync(join(home, 'board/new/camera.yaml'))).toBe(true)
  })

  it.each(['../escape.dts', '/etc/passwd', 'a/../../escape.dts', '', '.'])('never writes to %j', async (path) => {
    await openBoard()
    expect(await refused('project.save', { path, text: 'x', digest: null })).toBe('forbidden')
  })

  it('follows no link out of the project', async () => {
    symlinkSync(join(scratch, 'outside'), join(home, 'board/link'))
    await openBoard()
    expect(await refused('project.save', { path: 'link/secret.dts', text: 'x', digest: null })).toBe('forbidden')
    expect(await refused('project.read', { path: 'link/secret.dts' })).toBe('forbidden')
    expect(await refused('project.read', { path: join(scratch, 'outside/secret.dts') })).toBe('forbidden')
  })

  it('offers unsaved text again after a crash, until the file holds it', async () => {
    await openBoard()
    await ok('project.keepDrafts', { drafts: { 'board.dts': 'unsaved', 'new.yaml': 'format: 1' } })
    api.close()
    api = openApi(join(home, 'board'))
    const again = await ok<Project>('project.restore')
    expect(again.files.find(({ path }) => path === 'board.dts')?.draft).toEqual({ text: 'unsaved', savedAt: 1000 })
    expect(again.files.find(({ path }) => path === 'new.yaml')?.draft?.text).toBe('format: 1')
    await ok('project.save', { path: 'board.dts', text: 'unsaved', digest: again.files[0]!.digest })
    expect((await ok<Project>('project.restore')).files[0]!.draft).toBeNull()
  })

  it('keeps the unsaved texts of two windows apart', async () => {
    const drafts = (project: Project) => project.files.flatMap(({ draft }) => draft?.text ?? [])
    const open = (window: Api) =>
      window.call('project.open', { path: join(home, 'board') }).then((reply) => (reply as { value: Project }).value)
    const [first, second] = [openApi(join(home, 'board')), openApi(join(home, 'board'))]
    for (const window of [first, second]) await window.call('project.restore', {})
    await first.call('project.keepDrafts', { drafts: { 'board.dts': 'of the first' } })
    expect(drafts(await open(second))).toEqual([])
    await second.call('project.keepDrafts', { drafts: { 'new.yaml': 'of the second' } })
    await second.call('project.keepDrafts', { drafts: {} })
    first.close()
    expect(drafts(await open(second))).toEqual(['of the first'])
    await second.call('project.keepDrafts', { drafts: {} })
    second.close()
    expect(drafts(await openBoard())).toEqual([])
  })

  it('comes back when the lab starts again, and is among the recent ones', async () => {
    await openBoard()
    api = openApi()
    expect((await ok<Project>('project.restore')).name).toBe('board')
    expect(await ok('project.recents')).toMatchObject([{ name: 'board', missing: false }])
    rmSync(join(home, 'board'), { recursive: true })
    expect(await ok('project.recents')).toMatchObject([{ name: 'board', missing: true }])
    expect((await ok<Project>('project.restore')).example).toBe('camera')
  })

  it('changes the settings that are named and no other', async () => {
    await openBoard()
    await ok('project.configure', { machine: { cmdline: 'cma=64M' }, defines: { A: '1' } })
    await ok('project.configure', { seed: 7 })
    expect((await ok<Project>('project.restore')).settings).toMatchObject({
      seed: 7,
      machine: { cmdline: 'cma=64M' },
      defines: { A: '1' },
    })
    await ok('preferences.set', { fontSizePixels: 15 })
    await ok('preferences.set', { theme: 'light' })
    expect(await ok('preferences.get')).toEqual({ theme: 'light', fontSizePixels: 15 })
  })

  it('survives damaged state of its own', async () => {
    write(join(scratch, 'state/recents.json'), '{"open": 7')
    write(join(home, 'board/carveout.json'), 'not json')
    write(join(home, 'board/.carveout/drafts/damaged.json'), '[]')
    expect((await openBoard()).files).toHaveLength(3)
  })
})

describe('an example', () => {
  it('is what a first start shows', async () => {
    expect(await ok<Project>('project.restore')).toMatchObject({ example: 'camera', name: 'camera' })
  })

  it('is read-only, and saved under a folder of one’s own', async () => {
    await ok('project.restore')
    expect(await refused('project.save', { path: 'board.dts', text: 'x', digest: null })).toBe('forbidden')
    const folder = join(home, 'mine')
    expect(await refused('project.saveAs', { folder, drafts: {} })).toBe('forbidden')
    await ok('files.pick', { purpose: 'saveProject', path: folder })
    const project = await ok<Project>('project.saveAs', {
      folder,
      drafts: { 'board.dts': '/dts-v1/;\n/ { model = "mine"; };\n' },
    })
    expect(project).toMatchObject({ example: null, name: 'mine' })
    expect(readFileSync(join(folder, 'board.dts'), 'utf8')).toContain('mine')
  })
})

describe('exports', () => {
  it('are written into a picked folder and nowhere else', async () => {
    const folder = join(home, 'export')
    const files = [{ name: 'overlay.dtso', text: '/plugin/;' }]
    expect(await refused('export.save', { folder, files })).toBe('forbidden')
    await ok('files.pick', { purpose: 'exportFolder', path: folder })
    expect(await ok('export.save', { folder, files })).toEqual({ paths: [join(folder, 'overlay.dtso')] })
    expect(await refused('export.save', { folder, files: [{ name: '../x', text: '' }] })).toBe('forbidden')
  })
})

describe('a step of a tour', () => {
  const step = () => {
    const tour = join(scratch, 'resources/examples/history')
    write(join(tour, 'tour.yaml'), 'title: t\nsteps: []\n')
    write(join(tour, 'shared.dtsi'), '/ { };\n')
    write(join(tour, '01-first/board.dts'), '/dts-v1/;\n#include "../shared.dtsi"\n')
    write(join(tour, '01-first/board-2012.dts'), '/dts-v1/;\n/ { };\n')
    write(join(tour, '01-first/script.ops'), 'dump end\n')
  }

  it('opens as an example, its own board first, and stands in no list of examples', async () => {
    step()
    const project = await ok<Project>('project.openExample', { id: 'history.01-first' })
    expect(project).toMatchObject({ name: '01-first', example: 'history.01-first', settings: { board: 'board.dts' } })
    expect(project.files.map(({ path }) => path)).toEqual(['board.dts', 'board-2012.dts', 'script.ops'])
    const examples = await ok<{ id: string }[]>('project.examples')
    expect(examples.some(({ id }) => id.startsWith('history'))).toBe(false)
  })

  it('takes along what it shares when it is saved under a folder of one’s own', async () => {
    step()
    await ok('project.openExample', { id: 'history.01-first' })
    const folder = join(home, 'mine')
    mkdirSync(folder, { recursive: true })
    await ok('files.pick', { purpose: 'saveProject', path: folder })
    const project = await ok<Project>('project.saveAs', { folder, drafts: {} })
    const text = (path: string) => project.files.find((file) => file.path === path)?.text
    expect(text('board.dts')).toContain('#include "shared.dtsi"')
    expect(text('shared.dtsi')).toBe('/ { };\n')
  })

  it.each(['history.02-none', 'history.', 'history...', '..history'])('%s is none', async (id) => {
    step()
    expect(await refused('project.openExample', { id })).toBe('notFound')
  })
})
