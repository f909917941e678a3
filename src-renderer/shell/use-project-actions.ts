import { ref } from 'vue'
import type { Lab } from '../stores/lab.ts'
import type { ResultKind, TakenHome } from './exports.ts'
import { pngOf } from './png-of.ts'
import { printPage } from './print-page.ts'

/** Opening, saving, exporting: what needs a dialog between the wish and the deed. */
export function useProjectActions(lab: Lab) {
  const { project, picker, notices, host } = lab
  const guardOpen = ref(false)
  let answerGuard: (choice: 'save' | 'discard' | 'cancel') => void = () => {}

  const saveAs = async (): Promise<boolean> => {
    const name = project.project.value?.name ?? 'project'
    const folder = await picker.ask('saveProject', name)
    return folder !== null && project.saveAs(folder)
  }
  const save = () => (project.project.value?.example ? saveAs() : project.saveAll())

  /** True when whatever is open may give way to something else. */
  const mayLeave = async (): Promise<boolean> => {
    if (!project.dirty.value) return true
    guardOpen.value = true
    const choice = await new Promise<'save' | 'discard' | 'cancel'>((resolve) => (answerGuard = resolve))
    guardOpen.value = false
    if (choice === 'save') return save()
    if (choice === 'discard') await host.request('project.keepDrafts', { drafts: {} })
    return choice === 'discard'
  }
  const open = async () => {
    if (!(await mayLeave())) return
    const path = await picker.ask('openProject')
    if (path !== null) await project.open(path)
  }
  const saveFiles = async (files: { name: string; text: string | Uint8Array<ArrayBuffer> }[]) => {
    const folder = await picker.ask('exportFolder')
    if (folder === null) return
    const written = notices.valueOf(await host.request('export.save', { folder, files }))
    if (written) notices.tell('info', `Written: ${written.paths.join(', ')}`)
  }
  const exportLayout = async () => {
    const file = notices.valueOf(await host.request('board.picture', project.input()))
    if (file) await saveFiles([file])
  }
  const exportPdf = async (id: string) => {
    if (lab.preferences.info.printsPdf) {
      const folder = await picker.ask('exportFolder')
      if (folder === null) return
      const written = notices.valueOf(await host.request('export.pdf', { id, folder }))
      if (written) notices.tell('info', `Written: ${written.paths.join(', ')}`)
    } else {
      const made = notices.valueOf(await host.request('export.make', { id, kind: 'html' }))
      if (made?.files[0]) printPage(made.files[0].text)
    }
  }
  const exportPng = async (id: string) => {
    const made = notices.valueOf(await host.request('export.make', { id, kind: 'svg' }))
    if (!made) return
    if (made.files.length === 0) return notices.tell('info', 'There is no chart to export.')
    const draw = async ({ name, text }: { name: string; text: string }) => ({
      name: name.replace(/\.svg$/, '.png'),
      text: await pngOf(text),
    })
    await saveFiles(await Promise.all(made.files.map(draw)))
  }
  /** The result of that kind that is shown. */
  const exportResult = async (of: ResultKind, taken: TakenHome[]) => {
    const id = { run: lab.run, size: lab.sizing, compare: lab.compare }[of].shown.value?.id
    if (id === undefined) return
    if (taken.includes('pdf')) await exportPdf(id)
    if (taken.includes('png')) await exportPng(id)
    const kinds = taken.filter((kind) => kind !== 'pdf' && kind !== 'png')
    if (kinds.length === 0) return
    const replies = await Promise.all(kinds.map((kind) => host.request('export.make', { id, kind })))
    const made = replies.map((reply) => notices.valueOf(reply))
    if (made.includes(null)) return
    const files = made.flatMap((one) => one?.files ?? [])
    if (files.length === 0) return notices.tell('info', 'Nothing has to change: there is nothing to export.')
    await saveFiles(files)
  }
  return {
    guardOpen,
    answer: (choice: 'save' | 'discard' | 'cancel') => answerGuard(choice),
    save,
    saveAs,
    open,
    exportResult,
    exportLayout,
    openExample: async (id: string) => (await mayLeave()) && project.openExample(id),
    openRecent: async (folder: string) => (await mayLeave()) && project.open(folder),
  }
}
