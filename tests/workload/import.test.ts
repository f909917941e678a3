import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Board } from '@shared/board.ts'
import type { BootReport, KernelEvent } from '@shared/run.ts'
import { bootKernel } from '../../src-main/kernel/index.ts'
import { FTRACE_HEADER, ftraceWriter } from '../../src-main/report/ftrace.ts'
import { diagnose, differences, importFiles, type Imported } from '../../src-main/workload/import/index.ts'
import { prepareBoot } from '../../src-main/workload/boot-board.ts'
import { parseScript, replay } from '../../src-main/workload/replay/index.ts'
import { boardText, readText, smallBoard } from './lab.ts'

const OPTIONS = { pageBytes: 4096, pages: false }
const read = (text: string, name = 'trace', options = OPTIONS): Imported => importFiles([{ name, text }], options)
/** Events of one process, a tenth of a millisecond apart. */
const trace = (...events: string[]): string =>
  '# tracer: nop\n' +
  events.map((event, n) => `  camera-77  [000] d..1. 10.${String(5000 + n).padStart(4, '0')}00: ${event}\n`).join('')
const calls = (text: string, options = OPTIONS): string[] =>
  (read(text, 'trace', options).script ?? '').trim().split('\n')
const wrong = (imported: Imported): string[] =>
  imported.diagnostics.map(({ severity, line, message }) => `${line} ${severity}: ${message}`)

const ALLOC =
  'dma_alloc: cam dir=BIDIRECTIONAL dma_addr=7f000000 size=65536 virt_addr=0000000012345678 flags=GFP_KERNEL|__GFP_ZERO attrs=WRITE_COMBINE|NO_WARN'
const FREE = 'dma_free: cam dir=BIDIRECTIONAL dma_addr=7f000000 size=65536 virt_addr=0000000012345678 attrs='

