import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { GROUP_FIXES } from '../packages/meter-rapl/src/safe-fixes.ts'
import { codeBlock, codeBlocks, document, Scratch } from './samples.ts'

const text = document('docs/cluster.md')
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ergometer-cluster-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const has = (tool: string) => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0
/** True, and says why. */
const skip = (why: string) => {
  console.log(`skipped: ${why}`)
  return true
}

describe('the udev rule', () => {
  const rule = codeBlock(text, 'udev', 'powercap').trim()

  test('is the one that doctor suggests', () => {
    expect(GROUP_FIXES.filter((fix) => fix.includes(rule))).toHaveLength(1)
    const [reload] = GROUP_FIXES.filter((fix) => fix.includes('udevadm control'))
    expect(codeBlocks(text, 'sh').map((block) => block.trim())).toContain(reload)
  })

  /** What is wrong with a rule: keys, operators and quoted values, a match before what is done. */
  const faults = (line: string): string[] => {
    const parts = line.split(/,\s*(?=[A-Z])/)
    const form = /^(?:(ACTION|SUBSYSTEM|KERNEL|ENV\{\w+\})(==|!=)|(RUN|GROUP|MODE)(\+=|=))"[^"]*"$/
    const wrong = parts.filter((part) => !form.test(part)).map((part) => `not a rule: ${part}`)
    const runs = parts.flatMap((part) => /^RUN\+="(\S+)/.exec(part)?.[1] ?? [])
    return [
      ...wrong,
      ...(parts.some((part) => /^SUBSYSTEM==/.test(part)) ? [] : ['matches everything']),
      ...runs.filter((program) => !program.startsWith('/')).map((program) => `no path: ${program}`),
    ]
  }

  test('is a rule', () => {
    expect(faults(rule)).toEqual([])
    expect(faults(rule.replace('SUBSYSTEM==', 'SUBSYSTEM='))).toContain('matches everything')
    expect(faults(rule.replaceAll('/bin/', ''))).toHaveLength(2)
    expect(faults(rule.replace('add"', 'add'))).not.toEqual([])
    // Nobody but the group.
    expect(rule).not.toMatch(/[oa]\s*[=+]\s*r/)
  })

  const canVerify = has('udevadm') && spawnSync('udevadm', ['verify', '--help']).status === 0
  test.skipIf(!canVerify && skip('udevadm verify is not here'))('is what udevadm takes', () => {
    writeFileSync(join(folder, '60-rapl.rules'), `${rule}\n`)
    const { status, stderr } = spawnSync('udevadm', [
      'verify',
      '--resolve-names=never',
      join(folder, '60-rapl.rules'),
    ])
    expect(status, `${stderr}`).toBe(0)
  })
})

describe('the systemd unit', () => {
  const unit = codeBlock(text, 'ini', '[Service]')

  test('has sections and keys, ends with a last export, and is nobody in particular', () => {
    const sections = new Map<string, Map<string, string>>()
    let keys = new Map<string, string>()
    for (const line of unit.split('\n').filter((one) => one !== '' && !one.startsWith('#'))) {
      const section = /^\[(\w+)\]$/.exec(line)?.[1]
      if (section !== undefined) {
        keys = new Map()
        sections.set(section, keys)
        continue
      }
      const [, key, value] = /^([A-Z]\w+)=(.*)$/.exec(line) ?? []
      expect(key, `not a line of a unit: ${line}`).toBeDefined()
      keys.set(key ?? '', value ?? '')
    }
    expect([...sections.keys()]).toEqual(['Unit', 'Service', 'Install'])
    const service = Object.fromEntries(sections.get('Service') ?? [])
    expect(service).toMatchObject({
      ExecStart: expect.stringMatching(/^\/\S+ agent --prometheus=127\.0\.0\.1:9464$/),
      DynamicUser: 'yes',
      SupplementaryGroups: 'rapl',
      NoNewPrivileges: 'yes',
      ProtectSystem: 'strict',
      CapabilityBoundingSet: '',
    })
    // SIGTERM is how it ends, and it is the default.
    expect(service['KillSignal']).toBeUndefined()
    // Node's compiler and the power model live on these.
    expect(service['MemoryDenyWriteExecute']).toBeUndefined()
    expect(service['ProcSubset']).toBeUndefined()
  })

  test.skipIf(!has('systemd-analyze') && skip('systemd-analyze is not here'))('is what systemd takes', () => {
    const program = join(folder, 'ergometer')
    writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 })
    const path = join(folder, 'ergometer-agent.service')
    writeFileSync(path, unit.replace('/usr/bin/ergometer', program))
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' })
    // Words about other units of the machine are not about ours.
    const ours = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('ergometer-agent'))
    expect(ours).toEqual([])
    expect(status).toBe(0)
  })
})

