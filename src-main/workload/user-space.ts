import { MiB, type Bytes, type Pages } from '@shared/units.ts'
import type { Kernel } from '../kernel/index.ts'
import type { Say } from './caller.ts'
import type { Random } from './random.ts'

/** Files of the page cache are 1 MiB, or larger where there would be more than this many; a churn replaces whole ones. */
const MOST_FILES = 4096

/**
 * What the rest of the system does with memory, in the actions that the command language has (whole MiB, as it counts), so that a
 * script of the run does exactly the same. Each returns the bytes that were wanted and not to be had.
 */
export class UserSpace {
  private readonly files: { name: string; mib: number }[] = []
  private nextFile = 0

  constructor(
    private readonly kernel: Kernel,
    private readonly pageBytes: Bytes,
    private readonly say: Say,
  ) {}

  anonymous(bytes: Bytes): Bytes {
    const mib = Math.ceil(bytes / MiB)
    this.say?.(`anon ${mib}`)
    return this.missing(mib, this.kernel.touchAnon(this.pagesOf(mib)))
  }

  /** The page cache: files of equal size. */
  fill(bytes: Bytes): Bytes {
    const total = Math.ceil(bytes / MiB)
    const each = Math.ceil(total / MOST_FILES)
    let missing = 0
    for (let left = total; left > 0; left -= each) missing += this.write(Math.min(each, left))
    return missing
  }

  /** The oldest files go and others of that size come; without files, processes give memory back and take it anew. */
  refresh(bytes: Bytes): Bytes {
    if (!this.files.length) return this.replaceAnonymous(bytes)
    let mib = 0
    for (let wanted = Math.ceil(bytes / MiB); mib < wanted && this.files.length > 1;) mib += this.remove()
    return mib ? this.write(mib) : 0
  }

  /** Pins pages that are in use inside the areas, at a rhythm of its own; what was pinned before is let go. */
  pin(pages: Pages, areas: readonly string[], random: Random): void {
    this.unpin()
    for (const area of areas) {
      const stride = 1 + random.below(997)
      this.say?.(`pin ${area} ${pages} ${stride}`)
      this.kernel.pinPages(area, pages, stride)
    }
  }

  unpin(): void {
    this.say?.('unpin')
    this.kernel.unpin()
  }

  private replaceAnonymous(bytes: Bytes): Bytes {
    this.say?.('unanon')
    this.kernel.freeAnon()
    return this.anonymous(bytes)
  }

  private write(mib: number): Bytes {
    const name = `f${this.nextFile++}`
    this.files.push({ name, mib })
    this.say?.(`tmpfs ${mib} ${name}`)
    return this.missing(mib, this.kernel.writeTmpfs(name, this.pagesOf(mib)))
  }

  private remove(): number {
    const { name, mib } = this.files.shift()!
    this.say?.(`rm ${name}`)
    this.kernel.removeTmpfs(name)
    return mib
  }

  private pagesOf = (mib: number): Pages => (mib * MiB) / this.pageBytes
  private missing = (mib: number, got: Pages): Bytes => mib * MiB - got * this.pageBytes
}
