#!/usr/bin/env node
// npm run fuzz: builds the search with the packager's own vite, so that plain Node runs it, and runs it.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'vite'

const root = resolve(import.meta.dirname, '../..')
await build({
  root,
  configFile: false,
  logLevel: 'error',
  resolve: { alias: { '@shared': resolve(root, 'src-shared') } },
  build: { ssr: resolve(import.meta.dirname, 'fuzz.ts'), outDir: 'out/fuzz', emptyOutDir: true, target: 'node20' },
})
await import(pathToFileURL(resolve(root, 'out/fuzz/fuzz.js')).href)
