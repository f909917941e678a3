import { resolve } from 'node:path'
import { ESLint } from 'eslint'
import typescript from 'typescript-eslint'
import { describe, expect, it } from 'vitest'

// The files are virtual, so the rules that need types (they read the project from disk) stay out.
const eslint = new ESLint({
  cwd: resolve(import.meta.dirname, '..'),
  overrideConfig: typescript.configs.disableTypeChecked as never,
})

/** The rules that `code` breaks when it stands in `path`. */
async function broken(path: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: path })
  return (result?.messages ?? []).map((m) => m.ruleId ?? m.message)
}

describe('the import allow-list', () => {
  const forbidden: [path: string, specifier: string][] = [
    ['src-shared/units.ts', 'node:fs'],
    ['src-shared/units.ts', '../src-main/kernel/cma.ts'],
    ['src-main/kernel/cma.ts', '../devicetree/tree.ts'],
    ['src-main/kernel/cma.ts', 'node:fs'],
    ['src-main/kernel/profiles/linux-6.12.ts', '../../board/index.ts'],
    ['src-main/kernel/cma.ts', 'zod'],
    ['src-main/devicetree/lexer.ts', '../board/index.ts'],
    ['src-main/devicetree/lexer.ts', 'node:path'],
    ['src-main/board/index.ts', '../kernel/index.ts'],
    ['src-main/workload/run.ts', '../sizing/index.ts'],
    ['src-main/sizing/index.ts', '../report/index.ts'],
    ['src-main/sizing/index.ts', '../lab/jobs.ts'],
    ['src-main/lab/jobs.ts', '../cli/main.ts'],
    ['src-main/lab/jobs.ts', 'electron'],
    ['src-main/web/host.ts', '../cli/main.ts'],
    ['src-main/web/host.ts', '../electron/index.ts'],
    ['src-main/cli/serve.ts', '../web/host.ts'],
    ['src-main/cli/open.ts', 'electron'],
    ['src-main/electron/index.ts', '../web/host.ts'],
    ['src-renderer/main.ts', '../src-main/lab/jobs.ts'],
    ['src-renderer/main.ts', 'node:fs'],
    ['src-renderer/main.ts', 'electron'],
    ['tests/electron/menu.test.ts', 'electron'],
  ]
  it.each(forbidden)('%s may not import %s', async (path, specifier) => {
    expect(await broken(path, `import '${specifier}'\n`)).toContain('carveout/rooms')
  })

  const allowed: [path: string, specifier: string][] = [
    ['src-main/kernel/cma.ts', '@shared/units.ts'],
    ['src-main/kernel/profiles/linux-6.12.ts', '../cma.ts'],
    ['src-main/board/index.ts', '../devicetree/tree.ts'],
    ['src-main/sizing/index.ts', '../workload/run.ts'],
    ['src-main/lab/jobs.ts', './run.worker?nodeWorker'],
    ['src-main/electron/index.ts', 'electron'],
    ['src-renderer/main.ts', 'monaco-editor/editor'],
    ['src-renderer/main.ts', '@shared/api.ts'],
  ]
  it.each(allowed)('%s may import %s', async (path, specifier) => {
    expect(await broken(path, `import '${specifier}'\n`)).not.toContain('carveout/rooms')
  })

  it.each([
    ["export * from '../lab/jobs.ts'"],
    ["export { run } from '../lab/jobs.ts'"],
    ["export const load = () => import('../lab/jobs.ts')"],
    ["export type Job = import('../lab/jobs.ts').Job"],
    ["import type { Job } from '../lab/jobs.ts'\nexport type Same = Job"],
  ])('every way to import counts: %s', async (code) => {
    expect(await broken('src-main/kernel/cma.ts', code + '\n')).toContain('carveout/rooms')
  })
})

describe('banned globals', () => {
  const pure = ['src-shared/units.ts', 'src-main/kernel/cma.ts']
  const names = [
    'process.argv',
    'Buffer.alloc(1)',
    'document.title',
    'window.name',
    'new Date()',
    'performance.now()',
    'globalThis.x',
  ]
  const timers = ['setTimeout(run, 1)', 'setImmediate(run)', 'queueMicrotask(run)', 'fetch(run)', "console.log('')"]
  it.each(pure.flatMap((path) => [...names, ...timers].map((use) => [path, use] as const)))(
    '%s may not use %s',
    async (path, use) => {
      expect(await broken(path, `export const x = (run: never) => [run, ${use}]\n`)).toContain('no-restricted-globals')
    },
  )

  it.each([...pure, 'src-main/workload/run.ts', 'src-main/sizing/search.ts'])(
    '%s may not use Math.random',
    async (path) => {
      expect(await broken(path, 'export const x = Math.random()\n')).toContain('no-restricted-properties')
    },
  )

  it.each([...pure])('%s may use the language itself', async (path) => {
    const code =
      'export const x = (a: AbortSignal) => [a, new Map(), new Float64Array(1), Math.max(1, 2), new TextDecoder()]\n'
    expect(await broken(path, code)).toEqual([])
  })

  it.each(['src-renderer/main.ts', 'src-main/devicetree/lexer.ts', 'src-main/report/overlay.ts'])(
    '%s may not use Node',
    async (path) => {
      expect(await broken(path, 'export const x = [process.argv, Buffer.alloc(1)]\n')).toEqual([
        'no-restricted-globals',
        'no-restricted-globals',
      ])
    },
  )

  it('a component of the renderer may not use Node either', async () => {
    const code =
      '<script setup lang="ts">\nconst x = process.argv\n</script>\n\n<template>\n  <p>{{ x }}</p>\n</template>\n'
    expect(await broken('src-renderer/ui/Example.vue', code)).toEqual(['no-restricted-globals'])
  })
})

describe('strict TypeScript', () => {
  it.each([
    ['@typescript-eslint/no-explicit-any', 'export const x = (a: any) => a\n'],
    [
      '@typescript-eslint/consistent-type-imports',
      "import { Span } from './diagnostics.ts'\nexport const x = (a: Span) => a\n",
    ],
    ['eqeqeq', 'export const x = (a: number) => a == 1\n'],
    ['no-eval', "eval('1')\n"],
  ])('%s', async (rule, code) => {
    expect(await broken('src-shared/units.ts', code)).toContain(rule)
  })
})
