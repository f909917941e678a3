import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

/** Progress goes to standard error: standard output belongs to the verb that is being started. */
export const say = (/** @type {string} */ text) => void process.stderr.write(text + '\n')

/** A step that cannot be done; `message` is all that the user needs to see. */
export class StepFailed extends Error {}

/** Refuses a Node that is too old to run the rest. */
export function requireNode(version = process.versions.node) {
  if (Number(version.split('.')[0]) < 20) {
    throw new StepFailed(`Carveout needs Node 20 or newer; this is ${version}. See https://nodejs.org`)
  }
}

/**
 * Runs a program to its end.
 * @param {string} command
 * @param {string[]} args
 * @param {{quiet?: boolean, timeoutSeconds?: number, env?: Record<string, string>, cwd?: string}} [options] quiet: keep its output and
 *   hand it over instead of showing it
 * @returns {Promise<{code: number, output: string}>} code 127 when there is no such program, 124 when it took too long
 */
export function run(command, args, { quiet = false, timeoutSeconds = 0, env = {}, cwd = root } = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
      shell: process.platform === 'win32' && command.endsWith('.cmd'),
    })
    let output = ''
    let late = false
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (output += text))
    const stop = () => {
      late = true
      child.kill('SIGKILL')
    }
    const timer = timeoutSeconds > 0 ? setTimeout(stop, timeoutSeconds * 1000) : undefined
    child.on('error', (error) => (output += error.message))
    child.on('close', (code) => {
      clearTimeout(timer)
      done({ code: late ? 124 : code === null || code < 0 ? 127 : code, output })
    })
  })
}

/** Runs a step of ours: its failure, told in one line after its output, ends everything. */
export async function finish(/** @type {() => Promise<void>} */ step) {
  try {
    await step()
  } catch (error) {
    say(error instanceof StepFailed ? error.message : String(error))
    process.exitCode = 1
  }
}
