import { encodeText } from './escape.ts'
import { LiveNode, type LiveProperty, type LiveTree, type Marker } from './livetree.ts'
import { cellBytes, type Resolver } from './resolve.ts'

/**
 * What overlays need: `/__symbols__` (label → path, `-@`), `/__fixups__` (references that the base has to fill in) and
 * `/__local_fixups__` (references inside the overlay itself), after the last part of dtc's livetree.c.
 */
export type Complain = (node: LiveNode, property: LiveProperty | null, message: string) => void

/** A child of the root, made when it is not there yet. */
function rootChild(tree: LiveTree, name: string): LiveNode {
  const known = tree.root.child(name)
  if (known) return known
  const node = new LiveNode(name)
  tree.root.addChild(node)
  return node
}

/** `/__symbols__`, or `/aliases` for `-A`. Every labelled node gets a phandle when `withPhandles`. */
export function addLabelTree(
  tree: LiveTree,
  resolver: Resolver,
  name: string,
  withPhandles: boolean,
  complain: Complain,
): void {
  const labelled = tree.root.walk().filter((node) => node.allLabels.length > 0)
  if (labelled.length === 0) return
  const target = rootChild(tree, name)
  for (const node of labelled) {
    for (const label of node.labels) {
      const known = target.property(label)
      if (known) complain(target, known, `label ${label} already exists in /${name}`)
      else target.addProperty(label, encodeText(node.path + '\0'), 'string')
    }
    if (withPhandles) resolver.phandleOf(node)
  }
}

interface ReferenceUse {
  node: LiveNode
  property: LiveProperty
  marker: Marker
}

function phandleUses(tree: LiveTree): ReferenceUse[] {
  const uses: ReferenceUse[] = []
  for (const node of tree.root.walk())
    for (const property of node.properties)
      for (const marker of property.references) if (marker.type === 'phandle') uses.push({ node, property, marker })
  return uses
}

/** `/__fixups__`: label → list of `path:property:offset`. */
export function addFixups(tree: LiveTree, resolver: Resolver, complain: Complain): void {
  const open = phandleUses(tree).filter((use) => !resolver.find(use.marker.ref))
  if (open.length === 0) return
  const fixups = rootChild(tree, '__fixups__')
  for (const { node, property, marker } of open) {
    if (marker.ref.includes('/')) {
      // dtc 1.6.1 writes it all the same; later ones refuse
      complain(node, property, `nothing can resolve a fixup for the path &{${marker.ref}}; refer to a label`)
    }
    append(fixups, marker.ref, encodeText(`${node.path}:${property.name}:${marker.offset}\0`), 'string')
  }
}

/** `/__local_fixups__`: a tree of the same shape whose properties list the offsets of phandles. */
export function addLocalFixups(tree: LiveTree, resolver: Resolver): void {
  const local = phandleUses(tree).filter((use) => resolver.find(use.marker.ref))
  if (local.length === 0) return
  const root = rootChild(tree, '__local_fixups__')
  for (const { node, property, marker } of local) {
    let at = root
    for (const name of node.path.split('/').slice(1).filter(Boolean)) {
      let child = at.child(name)
      if (!child) at.addChild((child = new LiveNode(name)))
      at = child
    }
    append(at, property.name, cellBytes(marker.offset), 'uint32')
  }
}

function append(node: LiveNode, name: string, bytes: Uint8Array, type: 'string' | 'uint32'): void {
  const known = node.property(name)
  if (!known) return void node.addProperty(name, bytes, type)
  known.markers.push({ type, offset: known.bytes.length, ref: '' })
  const grown = new Uint8Array(known.bytes.length + bytes.length)
  grown.set(known.bytes)
  grown.set(bytes, known.bytes.length)
  known.bytes = grown
}
