// `npm start`: installs and builds what is missing or stale, then opens the lab. `npm start -- VERB …` runs the command line.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from './build.mjs'
import { installDependencies } from './install.mjs'
import { finish, requireNode, root } from './steps.mjs'

await finish(async () => {
  requireNode()
  await installDependencies()
  await build()
  const words = process.argv.slice(2)
  process.argv = [...process.argv.slice(0, 2), ...(words.length > 0 ? words : ['open'])]
  await import(pathToFileURL(join(root, 'out/main/cli.js')).href)
})
