import 'monaco-editor/features/register.all'
import 'monaco-editor/languages/definitions/yaml/register'
import * as monaco from 'monaco-editor/editor'
import EditorWorker from 'monaco-editor/editor/editor.worker?worker'
import { registerDevicetree } from './devicetree-language.ts'
import { defineThemes } from './themes.ts'

/** Monaco, set up once: workers from our own origin, our language, our themes. Editors are made by MonacoEditor.vue. */
self.MonacoEnvironment = { getWorker: () => new EditorWorker() }
registerDevicetree(monaco)
defineThemes(monaco)

export { monaco }
export type Monaco = typeof monaco
