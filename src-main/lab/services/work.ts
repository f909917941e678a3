import type { ExportKind } from '@shared/api.ts'
import { Refusal, type Services } from '../api.ts'
import type { LabContext } from '../context.ts'
import { pathInside } from '../grants.ts'
import { writeWhole } from '../json-file.ts'
import type { TaskInput, Work } from '../tasks.ts'
import { readTour, tourFolder, tourInfo } from '../tour.ts'

type Prefix = 'board' | 'language' | 'workload' | 'run' | 'size' | 'compare' | 'job' | 'history' | 'tour'
type WorkServices = Pick<Services, Extract<keyof Services, `${Prefix}.${string}`> | 'export.make' | 'export.pdf'>
type Job = 'run' | 'size' | 'compare'

/** Everything that computes. Nothing here does: short questions go to the live worker, long ones become jobs. */
export function workServices(context: LabContext): WorkServices {
  const { shell, grants, live, aside, jobs, history, sources, workloadSources, now } = context

  /** Queues a task; its result goes to the history of the project that was open when it was asked for. */
  const startJob = <K extends Job>(kind: K, input: TaskInput<K>, work: Work | null, title: string) => {
    const records = history()
    const job = jobs.start(kind, async (id, worker, onProgress) => {
      const { packed, verdict, ok } = await worker.call(kind, input, onProgress)
      await records.keep({ id, kind, createdAt: now(), title, verdict, ok }, work, packed)
      return verdict
    })
    return { job }
  }
  const folderOf = (tour: string): string => {
    const folder = tourFolder(context.shell.resourcesFolder, tour)
    if (folder === null) throw new Refusal('notFound', `there is no tour ${tour}`)
    return folder
  }
  const workOf = (params: Parameters<Services['run.start']>[0]): Work => ({
    board: sources(params),
    workloads: workloadSources(params.workloads, params.drafts),
    seed: params.seed,
  })
  const titleOf = (work: Work) =>
    `${work.board.entry} · ${work.workloads.map((w) => w.path).join(', ')} · seed ${work.seed}`

  const filesOf = async (id: string, kind: ExportKind) => {
    const records = history()
    return aside.call('export', { work: records.workIfAny(id), packed: await records.result(id), kind })
  }

  return {
    'board.analyse': async ({ revision, ...board }) => ({
      revision,
      analysis: await live.call('analyse', sources(board)),
    }),
    'board.picture': (board) => live.call('picture', sources(board)),
    'language.ask': ({ question, path, line, column, newName, ...board }) =>
      live.call('language', { board: sources(board), ask: { question, file: path, line, column, newName } }),
    'tour.info': ({ tour }) => tourInfo(tour, readTour(folderOf(tour))),
    'tour.show': ({ tour, step, ...board }) =>
      live.call('tourShow', {
        board: sources(board),
        tour: folderOf(tour),
        step,
        place: `resources/examples/${tour}/${step}`,
      }),
    'tour.check': ({ tour }) => aside.call('tourCheck', { folder: folderOf(tour), tour }),
    'workload.schema': () => live.call('workloadSchema', null),
    'workload.presets': () => live.call('workloadPresets', null),
    'workload.check': async ({ revision, path, text, ...board }) => ({
      revision,
      check: await live.call('checkWorkload', { board: sources(board), path, text }),
    }),
    'run.start'(params) {
      const work = workOf(params)
      return startJob('run', work, work, titleOf(work))
    },
    'run.result': ({ id }) => history().result(id),
    'run.explain': ({ id, call }) => aside.call('explain', { ...history().work(id), call }),
    'size.start'(params) {
      const work = workOf(params)
      const input = { ...work, runs: params.runs, risk: params.risk }
      return startJob('size', input, work, `${titleOf(work)} · ${params.runs} runs`)
    },
    'size.result': ({ id }) => history().result(id),
    'compare.start'({ variants, workloads, seed }) {
      const input = {
        variants: variants.map(({ label, forceCma = [], ...board }) => ({
          label,
          forceCma,
          board: sources(board),
        })),
        workloads: workloadSources(workloads, variants[0]!.drafts),
        seed,
      }
      return startJob('compare', input, null, variants.map((v) => v.label).join(' ↔ '))
    },
    'compare.result': ({ id }) => history().result(id),
    'job.cancel': ({ job }) => (jobs.cancel(job), {}),
    'history.list': () => history().list(),
    'history.delete': ({ id }) => (history().remove(id), {}),
    'export.make': async ({ id, kind }) => ({ files: await filesOf(id, kind) }),
    async 'export.pdf'({ id, folder }) {
      if (!shell.printPdf) throw new Refusal('notFound', 'this host does not print; print the page')
      grants.demand(folder)
      const [report] = await filesOf(id, 'html')
      if (!report) throw new Refusal('notFound', `${id} has no report`)
      const path = pathInside(folder, report.name.replace(/\.html$/, '.pdf'))
      writeWhole(path, await shell.printPdf(report.text))
      return { paths: [path] }
    },
  }
}
