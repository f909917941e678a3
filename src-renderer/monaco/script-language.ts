import type { Monaco } from './monaco.ts'

export const scriptLanguage = 'call-script'

/** Colours of a call script (`*.ops`): the verb, sizes and counts, flags, comments. */
export function registerScript(monaco: Monaco): void {
  monaco.languages.register({ id: scriptLanguage, extensions: ['.ops'], aliases: ['Call script'] })
  monaco.languages.setLanguageConfiguration(scriptLanguage, { comments: { lineComment: '#' } })
  monaco.languages.setMonarchTokensProvider(scriptLanguage, {
    defaultToken: '',
    tokenizer: {
      root: [
        [/#.*$/, 'comment'],
        [/^\s*[a-z_-]+/, 'keyword'],
        [/\b(to-device|from-device|bidirectional|kernel|atomic|noretry|nowarn|iommu)\b/, 'macro'],
        [/\b(0x[0-9a-fA-F]+|\d+[KMG]?)\b/, 'number'],
        [/[A-Za-z_][\w.:@-]*/, ''],
      ],
    },
  })
}
