import type { Completion } from '@shared/language.ts'
import { formatAddress, formatBytes } from '@shared/units.ts'
import { type At, lookAt } from './at.ts'
import { argumentBindings } from './bootargs.ts'
import { compatibleStrings, nodeTemplates, propertyBindings, stringValues } from './bindings.ts'
import { findProperty } from '../tree.ts'
import { includeDrafts } from './include-paths.ts'
import type { Snapshot } from './snapshot.ts'

/** What can be written at a place: names by the kind of node, values by the property, labels, macros, boot arguments, paths. */
type Draft = Omit<Completion, 'range' | 'documentation' | 'detail' | 'rank'> & Partial<Completion>

/** More macros than this help nobody; typing a letter narrows them. */
const most = 400

export function completionsAt(snapshot: Snapshot, file: string, offset: number): Completion[] {
  const at = lookAt(snapshot, file, offset)
  const drafts = draftsAt(snapshot, at)
  const start = at.context.wordStart
  return drafts.map((draft) => ({
    detail: '',
    documentation: '',
    rank: 1,
    range: snapshot.span(file, start, offset),
    ...draft,
  }))
}

function draftsAt(snapshot: Snapshot, at: At): Draft[] {
  const { where, wordStart } = at.context
  if (where === 'comment') return []
  const paths = where === 'directive' || where === 'string' ? includeDrafts(snapshot, at) : null
  if (paths) return paths
  if (where === 'directive') return directiveDrafts(at)
  if (where === 'string') return stringDrafts(at)
  if (at.text[wordStart - 1] === '&' || at.text.slice(0, wordStart).endsWith('&{')) return labelDrafts(snapshot, at)
  if (where === 'cells') return [...labelDrafts(snapshot, at, '&'), ...macroDrafts(snapshot, at)]
  if (where === 'name') return [...nameDrafts(at), ...templateDrafts(at), ...keywordDrafts]
  if (where === 'value') return valueDrafts(snapshot, at)
  return where === 'top' ? topDrafts(snapshot) : []
}

function nameDrafts({ kind, node, context }: At): Draft[] {
  const isNew = (name: string): boolean => name === context.word || !node || !findProperty(node, name)
  return propertyBindings
    .filter(({ on, name }) => (on.includes(kind) || on.includes('any')) && isNew(name))
    .map(({ name, template, meaning, on }) => ({
      label: name,
      kind: 'property',
      snippet: name + template,
      documentation: meaning,
      detail: 'property',
      rank: on.includes(kind) ? 0 : 1,
    }))
}

const templateDrafts = ({ kind }: At): Draft[] =>
  (nodeTemplates[kind] ?? []).map(({ label, snippet, meaning }) => ({
    label,
    kind: 'node',
    snippet,
    documentation: meaning,
    detail: 'node',
  }))

const keywordDrafts: Draft[] = ['/delete-property/ ${1:name};', '/delete-node/ ${1:name};'].map((snippet) => ({
  label: snippet.split(' ')[0]!,
  kind: 'keyword',
  snippet,
  rank: 3,
}))

/** Labels, those of regions first where a device names its memory. `prefix` is written in front. */
function labelDrafts(snapshot: Snapshot, { context }: At, prefix = ''): Draft[] {
  const wantsRegion = context.property === 'memory-region'
  const wantsIommu = context.property === 'iommus'
  return [...snapshot.tree.labels].map(([label, path]) => {
    const landing = snapshot.landing(path)
    const node = snapshot.node(path)
    const fits =
      (wantsRegion && path.startsWith('/reserved-memory/')) ||
      (wantsIommu && node !== null && findProperty(node, '#iommu-cells') !== undefined)
    return {
      label: prefix + label,
      kind: 'label',
      snippet: prefix + label,
      detail: path,
      documentation: landing
        ? `${landing.note}, ${formatBytes(landing.end - landing.start)} at ${formatAddress(landing.start)}`
        : '',
      rank: fits ? 0 : 2,
    }
  })
}

function macroDrafts(snapshot: Snapshot, { context }: At): Draft[] {
  const word = context.word.toLowerCase()
  return [...snapshot.parsed.preprocessed.macros.values()]
    .filter((macro) => macro.name.toLowerCase().startsWith(word) && !macro.name.startsWith('__'))
    .slice(0, most)
    .map(({ name, parameters, body }) => ({
      label: name,
      kind: 'macro',
      snippet: parameters
        ? `${name}(${parameters.map((parameter, n) => `\${${n + 1}:${parameter}}`).join(', ')})`
        : name,
      detail: body.trim().slice(0, 60),
      rank: 4,
    }))
}

function stringDrafts({ context, kind, text, offset }: At): Draft[] {
  const { property } = context
  if (property === 'bootargs') return argumentDrafts(text.slice(context.stringStart, offset))
  if (property === 'compatible')
    return (compatibleStrings[kind] ?? []).map(({ value, meaning }) => ({
      label: value,
      kind: 'value',
      snippet: value,
      documentation: meaning,
      rank: 0,
    }))
  return (stringValues[property ?? ''] ?? []).map((value) => ({ label: value, kind: 'value', snippet: value, rank: 0 }))
}

/** Parameters that are not there yet. */
function argumentDrafts(before: string): Draft[] {
  const written = new Set(
    before
      .split(/\s+/)
      .slice(0, -1)
      .map((word) => word.split('=')[0]!),
  )
  return argumentBindings
    .filter(({ name }) => !written.has(name))
    .map(({ name, template, meaning }) => ({
      label: `${name}=`,
      kind: 'argument',
      snippet: template,
      documentation: meaning,
      rank: 0,
    }))
}

function valueDrafts(snapshot: Snapshot, at: At): Draft[] {
  const strings = stringDrafts(at).map((draft) => ({ ...draft, snippet: `"${draft.snippet}"` }))
  const binding = propertyBindings.find(({ name }) => name === at.context.property)
  const value = binding?.template.replace(/^ = /, '').replace(/;$/, '')
  const whole: Draft[] = value
    ? [{ label: value.replace(/\$\{\d+[:|]?([^}]*?)\|?\}/g, '$1'), kind: 'value', snippet: value, rank: 1 }]
    : []
  return [...strings, ...(strings.length ? [] : whole), ...labelDrafts(snapshot, at, '&')]
}

function topDrafts(snapshot: Snapshot): Draft[] {
  const labels = [...snapshot.tree.labels].map(([label, path]): Draft => ({
    label: `&${label}`,
    kind: 'label',
    snippet: `&${label} {\n\t$0\n};`,
    detail: path,
    rank: 2,
  }))
  const frame = [
    '/dts-v1/;',
    '/ {\n\t$0\n};',
    '/plugin/;',
    '/delete-node/ &${1:label};',
    '/memreserve/ ${1:0x0} ${2:0x1000};',
    '#include "${1:file.dtsi}"',
  ]
  return [
    ...frame.map((snippet): Draft => ({ label: snippet.split(/[\s;]/)[0]!, kind: 'keyword', snippet, rank: 1 })),
    ...labels,
  ]
}

const directiveDrafts = ({ context }: At): Draft[] =>
  ['include', 'define', 'undef', 'ifdef', 'ifndef', 'if', 'else', 'endif'].map((name) => ({
    label: name,
    kind: 'keyword',
    snippet: context.word.startsWith('#') ? `#${name}` : name,
  }))
