import { fileURLToPath, pathToFileURL } from 'node:url'
import {
  type CodeAction,
  CodeActionKind,
  type CompletionItem,
  CompletionItemKind,
  type Diagnostic as LspDiagnostic,
  DiagnosticSeverity,
  DiagnosticTag,
  type DocumentSymbol,
  InsertTextFormat,
  type Location,
  type Position,
  type Range,
  SymbolKind,
  type TextEdit as LspTextEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver'
import type { Diagnostic, QuickFix, Span, TextEdit } from '@shared/diagnostics.ts'
import { type Completion, type OutlineItem, type SemanticToken, tokenTypes } from '@shared/language.ts'

/** Our answers in the protocol's words: lines and columns from 0, files as URIs. */
export const pathOf = (uri: string): string => (uri.startsWith('file:') ? fileURLToPath(uri) : uri)
export const uriOf = (path: string): string =>
  path.startsWith('/') || /^[A-Za-z]:/.test(path) ? pathToFileURL(path).href : path

export const rangeOf = ({ line, column, endLine, endColumn }: Span): Range => ({
  start: { line: line - 1, character: column - 1 },
  end: { line: endLine - 1, character: endColumn - 1 },
})

export const placeOf = ({ line, character }: Position) => ({ line: line + 1, column: character + 1 })

export const locationOf = (span: Span): Location => ({ uri: uriOf(span.file), range: rangeOf(span) })

export const textEdit = (edit: TextEdit): LspTextEdit => ({ range: rangeOf(edit), newText: edit.newText })

export function workspaceEdit(edits: TextEdit[]): WorkspaceEdit {
  const changes: Record<string, LspTextEdit[]> = {}
  for (const edit of edits) (changes[uriOf(edit.file)] ??= []).push(textEdit(edit))
  return { changes }
}

const severities = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
}

export const diagnosticOf = (d: Diagnostic): LspDiagnostic => ({
  range: rangeOf(d),
  severity: severities[d.severity],
  code: d.code,
  source: 'carveout',
  message: d.message,
  ...(d.code === 'pool-unused' ? { tags: [DiagnosticTag.Unnecessary] } : {}),
  ...(d.related?.length
    ? { relatedInformation: d.related.map((r) => ({ location: locationOf(r), message: r.message })) }
    : {}),
})

export const codeAction = (d: Diagnostic, fix: QuickFix): CodeAction => ({
  title: fix.title,
  kind: CodeActionKind.QuickFix,
  diagnostics: [diagnosticOf(d)],
  edit: workspaceEdit(fix.edits),
})

const itemKinds: Record<Completion['kind'], CompletionItemKind> = {
  property: CompletionItemKind.Property,
  node: CompletionItemKind.Struct,
  label: CompletionItemKind.Reference,
  macro: CompletionItemKind.Constant,
  value: CompletionItemKind.Value,
  keyword: CompletionItemKind.Keyword,
  argument: CompletionItemKind.Field,
  file: CompletionItemKind.File,
}

export const completionItem = (item: Completion): CompletionItem => ({
  label: item.label,
  kind: itemKinds[item.kind],
  detail: item.detail,
  documentation: { kind: 'markdown', value: item.documentation },
  insertTextFormat: InsertTextFormat.Snippet,
  sortText: `${item.rank}${item.label}`,
  filterText: item.label,
  textEdit: { range: rangeOf(item.range), newText: item.snippet },
})

export const documentSymbol = (item: OutlineItem): DocumentSymbol => ({
  name: item.name || '/',
  detail: item.detail,
  kind: item.kind === 'node' ? SymbolKind.Struct : SymbolKind.Property,
  range: rangeOf(item.range),
  selectionRange: rangeOf(item.nameRange),
  children: item.children.map(documentSymbol),
})

/** Names of the protocol's own token types for ours, so that every editor has a colour for them. */
const protocolTypes: Record<(typeof tokenTypes)[number], string> = {
  node: 'class',
  property: 'property',
  label: 'variable',
  macro: 'macro',
  inactive: 'comment',
}
export const legend = { tokenTypes: tokenTypes.map((type) => protocolTypes[type]), tokenModifiers: [] }

/** Packed as the protocol wants them: relative to the token before. */
export function packTokens(tokens: SemanticToken[]): number[] {
  let [line, column] = [1, 1]
  return tokens.flatMap((token) => {
    const start = token.line === line ? token.column - column : token.column - 1
    const packed = [token.line - line, start, token.length, tokenTypes.indexOf(token.type), 0]
    line = token.line
    column = token.column
    return packed
  })
}
