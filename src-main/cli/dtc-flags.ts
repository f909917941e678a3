import type { BoardFlags } from './options.ts'

/** A folder such as /proc/device-tree is `fs`. */
export type InputFormat = 'dts' | 'dtb' | 'fs'
export type OutputFormat = 'dts' | 'dtb' | 'asm' | 'yaml' | 'null'

/** The options of `dtc`, as commander hands them over; numbers are checked where they are used. */
export interface DtcFlags extends BoardFlags {
  out?: string
  inFormat?: InputFormat
  outFormat?: OutputFormat
  dependencies?: string
  outVersion?: string
  reserve?: string
  space?: string
  pad?: string
  align?: string
  bootCpu?: string
  phandle?: 'epapr' | 'legacy' | 'both'
  /** How often `-T` was given. */
  annotate: number
  symbols?: true
  autoAlias?: true
  localFixups?: true
  sort?: true
  force?: true
  quiet?: true
  /** `-W` and `-E` in the order they were given. */
  checks: string[]
  list?: string
  diff?: string[]
  apply?: string[]
  json?: true
}
