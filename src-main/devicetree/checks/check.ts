import type { LiveNode, LiveProperty, LiveTree } from '../livetree.ts'
import { cellAt, type Fail, type Resolver } from '../resolve.ts'

/**
 * What a row of the check table is, and what it may ask. Names, levels, prerequisites and messages are dtc's (checks.c of 1.6.1), so
 * that `-W` and `-E` options and suppressions carry over.
 */
export type Level = 'error' | 'warning' | 'off'

export interface Check {
  name: string
  level: Level
  /** Checks that have to pass before this one makes sense. */
  needs?: string[]
  /** Only nodes that have one of these properties are visited; all nodes when absent. */
  on?: string | ((property: string) => boolean)
  run(context: CheckContext, node: LiveNode): void
}

export class CheckContext {
  /** What kind of bus a node was found to be; the bridge checks fill it. */
  readonly bus = new Map<LiveNode, 'pci' | 'simple' | 'i2c' | 'spi' | 'graph-port' | 'graph-ports'>()
  /** Whether `addr_size_cells` has run. */
  cellsAreRead = false
  private list: LiveNode[] | null = null
  private index: Map<string, LiveNode[]> | null = null
  private labels: LabelOwners | null = null

  constructor(
    readonly tree: LiveTree,
    readonly resolver: Resolver,
    /** `-@`: labelled nodes are kept and exported. */
    readonly symbols: boolean,
    /** Reports for the check under way. */
    readonly fail: Fail,
  ) {}

  get nodes(): LiveNode[] {
    return (this.list ??= this.tree.root.walk())
  }

  /** To be called after a fixup has changed the tree. */
  changed(): void {
    this.list = null
    this.index = null
  }

  nodesWith(on: NonNullable<Check['on']>): LiveNode[] {
    const index = (this.index ??= this.buildIndex())
    if (typeof on === 'string') return index.get(on) ?? []
    const chosen = new Set<LiveNode>()
    for (const [name, nodes] of index) if (on(name)) for (const node of nodes) chosen.add(node)
    return chosen.size === 0 ? [] : this.nodes.filter((node) => chosen.has(node))
  }

  private buildIndex(): Map<string, LiveNode[]> {
    const index = new Map<string, LiveNode[]>()
    for (const node of this.nodes) {
      for (const { name } of node.properties) {
        const nodes = index.get(name)
        if (!nodes) index.set(name, [node])
        else if (nodes.at(-1) !== node) nodes.push(node)
      }
    }
    return index
  }

  get labelOwners(): LabelOwners {
    return (this.labels ??= findLabelOwners(this.nodes))
  }
}

/** Where a label stands: on a node, on a property, or inside a value. */
export interface LabelOwner {
  node: LiveNode
  property: LiveProperty | null
  inValue: boolean
  /** Distinguishes several places inside one value. */
  offset: number
}
export type LabelOwners = Map<string, LabelOwner>

/** The owner that dtc finds first: any node, then any property, then any value. */
function findLabelOwners(nodes: LiveNode[]): LabelOwners {
  const owners: LabelOwners = new Map()
  const add = (name: string, owner: LabelOwner): void => void (owners.has(name) || owners.set(name, owner))
  for (const node of nodes)
    for (const name of node.labels) add(name, { node, property: null, inValue: false, offset: 0 })
  for (const node of nodes)
    for (const property of node.properties)
      for (const name of property.labels) add(name, { node, property, inValue: false, offset: 0 })
  for (const node of nodes)
    for (const property of node.properties)
      for (const { ref, offset } of property.valueLabels) add(ref, { node, property, inValue: true, offset })
  return owners
}

// ------------------------------------------------------------------------------------------------------- helpers for the rows

/** The one cell of a property; null when it is absent or has another length. */
export function cellOf(node: LiveNode, name: string): number | null {
  const property = node.property(name)
  return property?.bytes.length === 4 ? cellAt(property.bytes, 0) : null
}

/** `#address-cells` as a signed number, -1 when it is absent; and with the default that the specification gives. */
export const rawAddressCells = (node: LiveNode): number => (cellOf(node, '#address-cells') ?? -1) | 0
export const rawSizeCells = (node: LiveNode): number => (cellOf(node, '#size-cells') ?? -1) | 0
export const addressCells = (node: LiveNode): number => (rawAddressCells(node) === -1 ? 2 : rawAddressCells(node))
export const sizeCells = (node: LiveNode): number => (rawSizeCells(node) === -1 ? 1 : rawSizeCells(node))

export const isPhandle = (value: number): boolean => value !== 0 && value !== 0xffffffff

/** The cell at an index; null past the end. */
export const cellAtIndex = (property: LiveProperty, index: number): number | null =>
  (index + 1) * 4 <= property.bytes.length ? cellAt(property.bytes, index * 4) : null

export const isMultipleOf = (value: number, divisor: number): boolean =>
  divisor === 0 ? value === 0 : value % divisor === 0

/** Text up to the first zero byte, as C sees it. */
export function textOf(property: LiveProperty | undefined): string {
  if (!property) return ''
  const end = property.bytes.indexOf(0)
  return String.fromCharCode(...property.bytes.subarray(0, end < 0 ? property.bytes.length : Math.min(end, 4096)))
}

/** Exactly one string: a zero at the end and nowhere else. */
export const isOneString = (bytes: Uint8Array): boolean => bytes.length > 0 && bytes.indexOf(0) === bytes.length - 1

export function failUnlessString(context: CheckContext, node: LiveNode, name: string): void {
  const property = node.property(name)
  if (property && !isOneString(property.bytes)) context.fail(node, property, 'property is not a string')
}

export function failUnlessStringList(context: CheckContext, node: LiveNode, name: string): void {
  const property = node.property(name)
  if (property && property.bytes.length > 0 && property.bytes.at(-1) !== 0)
    context.fail(node, property, 'property is not a string list')
}

/** Whether the node's name without its unit address is `name`. */
export const isNamed = (node: LiveNode, name: string): boolean => node.baseName === name

export const hex = (value: number | bigint): string => value.toString(16)
