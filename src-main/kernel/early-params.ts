/**
 * parse_early_param() of init/main.c: parameters with a handler of their own are looked at before anything else happens, in order. Most
 * rooms read their parameters when they need them; here stands what prints, or changes a plan, while they are parsed.
 */
import type { EarlyBoot } from './early-boot.ts'
import type { EarlyBootStep } from './profile.ts'

/** Returns whether the kernel takes the value (null: the parameter has none). */
export type EarlyParamHandler = (boot: EarlyBoot, value: string | null) => boolean

/** early_cma() prints what it cannot read; the numbers are read in contiguous-reserve.ts. */
const cma: EarlyParamHandler = ({ profile, log }, value) => {
  if (!profile.contiguous || value !== null) return true
  log.print('err', 'cma: Config string not provided')
  return false
}

const swiotlb: EarlyParamHandler = ({ profile, swiotlbPlan }, value) => {
  if (profile.swiotlb) swiotlbPlan.parse(value ?? '')
  return true
}

/** The step that looks at the parameters: those that every architecture knows, and `own` ones. */
export const parseEarlyParam =
  (own: Record<string, EarlyParamHandler>): EarlyBootStep =>
  (boot) => {
    const handlers = new Map(Object.entries({ cma, swiotlb, ...own }))
    for (const { name, value } of boot.params) {
      if (handlers.get(name)?.(boot, value) === false) boot.log.print('warn', `Malformed early option '${name}'`)
    }
  }
