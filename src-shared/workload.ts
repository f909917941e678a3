import { z } from 'zod'

/**
 * The workload file, format version 1: what the memory of a system is doing, and which streams its devices run. One schema validates
 * files, gives the types, and is published as JSON Schema (resources/schemas/workload.schema.json) for editors.
 * Keys beginning with `x-` are left alone everywhere, so that later versions and other tools can extend a file without breaking it.
 */
export const WORKLOAD_FORMAT = 1

const note = (description: string, examples?: unknown[]) => ({ description, ...(examples ? { examples } : {}) })

/** What the descriptions of sizes and times begin with, in the schema and wherever it is read. */
export const AMOUNT_NOTE = 'Number, size with unit (64K, 4M, 1G) or formula over the parameters'
export const TIME_NOTE = 'Time with unit (us, ms, s, min) or formula'

/** A number of bytes or of things: a plain number or a formula over the parameters (`width * height * 3 / 2`, `align(64K, page)`). */
const amount = z
  .union([z.number().nonnegative(), z.string().min(1).max(400)])
  .meta(note(AMOUNT_NOTE, [4147200, '4M', 'width * height * 2']))
/** A time: always with its unit. Formulas work as well: `1s / fps`. */
const time = z.union([z.literal(0), z.string().min(1).max(400)]).meta(note(TIME_NOTE, ['33ms', '10s', '1s / fps']))

/** A value that is drawn anew each time it is needed, from the seed of the run. */
const drawn = <T extends z.ZodType>(value: T) =>
  z.union([
    value,
    z.strictObject({ min: value, max: value }).meta(note('Evenly between min and max')),
    z
      .strictObject({ mean: value, most: value.optional() })
      .meta(note('Exponentially distributed around mean, cut off at most')),
    z.strictObject({ oneOf: z.array(value).min(1) }).meta(note('One of the list, each as likely')),
  ])
const drawnAmount = drawn(amount)
const drawnTime = drawn(time)

export const BUFFER_KINDS = ['coherent', 'streaming', 'noncontiguous', 'pages'] as const
export const ATTRIBUTES = [
  'weak-ordering',
  'write-combine',
  'no-kernel-mapping',
  'skip-cpu-sync',
  'force-contiguous',
  'alloc-single-pages',
  'no-warn',
  'privileged',
] as const

const lifetime = z
  .union([
    z.literal('session').meta(note('As long as the stream is open')),
    z
      .strictObject({ every: drawnTime, hold: drawnTime })
      .meta(note('Again and again, as one job each frame: taken, held, given back')),
    z
      .strictObject({
        churn: z.strictObject({
          every: drawnTime.meta(note('Time from one buffer to the next')),
          alive: drawnTime.meta(note('How long a buffer lives')),
          most: amount.optional().meta(note('The oldest goes when more than this many are alive')),
        }),
      })
      .meta(note('Buffers come and go on their own, as user space creates and drops them')),
  ])
  .meta(note('How long buffers live'))

const buffers = z
  .strictObject({
    name: z.string().min(1).optional().meta(note('What they are for; shown in tables and maps')),
    bytes: drawnAmount.meta(note('Size of one buffer')),
    count: amount.default(1).meta(note('How many')),
    kind: z
      .enum(BUFFER_KINDS)
      .default('coherent')
      .meta(
        note(
          'coherent: dma_alloc_attrs; streaming: pages that are mapped; noncontiguous: dma_alloc_noncontiguous; pages: dma_alloc_pages',
        ),
      ),
    pieces: amount.optional().meta(note('streaming only: a scatter list of this many pieces of `bytes` each')),
    from: z
      .enum(['user', 'kernel', 'dma', 'dma32'])
      .default('user')
      .meta(note('streaming only: where the mapped pages come from')),
    context: z
      .enum(['blocking', 'atomic'])
      .default('blocking')
      .meta(note('atomic: asked for in interrupt context or under a lock')),
    attributes: z.array(z.enum(ATTRIBUTES)).default([]).meta(note('DMA attributes of the request')),
    direction: z
      .enum(['to-device', 'from-device', 'bidirectional'])
      .default('bidirectional')
      .meta(note('Direction of streaming and non-contiguous buffers')),
    lifetime: lifetime.default('session'),
    onFailure: z
      .enum(['skip', 'halve'])
      .default('skip')
      .meta(note('What the driver does when it gets nothing: go without, or halve the size until it fits')),
  })
  .meta(note('One kind of buffer'))

const sessions = z
  .strictObject({
    open: drawnTime.meta(note('How long the stream stays open')),
    pause: drawnTime.meta(note('How long it stays closed')),
  })
  .meta(note('The stream is opened and closed again and again, all its buffers with it'))

