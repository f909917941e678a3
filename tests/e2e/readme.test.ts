import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

/** The lines of README's console blocks that start with `$ carveout`, each with what README shows below it. */
function commandsOfTour(): { words: string[]; shown: string[] }[] {
  const blocks = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/^```console\n(.*?)^```/gms)]
  const commands: { words: string[]; shown: string[] }[] = []
  for (const line of blocks.flatMap(([, block]) => (block ?? '').trimEnd().split('\n'))) {
    const command = /^\$ (.*)$/.exec(line)?.[1]
    if (command !== undefined) commands.push({ words: command.split(' '), shown: [] })
    else commands.at(-1)?.shown.push(line)
  }
  return commands.filter(({ words }) => words[0] === 'carveout')
}

describe('the five-minute tour of README', () => {
  // one folder for all of them: what a command writes the next one reads
  const folder = mkdtempSync(join(tmpdir(), 'readme-'))
  cpSync(join(root, 'resources'), join(folder, 'resources'), { recursive: true })

  it.each(commandsOfTour().map(({ words, shown }) => [words.join(' '), words, shown] as const))(
    '%s',
    async (_name, words, shown) => {
      const run = promisify(execFile)(process.execPath, [join(root, 'out/main/cli.js'), ...words.slice(1)], {
        cwd: folder,
      })
      const { stdout, stderr } = await run
      const said = (stdout + stderr).split('\n').map((line) => line.trim())
      for (const line of shown.filter((line) => line !== '…')) expect(said).toContain(line.trim())
    },
  )
})