describe('events become calls', () => {
  it('an allocation and its end', () => {
    expect(calls(trace(ALLOC, FREE))).toEqual(['alloc cam b0 65536 kernel,zero write-combine,no-warn', 'free b0'])
  })

  it('one that the board refused is a call too; nothing frees it', () => {
    const text = ALLOC.replace('virt_addr=0000000012345678', 'virt_addr=(null)')
    expect(calls(trace(text))).toEqual(['alloc cam b0 65536 kernel,zero write-combine,no-warn'])
    expect(read(trace(text, FREE)).counts).toMatchObject({ calls: 1, failed: 1, freedUnseen: 1 })
  })

  it('what DMA asks of CMA is the DMA call, what others ask is their own', () => {
    const asked = 'cma_alloc_finish: name=reserved pfn=0x7f000 page=00000000abcdef01 count=16 align=4 errorno=0'
    const heap = 'cma_alloc_finish: name=reserved pfn=0x7f100 page=00000000abcdef02 count=100 align=7 errorno=0'
    expect(
      calls(
        trace(
          heap,
          asked,
          ALLOC,
          FREE,
          'cma_release: name=reserved pfn=0x7f000 page=00000000abcdef01 count=16',
          'cma_release: name=reserved pfn=0x7f100 page=00000000abcdef02 count=100',
        ),
      ),
    ).toEqual([
      'cma_alloc reserved b0 100 7',
      'alloc cam b2 65536 kernel,zero write-combine,no-warn',
      'free b2',
      'free b0',
    ])
  })

  it('a mapping brings the pages that it maps; with --pages they are those of the trace', () => {
    const map = 'dma_map_page: net dir=TO_DEVICE dma_addr=41000200 size=1500 phys_addr=41000200 attrs='
    const unmap = 'dma_unmap_page: net dir=TO_DEVICE dma_addr=41000200 size=1500 attrs='
    expect(calls(trace(map, unmap))).toEqual([
      'buf b0 2012 kernel,dma32',
      'map net b1 b0 512 1500 to-device',
      'free b1',
      'free b0',
    ])
    const page = 'mm_page_alloc: page=00000000deadbeef pfn=0x41000 order=1 migratetype=0 gfp_flags=GFP_ATOMIC'
    expect(
      calls(trace(page, map, unmap, 'mm_page_free: page=00000000deadbeef pfn=0x41000 order=1'), {
        ...OPTIONS,
        pages: true,
      }),
    ).toEqual(['buf b0 8192 atomic', 'map net b1 b0 512 1500 to-device', 'free b1', 'free b0'])
  })

  it('pieces, device memory, and time between', () => {
    const sg =
      'dma_map_sg: net dir=FROM_DEVICE nents=2/2 ents=2/2 dma_addrs={0x41000000,0x42000000} sizes={0x1000,0x1000} phys_addrs={0x41000000,0x42000000} attrs='
    const text =
      trace(sg) +
      '  irq/9-net-8 [001] d.h1. 10.523456: dma_unmap_sg: net dir=FROM_DEVICE phys_addrs={0x41000000,0x42000000} attrs=\n' +
      '  irq/9-net-8 [001] d.h1. 10.523456: dma_map_resource: net dir=BIDIRECTIONAL dma_addr=fd000000 size=4096 phys_addr=fd000000 attrs=\n'
    expect(calls(text)).toEqual([
      'mapsg net b0 2 4096 kernel,dma32 from-device',
      'sleep 23',
      'free b0',
      'mapphys net b1 4244635648 4096 bidirectional',
    ])
  })

  it('trace-cmd and perf write the same events a little differently', () => {
    const cma = 'name=reserved pfn=0x7f000 page=0xabc count=4 align=2 errorno=0'
    expect(
      calls(`version = 7\ncpus=4\n        camera-1234  [002]   123.456789: cma_alloc_finish:     ${cma}\n`),
    ).toEqual(['cma_alloc reserved b0 4 2'])
    expect(calls(`camera  1234 [002]   123.456789: cma:cma_alloc_finish: ${cma}\n`)).toEqual([
      'cma_alloc reserved b0 4 2',
    ])
  })

  it('an event that lacks something is told of by its place and left out', () => {
    expect(
      wrong(
        read(
          trace(
            'dma_alloc: cam dma_addr=1 virt_addr=2 flags=GFP_KERNEL',
            ALLOC.replace('size=65536', 'size=wide'),
            'dma_map_page: net dir=SIDEWAYS dma_addr=1 size=1 phys_addr=1',
          ),
        ),
      ),
    ).toEqual([
      '2 warning: dma_alloc says no size=; this event is left out',
      '3 warning: dma_alloc size=wide is no number; this event is left out',
      '4 warning: dma_map_page has the direction SIDEWAYS; known are BIDIRECTIONAL, TO_DEVICE, FROM_DEVICE; this event is left out',
    ])
  })

  it('a file that is nothing known is an error', () => {
    expect(wrong(read('shopping list\n- milk\n', 'notes'))).toEqual([
      expect.stringMatching(/^1 error: is no ftrace text, kernel log, or file/),
    ])
  })
})

/** A script's calls, replayed on a small board: those that did something, and the events as a trace. */
function traced(script: string): { done: string; text: string } {
  const { board } = readText(boardText({ bootargs: 'cma=16M' }))
  let text = FTRACE_HEADER
  let up = false
  const line = ftraceWriter()
  const sink = (event: KernelEvent): void => void (up && (text += line(event)))
  const { document } = replay({
    board,
    machine: {},
    commands: parseScript(script, 's').commands,
    sink,
    watch: () => void (up = true),
  })
  expect(document?.booted).toBe(true)
  // giving back what was not had leaves no trace
  const done = document!.answers.filter(({ ok, cmd }) => ok || !cmd.startsWith('free')).map(({ cmd }) => cmd)
  return { done: done.join('\n'), text }
}

/** Calls with names in the order of their making, and without what a trace does not say of a mapped page: where it was asked to lie. */
function shape(script: string): string[] {
  const names = new Map<string, string>()
  const name = (word: string): string =>
    /^[a-z]\d+$/.test(word) ? (names.get(word) ?? names.set(word, `#${names.size}`).get(word)!) : word
  return script
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('sleep'))
    .map((line) =>
      line
        .replace(/^(buf \S+ \S+) .*/, '$1')
        .replace(/^(mapsg .*) \S+ (\S+)$/, '$1 $2')
        .split(' ')
        .map(name)
        .join(' '),
    )
}

