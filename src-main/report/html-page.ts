/** A page as one HTML file: no scripts, nothing fetched; prints on paper as it stands. Empty parts are left out. */
export const htmlPage = (title: string, body: string[]): string =>
  `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">\n<title>${escape(title)}</title>\n<style>${STYLE}</style>\n</head>\n<body>\n${body.filter(Boolean).join('\n')}\n</body>\n</html>\n`

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
export const escape = (text: string): string => text.replace(/[&<>"]/g, (sign) => ENTITIES[sign]!)

const row = (cells: string[], tag = 'td'): string =>
  `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`
/** Cells are HTML already. */
export const htmlTable = (head: string[], rows: string[][]): string =>
  `<table><thead>${row(head, 'th')}</thead><tbody>${rows.map((cells) => row(cells)).join('\n')}</tbody></table>`

const LIGHT =
  '--text:#1c2128;--soft:#57606a;--rule:#d0d7de;--paper:#fff;--good:#1a7f37;--bad:#cf222e;--warn:#9a6700;--used:#0969da;--run:#8250df;--s0:#1f78b4;--s1:#d1521a;--s2:#0a8f6c;--s3:#b2558f;--s4:#4059c9;--s5:#5b8f1d;--s6:#8250c4;--s7:#158a98'
const DARK =
  '--text:#e6edf3;--soft:#9198a1;--rule:#3d444d;--paper:#0d1117;--good:#3fb950;--bad:#f85149;--warn:#d29922;--used:#4493f8;--run:#ab7df8;--s0:#56b4e9;--s1:#ff8f5e;--s2:#2fc49a;--s3:#d98bc0;--s4:#7d9bff;--s5:#9fd36b;--s6:#c9a0ff;--s7:#6fd6e0'

const STYLE = `
:root{color-scheme:light dark;${LIGHT}}
@media screen and (prefers-color-scheme:dark){:root{${DARK}}}
body{font:14px/1.5 Inter,"Segoe UI",system-ui,sans-serif;color:var(--text);background:var(--paper);max-width:62rem;margin:2rem auto;padding:0 1rem;font-variant-numeric:tabular-nums}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem;border-top:1px solid var(--rule);padding-top:1rem}
code,pre{font-family:"JetBrains Mono",ui-monospace,monospace;font-size:.92em}pre{overflow:auto;border:1px solid var(--rule);padding:.75rem}
table{border-collapse:collapse;margin:.5rem 0}th,td{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--rule);vertical-align:top}td:not(:last-child){white-space:nowrap}th{color:var(--soft);font-weight:500}
.verdict{font-size:1.1rem;padding:.5rem .75rem;border-left:4px solid var(--warn)}.verdict.holds{border-color:var(--good)}.verdict.fails{border-color:var(--bad)}
svg{display:block;max-width:100%;margin:.5rem 0}svg text{font:11px Inter,system-ui,sans-serif;fill:var(--soft)}
@media print{body{margin:0;max-width:none}h2{break-after:avoid}svg,table{break-inside:avoid}}
`

/** A chart of a page as a file of its own, on white whatever shows it. */
export const svgFile = (chart: string): string =>
  chart
    .replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ')
    .replace('>', `><style>:root{${LIGHT}}text{font:11px Inter,system-ui,sans-serif;fill:var(--soft)}</style>`)
    .replace('</style>', '</style><rect width="100%" height="100%" fill="#fff"/>') + '\n'
