import type { Hover } from '@shared/language.ts'
import { formatAddress, formatBytes } from '@shared/units.ts'
import { type DtNode, findProperty } from '../tree.ts'
import { type At, lookAt } from './at.ts'
import { bindingOf, compatibleStrings, kindOf } from './bindings.ts'
import { argumentOf } from './bootargs.ts'
import { decodeProperty, isText, textOf } from './decode.ts'
import { nameAt } from './names.ts'
import type { Snapshot } from './snapshot.ts'

/** What a word of the source means: the final node, decoded cells, where a region lands, the value of a macro, a boot argument. */
export function hoverAt(snapshot: Snapshot, file: string, offset: number): Hover | null {
  const text = snapshot.text(file)
  const at = lookAt(snapshot, file, offset)
  if (at.context.where === 'comment') return null
  const word = wordAround(text, offset, at.context.where === 'string' ? /[^"\s]/ : /[\w,.+?#@-]/)
  const contents = contentsAt(snapshot, at, word.text)
  if (!contents?.length) return null
  return { range: snapshot.span(file, word.start, word.end), contents: contents.join('\n\n') }
}

function wordAround(text: string, offset: number, belongs: RegExp): { text: string; start: number; end: number } {
  let start = offset
  while (start > 0 && belongs.test(text[start - 1]!)) start--
  let end = offset
  while (end < text.length && belongs.test(text[end]!)) end++
  return { text: text.slice(start, end), start, end }
}

function contentsAt(snapshot: Snapshot, at: At, word: string): string[] | null {
  if (at.context.where === 'string') return stringContents(snapshot, at, word)
  const name = nameAt(snapshot, at.file, at.offset)
  if (name?.kind === 'label' || name?.kind === 'path') {
    const path = name.kind === 'label' ? snapshot.tree.labels.get(name.name) : snapshot.pathOfTarget(name.name)
    const node = snapshot.node(path ?? null)
    return node && nodeContents(snapshot, node)
  }
  if (name?.kind === 'macro') return macroContents(snapshot, name.name)
  if (name?.kind === 'include') return null
  if (at.context.where === 'name' || at.context.where === 'value') return nameContents(snapshot, at, word)
  if (at.context.where === 'cells') return cellContents(snapshot, at, word)
  return null
}

/** A property's name, or a child's. */
function nameContents(snapshot: Snapshot, { node, context }: At, word: string): string[] | null {
  const child = node?.children.find((candidate) => candidate.name === word)
  if (child) return nodeContents(snapshot, child)
  const name = context.where === 'value' ? context.property : word
  return name ? propertyContents(snapshot, node, name) : null
}

function propertyContents(snapshot: Snapshot, node: DtNode | null, name: string): string[] | null {
  const property = node ? findProperty(node, name) : undefined
  const meaning = bindingOf(name, node && kindOf(node.path, node))?.meaning
  if (!property && !meaning) return null
  const decoded = node && property ? decodeProperty(snapshot, node, property) : []
  const landing =
    node && (name === 'size' || name === 'reg' || name === 'alloc-ranges') ? landingText(snapshot, node) : null
  const set = property?.span
  return [
    `**${name}**${meaning ? ` — ${meaning}` : ''}`,
    ...(decoded.length ? [decoded.map((line) => `- ${line}`).join('\n')] : []),
    ...(landing ? [landing] : []),
    ...(set ? [`Set last in ${shortName(set.file)}:${set.line}.`] : []),
  ]
}

function landingText(snapshot: Snapshot, node: DtNode): string | null {
  const landing = snapshot.landing(node.path)
  if (!landing) return null
  if (landing.end === landing.start) return `**${landing.note}**`
  return `Lands at **${formatAddress(landing.start)} … ${formatAddress(landing.end - 1)}** (${formatBytes(landing.end - landing.start)}): ${landing.note}.`
}

const mostLines = 24

/** The node as it ends up, with everything that extends it laid over it. */
function nodeContents(snapshot: Snapshot, node: DtNode): string[] {
  const properties = node.properties
    .filter(({ name }) => name !== 'phandle')
    .map((property) => `\t${property.name}${valueText(snapshot, node, property.name)};`)
  const children = node.children.map((child) => `\t${child.name} { … };`)
  const lines = [...properties, ...children]
  const rest = lines.length > mostLines ? [`\t/* ${lines.length - mostLines} more */`] : []
  const labels = node.labels.map((label) => `${label}: `).join('')
  const landing = landingText(snapshot, node)
  const written = node.spans.map((span) => `${shortName(span.file)}:${span.line}`)
  return [
    `\`${node.path}\``,
    ...(landing ? [landing] : []),
    ['```devicetree', `${labels}${node.name || '/'} {`, ...lines.slice(0, mostLines), ...rest, '};', '```'].join('\n'),
    ...(written.length ? [`Written in ${written.join(', ')}.`] : []),
  ]
}

function valueText(snapshot: Snapshot, node: DtNode, name: string): string {
  const property = findProperty(node, name)!
  if (property.bytes.length === 0) return ''
  if (isText(property.bytes)) return ` = "${textOf(property)}"`
  const decoded = decodeProperty(snapshot, node, property)
  const cells = property.bytes.length % 4 === 0 && property.bytes.length <= 64
  return cells
    ? ` = <${hexCells(property.bytes)}>${decoded.length === 1 ? ` /* ${decoded[0]!} */` : ''}`
    : ` = /* ${property.bytes.length} bytes */`
}

const hexCells = (bytes: Uint8Array): string => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: bytes.length / 4 }, (_, n) => '0x' + view.getUint32(n * 4).toString(16)).join(' ')
}

