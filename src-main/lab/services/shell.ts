import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { preferencesSchema } from '@shared/project.ts'
import { Refusal, type Services } from '../api.ts'
import type { LabContext } from '../context.ts'
import { pathInside } from '../grants.ts'
import { jsonFile, writeWhole } from '../json-file.ts'

type Prefix = 'host' | 'preferences' | 'window' | 'dialog' | 'files'
type ShellServices = Pick<Services, Extract<keyof Services, `${Prefix}.${string}`> | 'export.save'>

/** What the window asks of the shell around it: dialogs, preferences, its title; and the only writes outside of a project. */
export function shellServices({ shell, grants, picker }: LabContext, kernels: string[]): ShellServices {
  const preferences = jsonFile(
    join(shell.stateFolder, 'preferences.json'),
    preferencesSchema,
    preferencesSchema.parse({}),
  )
  return {
    'host.info': () => ({
      shell: shell.kind,
      version: shell.version,
      kernels,
      nativeDialogs: shell.pick !== null,
      printsPdf: shell.printPdf !== null,
    }),
    'preferences.get': () => preferences.read(),
    'preferences.set'(change) {
      const value = { ...preferences.read(), ...change }
      preferences.write(value)
      return value
    },
    'window.setDirty': ({ dirty }) => (shell.setDirty(dirty), {}),
    'window.setTitle': ({ title }) => (shell.setTitle(title), {}),
    async 'dialog.pick'({ purpose, suggestion }) {
      if (!shell.pick) throw new Refusal('notFound', 'this host has no dialogs of its own')
      const path = await shell.pick(purpose, suggestion)
      if (path !== null) grants.allow(path)
      return { path }
    },
    'files.list': ({ folder }) => picker.list(folder),
    'files.pick': ({ purpose, path }) => picker.pick(purpose, path),
    'export.save'({ folder, files }) {
      grants.demand(folder)
      mkdirSync(folder, { recursive: true })
      const paths = files.map((file) => pathInside(folder, file.name))
      files.forEach((file, index) => writeWhole(paths[index]!, file.text))
      return { paths }
    },
  }
}
