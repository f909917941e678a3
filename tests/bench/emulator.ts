/** The same boot in an emulator, where one and a Debian kernel for arm64 are installed. */
import { execFileSync, spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'

const EMULATOR = 'qemu-system-aarch64'
const GIVE_UP_MILLISECONDS = 120_000
/** The kernel has set up its memory, and stops for want of a root file system. */
const DONE = /Kernel panic - not syncing|Run \/init/

/** Milliseconds from start to the first process with 1 GiB and `cma=256M`, and what was measured; null where a part is missing. */
export async function emulatedBoot(): Promise<{ milliseconds: number; what: string } | null> {
  const version = versionOf(EMULATOR)
  const image = readdirSync('/boot').find((name) => /^vmlinuz-.*-arm64$/.test(name))
  if (!version || !image) return null
  const machine = ['-M', 'virt', '-cpu', 'cortex-a57', '-m', '1024', '-nographic', '-no-reboot']
  const child = spawn(EMULATOR, [
    ...machine,
    '-kernel',
    `/boot/${image}`,
    '-append',
    'console=ttyAMA0 cma=256M panic=-1',
  ])
  const start = performance.now()
  const milliseconds = await new Promise<number | null>((done) => {
    let said = ''
    const timer = setTimeout(() => done(null), GIVE_UP_MILLISECONDS)
    child.stdout.on('data', (data: Buffer) => {
      said += data.toString()
      if (!DONE.test(said)) return
      clearTimeout(timer)
      done(performance.now() - start)
    })
  })
  child.kill('SIGKILL')
  return milliseconds === null ? null : { milliseconds, what: `${version}, ${image}` }
}

function versionOf(program: string): string | null {
  try {
    return execFileSync(program, ['--version'], { encoding: 'utf8' }).split('\n')[0] ?? null
  } catch {
    return null
  }
}