/** What every stream has, whether it is spelled out or comes from a preset. */
const streamCore = {
  name: z.string().min(1).optional().meta(note('Name in tables and charts; the preset or device when absent')),
  device: z
    .string()
    .min(1)
    .optional()
    .meta(
      note('The device: path, label, kernel name, compatible, or role (camera, video, display, gpu, …)', [
        '/soc/isi@32e00000',
        'isi_0',
        'camera',
      ]),
    ),
  mask: z.int().min(16).max(64).optional().meta(note('DMA mask that the driver sets, in bits')),
  phases: z.array(z.string()).min(1).optional().meta(note('Open only during these phases')),
  start: time.optional().meta(note('When it opens; the beginning when absent')),
  stop: time.optional().meta(note('When it closes; the end when absent')),
  sessions: sessions.optional(),
  jitter: time.optional().meta(note('Opens up to this much later, at random; 5ms when absent')),
  priority: z.int().default(0).meta(note('Streams that open at the same moment: the higher one asks first')),
}

const plainStream = z
  .strictObject({ ...streamCore, buffers: z.array(buffers).min(1).meta(note('The buffers that the stream needs')) })
  .meta({ ...note('A stream spelled out buffer by buffer'), title: 'Stream' })

export const PIXEL_FORMATS = ['yuyv', 'uyvy', 'nv12', 'yuv420', 'p010', 'raw12', 'rgb565', 'xrgb8888'] as const
const resolution = z
  .string()
  .regex(
    /^(720p|1080p|1440p|4k|5mp|8mp|12mp|[1-9]\d{0,4}x[1-9]\d{0,4})$/i,
    'is no resolution; write 720p, 1080p, 1440p, 4k, 5mp, 8mp, 12mp or WIDTHxHEIGHT',
  )
  .meta(note('720p, 1080p, 1440p, 4k, 5mp, 8mp, 12mp or WIDTHxHEIGHT', ['1080p', '4k', '4056x3040']))
const countOf = (fallback: number, description: string) =>
  z.int().min(1).max(4096).default(fallback).meta(note(description))

const preset = <N extends string, S extends z.ZodRawShape>(name: N, description: string, parameters: S) =>
  z
    .strictObject({ preset: z.literal(name), ...streamCore, ...parameters })
    .meta({ ...note(description), title: `Preset ${name}` })

/** Presets and their parameters; src-main/workload/presets.ts says what buffers each one stands for, and where the figures come from. */
export const PRESETS = {
  camera: preset('camera', 'Camera capture: contiguous frame buffers for each sensor', {
    streams: countOf(1, 'Sensors that capture at the same time'),
    resolution: resolution.default('1080p'),
    pixels: z.enum(PIXEL_FORMATS).default('yuyv').meta(note('Pixel format')),
    frames: countOf(4, 'Frame buffers of each sensor'),
  }),
  'video-decode': preset('video-decode', 'Video decoder: reference frames, output frames and side data', {
    codec: z.enum(['h264', 'hevc10']).default('h264').meta(note('h264 decodes to NV12, hevc10 to P010')),
    resolution: resolution.default('1080p'),
    references: countOf(4, 'Reference frames that the stream keeps; 5 for H.264 level 5.1 at 4K, 6 for HEVC at 4K'),
    outputs: countOf(4, 'Frames queued to the display and the application'),
    streams: countOf(1, 'Streams decoded at the same time'),
    motionData: z.boolean().default(false).meta(note('Motion vectors beside every frame, as rkvdec keeps them')),
  }),
  'video-encode': preset('video-encode', 'Video encoder with firmware, context and private buffer, as the Exynos MFC', {
    resolution: resolution.default('1080p'),
    frames: countOf(4, 'Source frames'),
    firmware: amount.default('8M').meta(note('Firmware and context')),
    scratch: amount.default(23_243_744).meta(note('Private buffer of the encoder')),
  }),
  display: preset('display', 'Scan-out with two or three frame buffers, write-combined', {
    resolution: resolution.default('1080p'),
    pixels: z.enum(PIXEL_FORMATS).default('xrgb8888').meta(note('Pixel format')),
    buffering: z.enum(['double', 'triple']).default('double').meta(note('Two or three frame buffers')),
    outputs: countOf(1, 'Screens'),
  }),
  'gpu-desktop': preset('gpu-desktop', 'Desktop graphics: user space creates and drops buffer objects all the time', {
    binner: amount.default('16M').meta(note('Binning buffer that the driver keeps')),
    objects: countOf(60, 'Buffer objects alive at most'),
    every: time.default('25ms').meta(note('Mean time from one object to the next')),
    alive: time.default('1500ms').meta(note('Mean life of an object')),
    largest: amount.default('8294400').meta(note('The largest object: a full-screen surface')),
  }),
  npu: preset('npu', 'Neural network accelerator: one model, its input and output', {
    model: amount.default(59_187_712).meta(note('Bytes of the loaded model')),
    tensors: amount.default('2M').meta(note('Bytes of one input or output tensor')),
    every: time.default('33ms').meta(note('Time from one inference to the next')),
  }),
  ethernet: preset('ethernet', 'Network controller: descriptor rings and receive refill', {
    controller: z.enum(['fec', 'stmmac', 'macb', 'mtk']).default('fec').meta(note('Whose rings')),
    every: time.default('50ms').meta(note('Time from one receive refill to the next')),
    refill: countOf(32, 'Pages refilled at a time'),
  }),
  'usb-camera': preset('usb-camera', 'UVC camera: isochronous transfers, halved until they fit', {
    transfers: countOf(5, 'Transfers in flight'),
    packets: countOf(32, 'Packets in a transfer'),
    packetBytes: countOf(3072, 'Bytes in a packet'),
    context: z.enum(['blocking', 'atomic']).default('blocking').meta(note('atomic: as em28xx asks for them')),
  }),
  nvme: preset('nvme', 'NVMe drive: queues, PRP lists, host memory buffer, data', {
    queues: countOf(4, 'Queue pairs'),
    hostMemory: amount.default('32M').meta(note('Host memory buffer, at most 128M')),
    every: time.default('5ms').meta(note('Mean time from one transfer to the next')),
    transfer: amount.default('128K').meta(note('Bytes of a transfer')),
  }),
  audio: preset('audio', 'Sound: preallocated ring of each substream', {
    substreams: countOf(2, 'Substreams, playback and capture counted each'),
    ring: amount.default('512K').meta(note('Preallocated bytes of one')),
  }),
  wifi: preset('wifi', 'Wireless: rings and receive refill', {
    chip: z.enum(['ath10k', 'brcmfmac']).default('ath10k').meta(note('Whose rings')),
    every: time.default('200ms').meta(note('Time from one receive refill to the next')),
  }),
  sdhci: preset('sdhci', 'SD or eMMC card: descriptor table and data', {
    every: time.default('8ms').meta(note('Mean time from one transfer to the next')),
    segments: countOf(16, 'Segments of a transfer'),
    segmentBytes: amount.default('32K').meta(note('Bytes of a segment')),
  }),
  rpmsg: preset('rpmsg', 'Messages to a remote processor: buffers and rings from its own pool', {
    messages: countOf(512, 'Messages'),
    messageBytes: countOf(512, 'Bytes of a message'),
  }),
} as const

