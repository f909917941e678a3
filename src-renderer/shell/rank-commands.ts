import type { Command } from './commands.ts'

/** Commands whose title or group holds every typed word, those whose title begins with it first; what can't be done now is left out. */
export function rankCommands(commands: Command[], query: string): Command[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  return commands
    .filter((command) => command.enabled?.() ?? true)
    .map((command) => ({ command, score: scoreOf(command, words) }))
    .filter(({ score }) => score >= 0)
    .sort((a, b) => b.score - a.score)
    .map(({ command }) => command)
}

function scoreOf({ title, group }: Command, words: string[]): number {
  const text = `${title} ${group}`.toLowerCase()
  let score = 0
  for (const word of words) {
    const at = text.indexOf(word)
    if (at < 0) return -1
    score += at === 0 ? 4 : text[at - 1] === ' ' ? 2 : 1
  }
  return score
}
