import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Example } from '@shared/project.ts'
import { Refusal } from './api.ts'

/** The boards that ship with the lab: `resources/examples/ID/` with an `example.json` beside the files of a project. */
const aboutSchema = z.object({ title: z.string(), summary: z.string(), order: z.number().default(100) })

export function listExamples(resourcesFolder: string): Example[] {
  const root = join(resourcesFolder, 'examples')
  if (!existsSync(root)) return []
  return readdirSync(root)
    .filter((id) => existsSync(join(root, id, 'example.json')))
    .map((id) => ({ id, ...aboutSchema.parse(JSON.parse(readFileSync(join(root, id, 'example.json'), 'utf8'))) }))
    .sort((a, b) => a.order - b.order || a.id.localeCompare(b.id))
    .map(({ id, title, summary }) => ({ id, title, summary }))
}

export function exampleFolder(resourcesFolder: string, id: string): string {
  if (!listExamples(resourcesFolder).some((example) => example.id === id))
    throw new Refusal('notFound', `there is no example ${id}`)
  return join(resourcesFolder, 'examples', id)
}
