import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import type { StreamEvent } from '@shared/api.ts'
import { projectSettingsSchema, type Project, type ProjectFile, type ProjectSettings } from '@shared/project.ts'
import { Refusal } from './api.ts'
import { createDrafts, type Drafts } from './drafts.ts'
import { exampleFolder, listExamples, tourStep } from './examples.ts'
import { pathInside, type Grants } from './grants.ts'
import { writeWhole } from './json-file.ts'
import { kernelTreeIncludes } from './kernel-tree.ts'
import { digestOf, kindOf, listFiles, readText, settingsFile } from './project-files.ts'
import type { Recents } from './recents.ts'
import { watchFiles } from './watch-files.ts'

/** The one project that a window has open: what it is called, where it lies, where its drafts and results are kept. */
export interface OpenProject {
  folder: string
  name: string
  example: string | null
  settings: ProjectSettings
  /** `.carveout/` of the project; for an example a folder of the lab's own state, because examples are read-only. */
  labFolder: string
  drafts: Drafts
}

export interface Projects {
  current(): OpenProject
  openExample(id: string): Project
  open(path: string): Project
  restore(): Project
  /** No project is open any more; the next start begins with an example. */
  close(): void
  /** The window is gone. */
  leave(): void
  configure(change: Partial<ProjectSettings>): ProjectSettings
  save(path: string, text: string, digest: string | null): { digest: string }
  saveAs(folder: string, drafts: Record<string, string>): Project
  remove(path: string): void
  /** Absolute folders that `#include <…>` searches. */
  includeFolders(): string[]
  /** The folder of the user's project; null while an example or nothing is open. */
  ownFolder(): string | null
}

export interface ProjectsContext {
  stateFolder: string
  resourcesFolder: string
  /** What the command line names; null: whatever was open last. */
  startWith: string | null
  grants: Grants
  recents: Recents
  now: () => number
  onFileChanged: (change: StreamEvent<'fileChanged'>) => void
  onNotice: (notice: StreamEvent<'notice'>) => void
}

