import type { CpuAttribution, GpuAttribution, Report } from '@ergometer/core'
import { boundaryFact, kindsOf } from './boundary-fact.ts'
import { isPartial } from './coverage.ts'
import { type Fact, type Line, phrase } from './phrase.ts'
import {
  COVERAGE_FACTOR,
  formatEnergy,
  formatEnergyBeside,
  formatEnergyLike,
  formatShare,
  formatTotalLike,
  formatUncertainEnergy,
} from './quantity.ts'
import { methodTone } from './style.ts'

type Energy = Report['energy']

/** How much energy, how it was obtained, of what, and what is not in it. */
export function energyFacts(energy: Energy): Fact[] {
  const facts: Fact[] = [{ label: 'Energy', lines: energyLines(energy) }, boundaryFact(energy)]
  if (energy.attribution?.cpu) facts.push(ownShare(energy.attribution.cpu))
  if (energy.attribution?.gpu) facts.push(gpuShare(energy.attribution.gpu))
  if (energy.facility !== undefined) {
    const { pue, overhead, joules, standardUncertaintyJoules } = energy.facility
    const amount = sureEnergy(joules, standardUncertaintyJoules)
    const beside = overhead === undefined ? '' : ` and overhead ${overhead.toFixed(2)}`
    facts.push({
      label: 'Facility',
      lines: [
        [phrase(`${amount} at PUE ${pue.toFixed(2)}${beside}`), phrase('counted in the carbon', 'dim')],
      ],
    })
  }
  return facts
}

/** The run's own part of the CPUs, which is a model whatever measured their energy. */
function ownShare(cpu: CpuAttribution): Fact {
  const { method, shareJoules, cpuSeconds, busySeconds, idleJoules, netJoules, idleShare } = cpu
  const busy = `${formatShare(cpuSeconds / busySeconds)} of what the CPUs were at work`
  const line = [
    phrase(`${formatEnergy(shareJoules)} of the CPUs' energy, for ${busy}`),
    phrase(`CPU time of its ${METHODS[method] ?? method}`, 'dim'),
  ]
  if (idleJoules === undefined || netJoules === undefined) return { label: 'Own share', lines: [line] }
  const uncertainty = cpu.netStandardUncertaintyJoules ?? cpu.netKnownUncertaintyJoules
  const net = sureEnergy(netJoules, uncertainty)
  const known = cpu.netKnownUncertaintyJoules === undefined ? '95 %' : "95 %, the meter's own unknown"
  const beyond = [
    phrase(`${net} of it beyond idle`),
    phrase(
      `idle ${formatEnergy(idleJoules)}${idleShare === undefined ? '' : `, ${formatShare(idleShare)} of all`}${uncertainty === undefined ? '' : `, ± is ${known}`}`,
      'dim',
    ),
  ]
  return { label: 'Own share', lines: [line, beyond] }
}

function gpuShare({ method, shareJoules, otherJoules, idleJoules }: GpuAttribution): Fact {
  const all = shareJoules + otherJoules + idleJoules
  const line = [
    phrase(
      `${formatEnergy(shareJoules)}, ${formatShare(all > 0 ? shareJoules / all : undefined)} of the GPUs' energy`,
    ),
    phrase(`others ${formatEnergy(otherJoules)}, idle ${formatEnergy(idleJoules)} · by ${method}`, 'dim'),
  ]
  return { label: 'GPU share', lines: [line] }
}

const METHODS: Readonly<Record<string, string>> = {
  'cpu-time/cgroup': 'control group',
  'cpu-time/process-tree': 'process tree',
}

function energyLines(energy: Energy): Line[] {
  const { joules, standardUncertaintyJoules, coverage, method } = energy
  if (joules === undefined) return [[phrase('unknown', 'caution'), phrase('no energy could be metered')]]
  const sure = standardUncertaintyJoules !== undefined
  const amount = sureEnergy(joules, standardUncertaintyJoules)
  const partial = isPartial(coverage)
  const line = partial
    ? [phrase(`${formatEnergy(joules)} seen, ${seen(energy, joules)}`, 'strong')]
    : [phrase(sure ? `${amount} (95 %)` : amount, 'strong')]
  if (partial && sure) line.push(phrase(`${amount} (95 %) of what was seen`))
  if (method !== undefined && method !== 'measured') line.push(phrase(notMeasured(energy), 'caution'))
  line.push(phrase(formatEnergyBeside(joules)))
  if (!partial && coverage < 1) line.push(phrase(`seen ${formatShare(coverage)} of the time`, 'dim'))
  if (!sure) line.push(phrase(partlyCertain(energy, joules), 'dim'))
  return [line, ...methodLines(energy)]
}

/** An energy with its expanded uncertainty, which is a 95 % interval; without any where it is not known. */
function sureEnergy(joules: number, standardUncertaintyJoules: number | undefined): string {
  return standardUncertaintyJoules === undefined
    ? formatEnergy(joules)
    : formatUncertainEnergy(joules, COVERAGE_FACTOR * standardUncertaintyJoules)
}

function notMeasured({ method, byMethod }: Energy): string {
  if (method !== 'mixed') return method ?? ''
  return `partly ${Object.keys(byMethod)
    .filter((name) => name !== 'measured')
    .join(', partly ')}`
}

function seen(energy: Energy, joules: number): string {
  const time = `${formatShare(energy.coverage)} of the time`
  const { unobservedJoules } = energy
  return unobservedJoules === undefined || unobservedJoules === 0
    ? time
    : `${time} (about ${formatTotalLike(joules, joules + unobservedJoules)} in all)`
}

function partlyCertain({ knownUncertaintyJoules, knownShare }: Energy, joules: number): string {
  if (knownUncertaintyJoules === undefined || knownShare === undefined || knownShare === 0) {
    return 'uncertainty unknown'
  }
  const plusMinus = formatEnergyLike(joules, COVERAGE_FACTOR * knownUncertaintyJoules)
  return `± ${plusMinus} (95 %) for ${formatShare(knownShare)} of it, unknown for the rest`
}

/** Which method, and which domains by which meter: `measured: gpu by nvml, cpu + memory by rapl`. */
function methodLines(energy: Energy): Line[] {
  const known = energy.domains.filter((domain) => domain.counted && domain.joules !== undefined)
  const methods = [...new Set(known.map((domain) => domain.method))]
  return methods.map((method) => {
    const domains = known.filter((domain) => domain.method === method)
    const meters = [...new Set(domains.map((domain) => domain.meter))].map(
      (meter) => `${kindsOf(domains.filter((domain) => domain.meter === meter))} by ${meter}`,
    )
    const joules = energy.byMethod[method]
    const part =
      methods.length > 1 && joules !== undefined && energy.joules
        ? ` ${formatShare(joules / energy.joules)}`
        : ''
    return [phrase(`${method}${part}: ${meters.join(', ')}`, methodTone(method))]
  })
}
