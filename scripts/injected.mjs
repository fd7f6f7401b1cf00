// pnpm puts copies of packages into node_modules where a package asks for them (`dependenciesMeta.injected`), so that they find that
// package's own peers. It makes them when it installs, before anything is built: here they get what was built.
import { cpSync, existsSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { packageFolders, readJson } from './workspace.mjs'

/** Gives every injected copy of one of our packages what the package itself has by now. */
export function refreshInjected() {
  const sources = new Map(
    packageFolders('packages').map((folder) => [readJson(join(folder, 'package.json')).name, folder]),
  )
  for (const folder of packageFolders('test')) {
    const { dependenciesMeta = {} } = readJson(join(folder, 'package.json'))
    for (const [name, { injected }] of Object.entries(dependenciesMeta)) {
      const source = sources.get(name)
      const link = join(folder, 'node_modules', name)
      if (!injected || !source || !existsSync(link)) continue
      const copy = realpathSync(link)
      // Where the peers are the same, pnpm may link to the package itself.
      if (copy !== realpathSync(source)) refresh(source, copy)
    }
  }
}

function refresh(source, copy) {
  for (const entry of ['dist', 'package.json']) {
    // Removed first: files of a copy may be hard links to those of the package.
    rmSync(join(copy, entry), { recursive: true, force: true })
    if (existsSync(join(source, entry))) cpSync(join(source, entry), join(copy, entry), { recursive: true })
  }
}
