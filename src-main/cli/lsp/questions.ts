import {
  type Connection,
  ErrorCodes,
  FoldingRangeKind,
  type Position,
  type Range,
  ResponseError,
} from 'vscode-languageserver/node'
import type { LanguageAnswers, LanguageQuestion } from '@shared/language.ts'
import { answer, snapshotOf } from '../../lab/language.ts'
import { workloadAnswer } from '../../lab/tasks/language.ts'
import {
  codeAction,
  completionItem,
  documentSymbol,
  locationOf,
  packTokens,
  pathOf,
  placeOf,
  rangeOf,
  textEdit,
  workspaceEdit,
} from './convert.ts'
import type { Workspace } from './workspace.ts'

interface Where {
  textDocument: { uri: string }
  position?: Position
}

/** Hands every request of the protocol to the language service, and its answer back. `carveout/compiled` is our own: the compiled tree. */
export function answerQuestions(
  connection: Connection,
  workspace: Workspace,
  isWritable: (file: string) => boolean,
): void {
  const ask = <Q extends LanguageQuestion>(
    question: Q,
    { textDocument, position }: Where,
    newName = '',
  ): LanguageAnswers[Q] | null => {
    const file = pathOf(textDocument.uri)
    const place = placeOf(position ?? { line: 0, character: 0 })
    const workload = workspace.workload(file)
    if (workload)
      return workloadAnswer({ question, file, ...place }, workload.text, workload.board) as LanguageAnswers[Q] | null
    const snapshot = snapshotOf(workspace.examine(workspace.entryOf(file)))
    if (!snapshot?.files.has(file)) return null
    return answer(snapshot, { question, file, ...place, newName }, isWritable)
  }

  connection.onCompletion((params) => (ask('completion', params) ?? []).map(completionItem))
  connection.onHover((params) => {
    const hover = ask('hover', params)
    return hover && { contents: { kind: 'markdown', value: hover.contents }, range: rangeOf(hover.range) }
  })
  connection.onDefinition((params) => (ask('definition', params) ?? []).map(locationOf))
  connection.onReferences((params) => (ask('references', params) ?? []).map(locationOf))
  connection.onPrepareRename((params) => {
    const target = ask('renameTarget', params)
    return target && { range: rangeOf(target.range), placeholder: target.name }
  })
  connection.onRenameRequest((params) => {
    const renamed = ask('rename', params, params.newName)
    if (!renamed) return null
    if (!renamed.ok) throw new ResponseError(ErrorCodes.InvalidRequest, renamed.message)
    return workspaceEdit(renamed.edits)
  })
  connection.onDocumentSymbol((params) => (ask('outline', params) ?? []).map(documentSymbol))
  connection.onFoldingRanges((params) => {
    const kinds = {
      region: FoldingRangeKind.Region,
      comment: FoldingRangeKind.Comment,
      imports: FoldingRangeKind.Imports,
    }
    return (ask('folding', params) ?? []).map(({ startLine, endLine, kind }) => ({
      startLine: startLine - 1,
      endLine: endLine - 1,
      kind: kinds[kind],
    }))
  })
  connection.languages.semanticTokens.on((params) => ({ data: packTokens(ask('tokens', params) ?? []) }))
  connection.onSignatureHelp((params) => {
    const help = ask('signature', params)
    if (!help) return null
    const { label, documentation, parameters, active } = help
    const signature = {
      label,
      documentation: { kind: 'markdown' as const, value: documentation },
      parameters: parameters.map((range) => ({ label: range })),
    }
    return { signatures: [signature], activeSignature: 0, activeParameter: active }
  })
  connection.languages.inlayHint.on((params) =>
    (ask('inlayHints', params) ?? []).map(({ line, column, label, tooltip }) => ({
      position: { line: line - 1, character: column - 1 },
      label,
      tooltip: { kind: 'markdown' as const, value: tooltip },
      paddingLeft: true,
    })),
  )
  connection.onDocumentFormatting((params) => (ask('format', params) ?? []).map(textEdit))
  connection.onCodeAction(({ textDocument, range }) => {
    return workspace
      .problemsOf(pathOf(textDocument.uri))
      .filter((d) => touches(rangeOf(d), range))
      .flatMap((d) => (d.fixes ?? []).map((fix) => codeAction(d, fix)))
  })
  connection.onRequest('carveout/compiled', (params: Where) => {
    const view = ask('compiled', params)
    return view && { text: view.text, lines: view.lines.map((span) => span && locationOf(span)) }
  })
}

const touches = (a: Range, b: Range): boolean => !isBefore(a.end, b.start) && !isBefore(b.end, a.start)
const isBefore = (a: Position, b: Position): boolean =>
  a.line < b.line || (a.line === b.line && a.character < b.character)
