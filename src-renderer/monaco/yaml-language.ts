import { conf, language } from 'monaco-editor/languages/definitions/yaml/yaml'
import type { Monaco } from './monaco.ts'

/** Monaco's YAML, with the indentation that lists of maps need: the keys of an item stand below its first key, not below its dash. */
export function registerYaml({ languages }: Monaco): void {
  const { Indent, None } = languages.IndentAction
  languages.register({ id: 'yaml', extensions: ['.yaml', '.yml'] })
  languages.setMonarchTokensProvider('yaml', language)
  languages.setLanguageConfiguration('yaml', {
    ...conf,
    onEnterRules: [
      { beforeText: /:\s*$/, action: { indentAction: Indent } },
      { beforeText: /^\s*- +[\w-]+:/, action: { indentAction: None, appendText: '  ' } },
    ],
  })
}
