import 'monaco-editor/features/register.all'
import * as monaco from 'monaco-editor/editor'
import EditorWorker from 'monaco-editor/editor/editor.worker?worker'
import { registerDevicetree } from './devicetree-language.ts'
import { registerScript } from './script-language.ts'
import { defineThemes } from './themes.ts'
import { registerYaml } from './yaml-language.ts'

/** Monaco, set up once: workers from our own origin, our language, our themes. Editors are made by MonacoEditor.vue. */
self.MonacoEnvironment = { getWorker: () => new EditorWorker() }
registerDevicetree(monaco)
registerScript(monaco)
registerYaml(monaco)
defineThemes(monaco)

export { monaco }
export type Monaco = typeof monaco
