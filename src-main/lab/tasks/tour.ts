import type { ShownRun, TourCheck } from '@shared/tour.ts'
import { checkTour, readTour, showStep } from '../tour.ts'
import { BadInput, type TaskInput } from '../tasks.ts'

/** A step's runs, from its files as the window has them. */
export function tourShow({ board, tour, step, place }: TaskInput<'tourShow'>): ShownRun[] {
  const found = readTour(tour).steps.find(({ id }) => id === step)
  if (!found) throw new BadInput(`the tour has no step ${step}`, [])
  return showStep(found.shows, board, place)
}

export const tourCheck = ({ folder, tour }: TaskInput<'tourCheck'>): TourCheck => checkTour(folder, tour)
