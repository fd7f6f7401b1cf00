import { describe, expect, it } from 'vitest'
import { readCpuLimit, readMemoryLimit } from '../src/cgroup-limit.ts'
import { FakeMachine } from './fake-machine.ts'

const v2 = () =>
  new FakeMachine()
    .write('sys/fs/cgroup/cgroup.controllers', 'cpuset cpu memory\n')
    .write('proc/self/cgroup', '0::/training.slice/job.scope\n')

describe('version 2', () => {
  it('reads the quota of a container, which is its own root', () => {
    const machine = v2()
      .write('proc/self/cgroup', '0::/\n')
      .write('sys/fs/cgroup/cpu.max', '150000 100000\n')
      .write('sys/fs/cgroup/cpu.stat', 'usage_usec 2500000\nuser_usec 2000000\n')
    const limit = readCpuLimit(machine.context)
    expect(limit?.limit).toBe(1.5)
    expect(limit?.used()).toBe(2.5)
  })

  it('takes the smallest of all levels, and the use of the level that sets it', () => {
    const machine = v2()
      .write('sys/fs/cgroup/training.slice/job.scope/cpu.max', 'max 100000\n')
      .write('sys/fs/cgroup/training.slice/job.scope/cpu.stat', 'usage_usec 1000000\n')
      .write('sys/fs/cgroup/training.slice/cpu.max', '200000 100000\n')
      .write('sys/fs/cgroup/training.slice/cpu.stat', 'usage_usec 3000000\n')
      .write('sys/fs/cgroup/cpuset.cpus.effective', '0-15\n')
    const limit = readCpuLimit(machine.context)
    expect(limit?.limit).toBe(2)
    expect(limit?.used()).toBe(3)
  })

  it('counts a set of CPUs', () => {
    const machine = v2().write('sys/fs/cgroup/training.slice/cpuset.cpus.effective', '0-3,8,10-11\n')
    expect(readCpuLimit(machine.context)?.limit).toBe(7)
  })

  it('reads memory', () => {
    const machine = v2()
      .write('sys/fs/cgroup/training.slice/job.scope/memory.max', 'max\n')
      .write('sys/fs/cgroup/training.slice/memory.max', '2147483648\n')
      .write('sys/fs/cgroup/training.slice/memory.current', '1000000\n')
    const limit = readMemoryLimit(machine.context)
    expect(limit?.limit).toBe(2147483648)
    expect(limit?.used()).toBe(1000000)
  })

  it('does not climb out of its root', () => {
    const machine = v2()
      .write('proc/self/cgroup', '0::/../../elsewhere\n')
      .write('sys/cpu.max', '1 100000\n')
      .write('sys/fs/cgroup/cpu.max', 'max 100000\n')
    expect(readCpuLimit(machine.context)).toBeUndefined()
  })
})

describe('version 1', () => {
  const v1 = () =>
    new FakeMachine().write('proc/self/cgroup', '4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n0::/\n')

  it('reads quota and accounting of a container that sees itself as the root', () => {
    const machine = v1()
      .write('sys/fs/cgroup/cpu/cpu.cfs_quota_us', '400000\n')
      .write('sys/fs/cgroup/cpu/cpu.cfs_period_us', '100000\n')
      .write('sys/fs/cgroup/cpuacct/cpuacct.usage', '5000000000\n')
    const limit = readCpuLimit(machine.context)
    expect(limit?.limit).toBe(4)
    expect(limit?.used()).toBe(5)
  })

  it('knows that -1 and a number near 2^63 mean none', () => {
    const machine = v1()
      .write('sys/fs/cgroup/cpu/cpu.cfs_quota_us', '-1\n')
      .write('sys/fs/cgroup/cpu/cpu.cfs_period_us', '100000\n')
      .write('sys/fs/cgroup/memory/memory.limit_in_bytes', '9223372036854771712\n')
    expect(readCpuLimit(machine.context)).toBeUndefined()
    expect(readMemoryLimit(machine.context)).toBeUndefined()
  })

  it('reads memory', () => {
    const machine = v1()
      .write('sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes', '1000000\n')
      .write('sys/fs/cgroup/memory/docker/abc/memory.usage_in_bytes', '900\n')
    expect(readMemoryLimit(machine.context)?.limit).toBe(1000000)
    expect(readMemoryLimit(machine.context)?.used()).toBe(900)
  })
})

it('is nothing where there are no control groups', () => {
  const machine = new FakeMachine()
  expect(readCpuLimit(machine.context)).toBeUndefined()
  expect(readMemoryLimit(machine.context)).toBeUndefined()
})
