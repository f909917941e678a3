/**
 * The facts of a recording that a simulation must reproduce, and how far it does: the same selection as the recordings' own comparison makes.
 * A fact is a group, a name inside it and a value in JSON.
 */
/* eslint-disable @typescript-eslint/no-explicit-any -- recordings and documents are JSON of many shapes, compared value by value */
export interface Fact {
  group: string
  name: string
  value: string
}

const BOOT_LINE =
  /^(OF: reserved mem|Reserved memory|cma:|CMA:|Failed to reserve|software IO TLB|DMA: (preallocated|failed)|Zone ranges| {2}(DMA|DMA32|Normal|HighMem) +(\[mem|empty|0x)|swiotlb|Malformed early option 'cma'|high memory)|reserved memory/i
const ANSWER_LINE =
  /cma|swiotlb|dma|coherent|page allocation failure|reserved mem|overflow|allocation too big|vmap allocation|alloc_contig_range|too small|Please increase|out of memory|oom-killer/i
const NOT_OURS = /^truth: |^iommu: |software IO TLB: mapped/

type Json = any

/** A line without what the build or the moment decides. */
const said = (line: Json): string => {
  const text = line.text
    .replace(/^truth (?=\S+: )/, '')
    .replace(/^\S+: (page allocation failure)/, '$1')
    .replace(/\+0x[0-9a-f]+\/0x[0-9a-f]+/g, '')
    .replace(/(\.[chS]):\d+/g, '$1')
    .replace(/^.* (invoked oom-killer).*/, '$1')
    .replace(/^(Out of memory)\b.*/, '$1')
  return `${line.level} ${text}`
}
const lines = (log: Json, ours: RegExp): string[] =>
  (log ?? []).filter((l: Json) => !NOT_OURS.test(l.text) && ours.test(l.text.replace(/^truth (?=\S+: )/, ''))).map(said)
const pick = (from: Json, ...keys: string[]): Json =>
  Object.fromEntries(keys.filter((k) => from?.[k] !== undefined).map((k) => [k, from[k]]))
const isPlaced = (answer: Json): boolean => /^(cma:|declared|swiotlb|pool:)/.test(answer.from ?? '')

/** Facts of `doc`, chosen by what the recording `want` has. */
export function factsOf(doc: Json, want: Json): Fact[] {
  const out: Fact[] = []
  const add = (group: string, name: string, value: unknown) =>
    out.push({ group, name, value: JSON.stringify(value) ?? 'undefined' })
  add('boot', 'booted', doc.booted !== false)
  if (!want.booted) return out
  addBoot(doc.boot ?? {}, want.boot, add)
  if (want.watch) add('answer', 'never returned', doc.watch?.during)
  const answers = new Map((doc.answers ?? []).map((a: Json) => [a.line, a]))
  for (const w of want.answers ?? []) addAnswer(answers.get(w.line), w, want.arch, add)
  const states = new Map((doc.states ?? []).map((s: Json) => [s.tag, s]))
  for (const w of want.states ?? []) addState(states.get(w.tag) ?? {}, w, add)
  return out
}

type Add = (group: string, name: string, value: unknown) => void
const NUMBERS =
  'page_size pageblock_order max_page_order cma_min_align zone_dma_limit high_memory totalcma lowmem_limit vmalloc_start vmalloc_end'

function addBoot(b: Json, want: Json, add: Add): void {
  for (const k of NUMBERS.split(' ')) if (want.kernel?.[k] !== undefined) add('boot', k, b.kernel?.[k])
  const areas = (b.cma ?? []).map((c: Json) => pick(c, 'name', 'base', 'pages', 'order_per_bit', 'default', 'zone'))
  add(
    'boot.cma',
    'areas',
    areas.sort((x: Json, y: Json) => x.base - y.base),
  )
  add(
    'boot.zones',
    'zones',
    (b.zones ?? []).map((z: Json) => pick(z, 'name', 'start', 'end', 'spanned', 'present', 'cma')),
  )
  for (const r of want.reserved ?? []) {
    const same = (b.reserved ?? []).find((x: Json) => x.node === r.node && x.base === r.base)
    add('boot.reserved', r.node, pick(same, 'base', 'size', 'no_map', 'reusable', 'handler'))
  }
  add('boot.reserved', 'count', (b.reserved ?? []).length)
  if (want.window) add('boot.window', 'window', pick(b.window, 'base', 'size', 'ready'))
  add(
    'boot.pools',
    'sizes',
    (b.pools ?? []).map((p: Json) => pick(p, 'name', 'size')),
  )
  const fields = ['name', 'nslabs', 'nareas', 'area_nslabs', 'force', 'for_alloc']
  add(
    'boot.swiotlb',
    'pools',
    (b.swiotlb ?? []).map((s: Json) => pick(s, ...fields)),
  )
  // down to 2 MiB: the last bits depend on tables that the kernel sizes for its own use
  const near = (w: Json, n: number) => Math.abs((b.swiotlb?.[n]?.start ?? NaN) - w.start) < 2 ** 21
  add(
    'boot.swiotlb.base',
    'start',
    (want.swiotlb ?? []).map((w: Json, n: number) => (near(w, n) ? w.start : b.swiotlb?.[n]?.start)),
  )
  add('boot.log', 'lines', lines(b.log, BOOT_LINE))
}

function addAnswer(a: Json, w: Json, arch: string, add: Add): void {
  const name = `${w.line}: ${w.cmd}`
  if (!a) return add('answer', name, null)
  const value = { ...pick(a, 'ok', 'errno'), ...answerFields(a, w) }
  if (w.cmd.startsWith('unhog')) delete value.errno
  if (w.iommu_maps && arch.startsWith('arm64')) value.iommu_maps = a.iommu_maps
  if (Array.isArray(w.cma) || Array.isArray(a.cma))
    value.cma = [a.cma ?? []].flat().map((c: Json) => pick(c, 'area', 'pages', 'align', 'ret', 'busy'))
  add('answer', name, value)
  const spoken = lines(a.log, ANSWER_LINE)
  if (spoken.length) add('answer.log', name, spoken)
}

const INFO = [
  'coherent',
  'mask',
  'coherent_mask',
  'bus_limit',
  'max_mapping',
  'required',
  'ops',
  'cma_area',
  'declared_pages',
  'swiotlb',
]

function answerFields(a: Json, w: Json): Json {
  switch (w.cmd.split(' ')[0]) {
    case 'info':
      return pick(a, ...INFO)
    case 'areamap':
      return { allocated: a.blocks?.map((x: Json) => x[0]), pageblock_pages: a.pageblock_pages }
    case 'pools': {
      const known = ['dma', 'dma32', 'kernel', 'arm', 'state', 'size', 'used_pages', 'free_pages'].filter(
        (p) => w[p] !== undefined,
      )
      return Object.fromEntries(known.map((p) => [p, a[p]]))
    }
    case 'victims':
      return { alive: a.alive }
    case 'map':
      return mapFields(a, w)
    case 'mapphys':
      return { dma: a.dma }
    case 'hog':
      return hogFields(a, w)
    case 'unhog':
      return {}
    case 'mapsg':
      return sgFields(a, w)
    default:
      return bufferFields(a, w)
  }
}

function mapFields(a: Json, w: Json): Json {
  const out = pick(a, 'bounced', 'slot', 'slot_off')
  const orig = typeof w.orig === 'number' ? w.orig : 0
  if (w.ok && w.bounced === 0 && w.dma !== w.orig && w.phys === undefined) out.dma = a.dma
  if (w.ok && w.bounced === 0 && w.dma === orig) out.direct = a.dma !== undefined && a.dma === a.orig
  if (w.bounced === 1) out.dma = a.dma
  return out
}

/** A running kernel's own pages are not modelled one by one: within 3 %, at least 96 pages, is equal. */
function hogFields(a: Json, w: Json): Json {
  const known = ['got', 'in_area', 'nr_free', 'area_free'].filter((k) => w[k] !== undefined)
  const close = (k: string) => Math.abs((a[k] ?? NaN) - w[k]) <= Math.max(96, 0.03 * w[k])
  return { ...Object.fromEntries(known.map((k) => [k, close(k) ? w[k] : a[k]])), failed: a.failed }
}

function sgFields(a: Json, w: Json): Json {
  const isTranslated = (w.seg ?? []).some((s: Json) => s.len === 0 || (!s.bounced && s.dma !== s.phys))
  const seg = a.seg?.map((s: Json) =>
    isTranslated || s.bounced ? pick(s, 'dma', 'len', 'bounced') : pick(s, 'len', 'bounced'),
  )
  return { segments: a.segments, seg }
}

function bufferFields(a: Json, w: Json): Json {
  const out = pick(a, 'from', 'virt', 'woff', 'segments', 'pages', 'order', 'count')
  if (isPlaced(w)) Object.assign(out, pick(a, 'phys', 'off'))
  if (w.cmd.startsWith('buf ') || !w.ok || w.dma === undefined) return out
  if (isPlaced(w) || w.runs) out.dma = a.dma
  else out.translation = a.dma - a.phys
  return out
}

function addState(s: Json, w: Json, add: Add): void {
  for (const area of Object.keys(w.cma ?? {}))
    add('state.cma', `${w.tag} ${area}`, pick(s.cma?.[area], 'count', 'used', 'maxchunk', 'set_runs'))
  for (const area of Object.keys(w.cma_stat ?? {}))
    add('state.cma', `${w.tag} ${area} statistics`, pick(s.cma_stat?.[area], 'alloc_pages_success', 'alloc_pages_fail'))
  for (const p of Object.keys(w.dma_pools ?? {})) {
    const isSize = typeof w.dma_pools[p] === 'number'
    const got = s.dma_pools?.[p]
    add('state.pools', `${w.tag} ${p}`, isSize ? got : pick(got, 'size', 'used_pages', 'free_pages', 'regions'))
  }
  if (w.window) add('state.window', w.tag, pick(s.window, 'base', 'size', 'regions'))
  for (const p of Object.keys(w.swiotlb ?? {}))
    add('state.swiotlb', `${w.tag} ${p}`, pick(s.swiotlb?.[p], 'io_tlb_nslabs', 'io_tlb_used', 'io_tlb_used_hiwater'))
}

export interface Comparison {
  total: number
  /** Facts that differ: what the recording has, what the simulation has. */
  wrong: { group: string; name: string; want: string; got: string }[]
}

/** Every fact of the recording against the document, and what the document has beyond them. */
export function compareDocuments(doc: Json, truth: Json): Comparison {
  const key = (f: Fact) => `${f.group}\0${f.name}`
  const want = factsOf(truth, truth)
  const got = new Map(factsOf(doc, truth).map((f) => [key(f), f]))
  const wanted = new Set(want.map(key))
  const extra = [...got.values()].filter((f) => !wanted.has(key(f)))
  const wrong = [
    ...want
      .filter((f) => got.get(key(f))?.value !== f.value)
      .map((f) => ({ group: f.group, name: f.name, want: f.value, got: got.get(key(f))?.value ?? 'nothing' })),
    ...extra.map((f) => ({ group: f.group, name: f.name, want: 'nothing', got: f.value })),
  ]
  return { total: want.length + extra.length, wrong }
}
