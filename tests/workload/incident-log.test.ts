import { describe, expect, it } from 'vitest'
import { wrongSoFar } from '@shared/incidents.ts'
import type { Incident } from '@shared/run.ts'
import { IncidentLog } from '../../src-main/workload/incident-log.ts'

const failure = (call: number, time: number, stream = 'camera'): Omit<Incident, 'more'> => ({
  call,
  time,
  kind: 'failure',
  device: 'isi',
  stream,
  verb: 'alloc',
  bytes: 4096,
  errno: -12,
  area: 'cma:camera',
  reason: 'no hole',
  logLine: -1,
})
const picture = ({ rows }: IncidentLog) => rows.map(({ call, more }) => `${call}+${more}`).join(' ')

describe('what a run keeps of calls that went wrong', () => {
  it('is a row each, while they are few', () => {
    const log = new IncidentLog(100, 5)
    for (let call = 0; call < 5; call++) log.add(failure(call, call))
    expect(picture(log)).toBe('0+0 1+0 2+0 3+0 4+0')
  })

  it('is then a row a step and stream, that counts the others', () => {
    const log = new IncidentLog(100, 2)
    const listed = [0, 1, 2, 3, 150, 160].map((time, call) => log.add(failure(call, time)))
    expect(listed).toEqual([true, true, false, false, true, false])
    log.add(failure(6, 161, 'display'))
    expect(picture(log)).toBe('0+0 1+2 4+1 6+0')
    expect([...wrongSoFar({ incidents: log.rows, duration: 200 }).value]).toEqual([0, 1, 4, 6, 7, 7])
  })

  it('stops growing in the end, however long the run', () => {
    const log = new IncidentLog(1, 2, 4)
    for (let call = 0; call < 1000; call++) log.add(failure(call, call * 10))
    expect(picture(log)).toBe('0+0 1+0 2+0 3+996')
  })

  it('lists a call that somebody waits for', () => {
    const log = new IncidentLog(100, 1)
    log.add(failure(0, 0))
    expect(log.add(failure(1, 1), true)).toBe(true)
  })
})
