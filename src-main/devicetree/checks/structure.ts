import type { LiveNode, LiveProperty } from '../livetree.ts'
import { type Check, type CheckContext, failUnlessString, type LabelOwner } from './check.ts'

/** Names, duplicates and labels; and the fixups that turn references into values. */
function duplicateNodeNames(context: CheckContext, node: LiveNode): void {
  for (const twin of node.deletedTwins) context.fail(twin, null, 'Duplicate node name')
  if (node.children.length < 2 || new Set(node.children.map((child) => child.name)).size === node.children.length)
    return
  node.children.forEach((child, index) => {
    for (const later of node.children.slice(index + 1))
      if (later.name === child.name) context.fail(later, null, 'Duplicate node name')
  })
}

function duplicatePropertyNames(context: CheckContext, node: LiveNode): void {
  const { properties } = node
  for (let index = 0; index < properties.length; index++) {
    const property = properties[index]!
    for (let other = index + 1; other < properties.length; other++)
      if (properties[other]!.name === property.name) context.fail(node, property, 'Duplicate property name')
  }
}

const badNodeChar = /[^a-zA-Z0-9,._+@-]/
const looseNodeChar = /[^a-zA-Z0-9,-]/
const badPropertyChar = /[^a-zA-Z0-9,._+*#?-]/
const loosePropertyChar = /[^a-zA-Z0-9,-]/

function nodeNameChars(context: CheckContext, node: LiveNode): void {
  const bad = badNodeChar.exec(node.name)
  if (bad) context.fail(node, null, `Bad character '${bad[0]}' in node name`)
}

function nodeNameCharsStrict(context: CheckContext, node: LiveNode): void {
  const loose = looseNodeChar.exec(node.baseName)
  if (loose) context.fail(node, null, `Character '${loose[0]}' not recommended in node name`)
}

function propertyNameChars(context: CheckContext, node: LiveNode): void {
  for (const property of node.properties) {
    const bad = badPropertyChar.exec(property.name)
    if (bad) context.fail(node, property, `Bad character '${bad[0]}' in property name`)
  }
}

/** `#` may begin the name, or what follows the vendor's prefix. */
function propertyNameCharsStrict(context: CheckContext, node: LiveNode): void {
  for (const property of node.properties) {
    let { name } = property
    let loose = loosePropertyChar.exec(name)
    if (!loose || name === 'device_type') continue
    if (loose[0] === '#' && (loose.index === 0 || name[loose.index - 1] === ',')) {
      name = name.slice(loose.index + 1)
      loose = loosePropertyChar.exec(name)
    }
    if (loose) context.fail(node, property, `Character '${loose[0]}' not recommended in property name`)
  }
}

/** A `name` property that says what the node's name says already is dropped. */
function nameProperties(context: CheckContext, node: LiveNode): void {
  const property = node.property('name')!
  const text = String.fromCharCode(...property.bytes)
  if (text === node.baseName + '\0') {
    node.properties = node.properties.filter((other) => other !== property)
    context.changed()
  } else
    context.fail(node, null, `"name" property is incorrect ("${text.replace(/\0.*/s, '')}" instead of base node name)`)
}

function nodeNameVsPropertyName(context: CheckContext, node: LiveNode): void {
  if (node.parent?.property(node.name)) context.fail(node, null, 'node name and property name conflict')
}

// ------------------------------------------------------------------------------------------------------------------- labels

function duplicateLabels(context: CheckContext, node: LiveNode): void {
  for (const name of node.labels) duplicateLabel(context, name, { node, property: null, inValue: false, offset: 0 })
  for (const property of node.properties) {
    for (const name of property.labels) duplicateLabel(context, name, { node, property, inValue: false, offset: 0 })
    for (const { ref, offset } of property.valueLabels)
      duplicateLabel(context, ref, { node, property, inValue: true, offset })
  }
}

function duplicateLabel(context: CheckContext, name: string, here: LabelOwner): void {
  const first = context.labelOwners.get(name)!
  const { node, property } = here
  if (
    first.node === node &&
    first.property === property &&
    first.inValue === here.inValue &&
    first.offset === here.offset
  )
    return
  context.fail(node, null, `Duplicate label '${name}' on ${describe(here)} and ${describe(first)}`)
}

const describe = ({ node, property, inValue }: LabelOwner): string =>
  (inValue ? 'value of ' : '') + (property ? `'${property.name}' in ` : '') + node.path

// ------------------------------------------------------------------------------------------------------------------- fixups

type Fixup = (
  context: CheckContext,
  node: LiveNode,
  fail: (node: LiveNode, property: LiveProperty | null, message: string) => void,
) => void
const fixup =
  (apply: Fixup): Check['run'] =>
  (context, node) =>
    apply(context, node, context.fail)

// prettier-ignore
export const structureChecks: Check[] = [
  { name: 'duplicate_node_names', level: 'error', run: duplicateNodeNames },
  { name: 'duplicate_property_names', level: 'error', run: duplicatePropertyNames },
  { name: 'node_name_chars', level: 'error', run: nodeNameChars },
  { name: 'node_name_format', level: 'error', needs: ['node_name_chars'], run: (context, node) => { if (node.unitAddress.includes('@')) context.fail(node, null, "multiple '@' characters in node name") } },
  { name: 'property_name_chars', level: 'error', run: propertyNameChars },
  { name: 'name_is_string', level: 'error', on: 'name', run: (context, node) => failUnlessString(context, node, 'name') },
  { name: 'name_properties', level: 'error', needs: ['name_is_string'], on: 'name', run: nameProperties },
  { name: 'node_name_vs_property_name', level: 'warning', needs: ['node_name_chars'], run: nodeNameVsPropertyName },
  { name: 'duplicate_label', level: 'error', run: duplicateLabels },
  { name: 'explicit_phandles', level: 'error', on: (name) => name === 'phandle' || name === 'linux,phandle', run: fixup((context, node, fail) => context.resolver.explicitPhandle(node, fail)) },
  { name: 'phandle_references', level: 'error', needs: ['duplicate_node_names', 'explicit_phandles'], run: fixup((context, node, fail) => context.resolver.phandleReferences(node, fail)) },
  { name: 'path_references', level: 'error', needs: ['duplicate_node_names'], run: fixup((context, node, fail) => context.resolver.pathReferences(node, fail)) },
  { name: 'omit_unused_nodes', level: 'error', needs: ['phandle_references', 'path_references'], run: (context, node) => context.resolver.omitUnused(node, context.symbols) },
]

// prettier-ignore
export const nameStyleChecks: Check[] = [
  { name: 'property_name_chars_strict', level: 'off', run: propertyNameCharsStrict },
  { name: 'node_name_chars_strict', level: 'off', run: nodeNameCharsStrict },
]
