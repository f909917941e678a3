import type { Diagnostic, QuickFix, Severity, Span } from '@shared/diagnostics.ts'

/**
 * Diagnostics as SARIF 2.1.0, the format that code hosts and CI systems show beside the lines. One run, one rule a code; quick fixes
 * become `fixes`. Left out: fingerprints, code flows.
 */
export interface SarifRule {
  code: string
  title: string
  severity: Severity
  /** The page of the help, in Markdown; null when there is none. */
  help: string | null
}

const levels: Record<Severity, 'error' | 'warning' | 'note'> = { error: 'error', warning: 'warning', info: 'note' }

/** The log as a plain object. Rules that are not in the table are made from the diagnostics that name them. */
export function sarifLog(diagnostics: Diagnostic[], table: readonly SarifRule[], version: string) {
  const used = new Set(diagnostics.map((d) => d.code))
  const rules = [
    ...table.filter((rule) => used.has(rule.code)),
    ...[...used]
      .filter((code) => !table.some((rule) => rule.code === code))
      .map((code): SarifRule => ({ code, title: code, severity: 'error', help: null })),
  ]
  const indexOf = new Map(rules.map((rule, index) => [rule.code, index]))
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'carveout', version, rules: rules.map(ruleOf) } },
        columnKind: 'utf16CodeUnits',
        results: diagnostics.map((d) => resultOf(d, indexOf.get(d.code) ?? -1)),
      },
    ],
  }
}

const ruleOf = ({ code, title, severity, help }: SarifRule) => ({
  id: code,
  shortDescription: { text: title },
  defaultConfiguration: { level: levels[severity] },
  ...(help === null ? {} : { help: { text: help, markdown: help } }),
})

const resultOf = (d: Diagnostic, ruleIndex: number) => ({
  ruleId: d.code,
  ruleIndex,
  level: levels[d.severity],
  message: { text: d.message },
  locations: [locationOf(d)],
  ...(d.related?.length
    ? { relatedLocations: d.related.map((r, id) => ({ id, ...locationOf(r), message: { text: r.message } })) }
    : {}),
  ...(d.fixes?.length ? { fixes: d.fixes.map(fixOf) } : {}),
})

const locationOf = (span: Span) => ({
  physicalLocation: { artifactLocation: { uri: uriOf(span.file) }, region: regionOf(span) },
})

const regionOf = ({ line, column, endLine, endColumn }: Span) => ({
  startLine: line,
  startColumn: column,
  endLine,
  endColumn,
})

function fixOf({ title, edits }: QuickFix) {
  const files = [...new Set(edits.map((edit) => edit.file))]
  return {
    description: { text: title },
    artifactChanges: files.map((file) => ({
      artifactLocation: { uri: uriOf(file) },
      replacements: edits
        .filter((edit) => edit.file === file)
        .map((edit) => ({ deletedRegion: regionOf(edit), insertedContent: { text: edit.newText } })),
    })),
  }
}

/** Relative paths stay relative; absolute ones become file URIs. */
function uriOf(path: string): string {
  const encoded = path.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/')
  return path.startsWith('/') ? `file://${encoded}` : encoded
}
