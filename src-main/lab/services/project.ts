import { isAbsolute } from 'node:path'
import { Refusal, type Services } from '../api.ts'
import { listExamples } from '../examples.ts'
import { pathInside, realPath } from '../grants.ts'
import type { LabContext } from '../context.ts'
import { digestOf, readText } from '../project-files.ts'

type ProjectServices = Pick<Services, Extract<keyof Services, `project.${string}`>>

/** Projects on disk: opening, saving, drafts. */
export function projectServices({ shell, projects, recents, grants }: LabContext): ProjectServices {
  return {
    'project.examples': () => listExamples(shell.resourcesFolder),
    'project.openExample': ({ id }) => projects.openExample(id),
    'project.open': ({ path }) => projects.open(path),
    'project.restore': () => projects.restore(),
    'project.close': () => (projects.close(), {}),
    'project.recents': () => recents.list(),
    'project.forget': ({ folder }) => (recents.forget(folder), {}),
    'project.configure': (change) => projects.configure(change),
    'project.save': ({ path, text, digest }) => projects.save(path, text, digest),
    'project.saveAs': ({ folder, drafts }) => projects.saveAs(folder, drafts),
    'project.delete': ({ path }) => (projects.remove(path), {}),
    'project.keepDrafts': ({ drafts }) => (projects.current().drafts.keep(drafts), {}),
    'project.read'({ path }) {
      const { folder, example } = projects.current()
      const whole = isAbsolute(path) ? realPath(path) : pathInside(folder, path)
      grants.demand(whole)
      const text = readText(whole)
      if (text === null) throw new Refusal('notFound', `${path} cannot be read as text`)
      return { text, digest: digestOf(text), writable: example === null && !isAbsolute(path) }
    },
  }
}
