import type { Span, TextEdit } from './diagnostics.ts'

/**
 * What the language service answers, for Monaco and for the Language Server Protocol alike. Lines and columns count from 1, in UTF-16
 * units; files are named as diagnostics name them.
 */
export type CompletionKind = 'property' | 'node' | 'label' | 'macro' | 'value' | 'keyword' | 'argument' | 'file'

export interface Completion {
  label: string
  kind: CompletionKind
  /** One line beside the label. */
  detail: string
  /** Markdown. */
  documentation: string
  /** Takes the place of `range`; `${1:name}` are places to fill in. */
  snippet: string
  range: Span
  /** Orders the list: smaller comes first. */
  rank: number
}

export interface Hover {
  range: Span
  /** Markdown. */
  contents: string
}

/** A node of the outline, with what is inside it. */
export interface OutlineItem {
  name: string
  /** Labels and the like. */
  detail: string
  kind: 'node' | 'property'
  range: Span
  nameRange: Span
  children: OutlineItem[]
}

export interface FoldingRange {
  startLine: number
  endLine: number
  kind: 'region' | 'comment' | 'imports'
}

export interface InlayHint {
  file: string
  line: number
  column: number
  label: string
  /** Markdown. */
  tooltip: string
}

export interface Signature {
  label: string
  documentation: string
  /** Parts of the label: start and end offset. */
  parameters: [number, number][]
  active: number
}

/** Refused when what stands there cannot be renamed everywhere. */
export type Rename = { ok: true; edits: TextEdit[] } | { ok: false; message: string }

/** What a name stands for, as it can be renamed; null elsewhere. */
export interface RenameTarget {
  range: Span
  name: string
}

/** The compiled tree as source, and which line of it came from where. */
export interface CompiledView {
  text: string
  /** By line of `text`, from 0: the place in the source; null for lines that nobody wrote. */
  lines: (Span | null)[]
}

export const tokenTypes = ['node', 'property', 'label', 'macro', 'inactive'] as const
export type TokenType = (typeof tokenTypes)[number]

export interface SemanticToken {
  line: number
  column: number
  length: number
  type: TokenType
}

export interface LanguageAnswers {
  completion: Completion[]
  hover: Hover | null
  definition: Span[]
  references: Span[]
  renameTarget: RenameTarget | null
  rename: Rename
  outline: OutlineItem[]
  folding: FoldingRange[]
  tokens: SemanticToken[]
  signature: Signature | null
  inlayHints: InlayHint[]
  format: TextEdit[]
  compiled: CompiledView
}
export type LanguageQuestion = keyof LanguageAnswers
export const languageQuestions = [
  'completion',
  'hover',
  'definition',
  'references',
  'renameTarget',
  'rename',
  'outline',
  'folding',
  'tokens',
  'signature',
  'inlayHints',
  'format',
  'compiled',
] as const satisfies readonly LanguageQuestion[]

/** Where a region of the board ends up, for hovers and hints. */
export interface Landing {
  start: number
  end: number
  /** `CMA area`, `refused by the kernel`; one line. */
  note: string
}
