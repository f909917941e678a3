import { readdirSync } from 'node:fs'
import { extname, join } from 'node:path'

export interface RendererFile {
  path: string
  type: string
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.ttf': 'font/ttf',
}

/**
 * Every file of the built renderer by the path that the page asks for (`/assets/index.js`; `/` is the page itself). A shell serves what
 * stands here and nothing else, so no spelling of a path leads out of the folder.
 */
export function rendererFiles(folder: string): Map<string, RendererFile> {
  const files = new Map(filesUnder(folder, ''))
  const page = files.get('/index.html')
  if (page) files.set('/', page)
  return files
}

// one folder at a time: inside a packed app `recursive` cannot be relied on
const filesUnder = (folder: string, url: string): [string, RendererFile][] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return filesUnder(path, `${url}/${entry.name}`)
    return [[`${url}/${entry.name}`, { path, type: types[extname(entry.name)] ?? 'application/octet-stream' }]]
  })
