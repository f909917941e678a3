import type { Host, RequestName, StreamName } from '@shared/api.ts'
import type { BoardAnalysis, Layout } from '@shared/layout.ts'
import type { Project } from '@shared/project.ts'
import type { Explanation } from '@shared/run.ts'
import { MiB } from '@shared/units.ts'
import { pack } from '@shared/wire.ts'
import { createListeners } from '../../src-renderer/host/listeners.ts'
import { emptyBoot, fixtureRun } from './fixture-run.ts'

/** A host that answers from fixed values: tests of stores change one answer and watch what the window makes of it. */
export interface FixtureHost extends Host {
  calls: { name: RequestName; params: unknown }[]
  answer(name: RequestName, serve: (params: never) => unknown): void
  tell(stream: StreamName, event: unknown): void
}

export const boardText = `/ {
	reserved-memory {
		camera {
			size = <0x0 0x3000000>;
		};
	};
};
`

export const fixtureProject = (change: Partial<Project> = {}): Project => ({
  folder: '/home/me/board',
  name: 'board',
  example: null,
  settings: { includeDirs: [], defines: {}, machine: {}, seed: 1 },
  files: [
    { path: 'board.dts', kind: 'board', text: boardText, digest: 'b1', draft: null },
    { path: 'workload.yaml', kind: 'workload', text: 'format: 1\n', digest: 'w1', draft: null },
  ],
  ...change,
})

export const fixtureLayout = (bytes = 48 * MiB): Layout => ({
  model: 'Board',
  kernel: '6.12',
  arch: 'arm64',
  kernels: ['6.12'],
  pageSize: 4096,
  cmdline: '',
  cmdlineSpan: null,
  banks: [{ start: 0x40000000, end: 0xc0000000, span: null }],
  zones: [{ name: 'DMA', start: 0x40000000, end: 0xc0000000, managedBytes: 0x7e000000 }],
  regions: [
    {
      id: 'node:/reserved-memory/camera',
      name: 'camera',
      kind: 'cma',
      start: 0xae000000 - bytes,
      end: 0xae000000,
      dynamic: true,
      span: { file: 'board.dts', line: 3, column: 3, endLine: 3, endColumn: 9 },
      resize: {
        property: 'size',
        span: { file: 'board.dts', line: 4, column: 11, endLine: 4, endColumn: 26 },
        before: '',
        cells: 2,
      },
      nodePath: '/reserved-memory/camera',
      zone: 'DMA',
      devices: ['32e00000.camera'],
      problem: null,
      note: 'CMA area',
    },
  ],
  devices: [],
  defaultCma: null,
  boot: emptyBoot,
})

export const fixtureAnalysis = (change: Partial<BoardAnalysis> = {}): BoardAnalysis => ({
  diagnostics: [],
  layout: fixtureLayout(),
  panic: null,
  includes: [],
  elapsedMilliseconds: 3,
  ...change,
})

export const fixtureExplanation: Explanation = {
  call: 0,
  summary: 'The camera area has no hole of 1013 pages.',
  steps: [
    { room: 'mapping', text: 'dma_direct_alloc serves the device', outcome: 'passed' },
    {
      room: 'cma',
      text: 'camera: no hole of 1013 pages at an alignment of 256',
      outcome: 'refused',
      windows: [{ start: 0xab000000, bytes: 4 * MiB, blockedBy: 'cameras' }],
    },
  ],
  remedy: {
    what: 'Make camera 64 MiB',
    boardPath: '/reserved-memory/camera',
    property: 'size',
    value: String(64 * MiB),
  },
  noRemedy: null,
}

export function createFixtureHost(): FixtureHost {
  const listeners = createListeners()
  const calls: FixtureHost['calls'] = []
  let jobs = 0
  const startJob = (kind: string) => {
    const job = `${kind}-${++jobs}`
    queueMicrotask(() => listeners.tell('job', { job, kind, state: 'done', fraction: 1, note: '' }))
    return { job }
  }
  const answers = new Map<string, (params: never) => unknown>(
    Object.entries({
      'host.info': () => ({ shell: 'browser', version: '0', kernels: ['6.12'], nativeDialogs: false }),
      'preferences.get': () => ({ theme: 'dark', fontSizePixels: 13 }),
      'preferences.set': (params: object) => ({ theme: 'dark', fontSizePixels: 13, ...params }),
      'project.restore': () => fixtureProject(),
      'project.examples': () => [],
      'project.recents': () => [],
      'project.keepDrafts': () => ({}),
      'project.save': ({ text }: { text: string }) => ({ digest: `saved-${text.length}` }),
      'project.configure': (params: object) => ({ ...fixtureProject().settings, ...params }),
      'board.analyse': ({ revision }: { revision: number }) => ({ revision, analysis: fixtureAnalysis() }),
      'workload.check': ({ revision }: { revision: number }) => ({
        revision,
        check: { diagnostics: [], summary: null },
      }),
      'run.start': () => startJob('run'),
      'run.result': () => pack(fixtureRun()),
      'run.explain': () => fixtureExplanation,
      'job.cancel': () => ({}),
      'history.list': () => [],
      'window.setDirty': () => ({}),
      'window.setTitle': () => ({}),
    }) as [string, (params: never) => unknown][],
  )
  return {
    calls,
    answer: (name, serve) => void answers.set(name, serve),
    tell: listeners.tell,
    subscribe: listeners.subscribe,
    async request(name, params) {
      calls.push({ name, params })
      await Promise.resolve()
      const serve = answers.get(name)
      if (!serve) return { ok: false, code: 'unknownMethod', message: `the fixture has no ${name}` }
      try {
        return { ok: true, value: (await serve(params as never)) as never }
      } catch (error) {
        return { ok: false, code: 'failed', message: String(error) }
      }
    },
  }
}
