/** A board, a machine and a script → the document that the recordings of real kernels have: `boot`, `answers`, `states`. */
import type { Board, BoardDevice, Machine } from '@shared/board.ts'
import type { Diagnostic } from '@shared/diagnostics.ts'
import type { BootReport, KernelEvent } from '@shared/run.ts'
import {
  bootKernel,
  KernelHang,
  KernelPanic,
  type Device,
  type DeviceDescription,
  type Kernel,
  type KernelState,
} from '../../kernel/index.ts'
import { prepareBoot } from '../boot-board.ts'
import { MASTER } from './bindings.ts'
import type { Command } from './script.ts'
import { Session, type Answer } from './session.ts'

export interface ReplayDocument {
  booted: boolean
  finished: boolean
  /** Why the kernel did not come up, or what ended it later. */
  panic: string | null
  /** A call that never returns, and after how many seconds a watching process said so; absent where all of them return. */
  watch?: { after_s: number | null; during: string; why: string }
  boot: BootReport | null
  answers: Answer[]
  states: ({ tag: string } & KernelState)[]
}

export interface ReplayInput {
  /** Made with `replayBindings`. */
  board: Board
  machine: Machine
  commands: Command[]
  /** Sees every event beside the answers. */
  sink?: (event: KernelEvent) => void
  /** Sees the kernel before the first command and after each. */
  watch?: (kernel: Kernel) => void
}

/** Boots the board and runs the script. Null with errors among the diagnostics: the board cannot be booted. */
export function replay({ board, machine, commands, sink, watch }: ReplayInput): {
  document: ReplayDocument | null
  diagnostics: Diagnostic[]
} {
  const { boot, diagnostics } = prepareBoot(board, machine)
  if (!boot) return { document: null, diagnostics }
  const { input } = boot
  const { recorded } = input.profile
  const loader = { ...input.loader, cpus: recorded.cpus ?? input.loader.cpus }
  const events: KernelEvent[] = []
  const booted = bootKernel({ ...input, loader }, (event) => {
    events.push(event)
    sink?.(event)
  })
  if (!booted.ok) return { document: unbooted(booted.panic), diagnostics }
  const { kernel } = booted
  const devices = addDevices(kernel, input.board, commands)
  // Drivers probe after the initcalls: their lines are part of the recorded boot as well.
  const report = { ...kernel.report(), log: linesOf(events), swiotlb: bouncePools(kernel, devices) }
  const session = new Session(kernel, events, devices)
  watch?.(kernel)
  const end = runAll(session, commands, () => watch?.(kernel))
  return { document: { ...finished(report, session), ...end }, diagnostics }
}

/** Runs the commands until one kills the kernel or never returns; what that was. */
function runAll(session: Session, commands: readonly Command[], after: () => void): Partial<ReplayDocument> {
  for (const command of commands) {
    try {
      session.run(command)
      after()
    } catch (error) {
      if (error instanceof KernelPanic) return { finished: false, panic: error.message }
      if (error instanceof KernelHang) return { finished: false, watch: hangOf(session, command, error) }
      throw error
    }
  }
  return {}
}

const hangOf = ({ watching }: Session, { text }: Command, { message }: Error): ReplayDocument['watch'] => ({
  after_s: watching,
  during: text,
  why: message,
})

/**
 * The test driver binds to every device that is its own, and knows it by the name of its node. A board that has none is a real one:
 * scripts of our own runs name its devices as the kernel does.
 */
function addDevices(kernel: Kernel, board: Board, commands: readonly Command[]): Map<string, Device> {
  const named = new Set(commands.map(({ args }) => args[0]))
  const enabled = board.devices.filter((device) => device.enabled)
  const masters = enabled.filter(isMaster)
  const wanted = masters.length ? masters : enabled.filter(({ name }) => named.has(name))
  const devices = new Map<string, Device>()
  for (const described of wanted) {
    const device = kernel.addDevice(describe(board, described))
    if (device)
      devices.set(masters.length ? described.path.slice(described.path.lastIndexOf('/') + 1) : described.name, device)
  }
  return devices
}

/** The recorder lists the default pool, and the pool of each device that has one of its own. */
function bouncePools(kernel: Kernel, devices: Map<string, Device>): BootReport['swiotlb'] {
  const pools = kernel.report().swiotlb
  const own = [...devices].flatMap(([name, { ioTlb }]) => {
    const pool = ioTlb && ioTlb.name !== 'default' && pools.find((each) => each.name === ioTlb.name)
    return pool ? [{ ...pool, name }] : []
  })
  return [...pools.filter((pool) => pool.name === 'default'), ...own]
}

const linesOf = (events: KernelEvent[]): BootReport['log'] =>
  events.flatMap((e) => (e.name === 'console' ? [{ level: String(e.level), text: String(e.text) }] : []))

const isMaster = (device: BoardDevice): boolean => device.compatible.includes(MASTER)

const unbooted = (panic: string): ReplayDocument => ({
  booted: false,
  finished: false,
  panic,
  boot: null,
  answers: [],
  states: [],
})

function finished(report: BootReport, { answers, states }: Session): ReplayDocument {
  const log = report.log.filter(({ text }) => isRecorded(text))
  return { booted: true, finished: true, panic: null, boot: { ...report, log }, answers, states }
}

/** The recorder kept lines of the boot log that speak of memory. */
const isRecorded = (text: string): boolean => /mem|dma|cma|iommu|io tlb|zone|malformed/i.test(text)

/** What the test driver makes of a device of the tree. */
function describe(board: Board, device: BoardDevice): DeviceDescription {
  const unit = device.iommu && board.iommus.find((u) => u.path === device.iommu?.path)
  return {
    name: device.name,
    dmaBits: device.dmaBits,
    coherent: device.coherent,
    dmaRanges: device.dmaRanges,
    memoryRegions: device.memoryRegions.filter((r) => r.enabled).map((r) => r.name),
    driverInits: !device.noInit,
    iommu: unit
      ? {
          group: unit.oneGroup ? unit.path : device.path,
          iovaBits: unit.iovaBits,
          pageSizes: unit.pageSizes,
          identity: unit.identity,
        }
      : null,
    numaNode: device.numaNode,
  }
}
