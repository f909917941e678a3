import {
  createConnection,
  type Connection,
  DidChangeConfigurationNotification,
  type InitializeParams,
  type InitializeResult,
  ProposedFeatures,
  StreamMessageReader,
  StreamMessageWriter,
  TextDocuments,
  TextDocumentSyncKind,
} from 'vscode-languageserver/node'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { version } from '../../../package.json'
import { diagnosticOf, legend, pathOf, uriOf } from './convert.ts'
import { answerQuestions } from './questions.ts'
import { type LanguageSettings, Workspace } from './workspace.ts'

/** Serves one editor over standard input and output until it says goodbye. */
export function startLanguageServer(
  settings: LanguageSettings,
  input: NodeJS.ReadableStream = process.stdin,
  output: NodeJS.WritableStream = process.stdout,
): Promise<void> {
  const connection = createConnection(
    ProposedFeatures.all,
    new StreamMessageReader(input),
    new StreamMessageWriter(output),
  )
  serve(connection, settings)
  connection.listen()
  return new Promise((done) => {
    connection.onExit(() => done())
    input.on('close', () => done())
  })
}

function serve(connection: Connection, given: LanguageSettings): void {
  const documents = new TextDocuments(TextDocument)
  const settings = { ...given }
  const workspace = new Workspace(settings)
  const folders: string[] = []
  const publisher = createPublisher(connection, workspace)

  connection.onInitialize((params) => {
    Object.assign(settings, merge(given, params.initializationOptions))
    folders.push(...foldersOf(params))
    followSettings(connection, params, (options) => {
      Object.assign(settings, merge(given, options))
      workspace.forgetAll()
      publisher.later()
    })
    return capabilities
  })
  documents.onDidChangeContent(({ document }) => {
    workspace.change(pathOf(document.uri), document.getText())
    publisher.later()
  })
  documents.onDidClose(({ document }) => {
    workspace.close(pathOf(document.uri))
    publisher.later()
  })
  connection.onDidChangeWatchedFiles(({ changes }) => {
    for (const { uri } of changes) workspace.forget(pathOf(uri))
    publisher.later()
  })
  answerQuestions(
    connection,
    workspace,
    (file) => folders.length === 0 || folders.some((folder) => file.startsWith(folder)),
  )
  documents.listen(connection)
}

/** Settings that change while the editor runs: those that it sends, or, where it only says that they did, those that it hands over when asked. */
function followSettings(connection: Connection, params: InitializeParams, apply: (options: unknown) => void): void {
  const { configuration, didChangeConfiguration } = params.capabilities.workspace ?? {}
  const pull = async (): Promise<void> => apply(await connection.workspace.getConfiguration('carveout'))
  connection.onInitialized(() => {
    if (didChangeConfiguration?.dynamicRegistration)
      void connection.client.register(DidChangeConfigurationNotification.type, { section: 'carveout' })
  })
  connection.onDidChangeConfiguration(({ settings }: { settings?: { carveout?: unknown } | null }) => {
    if (settings) apply(settings.carveout ?? settings)
    else if (configuration) void pull().catch(() => {})
  })
}

/** Settings of the editor over the flags of the command line: `includeDirs`, `defines`, `machine`. */
function merge(given: LanguageSettings, options: unknown): LanguageSettings {
  const { includeDirs = [], defines = {}, machine = {} } = (options ?? {}) as Partial<LanguageSettings>
  const isList = Array.isArray(includeDirs) && includeDirs.every((folder) => typeof folder === 'string')
  return {
    includeDirs: [...given.includeDirs, ...(isList ? includeDirs : [])],
    defines: { ...given.defines, ...defines },
    machine: { ...given.machine, ...machine },
  }
}

const foldersOf = ({ workspaceFolders, rootUri }: InitializeParams & { rootUri?: string | null }): string[] =>
  (workspaceFolders?.map((folder) => folder.uri) ?? (rootUri ? [rootUri] : [])).map((uri) => pathOf(uri) + '/')

const capabilities: InitializeResult = {
  serverInfo: { name: 'carveout', version },
  capabilities: {
    textDocumentSync: TextDocumentSyncKind.Incremental,
    completionProvider: { triggerCharacters: ['&', '"', '/', '#', '<'] },
    hoverProvider: true,
    definitionProvider: true,
    referencesProvider: true,
    renameProvider: { prepareProvider: true },
    documentSymbolProvider: true,
    foldingRangeProvider: true,
    semanticTokensProvider: { legend, full: true },
    signatureHelpProvider: { triggerCharacters: ['<', ' '] },
    inlayHintProvider: true,
    documentFormattingProvider: true,
    codeActionProvider: { codeActionKinds: ['quickfix'] },
  },
}

/** Diagnostics go out when the editor has gone quiet for a moment; files that have none any more are told so once. */
function createPublisher(connection: Connection, workspace: Workspace) {
  const quietMilliseconds = 10
  let shown = new Set<string>()
  let timer: ReturnType<typeof setTimeout> | undefined
  const publish = (): void => {
    const now = new Map<string, ReturnType<typeof diagnosticOf>[]>()
    for (const entry of workspace.entries)
      for (const [file, diagnostics] of workspace.diagnostics(entry))
        now.set(file, [...(now.get(file) ?? []), ...diagnostics.map(diagnosticOf)])
    for (const file of workspace.workloads) now.set(file, workspace.problemsOf(file).map(diagnosticOf))
    for (const file of shown) if (!now.has(file)) now.set(file, [])
    for (const [file, diagnostics] of now)
      if (diagnostics.length || shown.has(file)) void connection.sendDiagnostics({ uri: uriOf(file), diagnostics })
    shown = new Set([...now].filter(([, diagnostics]) => diagnostics.length).map(([file]) => file))
    void connection.languages.inlayHint.refresh().catch(() => {})
  }
  return {
    later(): void {
      clearTimeout(timer)
      timer = setTimeout(publish, quietMilliseconds)
    },
  }
}