function macroContents(snapshot: Snapshot, name: string): string[] | null {
  const { macros, definitions } = snapshot.parsed.preprocessed
  const macro = macros.get(name) ?? definitions.find((candidate) => candidate.name === name)
  if (!macro) return null
  const head = macro.parameters ? `${name}(${macro.parameters.join(', ')})` : name
  const place = macro.file ? macro.file.span(macro.start, macro.end) : null
  return [
    ['```c', `#define ${head} ${macro.body.trim()}`, '```'].join('\n'),
    ...(place ? [`Defined in ${shortName(place.file)}:${place.line}.`] : []),
  ]
}

function cellContents(snapshot: Snapshot, { node, context }: At, word: string): string[] | null {
  const about = context.property ? (propertyContents(snapshot, node, context.property) ?? []) : []
  const number = /^(0x[0-9a-f]+|\d+)$/i.test(word) ? Number(word) : null
  if (number === null) return about
  const size = number >= 1024 ? `, ${formatBytes(number)}` : ''
  return [`${word} = ${number} = ${formatAddress(number)}${size}`, ...about]
}

function stringContents(snapshot: Snapshot, { context, kind }: At, word: string): string[] | null {
  if (context.property === 'bootargs') return argumentContents(snapshot, word)
  const known = compatibleStrings[kind]?.find(({ value }) => value === word)
  if (context.property === 'compatible' && known) return [`**${word}** — ${known.meaning}`]
  return null
}

function argumentContents(snapshot: Snapshot, word: string): string[] | null {
  const [name, value] = word.split('=') as [string, string | undefined]
  const binding = argumentOf(name)
  if (!binding) return null
  const slabs = name === 'swiotlb' && value !== undefined ? Number(value.split(',')[0]) : NaN
  const landing = snapshot.argumentLanding(name)
  return [
    `**${name}=** — ${binding.meaning}`,
    ...(slabs > 0 ? [`${slabs} slabs of 2 KiB are ${formatBytes(slabs * 2048)}.`] : []),
    ...(landing
      ? [
          `Lands at **${formatAddress(landing.start)} … ${formatAddress(landing.end - 1)}** (${formatBytes(landing.end - landing.start)}): ${landing.note}.`,
        ]
      : []),
  ]
}

const shortName = (file: string): string => file.slice(file.lastIndexOf('/') + 1)
