/** What the other folders may use of the engine. */
export type { Kernel } from './kernel.ts'
export type { Profile } from './profile.ts'
export type { Device, DeviceDescription } from './device.ts'
export type { EarlyBoot, LoaderFacts } from './early-boot.ts'
export { BootPanic } from './early-boot.ts'
export { KernelConfig } from './config.ts'
