import { posix, relative, sep } from 'node:path'
import prettier from 'eslint-config-prettier'
import vue from 'eslint-plugin-vue'
import globals from 'globals'
import typescript from 'typescript-eslint'

// ---------------------------------------------------------------------------------------------------------------------------
// Who may import whom. A room is a folder; it may import itself, and what its row lists: rooms, packages, `node:*`.

const engine = ['src-shared', 'src-main/devicetree', 'src-main/board', 'src-main/kernel', 'src-main/workload']
const services = [...engine, 'src-main/sizing', 'src-main/report', 'src-main/lab']
const interfacePackages = [
  '@fontsource-variable/*',
  '@tanstack/vue-virtual',
  'echarts',
  'lucide-vue-next',
  'monaco-editor',
  'monaco-yaml',
  'pinia',
  'reka-ui',
  'tinykeys',
  'vue',
]

const rooms = {
  'src-shared': ['zod'],
  'src-main/kernel': ['src-shared'],
  'src-main/devicetree': ['src-shared'],
  'src-main/board': ['src-shared', 'src-main/devicetree'],
  'src-main/workload': [...engine, 'resources', 'yaml', 'zod'],
  'src-main/sizing': engine,
  'src-main/report': [...engine, 'src-main/sizing'],
  'src-main/lab': [...services, 'resources', 'node:*', 'write-file-atomic', 'yaml', 'zod'],
  'src-main/web': [...services, 'package.json', 'node:*', 'ws', 'zod'],
  'src-main/cli': [
    ...services,
    'resources',
    'package.json',
    'node:*',
    'commander',
    'vscode-languageserver',
    'vscode-languageserver-textdocument',
  ],
  'src-main/electron': [...services, 'resources', 'package.json', 'node:*', 'electron', 'write-file-atomic', 'zod'],
  'src-main/bootstrap': ['node:*'],
  'src-renderer': ['src-shared', 'resources', 'zod', ...interfacePackages],
}

// Debt: exceptions that stand until they are paid off, as 'importing file -> import'.
const debt = new Set([])

// ---------------------------------------------------------------------------------------------------------------------------
// What a folder may not see of its surroundings.

const languageOnly = new Set([...Object.keys(globals.builtin), 'TextDecoder', 'TextEncoder', 'AbortSignal'])
const surroundings = [...new Set([...Object.keys(globals.node), ...Object.keys(globals.browser), 'electron'])]
const pureFolders = ['src-shared', 'src-main/kernel']
const nodeFreeFolders = [
  'src-main/devicetree',
  'src-main/board',
  'src-main/sizing',
  'src-main/report',
  'src-main/workload',
]
const nodeOnly = [
  ...Object.keys(globals.nodeBuiltin).filter((name) => !(name in globals.browser)),
  'require',
  'module',
  'exports',
  '__dirname',
  '__filename',
]

const banned = (names, message) => ['error', ...[...new Set(names)].map((name) => ({ name, message }))]
const pureGlobals = [...surroundings.filter((name) => !languageOnly.has(name)), 'Date', 'globalThis']

// ---------------------------------------------------------------------------------------------------------------------------

const roomOf = (path) => Object.keys(rooms).find((room) => path === room || path.startsWith(room + '/'))
const matches = (name, pattern) =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern || name.startsWith(pattern + '/')

/** The import as the table names it: a path from the repository's root, or a package. */
function target(file, specifier) {
  const bare = specifier.replace(/\?.*$/, '')
  if (bare.startsWith('.')) return posix.join(posix.dirname(file), bare)
  return bare.replace(/^@shared\//, 'src-shared/')
}

const importRule = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { banned: '{{room}} may not import {{target}}; see `rooms` in eslint.config.js' },
  },
  create(context) {
    const file = relative(context.cwd, context.filename).split(sep).join('/')
    const room = roomOf(file)
    const allowed = room ? [room, ...rooms[room]] : null
    const check = (node, source) => {
      if (typeof source?.value !== 'string') return
      const name = target(file, source.value)
      // outside the rooms only Electron matters: importing it, other than its types, fetches its runtime
      const fine = allowed
        ? allowed.some((pattern) => matches(name, pattern))
        : !matches(name, 'electron') || node.importKind === 'type'
      if (!fine && !debt.has(`${file} -> ${source.value}`)) {
        context.report({ node, messageId: 'banned', data: { room: room ?? file, target: name } })
      }
    }
    return {
      ImportDeclaration: (node) => check(node, node.source),
      ExportAllDeclaration: (node) => check(node, node.source),
      ExportNamedDeclaration: (node) => check(node, node.source),
      ImportExpression: (node) => check(node, node.source),
      TSImportType: (node) => check(node, node.source),
    }
  },
}

export default typescript.config(
  { ignores: ['out/', 'dist/', 'coverage/'] },
  typescript.configs.strict,
  vue.configs['flat/recommended'],
  {
    files: ['**/*.vue'],
    languageOptions: { parserOptions: { parser: typescript.parser } },
  },
  {
    plugins: { carveout: { rules: { rooms: importRule } } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'carveout/rooms': 'error',
      eqeqeq: 'error',
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-new-func': 'error',
      'prefer-const': 'error',
      'object-shorthand': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      // `const { left, out, ...rest } = all` is how a copy without them is made
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      // typed arrays under noUncheckedIndexedAccess: `column[i]!` costs nothing, a check in a hot loop does
      '@typescript-eslint/no-non-null-assertion': 'off',
      'vue/multi-word-component-names': 'off',
      // an optional prop's type says already that it may be undefined
      'vue/require-default-prop': 'off',
    },
  },
  {
    files: pureFolders.map((folder) => `${folder}/**`),
    rules: {
      'no-restricted-globals': banned(pureGlobals, 'Pure folder: no Node, DOM, Electron, clock or timers here.'),
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Randomness comes in as a seed.' },
      ],
    },
  },
  {
    files: nodeFreeFolders.map((folder) => `${folder}/**`),
    rules: {
      'no-restricted-globals': banned(
        [...nodeOnly, 'window', 'document', 'Date'],
        'This room does no I/O: its caller hands in what it needs.',
      ),
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Randomness comes in as a seed.' },
      ],
    },
  },
  {
    files: ['src-renderer/**'],
    languageOptions: { globals: globals.browser },
    rules: {
      'no-restricted-globals': banned(nodeOnly, 'The renderer reaches the host through src-shared/api.ts only.'),
    },
  },
  {
    files: ['src-main/**/*.ts', 'src-main/**/*.mjs'],
    ignores: ['src-main/kernel/**', 'src-main/devicetree/**', 'src-main/board/**'],
    languageOptions: { globals: globals.node },
  },
  // promises that nobody waits for are lost failures; typed, so only where there are promises
  {
    files: ['src-main/{lab,web,cli,electron}/**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
    },
  },
  prettier,
)
