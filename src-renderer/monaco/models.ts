import { watch } from 'vue'
import type { Diagnostic } from '@shared/diagnostics.ts'
import type { Lab } from '../stores/lab.ts'
import { devicetreeLanguage } from './devicetree-language.ts'
import { scriptLanguage } from './script-language.ts'
import type { Monaco } from './monaco.ts'

type Model = ReturnType<Monaco['editor']['createModel']>

/**
 * One Monaco model a file of the project, kept in step with the project store in both directions: typing goes to the store, edits from
 * elsewhere (a quick fix, an applied suggestion, a file changed on disk) come as one undoable step.
 */
export function createModels(monaco: Monaco, lab: Lab) {
  const models = new Map<string, Model>()
  const { project, analysis } = lab
  let generation = 0

  const languageOf = (path: string) =>
    /\.(ya?ml)$/.test(path) ? 'yaml' : path.endsWith('.ops') ? scriptLanguage : devicetreeLanguage
  const modelOf = (path: string): Model | null => {
    const file = project.files.get(path)
    const existing = models.get(path)
    if (existing || !file) return existing ?? null
    const uri = monaco.Uri.from({ scheme: 'project', path: `/${generation}/${path}` })
    const model = monaco.editor.createModel(file.text, languageOf(path), uri)
    model.updateOptions({
      tabSize: languageOf(path) === 'yaml' ? 2 : 4,
      insertSpaces: languageOf(path) === 'yaml',
      bracketColorizationOptions: { enabled: false, independentColorPoolPerBracketType: false },
    })
    model.onDidChangeContent(() => project.setText(path, model.getValue()))
    models.set(path, model)
    return model
  }
  const clear = () => {
    for (const model of models.values()) model.dispose()
    models.clear()
    generation++
  }
  const stops = [
    watch(project.project, clear, { flush: 'sync' }),
    watch(project.list, (files) => {
      for (const { path, text } of files) {
        const model = models.get(path)
        if (model && model.getValue() !== text) replaceText(model, text)
      }
    }),
    watch(analysis.diagnostics, (diagnostics) => {
      for (const [path, model] of models)
        mark(
          monaco,
          model,
          diagnostics.filter((d) => d.file === path),
        )
    }),
  ]
  return {
    modelOf(path: string): Model | null {
      const model = modelOf(path)
      if (model)
        mark(
          monaco,
          model,
          analysis.diagnostics.value.filter((d) => d.file === path),
        )
      return model
    },
    /** The model of any file that the board is made of; what lies outside of the project is for reading only. Null when it cannot be read. */
    async open(path: string): Promise<Model | null> {
      const known = modelOf(path)
      if (known) return known
      const reply = await lab.host.request('project.read', { path })
      if (!reply.ok) return null
      const uri = monaco.Uri.from({ scheme: 'include', path: `/${generation}/${path}` })
      const model = models.get(path) ?? monaco.editor.createModel(reply.value.text, languageOf(path), uri)
      models.set(path, model)
      return model
    },
    pathAt: (uri: string): string | null =>
      [...models].find(([, candidate]) => candidate.uri.toString() === uri)?.[0] ?? null,
    pathOf: (model: Model | null): string | null =>
      model ? ([...models].find(([, candidate]) => candidate === model)?.[0] ?? null) : null,
    dispose() {
      for (const stop of stops) stop()
      clear()
    },
  }
}
export type Models = ReturnType<typeof createModels>

/** Only the part that differs is replaced, so that the cursor and the undo history survive. */
function replaceText(model: Model, text: string): void {
  const old = model.getValue()
  let start = 0
  while (start < Math.min(old.length, text.length) && old[start] === text[start]) start++
  let end = 0
  while (end < Math.min(old.length, text.length) - start && old.at(-1 - end) === text.at(-1 - end)) end++
  const from = model.getPositionAt(start)
  const to = model.getPositionAt(old.length - end)
  const range = {
    startLineNumber: from.lineNumber,
    startColumn: from.column,
    endLineNumber: to.lineNumber,
    endColumn: to.column,
  }
  model.pushStackElement()
  model.pushEditOperations([], [{ range, text: text.slice(start, text.length - end) }], () => null)
  model.pushStackElement()
}

export const rangeOf = (span: { line: number; column: number; endLine: number; endColumn: number }) => ({
  startLineNumber: span.line,
  startColumn: span.column,
  endLineNumber: span.endLine,
  endColumn: span.endColumn,
})

function mark(monaco: Monaco, model: Model, diagnostics: Diagnostic[]): void {
  const { Error, Warning, Info } = monaco.MarkerSeverity
  const markers = diagnostics.map((d) => ({
    // what concerns a whole file is marked where it begins, not on every line
    ...rangeOf(d.endLine > d.line ? { ...d, endLine: d.line, endColumn: model.getLineMaxColumn(d.line) } : d),
    message: d.message,
    code: d.code,
    source: 'carveout',
    severity: { error: Error, warning: Warning, info: Info }[d.severity],
  }))
  monaco.editor.setModelMarkers(model, 'carveout', markers)
}
