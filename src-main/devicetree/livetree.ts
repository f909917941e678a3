import type { Span } from '@shared/diagnostics.ts'
import type { AstNode, AstProperty } from './ast.ts'
import { buildMarkers, buildValue, hasLabels, hasReferences } from './build-value.ts'
import type { Unit } from './source.ts'
import type { DtMarker, DtNode, DtProperty, DtReservation } from './tree.ts'

/**
 * The tree while it is being built (dtc's livetree.c): what the tree interfaces promise, and what only the compiler needs, such as
 * markers in values and traces of deleted things. dtc keeps deleted nodes, properties and labels in their lists, and brings them back
 * in their old place when they are defined again; so do we, until `prune`.
 */
export type Marker = DtMarker
export type MarkerType = DtMarker['type']

export interface LiveLabel {
  name: string
  deleted: boolean
}

/** What most nodes and properties have; shared, so that it costs nothing. */
const noLabels: readonly LiveLabel[] = []
const noNames: string[] = []
const noBytes = new Uint8Array()
const noMarkers: readonly Marker[] = []
const noAsts: readonly AstNode[] = []
const noNodes: readonly LiveNode[] = []

/** Puts a label in front, as dtc does, or revives the one that is there. */
export function addLabel(owner: { allLabels: readonly LiveLabel[] }, name: string): void {
  const known = owner.allLabels.find((label) => label.name === name)
  if (known) known.deleted = false
  else owner.allLabels = [{ name, deleted: false }, ...owner.allLabels]
}

const namesOf = (labels: readonly LiveLabel[]): string[] => {
  if (labels.length === 0) return noNames
  return labels.filter((label) => !label.deleted).map((label) => label.name)
}

export class LiveProperty implements DtProperty {
  bytes: Uint8Array = noBytes
  private ownMarkers: Marker[] | null = null
  allLabels: readonly LiveLabel[] = noLabels
  deleted = false
  unit: Unit | null = null
  ast: AstProperty | null = null

  constructor(readonly name: string) {}

  /** Made from what was written when somebody asks, unless references inside move things. */
  get markers(): Marker[] {
    return (this.ownMarkers ??= this.ast ? buildMarkers(this.ast) : [])
  }
  set markers(markers: Marker[]) {
    this.ownMarkers = markers
  }
  /** The value as it was written. */
  write(ast: AstProperty, unit: Unit): void {
    this.deleted = false
    this.ast = ast
    this.unit = unit
    this.bytes = buildValue(ast)
    this.ownMarkers = hasReferences(ast) ? buildMarkers(ast) : null
  }
  /** Markers of labels inside the value: none costs nothing. */
  get valueLabels(): readonly Marker[] {
    if (!this.ownMarkers && (!this.ast || !hasLabels(this.ast))) return noMarkers
    return this.markers.filter(({ type }) => type === 'label')
  }
  /** Markers of references only: none costs nothing. */
  get references(): readonly Marker[] {
    return this.ownMarkers ?? noMarkers
  }

  get labels(): string[] {
    return namesOf(this.allLabels)
  }
  get span(): Span | null {
    return this.ast && this.unit ? this.unit.span(this.ast.start, this.ast.end) : null
  }
  get nameSpan(): Span | null {
    return this.ast && this.unit ? this.unit.span(this.ast.nameStart, this.ast.nameEnd) : null
  }
  get valueSpan(): Span | null {
    return this.ast?.parts.length && this.unit ? this.unit.span(this.ast.valueStart, this.ast.valueEnd) : null
  }

  delete(): void {
    this.deleted = true
    for (const label of this.allLabels) label.deleted = true
  }
}

export class LiveNode implements DtNode {
  properties: LiveProperty[] = []
  children: LiveNode[] = []
  parent: LiveNode | null = null
  allLabels: readonly LiveLabel[] = noLabels
  deleted = false
  phandle: number | null = null
  omitIfUnused = false
  isReferenced = false
  /** Children were written here at some time, though all may be deleted now. */
  hadChildren = false
  /** Children that were deleted behind a sibling of the same name, as when one body defines a node and deletes it again. */
  deletedTwins: readonly LiveNode[] = noNodes
  unit: Unit | null = null
  asts: readonly AstNode[] = noAsts
  private fullPath: string | null = null

