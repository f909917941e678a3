import { readdirSync } from 'node:fs'
import { extname, join, sep } from 'node:path'

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
  const files = new Map<string, RendererFile>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const type = types[extname(entry.name)] ?? 'application/octet-stream'
    files.set(path.slice(folder.length).split(sep).join('/'), { path, type })
  }
  const page = files.get('/index.html')
  if (page) files.set('/', page)
  return files
}
