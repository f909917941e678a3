import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ShownRun, TourCheck, TourInfo } from '@shared/tour.ts'
import { parseScript, replayBindings } from '../workload/replay/index.ts'
import { labelOf, parseTour, showRun, type Shown, type Tour } from '../workload/tour.ts'
import { boardFiles } from './board-files.ts'
import { isBroken, readBoard } from './read-board.ts'
import { BadInput, type BoardSources } from './tasks.ts'

/** The tours that ship with the lab: `resources/examples/TOUR/tour.yaml`, and a folder beside it for each step. */

const SCRIPT = 'script.ops'

/** Null: there is no tour of that name. */
export function tourFolder(resourcesFolder: string, id: string): string | null {
  const folder = join(resourcesFolder, 'examples', id)
  return /^[\w-]+$/.test(id) && existsSync(join(folder, 'tour.yaml')) ? folder : null
}

export const readTour = (folder: string): Tour => parseTour(readFileSync(join(folder, 'tour.yaml'), 'utf8'))

export const tourInfo = (id: string, { title, steps }: Tour): TourInfo => ({
  id,
  title,
  steps: steps.map(({ id: step, title: name, claim, look, help, shows }) => ({
    id: step,
    title: name,
    claim,
    look,
    help,
    runs: shows.map(labelOf),
  })),
})

/**
 * Every run of a step, from its files as they stand in `sources`.
 * @throws BadInput when board or script have errors
 */
export function showStep(shows: readonly Shown[], sources: BoardSources, place: string): ShownRun[] {
  const text = boardFiles(sources).readText(SCRIPT)
  const script = parseScript(text ?? '', SCRIPT)
  return shows.map((shown) => {
    const { board, diagnostics } = readBoard({ ...sources, entry: shown.board }, replayBindings(shown.arch))
    const all = [...diagnostics, ...script.diagnostics]
    if (!board || isBroken(all)) throw new BadInput('the example has errors', all)
    return showRun(shown, board, script.commands, place)
  })
}

/** Every step of a tour as it ships, and whether it still shows what it says. */
export const checkTour = (folder: string, id: string): TourCheck =>
  readTour(folder).steps.map((step) => {
    const runs = showStep(step.shows, stepSources(folder, step.id), `resources/examples/${id}/${step.id}`)
    const differences = runs.flatMap((run) => run.differences.map((each) => `${run.label}: ${each}`))
    return { id: step.id, ok: differences.length === 0, differences }
  })

/** A step's files as they ship. */
export const stepSources = (folder: string, step: string): BoardSources => ({
  folder: join(folder, step),
  entry: 'board.dts',
  drafts: {},
  includeFolders: [],
  defines: {},
  machine: {},
  readable: [folder],
})
