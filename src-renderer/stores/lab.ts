import { inject, type InjectionKey } from 'vue'
import type { Host } from '@shared/api.ts'
import { createAnalysis } from './analysis.ts'
import { createCompare } from './compare.ts'
import { createExplain } from './explain.ts'
import { createHistory } from './history.ts'
import { createJobs } from './jobs.ts'
import { createNotices } from './notices.ts'
import { createPicker } from './picker.ts'
import { createPreferences } from './preferences.ts'
import { createProject } from './project.ts'
import { createRun } from './run.ts'
import { createSelection } from './selection.ts'
import { createSizing } from './sizing.ts'
import { createTour } from './tour.ts'
import { createUi } from './ui.ts'

/**
 * Everything the window knows, made for one host. Stores hold inputs and the newest answers; what can be computed is computed. Big values
 * (results, columns, layouts) are held shallowly: nothing walks into them.
 */
export function createLab(host: Host) {
  const notices = createNotices(host)
  const preferences = createPreferences(host, notices)
  const project = createProject(host, notices)
  const jobs = createJobs(host)
  const analysis = createAnalysis(host, project)
  const run = createRun(host, project, analysis, jobs, notices)
  const selection = createSelection(run, analysis)
  let lostBecause = ''
  return {
    /** The host is gone: what it was computing is over. */
    lose(why: string) {
      lostBecause = why
      notices.tell('error', why)
      jobs.lose('The connection to the lab’s host was lost; run it again.')
    },
    /** The host is there again, and knows nothing of this window: it is told what is open, and the unsaved texts. */
    async rejoin() {
      notices.dismissText(lostBecause)
      if (await project.rejoin()) notices.tell('info', 'Connected to the lab’s host again.')
    },
    host,
    notices,
    preferences,
    project,
    jobs,
    analysis,
    run,
    selection,
    explain: createExplain(host, run, selection),
    sizing: createSizing(host, project, jobs, notices),
    compare: createCompare(host, project, jobs, notices),
    history: createHistory(host, project, jobs, notices),
    tour: createTour(host, project, notices),
    picker: createPicker(host, preferences, notices),
    ui: createUi(),
  }
}
export type Lab = ReturnType<typeof createLab>

export const labKey: InjectionKey<Lab> = Symbol('lab')

export function useLab(): Lab {
  const lab = inject(labKey)
  if (!lab) throw new Error('useLab outside of the lab')
  return lab
}
