import { themes, type ThemeName } from '../theme/tokens.ts'
import type { Monaco } from './monaco.ts'

export const monacoTheme = (name: ThemeName): string => `carveout-${name}`

/** Monaco's themes, from the same table as the rest of the lab. */
export function defineThemes(monaco: Monaco): void {
  for (const name of ['dark', 'light'] as const) {
    const c = themes[name]
    const rule = (token: string, color: string, fontStyle?: string) => ({
      token,
      foreground: color.slice(1),
      fontStyle,
    })
    monaco.editor.defineTheme(monacoTheme(name), {
      base: name === 'dark' ? 'vs-dark' : 'vs',
      inherit: true,
      rules: [
        rule('', c.text),
        rule('keyword', c.syntaxKeyword),
        rule('string', c.syntaxString),
        rule('number', c.syntaxNumber),
        rule('comment', c.syntaxComment, 'italic'),
        rule('tag', c.syntaxLabel),
        rule('type', c.syntaxNode),
        rule('attribute', c.syntaxProperty),
        rule('delimiter', c.textMuted),
        rule('macro', c.syntaxKeyword),
      ],
      colors: {
        'editor.background': c.panel,
        'editor.foreground': c.text,
        'editorLineNumber.foreground': c.textFaint,
        'editorLineNumber.activeForeground': c.text,
        'editor.lineHighlightBackground': c.hover + '66',
        'editor.lineHighlightBorder': '#00000000',
        'editorIndentGuide.background1': c.rule,
        'editorIndentGuide.activeBackground1': c.ruleStrong,
        'editorCursor.foreground': c.accent,
        'editorError.foreground': c.danger,
        'editorWarning.foreground': c.warn,
        'editorInfo.foreground': c.accent,
        'editorWidget.background': c.raised,
        'editorWidget.border': c.ruleStrong,
        'editorHoverWidget.background': c.raised,
        'editorHoverWidget.border': c.ruleStrong,
        'editorSuggestWidget.background': c.raised,
        'editorSuggestWidget.border': c.ruleStrong,
        'editorSuggestWidget.selectedBackground': c.selected,
        'editorGutter.background': c.panel,
        'editorStickyScroll.background': c.panel,
        'editorOverviewRuler.border': '#00000000',
        'scrollbarSlider.background': c.ruleStrong + '80',
        'scrollbar.shadow': '#00000000',
        focusBorder: c.focus,
      },
    })
  }
}
