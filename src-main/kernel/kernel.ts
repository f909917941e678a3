/**
 * One booted kernel: what early boot decided, and the rooms that work from then on. Rooms are attached by `start.ts` in the order of
 * the kernel's initcalls; every room gets this object, reads its profile and its neighbours, and never asks which release it is.
 */
import type { Device } from './device.ts'
import type { EarlyBoot } from './early-boot.ts'
import type { Log } from './log.ts'
import type { Profile } from './profile.ts'
import type { Tracer } from './tracer.ts'

export interface Kernel {
  readonly profile: Profile
  readonly tracer: Tracer
  readonly log: Log
  /** Memory, zones, reserved regions and CMA areas as early boot left them. */
  readonly early: EarlyBoot
  readonly devices: Map<string, Device>
}