  constructor(readonly name: string) {}

  get path(): string {
    return (this.fullPath ??= this.makePath())
  }
  private makePath(): string {
    if (!this.parent) return '/'
    return (this.parent.parent ? this.parent.path : '') + '/' + this.name
  }
  /** Name without the unit address. */
  get baseName(): string {
    const at = this.name.indexOf('@')
    return at < 0 ? this.name : this.name.slice(0, at)
  }
  get unitAddress(): string {
    const at = this.name.indexOf('@')
    return at < 0 ? '' : this.name.slice(at + 1)
  }
  get labels(): string[] {
    return namesOf(this.allLabels)
  }
  get spans(): Span[] {
    const { unit } = this
    return unit ? this.asts.map((ast) => unit.span(ast.start, ast.end)) : []
  }
  /** From `{` to the semicolon behind `}`, of every place that opened the node. */
  get bodySpans(): Span[] {
    const { unit } = this
    return unit ? this.asts.map((ast) => unit.span(ast.bodyStart, ast.closeEnd)) : []
  }
  get nameSpan(): Span | null {
    return this.nameSpans[0] ?? null
  }
  /** The name, or the reference that stands for it, of every place that opened the node. */
  get nameSpans(): Span[] {
    const { unit } = this
    return unit ? this.asts.map((ast) => unit.span(ast.nameStart, ast.nameEnd)) : []
  }

  property(name: string): LiveProperty | undefined {
    for (const property of this.properties) if (property.name === name && !property.deleted) return property
    return undefined
  }
  child(name: string): LiveNode | undefined {
    for (const child of this.children) if (child.name === name && !child.deleted) return child
    return undefined
  }
  addChild(child: LiveNode): void {
    child.parent = this
    this.hadChildren = true
    this.children.push(child)
  }
  /** Adds a property that the compiler made, not the user. */
  addProperty(name: string, bytes: Uint8Array, type: MarkerType): LiveProperty {
    const property = new LiveProperty(name)
    property.bytes = bytes
    property.markers.push({ type, offset: 0, ref: '' })
    this.properties.push(property)
    return property
  }

  delete(): void {
    this.deleted = true
    for (const child of this.children) if (!child.deleted) child.delete()
    for (const property of this.properties) if (!property.deleted) property.delete()
    for (const label of this.allLabels) label.deleted = true
  }

  /** Forgets what was deleted, here and below. */
  prune(): void {
    if (this.properties.some((property) => property.deleted))
      this.properties = this.properties.filter((property) => !property.deleted)
    if (this.children.some((child) => child.deleted)) {
      this.deletedTwins = this.children.filter((child, index) => child.deleted && this.hasBefore(index, child.name))
      this.children = this.children.filter((child) => !child.deleted)
    }
    for (const child of this.children) child.prune()
  }

  private hasBefore(index: number, name: string): boolean {
    return this.children.slice(0, index).some((child) => !child.deleted && child.name === name)
  }

  /** This node and all below it, in the order of the blob. Deleted ones are left out, with what is below them. */
  walk(): LiveNode[] {
    const nodes: LiveNode[] = []
    const visit = (node: LiveNode): void => {
      nodes.push(node)
      for (const child of node.children) if (!child.deleted) visit(child)
    }
    visit(this)
    return nodes
  }
}

/**
 * Node at an absolute path; '' is the root. Deleted nodes are not found, and, as with dtc, nothing is where only slashes are left ('/',
 * '/a//'), while one slash at the end does no harm.
 */
export function nodeByPath(root: LiveNode, path: string): LiveNode | null {
  let node: LiveNode | undefined = root
  for (let rest = path; rest !== '';) {
    rest = rest.replace(/^\/+/, '')
    const slash = rest.indexOf('/')
    node = rest === '' ? undefined : node.child(slash < 0 ? rest : rest.slice(0, slash))
    if (!node) return null
    rest = slash < 0 ? '' : rest.slice(slash + 1)
  }
  return node.deleted ? null : node
}

/** The tree with what stands beside it (dtc's dt_info). */
export interface LiveTree {
  root: LiveNode
  memreserve: DtReservation[]
  plugin: boolean
  bootCpuid: number
  unit: Unit | null
  readStrings?: string
}
