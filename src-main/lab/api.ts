import {
  requests,
  type Failure,
  type FailureCode,
  type Reply,
  type RequestName,
  type RequestResult,
  type StreamEvent,
  type StreamName,
} from '@shared/api.ts'
import type { z } from 'zod'

/** What the shell around the lab (Electron, the browser host) provides for ONE window or connection. */
export interface Shell {
  kind: 'electron' | 'browser'
  version: string
  /** Preferences, recents, drafts of examples; made when missing. */
  stateFolder: string
  homeFolder: string
  /** `resources/` of the app: examples, presets. */
  resourcesFolder: string
  /** Folder or board file that the command line names; opened by `project.restore`. */
  open: string | null
  /** The system's dialog; null where there is none. */
  pick: ((purpose: PickPurpose, suggestion: string | undefined) => Promise<string | null>) | null
  /** An HTML page as PDF; null where the host cannot print. */
  printPdf: ((html: string) => Promise<Uint8Array>) | null
  setDirty(dirty: boolean): void
  setTitle(title: string): void
  emit<N extends StreamName>(stream: N, event: StreamEvent<N>): void
}
export type PickPurpose = z.output<(typeof requests)['dialog.pick']['params']>['purpose']

type Checked<N extends RequestName> = z.output<(typeof requests)[N]['params']>
/** One function a request; it returns the value or throws a `Refusal`. */
export type Services = {
  [N in RequestName]: (params: Checked<N>) => RequestResult<N> | Promise<RequestResult<N>>
}

/** What a transport calls: any name, any parameters, always a reply. */
export interface Api {
  call(name: string, params: unknown): Promise<Reply<unknown>>
  /** The user named this outside of the window (the system's recent documents, another start of the app): it may be opened. */
  allow(path: string): void
  /** The window is gone: its jobs are cancelled, its threads end. */
  close(): void
}

/** A failure that the window is told about by its code; anything else that is thrown is `failed`. */
export class Refusal extends Error {
  readonly code: FailureCode
  constructor(code: FailureCode, message: string) {
    super(message)
    this.code = code
  }
}

const failure = (code: FailureCode, message: string): Failure => ({ ok: false, code, message })
const isRequest = (name: string): name is RequestName => Object.hasOwn(requests, name)

/**
 * The gate of the host: unknown names and parameters that do not fit never reach a service, what does not fit the contract never reaches
 * the window, and nothing thrown leaves it.
 */
export function createGate(services: Services): Pick<Api, 'call'> {
  return {
    async call(name, params) {
      if (!isRequest(name)) return failure('unknownMethod', `there is no request ${JSON.stringify(name)}`)
      const checked = requests[name].params.safeParse(params)
      if (!checked.success) return failure('badParams', `${name}: ${describe(checked.error)}`)
      try {
        const serve = services[name] as (params: unknown) => unknown
        const value = requests[name].result.safeParse(await serve(checked.data))
        if (!value.success) return failure('failed', `${name} answered out of contract: ${describe(value.error)}`)
        return { ok: true, value: value.data }
      } catch (error) {
        return error instanceof Refusal ? failure(error.code, error.message) : failure('failed', messageOf(error))
      }
    },
  }
}

const describe = (error: z.ZodError): string =>
  error.issues.map((issue) => `${issue.path.map(String).join('.') || 'parameters'}: ${issue.message}`).join('; ')

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
