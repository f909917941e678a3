/**
 * The syntax tree of a unit: what was written, in order, before anything is merged. Every element carries its place as offsets
 * into the unit (`unit.span(start, end)` gives file, line and column). Compiler and editor read the same tree.
 */
export interface AstRange {
  start: number
  end: number
}

/** A 64-bit unsigned value: a number while it is exact as one, a bigint above. */
export type U64 = number | bigint

export interface AstLabel extends AstRange {
  name: string
}

/** `&label`, `&{/path}`, `&{label/path}`; `target` is without `&` and braces. */
export interface AstReference extends AstRange {
  kind: 'reference'
  target: string
  isPath: boolean
}

export interface AstString extends AstRange {
  kind: 'string'
  bytes: Uint8Array
}

export interface AstValueLabel extends AstLabel {
  kind: 'label'
}

export interface AstCells extends AstRange {
  kind: 'cells'
  bits: 8 | 16 | 32 | 64
  /** Numbers stand for themselves, evaluated; macros and operators inside them are found through the unit's macro uses. */
  elements: (U64 | AstReference | AstValueLabel)[]
}

export interface AstBytes extends AstRange {
  kind: 'bytes'
  bytes: Uint8Array
  /** Labels between the bytes; `at` counts bytes before it. */
  labels: (AstValueLabel & { at: number })[]
}

export interface AstIncbin extends AstRange {
  kind: 'incbin'
  path: string
  bytes: Uint8Array
}

export type AstValuePart = AstString | AstCells | AstBytes | AstIncbin | AstReference | AstValueLabel

export interface AstProperty extends AstRange {
  labels: readonly AstLabel[]
  name: string
  nameStart: number
  nameEnd: number
  /** Empty for a property without a value. */
  parts: readonly AstValuePart[]
  valueStart: number
  valueEnd: number
  /** `/delete-property/ name;` */
  isDelete: boolean
}

export interface AstNode extends AstRange {
  labels: readonly AstLabel[]
  /** '' for the root and for nodes opened through a reference. */
  name: string
  nameStart: number
  nameEnd: number
  /** `/omit-if-no-ref/ name { … };` */
  isOmit: boolean
  /** `/delete-node/ name;` */
  isDelete: boolean
  properties: readonly AstProperty[]
  children: readonly AstNode[]
  /** From `{` to `}`, both included. */
  bodyStart: number
  bodyEnd: number
  /** After the semicolon behind them. */
  closeEnd: number
}

/** `/ { … };`, or with a reference `&label { … };`, `/delete-node/ &label;`, `/omit-if-no-ref/ &label;`. */
export interface AstItem extends AstRange {
  kind: 'root' | 'extend' | 'delete' | 'omit'
  labels: readonly AstLabel[]
  reference: AstReference | null
  node: AstNode | null
}

export interface AstMemreserve extends AstRange {
  labels: readonly AstLabel[]
  address: U64
  size: U64
}

export interface AstUnit {
  plugin: boolean
  memreserves: AstMemreserve[]
  items: AstItem[]
}
