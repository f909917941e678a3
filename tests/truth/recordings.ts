/** Recordings of real kernels: from the folder that holds all of them, or from the archive of a selection that is part of this repository. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import type { Machine } from '@shared/board.ts'

/* eslint-disable @typescript-eslint/no-explicit-any -- a recording is JSON of many shapes */
export interface Recording {
  /** `arm64-6.12.117/boot-cmdline-none` */
  name: string
  board: string
  script: string
  cmdline: string
  /** `arch`, `mem`, `smp`, `kernel`. */
  env: Record<string, string>
  /** Text of the `.config`. */
  config: string
  truth: any
}

/** The folder of all recordings beside the repository; null where there is none. */
export function truthFolder(): string | null {
  const root = dirname(dirname(import.meta.dirname))
  const places = [
    process.env.CARVEOUT_TRUTH,
    join(root, '../shared/kernel-truth'),
    join(root, '../../shared/kernel-truth'),
  ]
  return places.find((place): place is string => place !== undefined && existsSync(place)) ?? null
}

/** Every recording of the folder whose name matches. */
export function* readFolder(folder: string, only: RegExp): Generator<Recording> {
  for (const kernel of readdirSync(folder).sort()) {
    const config = join(folder, kernel, 'kernel.config')
    if (!existsSync(config)) continue
    for (const each of readdirSync(join(folder, kernel)).sort())
      if (only.test(`${kernel}/${each}`) && existsSync(join(folder, kernel, each, 'truth.json')))
        yield readRecording(folder, `${kernel}/${each}`)
  }
}

export function readRecording(folder: string, name: string): Recording {
  const text = (file: string) => readFileSync(join(folder, name, file), 'utf8')
  return {
    name,
    board: text('board.dts'),
    script: text('script'),
    cmdline: text('cmdline').trim(),
    env: Object.fromEntries(
      text('qemu.args')
        .split('\n')
        .filter(Boolean)
        .map((l) => l.split(/=(.*)/).slice(0, 2)),
    ),
    config: readFileSync(join(folder, dirname(name), 'kernel.config'), 'utf8'),
    truth: JSON.parse(text('truth.json')),
  }
}

/** The committed selection: recordings, with the configurations that they share kept apart. */
export interface Archive {
  configs: Record<string, string>
  recordings: Omit<Recording, 'config'>[]
}

export const archivePath = join(import.meta.dirname, 'selection.json.br')

export function readArchive(): Recording[] {
  const { configs, recordings }: Archive = JSON.parse(brotliDecompressSync(readFileSync(archivePath)).toString())
  return recordings.map((each) => ({ ...each, config: configs[dirname(each.name)]! }))
}

/** The machine that a recording was made on. */
export function machineOf({ env, config, cmdline, truth }: Recording): Machine {
  const layout = truth.boot_layout ?? {}
  const kernel = truth.boot?.kernel ?? {}
  const place = (start: number, bytes: number) => ({ start, end: start + bytes })
  return {
    arch: env.arch!.replace(/-.*/, '') as Machine['arch'],
    memBytes: Number.parseInt(env.mem!) * 2 ** 20,
    cpus: Number(env.smp),
    config,
    cmdline,
    ...(env.kernel ? { kernel: env.kernel } : {}),
    ...(kernel.image_text === undefined ? {} : { kernelImage: { start: kernel.image_text, end: kernel.image_end } }),
    ...(layout.initrd ? { initrd: place(layout.initrd, layout.initrd_bytes) } : {}),
    ...(layout.dtb ? { dtb: place(layout.dtb, layout.dtb_bytes) } : {}),
    ...(layout.e820
      ? { memory: layout.e820.filter((e: any) => e[2] === 'usable').map(([start, end]: any) => ({ start, end })) }
      : {}),
  }
}

/** The script with what only the running system could decide put in: which movable pages a `pin` found. */
export function conditioned({ script, truth }: Recording): string {
  const answers = new Map<number, any>((truth.answers ?? []).map((a: any) => [a.line, a]))
  return script
    .split('\n')
    .map((line, n) => {
      const pinned = answers.get(n + 1)?.pinned
      return line.startsWith('pin ') && pinned ? `pin-at ${line.split(' ')[1]} ${pinned.join(',') || '-'}` : line
    })
    .join('\n')
}
