import { shallowReactive } from 'vue'
import type { Failure, Host, Reply } from '@shared/api.ts'
import { unpack, type Packed } from '@shared/wire.ts'

export interface Notice {
  id: number
  severity: 'error' | 'warning' | 'info'
  text: string
}

/** What the user is told in passing: failures that no panel shows by itself. */
export function createNotices(host: Host) {
  const list = shallowReactive<Notice[]>([])
  let nextId = 1
  const dismiss = (id: number) => {
    const index = list.findIndex((notice) => notice.id === id)
    if (index >= 0) list.splice(index, 1)
  }
  const tell = (severity: Notice['severity'], text: string) => {
    if (list.some((notice) => notice.text === text)) return
    const notice = { id: nextId++, severity, text }
    list.push(notice)
    if (severity === 'info') setTimeout(dismiss, 4000, notice.id)
  }
  const dismissText = (text: string) => list.filter((notice) => notice.text === text).forEach(({ id }) => dismiss(id))
  host.subscribe('notice', ({ severity, text }) => tell(severity, text))
  /** The value of a reply, or null after the failure was told. */
  const valueOf = <T>(reply: Reply<T>): T | null => {
    if (reply.ok) return reply.value
    if (reply.code !== 'cancelled') tell('error', reply.message)
    return null
  }
  return {
    list,
    dismiss,
    dismissText,
    tell,
    valueOf,
    /** The same for a result of the history, whose file may be damaged. */
    unpacked<T>(reply: Reply<Packed<T>>): T | null {
      const packed = valueOf(reply)
      try {
        return packed && unpack(packed)
      } catch (error) {
        tell('error', `The result cannot be read back: ${error instanceof Error ? error.message : String(error)}`)
        return null
      }
    },
    fail: (failure: Failure) => tell('error', failure.message),
  }
}
export type Notices = ReturnType<typeof createNotices>
