import type { Series } from './series.ts'
import { labelOf, type SeriesRule, type Thing } from './series-rule.ts'
import { UNITS } from './unit.ts'

/** An exporter that is known. */
export interface Preset {
  /** Of rules that describe the same thing, the first that finds anything counts. */
  readonly rules: readonly SeriesRule[]
  /** Seconds between two changes of its values, if they are longer than between two reads. */
  readonly updatePeriod?: number
}

/**
 * DCGM's figures for "blank": 2^47 as a float, numbers near 2^63 and 2^31 as integers.
 * https://github.com/NVIDIA/DCGM/blob/master/dcgmlib/dcgm_structs.h
 */
const DCGM_BLANK = 2 ** 47
const DCGM_BLANK_WATTS = 0x7ffffff0

/** A board's figure: under MIG each instance (`GPU_I_ID`), and under time-slicing each pod, repeats it. */
function dcgmGpu(series: Series): Thing | undefined {
  const uuid = labelOf(series, 'UUID', 'uuid')
  if (uuid === undefined) return undefined
  const name = labelOf(series, 'modelName') ?? 'NVIDIA GPU'
  const index = labelOf(series, 'gpu')
  const divided = labelOf(series, 'GPU_I_ID') === undefined ? '' : ' (MIG)'
  const label = `${name}${index === undefined ? '' : `, GPU ${index}`}${divided}`
  return { id: uuid, kind: 'gpu', label, identity: `gpu:${uuid}` }
}

const dcgm: Preset = {
  updatePeriod: 30,
  rules: [
    {
      metrics: ['DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION'],
      unit: UNITS.mJ,
      describe: dcgmGpu,
      // A board that cannot count says 0 for ever.
      blank: (value) => value === 0 || value >= DCGM_BLANK,
    },
    {
      metrics: ['DCGM_FI_DEV_POWER_USAGE'],
      unit: UNITS.W,
      describe: dcgmGpu,
      blank: (value) => value >= DCGM_BLANK_WATTS,
    },
  ],
}

/** A zone of RAPL by its name and the number of its package; `all`: the sum of all packages. */
function raplZone(zone: string, number: string, method?: Thing['method']): Thing | undefined {
  const all = number === 'all'
  const home = all ? 'packages' : `package-${number}`
  const of = all ? 'all CPU packages' : `CPU package ${number}`
  const how = method === undefined ? {} : { method }
  // Of a sum the first package stands for all: beside a meter of each, one of the two has to give way.
  const named = `package-${all ? '0' : number}`
  if (zone === 'package') return { id: home, kind: 'cpu', label: of, identity: `cpu:${named}`, ...how }
  if (zone === 'dram') {
    return { id: `${home}/dram`, kind: 'memory', label: `DRAM of ${of}`, identity: `memory:${named}`, ...how }
  }
  if (zone === 'core')
    return { id: `${home}/core`, kind: 'cpu', label: `cores of ${of}`, within: home, ...how }
  if (zone === 'uncore') {
    return { id: `${home}/uncore`, kind: 'gpu', label: `integrated GPU of ${of}`, within: home, ...how }
  }
  return zone === 'psys' ? { id: 'psys', kind: 'host', label: 'platform (psys)', ...how } : undefined
}

/**
 * Kepler from 0.10: one series for each zone; where there are several of a name, their sum, whose path says so.
 * https://github.com/sustainable-computing-io/kepler/blob/main/internal/device/aggregated_zone.go
 */
function keplerZone(series: Series): Thing | undefined {
  const [, zone, ofZone] = /^([a-z]+)(?:-(\d+)(?:-.*)?)?$/.exec(labelOf(series, 'zone') ?? '') ?? []
  if (zone === undefined) return undefined
  const path = labelOf(series, 'path') ?? ''
  const number = path.startsWith('aggregated-')
    ? 'all'
    : (ofZone ?? /rapl(?:-mmio)?:(\d+)/.exec(path)?.[1] ?? '0')
  return raplZone(zone, number)
}

/** Kepler up to 0.9: energy in two parts, idle and dynamic; measured or from a trained model. */
function oldKeplerZone(zone: string): (series: Series) => Thing | undefined {
  return (series) => {
    const modelled = /model|estimat|regress/i.test(labelOf(series, 'source') ?? '')
    const thing = raplZone(zone, labelOf(series, 'package') ?? '0', modelled ? 'modelled' : 'measured')
    return thing && { ...thing, part: labelOf(series, 'mode') ?? '' }
  }
}

function keplerGpu(series: Series): Thing | undefined {
  const uuid = labelOf(series, 'gpu_uuid')
  if (uuid === undefined) return undefined
  return { id: uuid, kind: 'gpu', label: labelOf(series, 'gpu_name') ?? 'GPU', identity: `gpu:${uuid}` }
}

