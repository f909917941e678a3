import type { languages } from 'monaco-editor/editor'
import { watch } from 'vue'
import type { LanguageAnswers, LanguageQuestion } from '@shared/language.ts'
import { tokenTypes, type Completion, type OutlineItem } from '@shared/language.ts'
import type { Span } from '@shared/diagnostics.ts'
import type { Lab } from '../stores/lab.ts'
import { devicetreeLanguage } from './devicetree-language.ts'
import { rangeOf, type Models } from './models.ts'
import type { Monaco } from './monaco.ts'

type Model = ReturnType<Monaco['editor']['createModel']>
type Place = { lineNumber: number; column: number }
type Disposable = { dispose(): void }

/** Monaco's questions, passed on to the language service behind the host. Nothing is answered here. Returns what ends it. */
export function registerLanguage(monaco: Monaco, lab: Lab, models: Models): Disposable {
  const { host, project, analysis } = lab

  /** Null when the host fails or the model is none of the project's. */
  const ask = async <Q extends LanguageQuestion>(
    question: Q,
    model: object,
    at: Place = { lineNumber: 1, column: 1 },
    newName = '',
  ): Promise<LanguageAnswers[Q] | null> => {
    const path = models.pathOf(model as Model)
    if (path === null) return null
    const place = { path, line: at.lineNumber, column: at.column, newName }
    const reply = await host.request('language.ask', { ...project.input(), question, ...place })
    return reply.ok ? (reply.value as LanguageAnswers[Q]) : null
  }
  const locate = async (spans: Span[] | null) => {
    const found = await Promise.all(
      (spans ?? []).map(async (span) => {
        const model = await models.open(span.file)
        return model && { uri: model.uri, range: rangeOf(span) }
      }),
    )
    return found.filter((place) => place !== null)
  }
  const hintsChanged = new monaco.Emitter<void>()
  const stop = watch(analysis.latest, () => hintsChanged.fire())

  const registrations: Disposable[] = [
    { dispose: stop },
    hintsChanged,
    monaco.languages.registerCompletionItemProvider(devicetreeLanguage, {
      triggerCharacters: ['&', '"', '/', '#', '<', ' '],
      async provideCompletionItems(model, position, { triggerCharacter }) {
        const items = (await ask('completion', model, position)) ?? []
        // a space opens the list only where it separates words of a string
        const wanted = triggerCharacter === ' ' ? items.filter((item) => item.kind === 'argument') : items
        return { suggestions: wanted.map((item) => suggestion(monaco, item)) }
      },
    }),
    monaco.languages.registerCompletionItemProvider('yaml', {
      triggerCharacters: [' ', '-', '{', '['],
      async provideCompletionItems(model, position) {
        const items = (await ask('completion', model, position)) ?? []
        return { suggestions: items.map((item) => suggestion(monaco, item)) }
      },
    }),
    monaco.languages.registerHoverProvider([devicetreeLanguage, 'yaml'], {
      async provideHover(model, position) {
        const hover = await ask('hover', model, position)
        return hover && { range: rangeOf(hover.range), contents: [{ value: hover.contents }] }
      },
    }),
    monaco.languages.registerDefinitionProvider(devicetreeLanguage, {
      provideDefinition: async (model, position) => locate(await ask('definition', model, position)),
    }),
    monaco.languages.registerReferenceProvider(devicetreeLanguage, {
      provideReferences: async (model, position) => locate(await ask('references', model, position)),
    }),
    monaco.languages.registerRenameProvider(devicetreeLanguage, {
      async resolveRenameLocation(model, position) {
        const target = await ask('renameTarget', model, position)
        if (target) return { range: rangeOf(target.range), text: target.name }
        const nowhere = { startLineNumber: 1, startColumn: 1, endLineNumber: 1, endColumn: 1 }
        return { range: nowhere, text: '', rejectReason: 'Labels and macros can be renamed.' }
      },
      async provideRenameEdits(model, position, newName) {
        const renamed = await ask('rename', model, position, newName)
        if (!renamed?.ok) return { edits: [], rejectReason: renamed?.message ?? 'The host does not answer.' }
        const edits = await Promise.all(
          renamed.edits.map(async (edit) => {
            const target = await models.open(edit.file)
            return (
              target && {
                resource: target.uri,
                versionId: undefined,
                textEdit: { range: rangeOf(edit), text: edit.newText },
              }
            )
          }),
        )
        return { edits: edits.filter((edit) => edit !== null) }
      },
    }),
    monaco.languages.registerDocumentSymbolProvider(devicetreeLanguage, {
      async provideDocumentSymbols(model) {
        return ((await ask('outline', model)) ?? []).map((item) => symbol(monaco, item))
      },
    }),
    monaco.languages.registerFoldingRangeProvider(devicetreeLanguage, {
      async provideFoldingRanges(model) {
        const { Comment, Imports, Region } = monaco.languages.FoldingRangeKind
        const kinds = { comment: Comment, imports: Imports, region: Region }
        const ranges = (await ask('folding', model)) ?? []
        return ranges.map(({ startLine, endLine, kind }) => ({ start: startLine, end: endLine, kind: kinds[kind] }))
      },
    }),
    monaco.languages.registerDocumentSemanticTokensProvider(devicetreeLanguage, {
      getLegend: () => ({ tokenTypes: [...tokenTypes], tokenModifiers: [] }),
      async provideDocumentSemanticTokens(model) {
        return { data: relativeTokens((await ask('tokens', model)) ?? []) }
      },
      releaseDocumentSemanticTokens: () => {},
    }),
    monaco.languages.registerSignatureHelpProvider(devicetreeLanguage, {
      signatureHelpTriggerCharacters: ['<', ' '],
      async provideSignatureHelp(model, position) {
        const help = await ask('signature', model, position)
        if (!help) return null
        const { label, documentation, parameters, active } = help
        const signatures = [
          { label, documentation: { value: documentation }, parameters: parameters.map((range) => ({ label: range })) },
        ]
        return { value: { signatures, activeSignature: 0, activeParameter: active }, dispose: () => {} }
      },
    }),
    monaco.languages.registerInlayHintsProvider(devicetreeLanguage, {
      onDidChangeInlayHints: hintsChanged.event,
      async provideInlayHints(model) {
        const hints = ((await ask('inlayHints', model)) ?? []).map(({ line, column, label, tooltip }) => ({
          position: { lineNumber: line, column },
          label,
          tooltip,
          paddingLeft: true,
        }))
        return { hints, dispose: () => {} }
      },
    }),
    monaco.languages.registerDocumentFormattingEditProvider(devicetreeLanguage, {
      async provideDocumentFormattingEdits(model) {
        return ((await ask('format', model)) ?? []).map((edit) => ({ range: rangeOf(edit), text: edit.newText }))
      },
    }),
  ]
  return { dispose: () => registrations.forEach((registration) => registration.dispose()) }
}

