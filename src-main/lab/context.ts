import { isAbsolute, join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import type { StreamEvent } from '@shared/api.ts'
import type { BoardInput } from '@shared/project.ts'
import { Refusal, type Shell } from './api.ts'
import { createGrants, pathInside, realPath, type Grants } from './grants.ts'
import { createHistory, type History } from './history.ts'
import { createJobs, type Jobs } from './jobs.ts'
import { createLabWorker, type LabWorker } from './lab-worker.ts'
import { createPicker, type Picker } from './picker.ts'
import { readText } from './project-files.ts'
import { createProjects, type Projects } from './projects.ts'
import { createRecents, type Recents } from './recents.ts'
import type { BoardSources, WorkloadSource } from './tasks.ts'

/** Everything that serves one window, put together once. */
export interface LabContext {
  shell: Shell
  now: () => number
  grants: Grants
  picker: Picker
  recents: Recents
  projects: Projects
  /** Short work that must never wait for a run: analysis, checks, the language service. */
  live: LabWorker
  /** Work that takes a moment and may wait for its like: explanations, exports. */
  aside: LabWorker
  jobs: Jobs
  history(): History
  /** The board as the window has it, joined with what the project knows. */
  sources(input: BoardInput): BoardSources
  workloadSources(paths: string[], drafts: Record<string, string>): WorkloadSource[]
  close(): void
}

const absolute = (folder: string, path: string) => (isAbsolute(path) ? path : join(folder, path))

/** @throws Refusal when it is not to be read, or no kernel's configuration */
function readKernelConfig(path: string, grants: Grants): string {
  grants.demand(realPath(path))
  const text = readText(path)
  if (text === null) throw new Refusal('notFound', `${path} cannot be read: choose another .config under Machine`)
  if (!/^(# )?CONFIG_/m.test(text))
    throw new Refusal('badInput', `${path} has no line CONFIG_…: choose the .config of a kernel under Machine`)
  return text
}

export function createContext(shell: Shell, spawn: () => Worker, now: () => number): LabContext {
  const grants = createGrants()
  const recents = createRecents(shell.stateFolder, now)
  const onFileChanged = (change: StreamEvent<'fileChanged'>) => shell.emit('fileChanged', change)
  const onNotice = (notice: StreamEvent<'notice'>) => shell.emit('notice', notice)
  const projects = createProjects({ ...shell, startWith: shell.open, grants, recents, now, onFileChanged, onNotice })
  const onDeath = (why: string) =>
    shell.emit('notice', {
      severity: 'error',
      text: /out of memory/.test(why)
        ? 'A worker ran out of memory and was replaced: make the workload shorter, or choose fewer runs, and start again.'
        : `A worker ended unexpectedly (${why}) and was replaced; start the run again.`,
    })
  const live = createLabWorker(spawn, onDeath)
  const aside = createLabWorker(spawn, onDeath)
  const jobs = createJobs(createLabWorker(spawn, onDeath), (event) => shell.emit('job', event), now)

  return {
    shell,
    now,
    grants,
    recents,
    projects,
    picker: createPicker([shell.homeFolder, process.cwd()], grants, projects.ownFolder),
    live,
    aside,
    jobs,
    close() {
      projects.leave()
      live.cancel()
      aside.cancel()
      jobs.close()
    },
    history: () => createHistory(projects.current().labFolder),
    sources({ entry, drafts = {}, machine = {} }) {
      const { folder, settings } = projects.current()
      pathInside(folder, entry)
      const includeFolders = projects.includeFolders()
      const { configFile, ...rest } = machine
      const read = configFile === undefined ? {} : { config: readKernelConfig(absolute(folder, configFile), grants) }
      return {
        folder,
        entry,
        drafts,
        machine: { ...rest, ...read },
        includeFolders,
        defines: settings.defines,
        readable: grants.all(),
      }
    },
    workloadSources: (paths, drafts) =>
      paths.map((path) => {
        const text = drafts[path] ?? readText(pathInside(projects.current().folder, path))
        if (text === null) throw new Refusal('notFound', `${path} does not exist`)
        return { path, text }
      }),
  }
}
