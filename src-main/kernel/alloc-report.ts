/** What mm/page_alloc.c says of a request that failed: warn_alloc(), the warning of a block that is too large, the stream's reasons. */
import type { Order } from '@shared/units.ts'
import * as gfpFlags from './gfp.ts'
import type { Log } from './log.ts'
import type { AllocFailureProfile } from './profile.ts'
import { RateLimit } from './ratelimit.ts'
import type { Tracer } from './tracer.ts'
import { PLAIN_TYPES, type Zone } from './zone.ts'

export class AllocReports {
  /** nopage_rs */
  private readonly limit: RateLimit
  private warnedOrder = false

  constructor(
    private readonly policy: AllocFailureProfile,
    private readonly maxOrder: Order,
    private readonly tracer: Tracer,
    private readonly log: Log,
  ) {
    this.limit = new RateLimit(policy.interval, policy.burst)
  }

  /** No block is that large: WARN_ON_ONCE. */
  tooLarge(gfp: number, order: Order): void {
    if (this.tracer.enabled)
      this.tracer.emit('alloc_pages', { order, gfp_flags: gfp, max_order: this.maxOrder, why: 'order' })
    const warning = this.policy.orderWarning
    if (warning === null || this.warnedOrder || gfp & gfpFlags.__GFP_NOWARN) return
    this.warnedOrder = true
    this.log.print('warn', warning)
  }

  /** warn_alloc(), and what each of the zones that the request could use refused it for. */
  failed(gfp: number, order: Order, highest: number, zones: readonly Zone[]): void {
    if (this.tracer.enabled) this.tellRefusals(gfp, order, highest, zones)
    if (gfp & gfpFlags.__GFP_NOWARN) return
    if (gfp & gfpFlags.__GFP_DMA && !zones.some((zone) => zone.name === 'DMA' && zone.managed > 0)) return
    if (!this.limit.allows(this.tracer.time)) return
    this.log.print('warn', `init: page allocation failure: order:${order}, ${this.policy.mode(gfp)}`)
  }

  private tellRefusals(gfp: number, order: Order, highest: number, zones: readonly Zone[]): void {
    for (const zone of zones.slice(0, highest + 1)) {
      if (zone.managed === 0) continue
      const { nrFree, nrFreeCma } = zone.lists
      this.tracer.emit('zone_watermark_ok', {
        zone: zone.name,
        order,
        gfp_flags: gfp,
        nr_free: nrFree,
        nr_free_cma: nrFreeCma,
        mark: zone.watermarks.min + zone.boost,
        reserve: zone.reserve[highest]!,
        largest_order: this.largestFree(zone),
        ok: false,
      })
    }
  }

  /** Largest order of a free block outside CMA; -1 when there is none. */
  private largestFree(zone: Zone): Order {
    for (let order = this.maxOrder; order >= 0; order--) if (zone.lists.hasOrder(order, PLAIN_TYPES)) return order
    return -1
  }
}