describe('the manifests', () => {
  const documents = parseAllDocuments(codeBlock(text, 'yaml', 'DaemonSet'))
  const [daemonSet, policy] = documents.map((one) => one.toJS())

  test('are YAML without a key twice', () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([])
    expect(documents).toHaveLength(2)
  })

  test('the DaemonSet reads the node and changes nothing', () => {
    expect(daemonSet).toMatchObject({ apiVersion: 'apps/v1', kind: 'DaemonSet' })
    const { selector, template } = daemonSet.spec
    expect(template.metadata.labels).toEqual(selector.matchLabels)
    const pod = template.spec
    expect(pod.hostNetwork ?? false).toBe(false)
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, supplementalGroups: [946] })
    expect(text).toContain('--gid 946 rapl')
    const [agent] = pod.containers
    expect(agent.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    const mounts = new Map<string, { mountPath: string; readOnly?: boolean }>(
      agent.volumeMounts.map((mount: { name: string }) => [mount.name, mount]),
    )
    const volumes: { name: string; hostPath?: { path: string } }[] = pod.volumes
    expect([...mounts.keys()].sort()).toEqual(volumes.map(({ name }) => name).sort())
    for (const { name, hostPath } of volumes)
      expect(mounts.get(name)?.readOnly ?? false, name).toBe(hostPath !== undefined)
    const env = Object.fromEntries(
      agent.env.map(({ name, value }: { name: string; value: string }) => [name, value]),
    )
    expect(env['HOST_SYS']).toBe(mounts.get('sys')?.mountPath)
    expect(env['HOST_PROC']).toBe(mounts.get('proc')?.mountPath)
    // A variable is there before it is used.
    const names: string[] = agent.env.map(({ name }: { name: string }) => name)
    for (const [name, value] of Object.entries<string | undefined>(env))
      for (const [, used] of value?.matchAll(/\$\((\w+)\)/g) ?? [])
        expect(names.indexOf(used as string), `${name} uses ${used}`).toBeLessThan(names.indexOf(name))
    expect(names).toContain('NODE_NAME')
  })

  test('the port is the same everywhere, and only the one who scrapes may ask', () => {
    const { metadata, spec } = daemonSet.spec.template
    const [agent] = spec.containers
    const [{ name, containerPort }] = agent.ports
    expect(agent.args).toEqual(['agent', `--prometheus=0.0.0.0:${containerPort}`])
    expect(metadata.annotations).toEqual({
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': `${containerPort}`,
      'prometheus.io/path': '/metrics',
    })
    expect(agent.readinessProbe.tcpSocket.port).toBe(name)
    expect(policy).toMatchObject({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' })
    expect(policy.metadata.namespace).toBe(daemonSet.metadata.namespace)
    expect(policy.spec.podSelector.matchLabels).toEqual(metadata.labels)
    expect(policy.spec.ingress[0].ports).toEqual([{ port: name }])
  })
})

