import { KiB, MiB } from '@shared/units.ts'
import type { BufferInput, PIXEL_FORMATS, PresetName, PresetStream } from '@shared/workload.ts'

/**
 * What buffers a preset stands for. The figures are those of the drivers: frame sizes from resolution and pixel format, ring and
 * descriptor sizes from the drivers' own constants, as noted beside each. Sizes are bytes.
 */
type Pixels = (typeof PIXEL_FORMATS)[number]

/** Bytes of two pixels, so that all are whole. raw12 is packed: three bytes hold two pixels. */
const BYTES_OF_TWO_PIXELS: Record<Pixels, number> = {
  yuyv: 4,
  uyvy: 4,
  nv12: 3,
  yuv420: 3,
  p010: 6,
  raw12: 3,
  rgb565: 4,
  xrgb8888: 8,
}

const RESOLUTIONS: Record<string, [number, number]> = {
  '720p': [1280, 720],
  '1080p': [1920, 1080],
  '1440p': [2560, 1440],
  '4k': [3840, 2160],
  '5mp': [2592, 1944],
  '8mp': [3280, 2464],
  '12mp': [4056, 3040],
}

interface Frame {
  width: number
  height: number
}

/** Width and height of a resolution name or WIDTHxHEIGHT. */
export function frameOf(resolution: string): Frame {
  const named = RESOLUTIONS[resolution.toLowerCase()]
  const [width, height] = named ?? (resolution.toLowerCase().split('x').map(Number) as [number, number])
  return { width, height }
}

export const frameBytes = ({ width, height }: Frame, pixels: Pixels): number =>
  Math.ceil((width * height * BYTES_OF_TWO_PIXELS[pixels]) / 2)

/** Codecs work on macroblocks of 16 lines. */
const codedFrame = ({ width, height }: Frame): Frame => ({ width: align16(width), height: align16(height) })
const align16 = (value: number): number => Math.ceil(value / 16) * 16

type Expand = { [N in PresetName]: (stream: PresetStream<N>) => BufferInput[] }

const EXPAND: Expand = {
  camera: (s) => [{ name: 'frame', bytes: frameBytes(frameOf(s.resolution), s.pixels), count: s.streams * s.frames }],

  'video-decode': (s) => {
    const frame = codedFrame(frameOf(s.resolution))
    const count = s.streams * (s.references + s.outputs)
    const side: BufferInput = {
      name: 'motion data',
      bytes: (frame.width * frame.height) / 2,
      count,
      attributes: ['no-kernel-mapping'],
    }
    const frames: BufferInput = { name: 'frame', bytes: frameBytes(frame, s.codec === 'h264' ? 'nv12' : 'p010'), count }
    return s.motionData ? [frames, side] : [frames]
  },

  'video-encode': (s) => [
    { name: 'firmware', bytes: s.firmware },
    { name: 'private', bytes: s.scratch, attributes: ['no-kernel-mapping'] },
    { name: 'frame', bytes: frameBytes(codedFrame(frameOf(s.resolution)), 'nv12'), count: s.frames },
  ],

  display: (s) => [
    {
      name: 'frame buffer',
      bytes: frameBytes(frameOf(s.resolution), s.pixels),
      count: s.outputs * (s.buffering === 'triple' ? 3 : 2),
      attributes: ['write-combine'],
    },
  ],

  // vc4: the binner's memory stays; surfaces, textures, shaders and command lists come and go, most of them small
  'gpu-desktop': (s) => [
    { name: 'binner', bytes: s.binner, attributes: ['write-combine'] },
    {
      name: 'buffer object',
      bytes: { oneOf: ['8K', '16K', '64K', '128K', '256K', '512K', '1M', '2M', s.largest] },
      attributes: ['write-combine', 'no-warn'],
      lifetime: { churn: { every: { mean: s.every }, alive: { mean: s.alive }, most: s.objects } },
    },
  ],

  npu: (s) => [
    { name: 'model', bytes: s.model },
    { name: 'tensor', bytes: s.tensors, count: 2, lifetime: { every: s.every, hold: `(${s.every}) / 2` } },
  ],

  ethernet: (s) => [
    ...RINGS[s.controller],
    {
      name: 'receive page',
      bytes: '4K',
      count: s.refill,
      kind: 'streaming',
      from: 'kernel',
      context: 'atomic',
      direction: 'from-device',
      lifetime: { every: s.every, hold: `(${s.every}) * 9 / 10` },
    },
  ],

  'usb-camera': (s) => [
    {
      name: 'transfer',
      bytes: s.packets * s.packetBytes,
      count: s.transfers,
      context: s.context,
      onFailure: 'halve',
    },
  ],

  // 64-byte submission and 16-byte completion entries, 1024 deep; PRP lists of a page; host memory in chunks as nvme asks for them
  nvme: (s) => [
    { name: 'submission queue', bytes: 64 * KiB, count: s.queues },
    { name: 'completion queue', bytes: 16 * KiB, count: s.queues },
    {
      name: 'host memory',
      bytes: '4M',
      count: `ceil(${s.hostMemory} / 4M)`,
      attributes: ['no-kernel-mapping', 'no-warn'],
    },
    {
      name: 'PRP list',
      bytes: 4096,
      context: 'atomic',
      lifetime: { churn: { every: { mean: s.every }, alive: { mean: '2ms' } } },
    },
    {
      name: 'transfer',
      bytes: s.transfer,
      kind: 'streaming',
      lifetime: { churn: { every: { mean: s.every }, alive: { mean: '2ms' } } },
    },
  ],

  audio: (s) => [{ name: 'ring', bytes: s.ring, count: s.substreams }],

  wifi: (s) => [
    ...(s.chip === 'ath10k'
      ? [{ name: 'copy engine ring', bytes: 2048 * 8, count: 8 }]
      : [
          { name: 'message ring', bytes: 102_400 },
          { name: 'flow ring', bytes: 24 * KiB, count: 8 },
        ]),
    {
      name: 'receive buffer',
      bytes: 2048,
      count: s.chip === 'ath10k' ? 1023 : 255,
      kind: 'streaming',
      from: 'kernel',
      context: 'atomic',
      direction: 'from-device',
      lifetime: { every: s.every, hold: `(${s.every}) * 9 / 10` },
    },
  ],

  sdhci: (s) => [
    { name: 'ADMA table', bytes: 4 * KiB },
    {
      name: 'data',
      bytes: s.segmentBytes,
      pieces: s.segments,
      kind: 'streaming',
      lifetime: { churn: { every: { mean: s.every }, alive: { mean: '4ms' }, most: 1 } },
    },
  ],

  rpmsg: (s) => [
    { name: 'messages', bytes: s.messages * s.messageBytes },
    { name: 'ring', bytes: 4 * KiB, count: 2 },
  ],
}

