import type { Monaco } from './monaco.ts'

export const devicetreeLanguage = 'devicetree'

/** Colours and brackets of devicetree source (Devicetree Specification 0.4, chapter 6, and what cpp adds). Meaning comes from the host. */
export function registerDevicetree(monaco: Monaco): void {
  monaco.languages.register({ id: devicetreeLanguage, extensions: ['.dts', '.dtsi', '.dtso'], aliases: ['Devicetree'] })
  monaco.languages.setLanguageConfiguration(devicetreeLanguage, {
    comments: { lineComment: '//', blockComment: ['/*', '*/'] },
    brackets: [
      ['{', '}'],
      ['<', '>'],
      ['[', ']'],
      ['(', ')'],
    ],
    autoClosingPairs: [
      { open: '{', close: '}' },
      { open: '<', close: '>', notIn: ['string', 'comment'] },
      { open: '[', close: ']' },
      { open: '(', close: ')' },
      { open: '"', close: '"', notIn: ['string', 'comment'] },
    ],
    wordPattern: /[A-Za-z0-9,._+?#@-]+/,
    indentationRules: { increaseIndentPattern: /\{\s*$/, decreaseIndentPattern: /^\s*\}/ },
  })
  monaco.languages.setMonarchTokensProvider(devicetreeLanguage, {
    defaultToken: '',
    tokenizer: {
      root: [
        { include: '@space' },
        [/^\s*#\s*(include|define|undef|ifdef|ifndef|if|elif|else|endif|error|pragma|line)\b/, 'macro', '@directive'],
        [/\/(dts-v1|plugin|include|memreserve|bits|incbin|delete-node|delete-property|omit-if-no-ref)\//, 'keyword'],
        [/[A-Za-z_]\w*(?=\s*:)/, 'tag'],
        [/&\{[^}]*\}|&[A-Za-z_]\w*/, 'tag'],
        [/[A-Za-z0-9,._+?#-]+(@[A-Za-z0-9,._+?-]+)?(?=\s*\{)/, 'type'],
        [/\/(?=\s*\{)/, 'type'],
        [/[A-Za-z0-9,._+?#-]+(?=\s*[=;])/, 'attribute'],
        [/</, 'delimiter', '@cells'],
        [/\[/, 'delimiter', '@bytes'],
        [/"/, 'string', '@text'],
        [/[{}();,=]/, 'delimiter'],
        [/0[xX][0-9a-fA-F]+|\d+/, 'number'],
      ],
      cells: [
        { include: '@space' },
        [/>/, 'delimiter', '@pop'],
        [/0[xX][0-9a-fA-F]+[uUlL]*|\b\d+[uUlL]*/, 'number'],
        [/'(\\.|[^'])'/, 'number'],
        [/&\{[^}]*\}|&[A-Za-z_]\w*/, 'tag'],
        [/[A-Za-z_]\w*/, 'macro'],
        [/\(/, 'delimiter', '@expression'],
        [/[;{}]/, 'delimiter', '@pop'],
      ],
      expression: [
        { include: '@space' },
        [/\(/, 'delimiter', '@push'],
        [/\)/, 'delimiter', '@pop'],
        [/0[xX][0-9a-fA-F]+[uUlL]*|\b\d+[uUlL]*/, 'number'],
        [/[A-Za-z_]\w*/, 'macro'],
        [/[-+*/%&|^~!<>=?:,]/, 'delimiter'],
        [/[;{}]/, 'delimiter', '@popall'],
      ],
      bytes: [{ include: '@space' }, [/[0-9a-fA-F]+/, 'number'], [/\]/, 'delimiter', '@pop']],
      text: [
        [/\\./, 'string.escape'],
        [/[^"\\]+/, 'string'],
        [/"/, 'string', '@pop'],
      ],
      directive: [
        [/<[^>]*>|"[^"]*"/, 'string'],
        [/\\$/, 'macro'],
        [/0[xX][0-9a-fA-F]+|\b\d+\b/, 'number'],
        [/\/\/.*$/, 'comment', '@pop'],
        [/$/, '', '@pop'],
        [/./, 'attribute'],
      ],
      space: [
        [/\s+/, ''],
        [/\/\*/, 'comment', '@comment'],
        [/\/\/.*$/, 'comment'],
      ],
      comment: [
        [/[^*]+/, 'comment'],
        [/\*\//, 'comment', '@pop'],
        [/\*/, 'comment'],
      ],
    },
  })
}
