import type { Diagnostic, Span } from '@shared/diagnostics.ts'

/**
 * The merged tree that every later step reads: the board model, the checks, the blob writer, the editor.
 * Order is the order of the blob. Positions point into the source as the user wrote it, through includes and macros.
 */
export interface DtProperty {
  name: string
  /** The value as the blob holds it (big endian), phandles resolved. Empty for a boolean property. */
  bytes: Uint8Array
  /** Where the property was last set: name, value and semicolon. Null when it came from a blob or was generated. */
  span: Span | null
  /** Where its name and its value stand. */
  nameSpan: Span | null
  valueSpan: Span | null
  labels: string[]
  /** What the source said about the bytes: types, labels and references by offset. Empty or absent when it came from a blob. */
  markers?: readonly DtMarker[]
}

/** Something to know about a value at `offset`: a type begins, a label stands, a reference was filled in. */
export interface DtMarker {
  type: 'phandle' | 'path' | 'label' | 'none' | 'uint8' | 'uint16' | 'uint32' | 'uint64' | 'string'
  offset: number
  /** Label name or reference target; '' for types. */
  ref: string
}

export interface DtNode {
  /** With unit address; '' for the root. */
  name: string
  /** Absolute: `/reserved-memory/cam@50000000`; `/` for the root. */
  path: string
  labels: string[]
  properties: DtProperty[]
  children: DtNode[]
  parent: DtNode | null
  /** True only of a root that `/delete-node/ &{/};` took away: the blob is then empty. */
  deleted?: boolean
  phandle: number | null
  /** Every place that opened this node, in order (a definition and its `&label { }` extensions). Empty from a blob. */
  spans: Span[]
  nameSpan: Span | null
  /** From `{` to the semicolon behind `}`, of every such place. */
  bodySpans?: Span[]
}

/** A /memreserve/ entry; bigints only above 2^53. */
export interface DtReservation {
  address: number | bigint
  size: number | bigint
  labels: string[]
  span: Span | null
}

export interface DtTree {
  root: DtNode
  /** /memreserve/ entries. */
  memreserve: DtReservation[]
  /** label → node path */
  labels: Map<string, string>
  plugin: boolean
  /** The header's boot_cpuid_phys: `reg` of the first node under /cpus unless a blob or `-b` says otherwise. */
  bootCpuid?: number
  /** The strings block of the blob it was read from; absent for trees from source. */
  readStrings?: string
  /** The strings block that its blob begins with: overlays leave that of their base as it is. */
  strings?: string
}

/** How the front end reads files; the caller decides what may be read. Null when the file does not exist. */
export interface FileAccess {
  readText(path: string): string | null
  readBytes(path: string): Uint8Array | null
  /** What is in a folder, '' being the one that relative paths start from; for an editor that completes paths. */
  list?(folder: string): FolderEntry[] | null
}

export interface FolderEntry {
  name: string
  isFolder: boolean
}

export interface CompileOptions {
  /** Entry file, as the user named it; diagnostics repeat this spelling. */
  entry: string
  files: FileAccess
  includeDirs?: string[]
  /** NAME → value, as `-D NAME=V`. */
  defines?: Record<string, string>
  /** `-@`: emit __symbols__ (and fixups for plugins). */
  symbols?: boolean
  /** Leave out the checks that only warn. */
  quiet?: boolean
  /** `-H`: the properties in which the compiler writes the phandles that it gives out; epapr (`phandle`) unless said. */
  phandles?: 'epapr' | 'legacy' | 'both'
  /** `-L`: emit fixups for a file that is no plugin, too. */
  fixups?: boolean
  /** `-A`: an alias for every label. */
  autoAliases?: boolean
  /** `-W NAME` / `-W no-NAME` / `-E NAME`, dtc's spelling. */
  warnings?: string[]
}

export interface CompileResult {
  /** Null only when nothing could be recovered. With errors present it is the best effort, for the editor. */
  tree: DtTree | null
  diagnostics: Diagnostic[]
}

export const findProperty = (node: DtNode, name: string): DtProperty | undefined =>
  node.properties.find((p) => p.name === name)
export const findChild = (node: DtNode, name: string): DtNode | undefined => node.children.find((c) => c.name === name)