const gfp = fc.constantFrom('kernel', 'atomic', 'kernel,nowarn', 'kernel,noretry,zero')
const size = fc.integer({ min: 1, max: 64 }).map((pages) => pages * 4096)
/** A call on the small board and what ends it. */
const call = fc.oneof(
  fc
    .record({
      gfp,
      size,
      device: fc.constantFrom('cam', 'net'),
      attrs: fc.constantFrom('', ' write-combine', ' force-contiguous,no-warn'),
    })
    .map(({ device, size, gfp, attrs }) => (n: number): [string[], string[]] => [
      [`alloc ${device} x${n} ${size} ${gfp}${attrs}`],
      [`free x${n}`],
    ]),
  fc
    .record({ gfp, size })
    .map(({ gfp, size }) => (n: number): [string[], string[]] => [[`pages net x${n} ${size} ${gfp}`], [`free x${n}`]]),
  fc
    .record({ size, offset: fc.integer({ min: 0, max: 4095 }) })
    .map(({ size, offset }) => (n: number): [string[], string[]] => [
      [`buf y${n} ${size + offset} kernel`, `map cam x${n} y${n} ${offset} ${size} to-device`],
      [`free x${n}`, `free y${n}`],
    ]),
  fc
    .record({ pages: fc.integer({ min: 1, max: 8 }), pieces: fc.integer({ min: 1, max: 6 }) })
    .map(({ pages, pieces }) => (n: number): [string[], string[]] => [
      [`mapsg net x${n} ${pieces} ${pages * 4096} kernel from-device`],
      [`free x${n}`],
    ]),
  fc
    // more than any buffer: which of two requests of one size a DMA call made, a trace does not say
    .record({ pages: fc.integer({ min: 70, max: 90 }), align: fc.integer({ min: 0, max: 3 }) })
    .map(({ pages, align }) => (n: number): [string[], string[]] => [
      [`cma_alloc reserved x${n} ${pages} ${align}`],
      [`free x${n}`],
    ]),
)

describe('a trace of our own', () => {
  it('is imported to the calls that it was made by', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(call, fc.boolean()), { minLength: 1, maxLength: 12 }), (made) => {
        const lines: string[] = []
        const later: string[][] = []
        for (const [n, [say, keep]] of made.entries()) {
          const [begin, end] = say(n)
          lines.push(...begin)
          if (keep) later.push(end)
          else lines.push(...end)
        }
        const script = [...lines, ...later.flat()].join('\n')
        const { done, text } = traced(script)
        expect(shape(read(text).script ?? '')).toEqual(shape(done))
      }),
      { numRuns: 40 },
    )
  })
})

describe('hostile files', () => {
  const bits = [
    ALLOC,
    FREE,
    '[    0.000000] cma: Reserved 16 MiB at 0x7f000000',
    'MemTotal: 1 kB',
    '# tracer: nop',
    'dma_map_sg: x dir=TO_DEVICE nents=9999999999/1 ents=0/0 sizes={} phys_addrs={}',
    '  a-1 [000] .... 1.0: ',
    'cma_release: name=a pfn=zz',
    '=',
    '\0',
    '{',
    '-',
    '9'.repeat(400),
  ]
  const hostile = fc
    .array(fc.oneof(fc.string({ maxLength: 60 }), fc.constantFrom(...bits), fc.constantFrom('\n', ' ', '=')), {
      maxLength: 40,
    })
    .map((parts) => parts.join(''))

  it('never throw, and what is made of them is a script and a diagnosis', () => {
    fc.assert(
      fc.property(
        hostile,
        fc.constantFrom('trace', 'dmesg', 'proc-meminfo', 'cma/a/count', 'proc-buddyinfo', 'proc-iomem', 'x'),
        fc.boolean(),
        (text, name, pages) => {
          const imported = read(text, name, { pageBytes: 4096, pages })
          if (imported.script !== null) expect(parseScript(imported.script, 's').diagnostics).toEqual([])
          for (const { message, line } of [...imported.diagnostics, ...diagnose(imported.facts, imported.counts, 4096)])
            expect([typeof message, line >= 1]).toEqual(['string', true])
        },
      ),
      { numRuns: 500 },
    )
  })

  it('take time in proportion to their length', () => {
    const line = `  ${'-'.repeat(5000)}1 [000] ${'. '.repeat(3000)}: dma_alloc: ${'=a '.repeat(3000)}\n`
    expect(read('# tracer: nop\n' + line.repeat(50)).script).toBeNull()
  })
})