export function createProjects(context: ProjectsContext): Projects {
  const { grants, recents, resourcesFolder, stateFolder, now } = context
  let open: OpenProject | null = null
  let unwatch = () => {}

  const current = (): OpenProject => {
    if (!open) throw new Refusal('notFound', 'no project is open')
    return open
  }
  const show = (folder: string, example: string | null, entry: string | null): Project => {
    const labFolder = example === null ? join(folder, '.carveout') : join(stateFolder, 'examples', example)
    const settings = { ...settingsFile(folder).read(), ...(entry === null ? {} : { board: entry }) }
    if (settings.includeDirs.length === 0) settings.includeDirs = kernelTreeIncludes(folder)
    open?.drafts.release()
    open = {
      folder,
      name: basename(folder),
      example,
      settings,
      labFolder,
      drafts: createDrafts(labFolder, now),
    }
    grants.allow(folder)
    // the steps of a tour share files, which lie beside their folders
    if (example !== null && tourStep(resourcesFolder, example)) grants.allow(dirname(folder))
    for (const include of includeFolders(open)) grants.allow(include)
    if (settings.machine.configFile !== undefined) grants.allow(absolute(folder, settings.machine.configFile))
    const project = describeProject(open)
    const shown = new Set(project.files.map((file) => file.path))
    for (const path of listFiles(folder, settings).filter((listed) => !shown.has(listed)))
      context.onNotice({ severity: 'warning', text: `${path} ${unreadable}: it is left out of the editor` })
    unwatch()
    unwatch =
      example === null
        ? watchFiles(
            folder,
            project.files.map((file) => file.path),
            context.onFileChanged,
          )
        : () => {}
    return project
  }
  const openExample = (id: string): Project => {
    const entry = tourStep(resourcesFolder, id) ? 'board.dts' : null
    const project = show(exampleFolder(resourcesFolder, id), id, entry)
    recents.opened(`example:${id}`, null)
    return project
  }
  const openPath = (path: string): Project => {
    const whole = resolve(path)
    if (!existsSync(whole)) throw new Refusal('notFound', `${path} does not exist`)
    grants.demand(whole)
    const isFolder = statSync(whole).isDirectory()
    const project = show(isFolder ? whole : dirname(whole), null, isFolder ? null : basename(whole))
    recents.opened(whole, project.folder)
    return project
  }
  const save = (path: string, text: string, digest: string | null) => {
    const { folder, example } = current()
    if (example !== null)
      throw new Refusal('forbidden', 'examples are read-only: save the project under a folder of your own')
    const whole = pathInside(folder, path)
    const onDisk = existsSync(whole) ? readText(whole) : null
    if (onDisk === null && existsSync(whole))
      throw new Refusal('forbidden', `${path} ${unreadable}: it is left as it is`)
    if ((onDisk === null ? null : digestOf(onDisk)) !== digest)
      throw new Refusal('conflict', `${path} was changed by another program since it was opened`)
    writeWhole(whole, text)
    return { digest: digestOf(text) }
  }

  return {
    current,
    openExample,
    open(path) {
      if (recents.list().some((recent) => recent.folder === resolve(path))) grants.allow(path)
      return openPath(path)
    },
    restore() {
      const last = context.startWith ?? recents.lastOpen()
      const example = listExamples(resourcesFolder)[0]?.id
      if (last?.startsWith('example:') && last !== `example:${example}`)
        return openExample(last.slice('example:'.length))
      if (last && !last.startsWith('example:') && existsSync(last)) {
        grants.allow(last)
        return openPath(last)
      }
      if (example === undefined) throw new Refusal('notFound', 'no project is open and no example is installed')
      return openExample(example)
    },
    close() {
      unwatch()
      open?.drafts.release()
      open = null
      recents.closed()
    },
    leave() {
      unwatch()
      open?.drafts.release()
    },
    configure(change) {
      const project = current()
      project.settings = projectSettingsSchema.parse({ ...project.settings, ...change })
      for (const include of project.settings.includeDirs) grants.demand(absolute(project.folder, include))
      const { configFile } = project.settings.machine
      if (configFile !== undefined) grants.demand(absolute(project.folder, configFile))
      if (project.example === null) settingsFile(project.folder).write(project.settings)
      return project.settings
    },
    save,
    saveAs(folder, drafts) {
      grants.demand(folder)
      const from = current()
      mkdirSync(folder, { recursive: true })
      const texts = Object.fromEntries(readProject(from).map((file) => [file.path, file.text]))
      for (const [path, text] of Object.entries(withShared(from.folder, { ...texts, ...drafts })))
        writeWhole(pathInside(folder, path), text)
      settingsFile(folder).write({ ...from.settings, includeDirs: includeFolders(from) })
      from.drafts.keep({})
      return openPath(folder)
    },
    remove(path) {
      const { folder, example } = current()
      if (example !== null) throw new Refusal('forbidden', 'examples are read-only')
      rmSync(pathInside(folder, path), { force: true })
    },
    includeFolders: () => includeFolders(current()),
    ownFolder: () => (open && open.example === null ? open.folder : null),
  }
}

const unreadable = 'is larger than 8 MiB, or no text'

/** Files beside the folder that its files include, taken along: the copy stands by itself. */
function withShared(folder: string, texts: Record<string, string>): Record<string, string> {
  const shared: Record<string, string> = {}
  const local = Object.entries(texts).map(([path, text]): [string, string] => [
    path,
    text.replace(/^#include "\.\.\/([\w.-]+)"/gm, (line, name: string) => {
      const found = readText(join(dirname(folder), name))
      if (found === null) return line
      shared[name] = found
      return `#include "${name}"`
    }),
  ])
  return { ...shared, ...Object.fromEntries(local) }
}

const absolute = (folder: string, path: string) => (isAbsolute(path) ? path : join(folder, path))
const includeFolders = (project: OpenProject): string[] =>
  project.settings.includeDirs.map((path) => absolute(project.folder, path))

const describeProject = (project: OpenProject): Project => ({
  folder: project.folder,
  name: project.name,
  example: project.example,
  settings: project.settings,
  files: readProject(project),
})

function readProject({ folder, settings, drafts }: OpenProject): ProjectFile[] {
  const listed = listFiles(folder, settings)
  const paths = [...listed, ...drafts.paths().filter((path) => !listed.includes(path))]
  return paths.flatMap((path) => {
    const whole = pathInside(folder, path)
    const text = readText(whole)
    // too large or no text: shown as empty, it would be saved as empty
    if (text === null && existsSync(whole)) return []
    const digest = text === null ? null : digestOf(text)
    return [{ path, kind: kindOf(path), text: text ?? '', digest, draft: drafts.find(path, text ?? '') }]
  })
}
