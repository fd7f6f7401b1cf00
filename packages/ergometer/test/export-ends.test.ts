import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { freePort } from '../../../test/receivers.ts'
import { receiving } from './otlp-receiver.ts'
import { eventually, type Place, STEADY, test, untilMetered } from './processes.ts'

const METER = ['--meter', STEADY]

/** A training that goes on until it is told, or killed; it says when it has taken something. */
const ENDLESS = `
  const run = await startRun({ meters, ...JSON.parse(process.argv[2] ?? '{}') })
  while (!((run.live()?.joules ?? 0) > 100)) await sleep(0.02)
  say('pid ' + process.pid)
  await told()
  const report = await run.end()
  say('joules ' + report.energy.joules)`

/** The joules of the only run, as its report has them. */
async function joules(place: Place): Promise<number> {
  return (await place.stored()).energy.joules as number
}

/** Numbers of the recorders that record here. */
function recorders(place: Place): number[] {
  return place
    .eventDirectories()
    .map((folder) => JSON.parse(readFileSync(join(folder, 'recorder.json'), 'utf8')).pid)
}

describe.concurrent('the last export arrives', () => {
  test('of a training that is killed', async ({ place }) => {
    using receiver = await receiving()
    const script = place.training(ENDLESS)
    const trainer = place.node(script, [JSON.stringify({ otlp: receiver.url })], { env: receiver.env })
    await trainer.said('pid')
    trainer.kill('SIGKILL')
    await trainer.ended
    const { run, energy } = await place.stored()
    expect(run.status).toBe('crashed')
    await eventually(() => receiver.has(energy.joules as number), 'the last export')
  })

  test('of a CMD that is killed, before the wrapper ends', async ({ place }) => {
    using receiver = await receiving()
    const cmd = ['--', process.execPath, place.training(ENDLESS)]
    const running = place.ergometer(['run', ...METER, `--otlp=${receiver.url}`, ...cmd], {
      env: receiver.env,
    })
    process.kill(Number(await running.said('pid')), 'SIGKILL')
    expect((await running.ended).code).toBe(137)
    const total = await joules(place)
    await eventually(() => receiver.has(total), 'the last export')
    expect((await place.stored()).run.status).toBe('crashed')
  })

  test('after Ctrl-C, which reaches everybody in the terminal', async ({ place }) => {
    using receiver = await receiving()
    const cmd = ['--', process.execPath, place.training(ENDLESS)]
    const running = place.ergometer(['run', ...METER, `--otlp=${receiver.url}`, ...cmd], {
      env: receiver.env,
      detached: true,
    })
    await running.said('pid')
    process.kill(-running.pid, 'SIGINT')
    expect((await running.ended).code).toBe(130)
    const total = await joules(place)
    await eventually(() => receiver.has(total), 'the last export')
    expect((await place.stored()).run.status).toBe('aborted')
  })

  test('of a recorder that is a thread, before the run has ended', async ({ place }) => {
    using receiver = await receiving()
    const script = place.training(ENDLESS)
    const options = JSON.stringify({ otlp: receiver.url, recorder: 'inline' })
    const trainer = place.node(script, [options], { env: receiver.env })
    await trainer.said('pid')
    trainer.tell('enough')
    const total = Number(await trainer.said('joules'))
    expect((await trainer.ended).code).toBe(0)
    expect(receiver.has(total)).toBe(true)
  })

  test('though all processes are killed once the wrapper has ended, as in a container', async ({ place }) => {
    using receiver = await receiving()
    // The wrapper waits two seconds and no more; a machine that is too busy for that gets another chance.
    for (let attempts = 5; attempts > 0; attempts--) {
      const home = place.path(`home-${attempts}`)
      const wanted = ['run', ...METER, `--otlp=${receiver.url}`, '--home', home]
      const cmd = [process.execPath, place.training(ENDLESS)]
      const running = place.ergometer([...wanted, '--', ...cmd], { env: receiver.env, detached: true })
      await running.said('pid')
      const others = recorders(place)
      expect(others).toHaveLength(1)
      running.tell('enough')
      running.child.once('exit', () => {
        for (const pid of [-running.pid, ...others]) {
          try {
            process.kill(pid, 'SIGKILL')
          } catch {
            // It has ended already.
          }
        }
      })
      expect((await running.ended).code).toBe(0)
      const report = await place.report('latest', { env: { ERGOMETER_HOME: home } })
      if (receiver.has(report.energy.joules as number)) return
    }
    throw new Error('it never arrived')
  })

  test('at a collector that comes up while the run goes on, with all before it', async ({ place }) => {
    const port = await freePort()
    const args = ['run', ...METER, `--otlp=http://127.0.0.1:${port}`, '--']
    const cmd = [process.execPath, place.training(ENDLESS)]
    const running = place.ergometer([...args, ...cmd], {
      env: { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_METRIC_EXPORT_INTERVAL: '500' },
    })
    await running.said('pid')
    await eventually(() => running.stderr.includes('cannot be sent'), 'a word of the outage')
    using receiver = await receiving(port)
    await eventually(() => receiver.got.length > 1, 'two exports')
    const [first] = receiver.got[0]?.metrics['ergometer.run.energy'] ?? []
    expect(first?.value).toBeGreaterThan(100)
    running.tell('enough')
    expect((await running.ended).code).toBe(0)
    const total = await joules(place)
    await eventually(() => receiver.has(total), 'the last export')
    // Its counter begins with the run, not with the collector.
    expect(first?.begin).toBe(receiver.got.at(-1)?.metrics['ergometer.run.energy']?.[0]?.begin)
  })

  test('on a page that nobody has fetched before the end', async ({ place }) => {
    const port = await freePort()
    const args = ['run', ...METER, `--prometheus=127.0.0.1:${port}`, '--', ...untilMetered(20)]
    expect((await place.cli(args)).code).toBe(3)
    const total = await joules(place)
    const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    const [, told] = /^ergometer_run_energy_total\{.*\} (.*)$/m.exec(page) ?? []
    expect(Math.abs(Number(told) / total - 1)).toBeLessThan(1e-3)
  })
})
