import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { HistoryEntry } from '@shared/api.ts'
import { decodeFrame, encodeFrame, type Packed } from '@shared/wire.ts'
import { messageOf, Refusal } from './api.ts'
import { keepOutOfVersionControl } from './drafts.ts'
import { jsonFile, writeWhole, writeWholeAside } from './json-file.ts'
import type { Work } from './tasks.ts'

/**
 * Results of a project, in its `.carveout/history/`: per result `ID.json` (what it is), `ID.work` (every text and number it was computed
 * from, so that it can be explained, exported and computed again), `ID.result` (columns as wire.ts writes them). Written whole or not at all;
 * a record that can't be read is passed over.
 */
export interface History {
  list(): HistoryEntry[]
  keep(entry: HistoryEntry, work: Work | null, result: Packed<unknown>): Promise<void>
  /** As it was kept; nobody has looked whether it can be read. */
  result(id: string): Promise<Packed<never>>
  work(id: string): Work
  /** Null for a comparison, which is computed from several boards. */
  workIfAny(id: string): Work | null
  remove(id: string): void
}

const entrySchema: z.ZodType<HistoryEntry> = z.object({
  id: z.string(),
  kind: z.enum(['run', 'size', 'compare']),
  createdAt: z.number(),
  title: z.string(),
  verdict: z.string(),
  ok: z.boolean(),
})
const maxKept = 100

export function createHistory(labFolder: string): History {
  const folder = join(labFolder, 'history')
  const file = (id: string, kind: 'json' | 'work' | 'result') => join(folder, `${id}.${kind}`)
  const none = (id: string) => new Refusal('notFound', `the history holds no ${id}`)
  const load = (id: string): unknown => {
    if (!existsSync(file(id, 'work'))) throw none(id)
    try {
      return decodeFrame(readFileSync(file(id, 'work')))
    } catch (error) {
      throw new Refusal('failed', `${id} cannot be read back: ${messageOf(error)}`)
    }
  }
  const list = (): HistoryEntry[] =>
    (existsSync(folder) ? readdirSync(folder) : [])
      .filter((name) => name.endsWith('.json'))
      .map((name) => jsonFile(join(folder, name), entrySchema.nullable(), null).read())
      .filter((entry) => entry !== null)
      .sort((a, b) => b.createdAt - a.createdAt || b.id.localeCompare(a.id))
  const remove = (id: string) => {
    for (const kind of ['json', 'work', 'result'] as const) rmSync(file(id, kind), { force: true })
  }

  return {
    list,
    async keep(entry, work, result) {
      keepOutOfVersionControl(labFolder)
      await writeWholeAside(file(entry.id, 'result'), result)
      writeWhole(file(entry.id, 'work'), encodeFrame(work))
      writeWhole(file(entry.id, 'json'), JSON.stringify(entry))
      for (const old of list().slice(maxKept)) remove(old.id)
    },
    async result(id) {
      const bytes = await readFile(file(id, 'result')).catch(() => Promise.reject(none(id)))
      // as a plain array: a Buffer crosses no wire as a column
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    },
    work(id) {
      const work = load(id) as Work | null
      if (work === null) throw new Refusal('notFound', `${id} was not computed from one board`)
      return work
    },
    workIfAny: (id) => load(id) as Work | null,
    remove,
  }
}
