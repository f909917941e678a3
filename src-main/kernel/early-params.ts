/**
 * parse_early_param() of init/main.c: parameters with a handler of their own are looked at before anything else happens, in order. Most
 * rooms read their parameters when they need them; here stands what prints, or changes a plan, while they are parsed.
 */
import { MiB } from '@shared/units.ts'
import type { EarlyBoot } from './early-boot.ts'
import { memparse } from './memparse.ts'
import type { EarlyBootStep } from './profile.ts'

/** Returns whether the kernel takes the value. */
type Handler = (boot: EarlyBoot, value: string | null) => boolean

const HANDLERS: Record<string, Handler> = {
  cma: ({ profile, log }, value) => {
    if (!profile.contiguous || value !== null) return true
    log.print('err', 'cma: Config string not provided')
    return false
  },
  mem: ({ log, profile }, value) => {
    if (value === null) return false
    const { sizeBytes } = profile.page
    const limit = Math.floor(memparse(value).value / sizeBytes) * sizeBytes
    log.print('notice', `Memory limited to ${Math.floor(limit / MiB)}MB`)
    return true
  },
  swiotlb: ({ profile, swiotlbPlan }, value) => {
    if (profile.swiotlb) swiotlbPlan.parse(value ?? '')
    return true
  },
}

export const parseEarlyParam: EarlyBootStep = (boot) => {
  for (const { name, value } of boot.params) {
    const handler = Object.hasOwn(HANDLERS, name) ? HANDLERS[name] : undefined
    if (handler && !handler(boot, value)) boot.log.print('warn', `Malformed early option '${name}'`)
  }
}
