import type { Board } from '@shared/board.ts'
import type { Device, Kernel } from '../kernel/index.ts'
import { describeDevice } from './attach.ts'
import { Caller, type Say } from './caller.ts'
import { MovableMap } from './movable-map.ts'
import type { Plan } from './plan.ts'
import { Random } from './random.ts'
import type { Recorder } from './recorder.ts'
import type { RunInput } from './run.ts'
import type { Step } from './timeline.ts'
import { UserSpace } from './user-space.ts'
import { ZoneLog } from './zone-log.ts'

/** Carries out steps on a kernel. Time goes on in whole milliseconds, as a script can say it. */
export class Conductor {
  private readonly caller: Caller
  private readonly userSpace: UserSpace
  /** Null: nobody asked for maps. */
  private readonly movable: MovableMap | null
  readonly zones: ZoneLog | null
  private readonly random: Random
  private readonly areas: string[]
  private milliseconds = 0

  constructor(
    private readonly kernel: Kernel,
    plan: Plan,
    { board, seed, detail }: Pick<RunInput, 'board' | 'seed' | 'detail'>,
    private readonly recorder: Recorder,
    private readonly say: Say,
  ) {
    this.caller = new Caller(kernel, devicesOf(plan, board, kernel), plan, recorder, say)
    this.userSpace = new UserSpace(kernel, kernel.profile.page.sizeBytes, say)
    this.random = Random.for(seed, 'pins')
    this.areas = kernel.report().cma.map((area) => area.name)
    const indices = new Map(this.areas.map((name) => [name, recorder.book.indexOf(`cma:${name}`)]))
    this.zones = detail === 'totals' ? null : new ZoneLog(kernel, plan.duration)
    this.movable = detail === 'totals' ? null : new MovableMap(kernel, recorder.book.occupancy, indices, plan.duration)
  }

  do(step: Step, number: number): void {
    this.movable?.look(step.time)
    this.zones?.look(step.time)
    this.advance(Math.floor(step.time / 1000))
    const { caller } = this
    caller.step = number
    caller.time = step.time
    switch (step.kind) {
      case 'take':
        return caller.take(step.buffer)
      case 'drop':
        return caller.drop(step.buffer)
      case 'anon':
        return this.recorder.tally.starved(this.userSpace.anonymous(step.bytes))
      case 'file':
        return this.recorder.tally.starved(this.userSpace.fill(step.bytes))
      case 'refresh':
        return this.recorder.tally.starved(this.userSpace.refresh(step.bytes))
      case 'pin':
        return this.userSpace.pin(step.pages, this.areas, this.random)
      case 'unpin':
        return this.userSpace.unpin()
    }
  }

  private advance(milliseconds: number): void {
    const ahead = milliseconds - this.milliseconds
    if (ahead <= 0) return
    this.say?.(`sleep ${ahead}`)
    this.kernel.sleep(ahead)
    this.milliseconds = milliseconds
  }
}

/** Adds the devices that a plan uses; those that no driver can bind to are missing. */
function devicesOf(plan: Plan, board: Board, kernel: Kernel): Map<string, Device> {
  const masks = new Map(plan.streams.map(({ device, mask }) => [device, mask]))
  const devices = new Map<string, Device>()
  for (const described of board.devices) {
    const mask = masks.get(described.name)
    const device = mask === undefined ? null : kernel.addDevice(describeDevice(board, described, mask))
    if (device) devices.set(described.name, device)
  }
  return devices
}
