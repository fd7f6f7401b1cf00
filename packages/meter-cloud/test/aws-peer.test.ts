import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { INSTANCE } from './aws-world.ts'

const PACKAGES = fileURLToPath(new URL('../..', import.meta.url))

it("AWS's client is named with the command that installs it, where it is missing", () => {
  const place = mkdtempSync(join(tmpdir(), 'cloud-peer-'))
  const scope = join(place, 'node_modules/@ergometer')
  mkdirSync(join(scope, 'meter-cloud'), { recursive: true })
  symlinkSync(join(PACKAGES, 'meter'), join(scope, 'meter'))
  copyFileSync(join(PACKAGES, 'meter-cloud/dist/index.js'), join(scope, 'meter-cloud/index.mjs'))
  // A process of its own finds packages as a user's does.
  const script = `import { loadMeter, probeMeter } from '@ergometer/meter'
const module = new URL('./node_modules/@ergometer/meter-cloud/index.mjs', import.meta.url).href
const options = { provider: 'aws', region: 'eu-west-1', instanceId: '${INSTANCE}' }
console.log(JSON.stringify((await probeMeter(await loadMeter({ module, meter: 'cloud', options }))).availability))
`
  writeFileSync(join(place, 'probe.mjs'), script)
  const { stdout, stderr } = spawnSync(process.execPath, [join(place, 'probe.mjs')], { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual({
    available: false,
    why: 'the package @aws-sdk/client-cloudwatch is not installed: npm install @aws-sdk/client-cloudwatch',
    fixes: ['npm install @aws-sdk/client-cloudwatch'],
  })
  rmSync(place, { recursive: true, force: true })
})
