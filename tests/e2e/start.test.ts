import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

interface Ended {
  code: number | null
  stdout: string
  stderr: string
}
let child: ChildProcess | undefined
afterEach(() => child?.kill('SIGKILL'))

/** Starts a program of ours with a display or without; `until` sees its standard output as it grows, and ends it with SIGTERM. */
function run(words: string[], until?: RegExp): Promise<Ended> {
  const env = {
    ...process.env,
    DISPLAY: '',
    WAYLAND_DISPLAY: '',
    CARVEOUT_STATE: mkdtempSync(join(tmpdir(), 'start-')),
  }
  const program = spawn(process.execPath, words, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  child = program
  let stdout = ''
  let stderr = ''
  program.stdout.on('data', (text) => {
    stdout += String(text)
    if (until?.test(stdout)) program.kill('SIGTERM')
  })
  program.stderr.on('data', (text) => (stderr += String(text)))
  return new Promise((done) => program.on('close', (code) => done({ code, stdout, stderr })))
}

const address = /^Carveout listens at http:\/\/127\.0\.0\.1:\d+\/#token=[0-9a-f]{48}\n$/

describe('npm start', () => {
  it('serves the lab to a browser where Electron cannot run, and says so in one line', async () => {
    const { code, stdout, stderr } = await run(['src-main/bootstrap/start.mjs'], address)
    expect(stdout).toMatch(address)
    expect(stderr).toMatch(
      /^(Building …\n)?Electron cannot run here \(there is no display\): serving the lab to a browser\.\n$/,
    )
    expect(code).toBe(0)
  })

  it('runs the command line, whose output it leaves alone', async () => {
    const { code, stdout } = await run(['src-main/bootstrap/start.mjs', '--version'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: '0.1.0\n' })
  })
})

describe('carveout', () => {
  it('serves on the port that it is given', async () => {
    const { stdout } = await run(['out/main/cli.js', 'serve', '--port', '47318'], address)
    expect(stdout).toContain('http://127.0.0.1:47318/')
  })

  it('opens nothing that is not there', async () => {
    expect(await run(['out/main/cli.js', 'serve', '/nowhere'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'error: /nowhere does not exist\n',
    })
    expect(await run(['out/main/cli.js', 'open', '/nowhere'])).toMatchObject({ code: 2, stdout: '' })
  })

  it('ends quietly when nobody reads its output any more', async () => {
    const pipe = spawn('sh', ['-c', `"${process.execPath}" out/main/cli.js --help | true; echo $?`], { cwd: root })
    child = pipe
    let output = ''
    pipe.stdout.on('data', (text) => (output += String(text)))
    pipe.stderr.on('data', (text) => (output += String(text)))
    await new Promise((done) => pipe.on('close', done))
    expect(output).toBe('0\n')
  })
})