function suggestion(monaco: Monaco, item: Completion) {
  const { CompletionItemKind, CompletionItemInsertTextRule } = monaco.languages
  const kinds: Record<Completion['kind'], number> = {
    property: CompletionItemKind.Property,
    node: CompletionItemKind.Struct,
    label: CompletionItemKind.Reference,
    macro: CompletionItemKind.Constant,
    value: CompletionItemKind.Value,
    keyword: CompletionItemKind.Keyword,
    argument: CompletionItemKind.Field,
    file: CompletionItemKind.File,
  }
  return {
    label: item.label,
    kind: kinds[item.kind],
    detail: item.detail,
    documentation: { value: item.documentation },
    insertText: item.snippet,
    insertTextRules: CompletionItemInsertTextRule.InsertAsSnippet,
    sortText: `${item.rank}${item.label}`,
    range: rangeOf(item.range),
  }
}

const symbol = (monaco: Monaco, item: OutlineItem): languages.DocumentSymbol => ({
  name: item.name,
  detail: item.detail,
  kind: item.kind === 'node' ? monaco.languages.SymbolKind.Struct : monaco.languages.SymbolKind.Property,
  tags: [],
  range: rangeOf(item.range),
  selectionRange: rangeOf(item.nameRange),
  children: item.children.map((child) => symbol(monaco, child)),
})

/** Tokens as the protocol packs them: line and column relative to the one before. */
function relativeTokens(tokens: LanguageAnswers['tokens']): Uint32Array {
  let [line, column] = [1, 1]
  return Uint32Array.from(
    tokens.flatMap((token) => {
      const start = token.line === line ? token.column - column : token.column - 1
      const packed = [token.line - line, start, token.length, tokenTypes.indexOf(token.type), 0]
      line = token.line
      column = token.column
      return packed
    }),
  )
}
