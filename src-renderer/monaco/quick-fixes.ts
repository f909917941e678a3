import type { Lab } from '../stores/lab.ts'
import { rangeOf, type Models } from './models.ts'
import type { Monaco } from './monaco.ts'

/** The fixes that come with our diagnostics, in Monaco's light bulb (⌘. or Ctrl+.). */
export function registerQuickFixes(monaco: Monaco, { analysis }: Lab, models: Models): void {
  monaco.languages.registerCodeActionProvider(['devicetree', 'yaml'], {
    provideCodeActions(model, range) {
      const path = models.pathOf(model as never)
      const here = analysis.diagnostics.value.filter(
        (d) => d.file === path && monaco.Range.areIntersectingOrTouching(rangeOf(d), range),
      )
      const actions = here.flatMap((d) =>
        (d.fixes ?? []).map((fix) => ({
          title: fix.title,
          kind: 'quickfix',
          isPreferred: true,
          edit: {
            edits: fix.edits
              .filter((edit) => edit.file === path)
              .map((edit) => ({
                resource: model.uri,
                versionId: undefined,
                textEdit: { range: rangeOf(edit), text: edit.newText },
              })),
          },
        })),
      )
      return { actions, dispose: () => {} }
    },
  })
}
