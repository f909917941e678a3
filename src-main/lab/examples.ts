import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Example } from '@shared/project.ts'
import { Refusal } from './api.ts'
import { tourFolder } from './tour.ts'

/** The boards that ship with the lab: `resources/examples/ID/` with an `example.json` beside the files of a project. */
const aboutSchema = z.object({ title: z.string(), summary: z.string(), order: z.number().default(100) })

/** The tour's folder and the step's name; null: it is no step of a tour. */
export function tourStep(resourcesFolder: string, id: string): { tour: string; id: string } | null {
  const [tour = '', step = '', ...more] = id.split('.')
  const folder = tourFolder(resourcesFolder, tour)
  const found = more.length === 0 && folder !== null && existsSync(join(folder, step, 'board.dts')) && step !== ''
  return found ? { tour: folder, id: step } : null
}

export function listExamples(resourcesFolder: string): Example[] {
  const root = join(resourcesFolder, 'examples')
  if (!existsSync(root)) return []
  return readdirSync(root)
    .filter((id) => existsSync(join(root, id, 'example.json')))
    .map((id) => ({ id, ...aboutSchema.parse(JSON.parse(readFileSync(join(root, id, 'example.json'), 'utf8'))) }))
    .sort((a, b) => a.order - b.order || a.id.localeCompare(b.id))
    .map(({ id, title, summary }) => ({ id, title, summary }))
}

/** `TOUR.STEP` is a step of a tour, which stands in no list of examples. */
export function exampleFolder(resourcesFolder: string, id: string): string {
  const step = tourStep(resourcesFolder, id)
  if (step) return join(step.tour, step.id)
  if (!listExamples(resourcesFolder).some((example) => example.id === id))
    throw new Refusal('notFound', `there is no example ${id}`)
  return join(resourcesFolder, 'examples', id)
}
