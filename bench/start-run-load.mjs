import { now } from './figures.mjs'

// Does one step of a start in a fresh process and prints its milliseconds.
const name = process.argv[2]

async function load() {
  if (name === 'nothing') return
  if (name !== 'first reading') {
    await import(`../packages/${name.endsWith('.js') ? `ergometer/dist/${name}` : `${name}/dist/index.js`}`)
    return
  }
  const { loadMeter, openHere } = await import('../packages/meter/dist/index.js')
  const module = new URL('../packages/meter-estimate/dist/index.js', import.meta.url).href
  const meter = await openHere(await loadMeter({ module }))
  await meter.read(1)
}

const before = now()
await load()
console.log(JSON.stringify({ load: now() - before }))
process.exit()
