import type { Host, StreamName } from '@shared/api.ts'

/** Who listens to which stream. */
export interface Listeners {
  subscribe: Host['subscribe']
  tell(stream: StreamName, event: unknown): void
}

export function createListeners(): Listeners {
  const byStream = new Map<StreamName, Set<(event: never) => void>>()
  return {
    subscribe(name, listener) {
      const set = byStream.get(name) ?? new Set()
      byStream.set(name, set.add(listener))
      return () => set.delete(listener)
    },
    tell(stream, event) {
      for (const listener of byStream.get(stream) ?? []) listener(event as never)
    },
  }
}
