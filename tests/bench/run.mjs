#!/usr/bin/env node
// npm run bench: builds the benchmark with the packager's own vite, so that plain Node runs it, and runs it.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'vite'

const root = resolve(import.meta.dirname, '../..')
await build({
  root,
  configFile: false,
  logLevel: 'error',
  resolve: { alias: { '@shared': resolve(root, 'src-shared') } },
  build: {
    ssr: resolve(import.meta.dirname, 'bench.ts'),
    outDir: 'out/bench',
    emptyOutDir: true,
    target: 'node20',
    // as in electron.vite.config.ts
    rollupOptions: { output: { topLevelVar: false } },
  },
})
await import(pathToFileURL(resolve(root, 'out/bench/bench.js')).href)
