import { computed, reactive, shallowReactive, shallowRef } from 'vue'
import type { Host, RequestParams } from '@shared/api.ts'
import type { TextEdit } from '@shared/diagnostics.ts'
import type { BoardInput, Project, ProjectFile, ProjectSettings } from '@shared/project.ts'
import { applyEdits } from './text-edits.ts'
import type { Notices } from './notices.ts'

/** One file as the window has it. `saved` is what the disk holds, `digest` its state; null: not on disk yet. */
export interface OpenFile {
  path: string
  kind: ProjectFile['kind']
  text: string
  saved: string
  digest: string | null
  /** Unsaved text of an earlier session was taken up again; when it was kept. */
  recoveredAt: number | null
}

const draftDelayMilliseconds = 600

/**
 * The project: its files as they stand in the editors. `revision` grows with everything that can change what the board boots to or a
 * workload does; answers that were computed from an older one are stale.
 */
export function createProject(host: Host, notices: Notices) {
  const project = shallowRef<Project | null>(null)
  const settings = shallowRef<ProjectSettings | null>(null)
  const files = shallowReactive(new Map<string, OpenFile>())
  const view = reactive({ activePath: '', revision: 0, loading: true, failure: '' })
  let draftTimer: ReturnType<typeof setTimeout> | undefined

  const list = computed(() => [...files.values()])
  const dirtyFiles = computed(() => list.value.filter((file) => file.digest === null || file.text !== file.saved))
  const dirty = computed(() => dirtyFiles.value.length > 0)
  const boards = computed(() => list.value.filter((file) => file.kind === 'board'))
  const workloads = computed(() => list.value.filter((file) => file.kind === 'workload'))
  const entry = computed(() => settings.value?.board ?? boards.value[0]?.path ?? '')
  /** The workloads that Run and Size use. */
  const chosenWorkloads = computed(() => {
    const all = workloads.value.map((file) => file.path)
    return settings.value?.workloads?.filter((path) => all.includes(path)) ?? all
  })
  const active = computed(() => files.get(view.activePath) ?? null)
  const recovered = computed(() => list.value.filter((file) => file.recoveredAt !== null && file.text !== file.saved))
  const drafts = () => Object.fromEntries(dirtyFiles.value.map((file) => [file.path, file.text]))

  const put = (file: OpenFile) => files.set(file.path, file)
  const changed = () => {
    view.revision++
    clearTimeout(draftTimer)
    draftTimer = setTimeout(keepDrafts, draftDelayMilliseconds)
  }
  const keepDrafts = async () => {
    clearTimeout(draftTimer)
    notices.valueOf(await host.request('project.keepDrafts', { drafts: drafts() }))
  }
  const show = (opened: Project) => {
    clearTimeout(draftTimer)
    files.clear()
    for (const file of opened.files) put(fromDisk(file))
    settings.value = opened.settings
    project.value = opened
    view.activePath = entry.value || (opened.files[0]?.path ?? '')
    view.revision++
  }
  const load = async (request: Promise<Awaited<ReturnType<typeof host.request<'project.open'>>>>) => {
    view.loading = true
    const reply = await request
    view.loading = false
    view.failure = reply.ok || project.value ? '' : reply.message
    const opened = notices.valueOf(reply)
    if (opened) show(opened)
    return opened !== null
  }
  const setText = (path: string, text: string) => {
    const file = files.get(path)
    if (!file || file.text === text) return
    put({ ...file, text })
    changed()
  }
  const save = async (path: string) => {
    const file = files.get(path)
    if (!file || project.value?.example) return false
    const { text, digest } = file
    const saved = notices.valueOf(await host.request('project.save', { path, text, digest }))
    const now = files.get(path)
    if (saved && now) put({ ...now, saved: text, digest: saved.digest, recoveredAt: null })
    return saved !== null
  }

  /** What the disk holds now; what is unsaved in the editor stays. True when that is news. */
  const onDisk = (path: string, text: string, digest: string | null): boolean => {
    const file = files.get(path)
    if (!file || digest === file.digest) return false
    if (digest === null) {
      put({ ...file, saved: '', digest })
      notices.tell('warning', `${path} was deleted by another program; its text stays here: save to write it again.`)
      return true
    }
    const unsaved = file.text !== file.saved && file.text !== text
    put({ ...file, saved: text, digest, text: unsaved ? file.text : text })
    if (unsaved)
      notices.tell(
        'warning',
        `${path} was changed by another program; your unsaved text is kept and will replace it when you save.`,
      )
    return true
  }
  host.subscribe('fileChanged', ({ path, text, digest }) => {
    if (onDisk(path, text, digest)) changed()
  })

  return {
    project,
    settings,
    view,
    files,
    list,
    boards,
    workloads,
    chosenWorkloads,
    entry,
    active,
    dirty,
    dirtyFiles,
    recovered,
    input: (): BoardInput => ({ entry: entry.value, drafts: drafts(), machine: settings.value?.machine ?? {} }),
    setText,
    keepDrafts,
    applyEdits(edits: TextEdit[]) {
      for (const path of new Set(edits.map((edit) => edit.file))) {
        const file = files.get(path)
        if (file)
          setText(
            path,
            applyEdits(
              file.text,
              edits.filter((edit) => edit.file === path),
            ),
          )
      }
    },
    /** Opens the same project once more behind a new connection; texts in the editors stay, files changed meanwhile are taken up. */
    async rejoin() {
      const opened = project.value
      if (!opened) return load(host.request('project.restore', {}))
      const { example, folder } = opened
      const reply = example
        ? await host.request('project.openExample', { id: example })
        : await host.request('project.open', { path: folder })
      const again = notices.valueOf(reply)
      for (const { path, text, digest } of again?.files ?? []) onDisk(path, text, digest)
      if (again) changed()
      return again !== null
    },
    restore: () => load(host.request('project.restore', {})),
    openExample: (id: string) => load(host.request('project.openExample', { id })),
    open: (path: string) => load(host.request('project.open', { path })),
    saveAs: (folder: string) => load(host.request('project.saveAs', { folder, drafts: drafts() })),
    save,
    async saveAll() {
      for (const file of dirtyFiles.value) if (!(await save(file.path))) return false
      await keepDrafts()
      return true
    },
    addFile(path: string, text: string) {
      put({ path, kind: kindOf(path), text, saved: '', digest: null, recoveredAt: null })
      view.activePath = path
      changed()
    },
    /** Back to what is on disk. */
    revert(path: string) {
      const file = files.get(path)
      if (!file) return
      if (file.digest === null) files.delete(path)
      else put({ ...file, text: file.saved, recoveredAt: null })
      if (!files.has(view.activePath)) view.activePath = entry.value
      changed()
    },
    keepRecovered: () => recovered.value.forEach((file) => put({ ...file, recoveredAt: null })),
    async configure(change: RequestParams<'project.configure'>) {
      const value = notices.valueOf(await host.request('project.configure', change))
      if (!value) return
      settings.value = value
      view.revision++
    },
  }
}
export type ProjectStore = ReturnType<typeof createProject>

/** A draft is what the user last saw: it is what the editor shows, and the file counts as unsaved. */
const fromDisk = ({ path, kind, text, digest, draft }: ProjectFile): OpenFile => ({
  path,
  kind,
  text: draft?.text ?? text,
  saved: text,
  digest,
  recoveredAt: draft?.savedAt ?? null,
})

const kindOf = (path: string): ProjectFile['kind'] =>
  path.endsWith('.yaml') ? 'workload' : path.endsWith('.dts') ? 'board' : path.endsWith('.dtso') ? 'overlay' : 'include'
