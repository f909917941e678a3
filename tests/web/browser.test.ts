import { expect, it } from 'vitest'
import { browserCommand } from '../../src-main/web/browser.ts'

const url = 'http://127.0.0.1:1/#token=x'

it.each([
  ['linux', {}, null],
  ['linux', { DISPLAY: ':0' }, ['xdg-open', [url]]],
  ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, ['xdg-open', [url]]],
  ['darwin', {}, ['open', [url]]],
  ['win32', {}, ['rundll32', ['url.dll,FileProtocolHandler', url]]],
] as const)('on %s with %j the browser is opened by %j', (platform, env, command) => {
  expect(browserCommand(url, platform, env)).toEqual(command)
})