function reportOf(board: Board): BootReport {
  const booted = bootKernel(prepareBoot(board, {}).boot!.input, null)
  if (!booted.ok) throw new Error(booted.panic)
  return booted.kernel.report()
}

describe('a board that says of itself', () => {
  const board = smallBoard({ bootargs: 'cma=16M' })
  const report = reportOf(board)
  const log = `[    0.000000] Linux version 6.12.1\n${report.log.map(({ text }) => `[    0.000000] ${text}\n`).join('')}`
  const said = (text: string): string[] => {
    const { facts, counts } = read(text, 'dmesg')
    return diagnose(facts, counts, 4096).map(
      ({ severity, code, line, message }) => `${line} ${severity} ${code}: ${message}`,
    )
  }

  it('what the simulated kernel says does not differ from the simulation', () => {
    expect(differences(read(log, 'dmesg').facts, report)).toEqual([])
  })

  it('an area elsewhere, another bounce buffer, a message more', () => {
    const [area] = report.cma
    const moved = log
      .replace(/(cma: Reserved 16 MiB at 0x)[0-9a-f]+/, '$10000000041000000')
      .replace(/(preallocated )128/, '$1256')
      .replace('Zone ranges:', "Malformed early option 'cma'\n[    0.000000] Zone ranges:")
    expect(
      differences(read(moved, 'dmesg').facts, report).map(({ what, board, simulation }) => [what, board, simulation]),
    ).toEqual([
      ['CMA area reserved', '16 MiB at 0x4100_0000', expect.stringContaining('16 MiB at')],
      [expect.stringMatching(/^atomic pool/), '256 KiB', '128 KiB'],
      ['message', "Malformed early option 'cma'", null],
    ])
    expect(area!.size).toBe(16 * 1024 * 1024)
  })

  it('complaints of the log are explained once each, with their place', () => {
    expect(
      said(
        '[ 9.1] cma: __cma_alloc: cam: alloc failed, req-size: 2048 pages, ret: -12\n[ 9.2] cma: __cma_alloc: cam: alloc failed, req-size: 2048 pages, ret: -12\n[ 9.3] net 1.eth: swiotlb buffer is full (sz: 524288 bytes), total 32768 (slots), used 12 (slots)\n',
      ),
    ).toEqual([
      '1 error cma-alloc-failed: CMA area cam had no place for 2048 pages: no run of free pages was long enough; size the area with carveout size (2 times)',
      '3 error swiotlb-full: a mapping of 512 KiB is larger than the 256 KiB that bouncing can serve; no size of the bounce buffer helps',
    ])
  })

  it('a state taken from the simulation is diagnosed as what it is', () => {
    const commands = parseScript(
      'cma_alloc reserved a 2048 0\ncma_alloc reserved b 1900 0\nalloc cam c 8M kernel\ndump full\n',
      's',
    ).commands
    const { document } = replay({ board, machine: {}, commands })
    const state = document!.states[0]!
    const { base_pfn, count, used, maxchunk } = state.cma.reserved!
    const files = Object.entries({ base_pfn, count, used, maxchunk }).map(([name, value]) => ({
      name: `cma/reserved/${name}`,
      text: `${value}\n`,
    }))
    const { facts } = importFiles(files, OPTIONS)
    expect(diagnose(facts, null, 4096).map(({ code, message }) => [code, message])).toEqual([
      ['cma-nearly-full', expect.stringMatching(/^CMA area reserved: 15\.\d+ MiB of 16 MiB in use, longest free run/)],
    ])
    expect(differences(facts, report)).toEqual([])
  })
})
