// The recorder's program with stamps: what it does, and when. Only start-run.mjs uses it.
const stamps = { firstLine: Number(process.hrtime.bigint()) / 1e6 }
stamps.boot = stamps.firstLine - performance.now()
const now = () => Number(process.hrtime.bigint()) / 1e6

const { writeFileSync } = await import('node:fs')
const { Socket } = await import('node:net')
const { emit } = process.stdin
process.stdin.emit = function (name, ...args) {
  if (name === 'data') stamps.told ??= now()
  return emit.call(this, name, ...args)
}
const { write } = Socket.prototype
Socket.prototype.write = function (text, ...rest) {
  if (typeof text === 'string' && text.startsWith('{"ready"')) stamps.readyAt ??= now()
  return write.call(this, text, ...rest)
}
process.on('exit', () => writeFileSync(process.env.ERGOMETER_BENCH_STAMPS, JSON.stringify(stamps)))
await Promise.all([
  import('../packages/core/dist/index.js'),
  import('../packages/meter/dist/index.js'),
  import('../packages/carbon/dist/index.js'),
])
stamps.imported = now()
await import('../packages/ergometer/dist/recorder.js')
