import { beforeAll, describe, expect, it } from 'vitest'
import type { RunResult } from '@shared/run.ts'
import { csvText, incidentsCsv, seriesCsv } from '../../src-main/report/csv.ts'
import { perfettoOf } from '../../src-main/report/perfetto.ts'
import { runOn } from '../workload/lab.ts'

let run: RunResult
beforeAll(async () => {
  const yaml = 'duration: 100ms\nstreams: [{ name: it, device: cam, jitter: 0, buffers: [{ bytes: 6M, count: 3 }] }]\n'
  run = (await runOn({ bootargs: 'cma=16M' }, yaml)).result
})

it('CSV quotes what needs it', () => {
  expect(csvText([['a,b', 'say "x"', 1.5, null, true]])).toBe('"a,b","say ""x""",1.5,,true\r\n')
})

it('series and incidents are tables with a title row', () => {
  const series = seriesCsv(run).trim().split('\r\n')
  expect(series[0]).toBe('area,time_us,used,free,largest_free,unusable')
  expect(series).toHaveLength(1 + run.areas.reduce((sum, area) => sum + area.time.length, 0))
  expect(incidentsCsv(run).trim().split('\r\n')[1]).toMatch(
    /^2,0,failure,cam,it,alloc,6291456,12,cma:reserved,"?reserved has no hole/,
  )
})

describe('the Perfetto trace', () => {
  it('has areas as counters, buffers as slices that end, incidents as instants', () => {
    const { traceEvents } = JSON.parse(perfettoOf(run)) as {
      traceEvents: { ph: string; name: string; id?: number; ts: number }[]
    }
    const of = (ph: string) => traceEvents.filter((event) => event.ph === ph)
    expect(of('C').map(({ name }) => name)).toContain('cma:reserved')
    expect(of('i')).toHaveLength(1)
    for (const begin of of('b')) {
      const end = of('e').find(({ id }) => id === begin.id)
      expect(end!.ts).toBeGreaterThanOrEqual(begin.ts)
    }
  })
})
