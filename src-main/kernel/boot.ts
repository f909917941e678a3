/** Runs a kernel's early boot: from the boot loader's leavings to the state that the page allocator starts from. */
import type { Board } from '@shared/board.ts'
import { parseCommandLine } from './cmdline.ts'
import type { KernelConfig } from './config.ts'
import type { EarlyBoot, LoaderFacts } from './early-boot.ts'
import type { Log } from './log.ts'
import { Memblock } from './memblock.ts'
import type { Profile } from './profile.ts'
import { SwiotlbPlan } from './swiotlb-init.ts'

/** MAX_RESERVED_REGIONS: what the first table of reserved regions has room for. */
const STATIC_RESERVED_REGIONS = 64

export interface BootInput {
  profile: Profile
  config: KernelConfig
  board: Board
  loader: LoaderFacts
}

/**
 * The state after the last step of early boot.
 * @throws BootPanic where the kernel stops
 */
export function runEarlyBoot({ profile, config, board, loader }: BootInput, log: Log): EarlyBoot {
  const boot: EarlyBoot = {
    profile,
    config,
    board,
    loader,
    log,
    memblock: new Memblock(profile.page.sizeBytes, profile.page.maxAddress),
    params: parseCommandLine(loader.cmdline),
    reservedMem: [],
    reservedMemLimit: STATIC_RESERVED_REGIONS,
    cma: [],
    defaultCma: -1,
    contiguousFixups: [],
    zones: [],
    zoneDmaLimit: 0,
    dmaPhysLimit: 0,
    highMemory: 0,
    highmemStart: 0,
    kernelPages: 0,
    swiotlbPlan: new SwiotlbPlan({ log }),
    swiotlb: null,
    numbers: {},
  }
  for (const step of profile.earlyBoot.steps) step(boot)
  return boot
}
