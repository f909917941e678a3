import { spawn } from 'node:child_process'

/**
 * Runs another program of ours in the foreground, as if it had been started itself: same terminal, same signals.
 * @returns its exit code; 127 when it could not be started
 */
export function runProgram(command: string, args: string[]): Promise<number> {
  return new Promise((done) => {
    const child = spawn(command, args, { stdio: 'inherit' })
    // Ctrl-C reaches the child by itself; it decides when both end
    const ignore = () => {}
    const forward = () => void child.kill('SIGTERM')
    process.on('SIGINT', ignore).on('SIGTERM', forward)
    const end = (code: number) => {
      process.off('SIGINT', ignore).off('SIGTERM', forward)
      done(code)
    }
    child.on('error', () => end(127))
    child.on('close', (code, signal) => end(code ?? (signal === 'SIGINT' ? 130 : 1)))
  })
}
