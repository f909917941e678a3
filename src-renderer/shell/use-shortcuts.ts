import { onBeforeUnmount, onMounted } from 'vue'
import { tinykeys } from 'tinykeys'
import type { Command } from './commands.ts'

/** Keys without a modifier belong to whoever is typing; Escape only acts where nothing else wants it. */
const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable], .monaco-editor') !== null

const needsModifier = (keys: string) => !keys.startsWith('$mod') && !/^F\d+$/.test(keys)

/** Binds the commands that have keys to the window. */
export function useShortcuts(commands: Command[]): void {
  let stop = () => {}
  onMounted(() => {
    const bindings = commands.flatMap((command) => (command.keys ? [[command.keys, handlerOf(command)] as const] : []))
    stop = tinykeys(
      window,
      Object.fromEntries(bindings.flatMap(([keys, handler]) => spellings(keys).map((k) => [k, handler]))),
    )
  })
  onBeforeUnmount(() => stop())
}

/** `?` is Shift and something on most keyboards. */
const spellings = (keys: string): string[] => (keys === '?' ? ['?', 'Shift+?'] : [keys])

const handlerOf = (command: Command) => (event: KeyboardEvent) => {
  if (command.enabled && !command.enabled()) return
  if (command.keys && needsModifier(command.keys) && isTyping(event.target)) return
  if (command.keys === 'Escape' && document.querySelector('[role="dialog"], [role="menu"]')) return
  event.preventDefault()
  void command.run()
}