describe('the scripts for Slurm', () => {
  const scripts = codeBlocks(text, 'bash')
  const script = (name: string) => codeBlock(text, 'bash', `/etc/slurm/${name}`)

  test('are those that slurm.conf names', () => {
    const named = [...codeBlock(text, 'conf', 'Epilog').matchAll(/=(\S+)$/gm)].map(([, path]) => path)
    expect(scripts.map((one) => /^# (\S+)$/m.exec(one)?.[1])).toEqual(named)
    for (const one of scripts) expect(one).toMatch(/^#!\/bin\/bash\n[\s\S]*\nexit 0\n$/)
  })

  test.each(['ergometer-prolog.sh', 'ergometer-task-prolog.sh', 'ergometer-epilog.sh'])(
    '%s is bash',
    (name) => {
      expect(spawnSync('bash', ['-n'], { input: script(name), encoding: 'utf8' })).toMatchObject({
        status: 0,
        stderr: '',
      })
    },
  )

  const uid = process.getuid?.() ?? 0
  const gid = process.getgid?.() ?? 0
  const job = {
    SLURM_JOB_ID: '4711',
    SLURM_JOB_UID: `${uid}`,
    SLURM_JOB_GID: `${gid}`,
    SLURM_JOB_USER: 'trainer',
    SLURM_JOB_NAME: 'resnet; rm -rf $HOME',
    SLURM_JOB_ACCOUNT: 'vision',
    SLURM_JOB_PARTITION: 'gpu',
    SLURMD_NODENAME: 'node-1',
  }

  /** Runs a script on a node whose disk is a folder, with an `ergometer` that knows some runs, or the one that was built. */
  const run = (name: string, env: Readonly<Record<string, string>> = {}, bin?: string) => {
    const here = script(name).replaceAll(/\/var\/(lib|log)/g, `${folder}/$1`)
    mkdirSync(join(folder, 'bin'), { recursive: true })
    mkdirSync(join(folder, 'log'), { recursive: true })
    const command = (program: string, lines: string) => {
      writeFileSync(join(folder, 'bin', program), `#!/bin/bash\n${lines}\n`)
      chmodSync(join(folder, 'bin', program), 0o755)
    }
    command('runuser', '[ "$1" = -u ] && [ "$2" = trainer ] && [ "$3" = -- ] || exit 9\nshift 3\nexec "$@"')
    command(
      'ergometer',
      `[ "$1" = report ] && [ "$3" = --json ] || exit 2
case "$2" in
  *unknown/) echo '{"schema":"ergometer.report/1","energy":{"coverage":0}}';;
  *known/) echo '{"schema":"ergometer.report/1","energy":{"joules":1234.5}}';;
  *) echo 'ergometer: this is no run' >&2; exit 2;;
esac`,
    )
    const path = [...(bin === undefined ? [] : [bin]), join(folder, 'bin'), process.env['PATH']].join(
      delimiter,
    )
    writeFileSync(join(folder, name), here, { mode: 0o755 })
    return spawnSync(join(folder, name), {
      env: { PATH: path, ...job, ...env },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }

  test('the prolog makes a place that is the job’s own', () => {
    expect(run('ergometer-prolog.sh')).toMatchObject({ status: 0, stderr: '' })
    const { mode, uid: owner } = statSync(join(folder, 'lib/ergometer/jobs/4711'))
    expect(mode & 0o777).toBe(0o700)
    expect(owner).toBe(uid)
  })

  test('the task prolog exports where energy goes, and leaves alone what the user chose', () => {
    const { status, stdout, stderr } = run('ergometer-task-prolog.sh')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout.trim().split('\n')).toEqual([
      'export OTEL_RESOURCE_ATTRIBUTES=slurm.job.id=4711,slurm.job.account=vision,slurm.job.partition=gpu',
      'export OTEL_SERVICE_NAME=resnet__rm_-rf__HOME',
      'export OTEL_EXPORTER_OTLP_ENDPOINT=http://otel-collector:4318',
      `export ERGOMETER_HOME=${folder}/lib/ergometer/jobs/4711`,
    ])
    const chosen = run('ergometer-task-prolog.sh', {
      OTEL_RESOURCE_ATTRIBUTES: 'team=a',
      OTEL_SERVICE_NAME: 'mine',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://mine',
      ERGOMETER_HOME: '/mine',
    })
    expect(chosen.stdout).toBe(
      'export OTEL_RESOURCE_ATTRIBUTES=team=a,slurm.job.id=4711,slurm.job.account=vision,slurm.job.partition=gpu\n',
    )
  })

  test('the epilog writes what each run took, nothing for what is unknown, and never fails', () => {
    for (const name of ['a-known', 'b-unknown', 'c-broken', "d'\tknown"])
      mkdirSync(join(folder, 'lib/ergometer/jobs/4711/runs', name), { recursive: true })
    expect(run('ergometer-epilog.sh')).toMatchObject({ status: 0, stdout: '', stderr: '' })
    const account = readFileSync(join(folder, 'log/ergometer-jobs.tsv'), 'utf8')
    expect(
      account
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t')),
    ).toEqual([
      ['4711', 'trainer', 'node-1', 'a-known', '1234.5'],
      ['4711', 'trainer', 'node-1', 'b-unknown', ''],
      ['4711', 'trainer', 'node-1', 'c-broken', ''],
      ['4711', 'trainer', 'node-1', 'd__known', '1234.5'],
    ])
    const sum = /`(awk .*?)` over/.exec(text)?.[1] ?? ''
    const total = execFileSync('sh', ['-c', `${sum} ${join(folder, 'log/ergometer-jobs.tsv')}`], {
      encoding: 'utf8',
    })
    expect(Number(total)).toBe(2469)
    // A job that never trained.
    expect(run('ergometer-epilog.sh', { SLURM_JOB_ID: '4712' })).toMatchObject({
      status: 0,
      stdout: '',
      stderr: '',
    })
  })

  test('the epilog reads the runs that there are', async () => {
    using scratch = new Scratch()
    const { code, stderr } = await scratch.run('ergometer', ['run', '--', 'sleep', '1'])
    expect(code, stderr).toBe(0)
    const { run: recorded, energy } = await scratch.report()
    mkdirSync(join(folder, 'lib/ergometer/jobs'), { recursive: true })
    symlinkSync(scratch.home, join(folder, 'lib/ergometer/jobs/4713'))
    const ended = run('ergometer-epilog.sh', { SLURM_JOB_ID: '4713' }, join(scratch.folder, 'bin'))
    expect(ended).toMatchObject({ status: 0, stderr: '' })
    const lines = readFileSync(join(folder, 'log/ergometer-jobs.tsv'), 'utf8').split('\n')
    expect(lines.filter((line) => line.startsWith('4713'))).toEqual([
      ['4713', 'trainer', 'node-1', recorded.id, energy.joules ?? ''].join('\t'),
    ])
  })
})
