import { bootChecks } from './boot.ts'
import type { BoardCheck } from './check.ts'
import { cmaChecks } from './cma.ts'
import { cmdlineChecks } from './cmdline.ts'
import { flagChecks } from './flags.ts'
import { formatChecks } from './format.ts'
import { placeChecks } from './place.ts'
import { reachChecks } from './reach.ts'

/** All memory checks, in the order of the help. */
export const checkTable: readonly BoardCheck[] = [
  ...formatChecks,
  ...flagChecks,
  ...placeChecks,
  ...cmaChecks,
  ...reachChecks,
  ...cmdlineChecks,
  ...bootChecks,
]
