import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'

/**
 * The built lab as a person meets it: the browser host with a state folder of its own, and Chromium looking at it. Needs `npm run build`
 * and a Chromium (Debian's package, or the one that `CHROMIUM_PATH` names).
 */
export interface Lab {
  page: Page
  browser: Browser
  /** The project's folder; null when the lab opens on its example. */
  folder: string | null
  /** The address with its token. */
  url: string
  /** What the page logged as errors or threw so far; a story ends with none. */
  errors: string[]
  /** Another window on the same host, as when the page is reloaded after a crash. */
  newPage(): Promise<Page>
  close(): Promise<void>
}

export interface LabOptions {
  /** Files of a project to open, by path; without them the lab opens on its first example. */
  project?: Record<string, string>
  colorScheme?: 'dark' | 'light'
  width?: number
  height?: number
}

const root = resolve(import.meta.dirname, '../..')
const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Null where there is no browser to drive: the tests then skip. */
export const chromiumPath = process.env['CHROMIUM_PATH'] ?? candidates.find((path) => existsSync(path)) ?? null

export async function openLab({
  project,
  colorScheme = 'dark',
  width = 1440,
  height = 900,
}: LabOptions = {}): Promise<Lab> {
  const scratch = mkdtempSync(join(tmpdir(), 'carveout-e2e-'))
  const folder = project ? writeProject(join(scratch, 'project'), project) : null
  const { host, url } = await startHost(join(scratch, 'state'), folder)
  const browser = await chromium.launch({
    executablePath: chromiumPath ?? undefined,
    args: ['--no-sandbox', '--disable-gpu'],
  })
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, acceptDownloads: true })
  const errors: string[] = []
  const newPage = async () => {
    const page = await context.newPage()
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
    page.on('pageerror', (error) => errors.push(String(error)))
    await page.goto(url)
    return page
  }
  return {
    page: await newPage(),
    browser,
    folder,
    url,
    errors,
    newPage,
    async close() {
      await browser.close()
      await stop(host)
      rmSync(scratch, { recursive: true, force: true })
    },
  }
}

function writeProject(folder: string, files: Record<string, string>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

/** Starts the browser host and waits for the address that it prints. */
function startHost(state: string, folder: string | null): Promise<{ host: ChildProcess; url: string }> {
  const host = spawn(process.execPath, ['out/main/web.js', ...(folder ? [folder] : [])], {
    cwd: root,
    env: { ...process.env, CARVEOUT_STATE: state },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return new Promise((done, fail) => {
    let text = ''
    host.stdout.on('data', (chunk) => {
      text += String(chunk)
      const url = /http:\S+/.exec(text)?.[0]
      if (url && text.endsWith('\n')) done({ host, url })
    })
    host.on('close', (code) => fail(new Error(`the host ended with ${code}; is the lab built (npm run build)?`)))
  })
}

const stop = (host: ChildProcess) =>
  new Promise<void>((done) => {
    host.on('close', () => done())
    host.kill('SIGTERM')
  })

/** A picture of the page, kept beside the build for people to look at. */
export async function screenshot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(root, 'out/screenshots', `${name}.png`) })
}