/** Descriptor rings of network controllers, from their drivers. */
const RINGS: Record<PresetStream<'ethernet'>['controller'], BufferInput[]> = {
  // 1024 transmit + 256 receive descriptors of 32 bytes in one piece; 256 bytes of TSO header for each transmit descriptor
  fec: [
    { name: 'descriptor rings', bytes: (1024 + 256) * 32 },
    { name: 'TSO headers', bytes: 1024 * 256 },
  ],
  stmmac: [{ name: 'descriptor ring', bytes: 512 * 32, count: 2 }],
  macb: [{ name: 'descriptor ring', bytes: 512 * 32, count: 2 }],
  mtk: [{ name: 'scratch ring', bytes: 4 * MiB, kind: 'pages' }],
}

/** The buffers of a preset stream; every parameter has its default already. */
export const expandPreset = <N extends PresetName>(stream: PresetStream<N>): BufferInput[] =>
  (EXPAND[stream.preset as N] as (s: PresetStream<N>) => BufferInput[])(stream)

/** The device that a preset means when a stream names none. */
export const ROLE_OF_PRESET: Record<PresetName, Role> = {
  camera: 'camera',
  'video-decode': 'video',
  'video-encode': 'video',
  display: 'display',
  'gpu-desktop': 'gpu',
  npu: 'npu',
  ethernet: 'ethernet',
  'usb-camera': 'usb',
  nvme: 'nvme',
  audio: 'audio',
  wifi: 'wifi',
  sdhci: 'mmc',
  rpmsg: 'remoteproc',
}

export type Role = keyof typeof ROLES

/**
 * How devices of each role are called: their node names (devicetree specification §2.2.2 and common practice) and words in `compatible`.
 * The first device of the board that matches takes the role.
 */
export const ROLES = {
  camera:
    /^(isi|csi|csi2rx|camss|isp|camera|capture|vin|rkisp|unicam|dcmi|video-capture)\b|[-,](isi|csi|csi2|isp|rkisp1|camss|unicam|dcmi|fimc|vin)\b/,
  video:
    /^(vpu|video-codec|video-decoder|video-encoder|codec|mfc|venus|vdec|rkvdec|cedar|vcodec)\b|[-,](vpu|vdec|mfc|venus|rkvdec|hantro|wave5|cedrus|video-engine|vcodec)\b/,
  display:
    /^(display|lcdif|lcdc|dpu|dss|vop|hvs|display-controller|disp|crtc|dcss|tcon|ltdc)\b|[-,](lcdif|lcdif2|lcdc|dpu|vop|vop2|dcss|hvs|ltdc|dss|display|drm)\b/,
  gpu: /^(gpu|v3d|mali)\b|[-,](gpu|gc|v3d|vc4|mali|bifrost|adreno)\b/,
  npu: /^(npu|tpu|apu)\b|[-,](npu|rknpu|vip)\b/,
  ethernet: /^ethernet\b|[-,](fec|gmac|dwmac|stmmac|macb|gem|genet|ethernet|cpsw)\b/,
  usb: /^usb\b|[-,](xhci|ehci|dwc3|dwc2|usb)\b/,
  nvme: /^(nvme|pcie?)\b|[-,](pcie|nvme)\b/,
  audio: /^(sai|i2s|sound|audio|spdif|asrc|sdma|dma-controller)\b|[-,](sai|i2s|spdif|sdma)\b/,
  wifi: /^wifi\b|(ath1[01]k|brcmf|bcm43|wcn3990|wifi)/,
  mmc: /^(mmc|sdhci|emmc)\b|[-,](usdhc|sdhci|mmc|dw-mshc)\b/,
  remoteproc: /^(remoteproc|rproc|m4|r5f|dsp|imx8mp-cm7)\b|(remoteproc|rproc|-cm[47]\b|r5f|k3-r5)/,
} as const