export type PresetName = keyof typeof PRESETS
export const PRESET_NAMES = Object.keys(PRESETS) as PresetName[]

type PresetSchemas = (typeof PRESETS)[PresetName]
const presetSchemas = Object.values(PRESETS) as unknown as [PresetSchemas, ...PresetSchemas[]]
const stream = z
  .union([plainStream, ...presetSchemas])
  .meta(note('What one device does: a preset with its parameters, or buffers spelled out'))

const memory = z
  .strictObject({
    pageCache: amount
      .default(0)
      .meta(note('File pages in memory; `ram` in a formula is the memory of the board', ['ram / 3'])),
    anonymous: amount.default(0).meta(note('Memory of processes', ['200M'])),
    churn: z
      .strictObject({ every: drawnTime, bytes: drawnAmount.meta(note('How much of it is given back and taken anew')) })
      .optional()
      .meta(note('File pages and process memory that come and go while the streams run')),
    pinned: z
      .strictObject({
        pages: drawnAmount.meta(note('How many pages')),
        every: drawnTime.optional().meta(note('Pinned anew in this rhythm; once at the beginning when absent')),
        hold: drawnTime.optional().meta(note('How long a pin lasts; to the end when absent')),
      })
      .optional()
      .meta(
        note(
          'Movable pages that something holds (direct I/O, RDMA, get_user_pages), so that they cannot be migrated out of an area',
        ),
      ),
  })
  .meta(note('What the rest of the system does with memory'))

const phase = z.strictObject({ name: z.string().min(1), start: time, stop: time }).meta(note('A named stretch of time'))

export const workloadSchema = z
  .strictObject({
    format: z.literal(WORKLOAD_FORMAT).meta(note('Version of this format: 1')),
    name: z.string().min(1).meta(note('Name in reports')),
    description: z.string().optional(),
    duration: time.default('10s').meta(note('Simulated time of one run')),
    parameters: z
      .record(z.string().regex(/^[a-z][A-Za-z0-9_]*$/), amount)
      .default({})
      .meta(note('Names for formulas')),
    memory: memory.optional(),
    phases: z.array(phase).optional(),
    streams: z.array(stream).default([]).meta(note('What the devices do')),
  })
  .meta({ title: 'Carveout workload', description: 'What the memory of a system and its devices do over time' })

export type Workload = z.infer<typeof workloadSchema>
export type Stream = Workload['streams'][number]
export type PresetStream<N extends PresetName = PresetName> = z.infer<(typeof PRESETS)[N]>
export type BufferGroup = z.infer<typeof buffers>
export type BufferInput = z.input<typeof buffers>
export type BufferKind = (typeof BUFFER_KINDS)[number]
export type Attribute = (typeof ATTRIBUTES)[number]
export type Amount = z.infer<typeof amount>
export type Time = z.infer<typeof time>
export type Drawn<T> = T | { min: T; max: T } | { mean: T; most?: T } | { oneOf: T[] }
export const bufferSchema = buffers

/**
 * The published JSON Schema (draft 7, which editors understand). Input side, because defaults may be left out of a file;
 * extension keys are allowed in every object.
 */
export const workloadJsonSchema = (): Record<string, unknown> =>
  z.toJSONSchema(workloadSchema, {
    target: 'draft-7',
    io: 'input',
    reused: 'ref',
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) jsonSchema.patternProperties = { '^x-': {} }
    },
  })