function keplerPlatform(series: Series): Thing {
  const id = [labelOf(series, 'bmc_id'), labelOf(series, 'chassis_id'), labelOf(series, 'power_control_id')]
  const label = labelOf(series, 'power_control_name') ?? 'platform (BMC)'
  return { id: ['platform', ...id.filter(Boolean)].join('/'), kind: 'host', label, supply: true }
}

const kepler: Preset = {
  updatePeriod: 5,
  rules: [
    { metrics: ['kepler_node_cpu_joules_total'], unit: UNITS.J, describe: keplerZone },
    { metrics: ['kepler_node_cpu_watts'], unit: UNITS.W, describe: keplerZone },
    { metrics: ['kepler_node_package_joules_total'], unit: UNITS.J, describe: oldKeplerZone('package') },
    { metrics: ['kepler_node_dram_joules_total'], unit: UNITS.J, describe: oldKeplerZone('dram') },
    { metrics: ['kepler_node_gpu_joules_total'], unit: UNITS.J, describe: keplerGpu },
    { metrics: ['kepler_node_gpu_watts'], unit: UNITS.W, describe: keplerGpu },
    { metrics: ['kepler_platform_watts'], unit: UNITS.W, describe: keplerPlatform },
  ],
}

/** Power alone: its counters of energy are RAPL's own, and nothing says where they wrap. */
const scaphandre: Preset = {
  rules: [
    {
      metrics: ['scaph_socket_power_microwatts'],
      unit: UNITS.uW,
      describe: (series) => raplZone('package', labelOf(series, 'socket_id') ?? '0'),
    },
    {
      metrics: ['scaph_domain_power_microwatts'],
      unit: UNITS.uW,
      describe: (series) =>
        raplZone(
          labelOf(series, 'domain_name', 'rapl_domain_name') ?? '',
          labelOf(series, 'socket_id') ?? '0',
        ),
    },
    {
      // A combination of sensors and, by its documentation, estimates.
      metrics: ['scaph_host_power_microwatts'],
      unit: UNITS.uW,
      describe: () => ({ id: 'host', kind: 'host', label: 'host (Scaphandre)', method: 'reported' }),
    },
  ],
}

const ipmi: Preset = {
  rules: [
    {
      metrics: ['ipmi_dcmi_power_consumption_watts', 'ipmi_dcmi_power_consumption_current_watts'],
      unit: UNITS.W,
      describe: () => ({ id: 'host', kind: 'host', label: 'host (IPMI)', supply: true }),
      // Exporters before 1.7 say 0 of a BMC that cannot measure power.
      blank: (value) => value === 0,
    },
  ],
}

/** Raritan and Server Technology (Xerus): an outlet, or an inlet with all that hangs on it; not their single lines. */
function raritanPlug(series: Series): Thing | undefined {
  const pdu = labelOf(series, 'pduname', 'pduid')
  const outlet = labelOf(series, 'outletid')
  const inlet = labelOf(series, 'inletid')
  if ((outlet ?? inlet) === undefined || labelOf(series, 'poleline', 'line', 'linepair', 'poleid'))
    return undefined
  const what = outlet === undefined ? `inlet ${inlet}` : `outlet ${outlet}`
  return plug(pdu, what, labelOf(series, 'outletname', 'inletname'))
}

function apcOutlet(series: Series): Thing | undefined {
  const outlet = labelOf(series, 'rPDU2OutletMeteredStatusIndex', 'rPDU2OutletMeteredStatusNumber')
  const name = labelOf(series, 'rPDU2OutletMeteredStatusName')
  if ((outlet ?? name) === undefined) return undefined
  return plug(labelOf(series, 'instance'), `outlet ${outlet ?? name}`, name)
}

function plug(pdu: string | undefined, what: string, name: string | undefined): Thing {
  const id = [pdu, what].filter(Boolean).join('/')
  return { id, kind: 'host', label: name === undefined ? id : `${id} (${name})`, supply: true, part: id }
}

const pdu: Preset = {
  rules: [
    { metrics: ['raritan_pdu_activeenergy_watthour_total'], unit: UNITS.Wh, describe: raritanPlug },
    { metrics: ['raritan_pdu_activepower_watt'], unit: UNITS.W, describe: raritanPlug },
    // Its counter of energy moves by 0.1 kWh at a time.
    { metrics: ['rPDU2OutletMeteredStatusPower'], unit: UNITS.W, describe: apcOutlet },
  ],
}

/** The exporters that are known, by name. */
export const PRESETS = { dcgm, kepler, scaphandre, ipmi, pdu } as const satisfies Record<string, Preset>
