/** What stands for a figure that is not known: never 0. */
export const UNKNOWN = '–'

/** A unit with its size in the base unit, largest first in a ladder. */
type Step = readonly [size: number, unit: string]

const WATT_HOUR = 3600

const JOULES: readonly Step[] = [
  [1e18, 'EJ'],
  [1e15, 'PJ'],
  [1e12, 'TJ'],
  [1e9, 'GJ'],
  [1e6, 'MJ'],
  [1e3, 'kJ'],
  [1, 'J'],
  [1e-3, 'mJ'],
  [1e-6, 'µJ'],
  [1e-9, 'nJ'],
  [1e-12, 'pJ'],
  [1e-15, 'fJ'],
]
const WATT_HOURS: readonly Step[] = [
  [1e12 * WATT_HOUR, 'TWh'],
  [1e9 * WATT_HOUR, 'GWh'],
  [1e6 * WATT_HOUR, 'MWh'],
  [1e3 * WATT_HOUR, 'kWh'],
  [WATT_HOUR, 'Wh'],
  [1e-3 * WATT_HOUR, 'mWh'],
  [1e-6 * WATT_HOUR, 'µWh'],
]
const WATTS: readonly Step[] = [
  [1e9, 'GW'],
  [1e6, 'MW'],
  [1e3, 'kW'],
  [1, 'W'],
  [1e-3, 'mW'],
  [1e-6, 'µW'],
]
const GRAMS: readonly Step[] = [
  [1e12, 'Mt'],
  [1e9, 'kt'],
  [1e6, 't'],
  [1e3, 'kg'],
  [1, 'g'],
  [1e-3, 'mg'],
  [1e-6, 'µg'],
  [1e-9, 'ng'],
  [1e-12, 'pg'],
  [1e-15, 'fg'],
]
const LITRES: readonly Step[] = [
  [1e3, 'm³'],
  [1, 'l'],
  [1e-3, 'ml'],
  [1e-6, 'µl'],
]
const FLOP: readonly Step[] = [
  [1e18, 'EFLOP'],
  [1e15, 'PFLOP'],
  [1e12, 'TFLOP'],
  [1e9, 'GFLOP'],
  [1e6, 'MFLOP'],
  [1e3, 'kFLOP'],
  [1, 'FLOP'],
]
const SECONDS: readonly Step[] = [
  [86400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
  [1e-3, 'ms'],
  [1e-6, 'µs'],
]

/** Formats joules with an SI prefix: `1.48 MJ`. Three significant digits; absent is `–`. */
export function formatJoules(joules: number | undefined): string {
  return onLadder(joules, JOULES)
}

/** Formats watts with an SI prefix: `98.2 W`. Three significant digits; absent is `–`. */
export function formatWatts(watts: number | undefined): string {
  return onLadder(watts, WATTS)
}

/** Formats grams as mg, g, kg or t: `23.1 g`. Three significant digits; absent is `–`. */
export function formatGrams(grams: number | undefined): string {
  return onLadder(grams, GRAMS)
}

/** Formats litres as µl, ml, l or m³: `1.21 l`. Three significant digits; absent is `–`. */
export function formatLitres(litres: number | undefined): string {
  return onLadder(litres, LITRES)
}

/** Formats seconds in one unit, for tables: `12.6 min`. Three significant digits; absent is `–`. */
export function formatShortSeconds(seconds: number | undefined): string {
  return onLadder(seconds, SECONDS)
}

/** Formats seconds as a person says them: `4.21 s`, `12 min 34 s`, `3 h 12 min`, `5 d 3 h`. Absent is `–`. */
export function formatSeconds(seconds: number | undefined): string {
  if (!isKnown(seconds) || significant(seconds, 3) < 60) return formatShortSeconds(seconds)
  const [large, small] = seconds < 3599.5 ? [60, 1] : seconds < 86370 ? [3600, 60] : [86400, 3600]
  const whole = Math.round(seconds / small) * small
  const rest = (whole % large) / small
  const unitOf = (size: number) => SECONDS.find(([step]) => step === size)?.[1]
  const head = `${group(String(Math.floor(whole / large)))} ${unitOf(large)}`
  return rest === 0 ? head : `${head} ${rest} ${unitOf(small)}`
}

/** Formats joules in the unit people know for that much: kWh from 0.1 kWh, Wh from 1 Wh, joules below. Absent is `–`. */
export function formatEnergy(joules: number | undefined): string {
  return isKnown(joules) ? inUnit(joules, energyUnit(joules)) : UNKNOWN
}

/** The same energy in the other unit that people compare by: joules beside kWh, else kWh. Absent is `–`. */
export function formatEnergyBeside(joules: number | undefined): string {
  if (!isKnown(joules)) return UNKNOWN
  return energyUnit(joules)[0] >= 1e3 * WATT_HOUR ? onLadder(joules, JOULES) : formatKilowattHours(joules)
}

/** Formats joules in kWh whatever their size: `0.0123 kWh`, `6.14e-6 kWh`. Three significant digits. */
function formatKilowattHours(joules: number): string {
  const kilowattHours = joules / (1e3 * WATT_HOUR)
  const small = kilowattHours > 0 && kilowattHours < 1e-4
  return `${small ? kilowattHours.toExponential(2) : plain(kilowattHours, 3)} kWh`
}

/** The expanded uncertainty of a 95 % interval is twice the standard uncertainty (k = 2; JCGM 100:2008, 6.3.3). */
export const COVERAGE_FACTOR = 2

/** Formats joules with their expanded uncertainty in joules, digits alike: `0.412 ± 0.021 kWh`. */
export function formatUncertainEnergy(joules: number, plusMinus: number): string {
  return withUncertainty(joules, plusMinus, energyUnit(joules))
}

/** Formats grams with their expanded uncertainty in grams, digits alike: `23.1 ± 1.2 g`. */
export function formatUncertainGrams(grams: number, plusMinus: number): string {
  return withUncertainty(grams, plusMinus, fitting(grams, GRAMS))
}

/** Formats the expanded uncertainty that belongs to a standard uncertainty in joules, for tables: `2.9 kJ`. Two digits; absent is `–`. */
export function formatPlusMinus(standardUncertaintyJoules: number | undefined): string {
  if (!isKnown(standardUncertaintyJoules)) return UNKNOWN
  const plusMinus = COVERAGE_FACTOR * standardUncertaintyJoules
  return inUnit(plusMinus, fitting(plusMinus, JOULES), 2)
}

/** Formats joules in the unit that `formatEnergy(like)` has, two significant digits: `0.014 kWh` beside `0.371 kWh`. */
export function formatEnergyLike(like: number, joules: number): string {
  const [size, unit] = energyUnit(like)
  return `${plain(joules / size, 2)} ${unit}`
}

/** A total in joules of which `seen` are known, in the unit of those and without naming it: `0.41` beside `0.371 kWh`. */
export function formatTotalLike(seen: number, total: number): string {
  const [size] = energyUnit(seen)
  const digits = significant(total / size, 2) > significant(seen / size, 3) ? 2 : 3
  return plain(total / size, digits)
}

/** Formats energy times delay with an SI prefix: `171 J s`. Three significant digits; absent is `–`. */
export function formatJouleSeconds(product: number | undefined): string {
  return isKnown(product) ? `${onLadder(product, JOULES)} s` : UNKNOWN
}

/** Formats a number of floating point operations: `83.6 GFLOP`. Three significant digits; absent is `–`. */
export function formatFlop(flop: number | undefined): string {
  return onLadder(flop, FLOP)
}

/** Formats a bare number: three significant digits (or as many as asked for), `1.20e9` when it is very large or small. Absent is `–`. */
export function formatNumber(value: number | undefined, digits = 3): string {
  if (!isKnown(value)) return UNKNOWN
  if (value !== 0 && !isHandy(value)) return value.toExponential(digits - 1).replace('e+', 'e')
  return plain(value, digits)
}

/** Formats an amount of work: exact below a thousand million if whole (`300 000`), else like `formatNumber`. Absent is `–`. */
export function formatCount(value: number | undefined): string {
  if (!isKnown(value) || Math.abs(value) >= 1e9) return formatNumber(value)
  if (Number.isInteger(value)) return group(String(value))
  return Math.abs(value) >= 1000 ? group(value.toFixed(0)) : formatNumber(value, 4)
}

/** Formats a share as a percentage: `81 %`, `1.2 %`, `< 0.1 %`; only the whole is `100 %`. Absent is `–`. */
export function formatShare(share: number | undefined): string {
  if (!isKnown(share)) return UNKNOWN
  if (share > 0 && share < 0.001) return '< 0.1 %'
  if (share >= 0.9995 && share < 1 - 1e-9) return '> 99.9 %'
  const percent = share * 100
  const fine = percent < 9.95 || (percent >= 99 && percent < 100 - 1e-7)
  return `${fine && percent !== 0 ? percent.toFixed(1).replace(/\.0$/, '') : percent.toFixed(0)} %`
}

function isKnown(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value)
}

/** Whether a number reads well without an exponent. */
function isHandy(value: number): boolean {
  return Math.abs(value) >= 1e-3 && Math.abs(value) < 1e9
}

function energyUnit(joules: number): Step {
  if (significant(joules, 3) < WATT_HOUR) return fitting(joules, JOULES)
  const [size, unit] = fitting(joules, WATT_HOURS)
  return unit === 'Wh' && significant(joules, 3) >= 100 * WATT_HOUR ? [1e3 * WATT_HOUR, 'kWh'] : [size, unit]
}

/** The largest step in which the rounded value is at least 1, else the smallest; the base unit for zero. */
function fitting(value: number, ladder: readonly Step[]): Step {
  const base = ladder.find(([size]) => size === 1) ?? ladder.find(([size]) => size === WATT_HOUR) ?? [1, '']
  if (value === 0) return base
  return ladder.find(([size]) => significant(Math.abs(value) / size, 3) >= 1) ?? ladder.at(-1) ?? base
}

function onLadder(value: number | undefined, ladder: readonly Step[]): string {
  return isKnown(value) ? inUnit(value, fitting(value, ladder)) : UNKNOWN
}

function inUnit(value: number, [size, unit]: Step, digits = 3): string {
  return `${value === 0 ? '0' : formatNumber(value / size, digits)} ${unit}`
}

/** Two digits of uncertainty, the value to the same place, but at most five digits of the value and never none of it. */
function withUncertainty(value: number, plusMinus: number, step: Step): string {
  if (!(plusMinus > 0) || !Number.isFinite(plusMinus) || value === 0) return inUnit(value, step)
  const [size, unit] = step
  if (!isHandy(value / size))
    return `${formatNumber(value / size)} ± ${formatNumber(plusMinus / size, 2)} ${unit}`
  const place = placeOf(value / size)
  const decimals = Math.max(Math.min(1 - placeOf(significant(plusMinus / size, 2)), 4 - place), -place)
  const resolution = 10 ** -decimals
  const shown = Math.max(roundTo(plusMinus / size, resolution), resolution)
  const digits = Math.max(decimals, 0)
  return `${group(roundTo(value / size, resolution).toFixed(digits))} ± ${group(shown.toFixed(digits))} ${unit}`
}

function roundTo(value: number, resolution: number): number {
  return Math.round(value / resolution) * resolution
}

/** Decimal exponent of the leading digit. */
function placeOf(value: number): number {
  return value === 0 ? 0 : Number(value.toExponential().split('e')[1])
}

function significant(value: number, digits: number): number {
  return Number(value.toPrecision(digits))
}

function plain(value: number, digits: number): string {
  const rounded = significant(value, digits)
  if (rounded === 0) return '0'
  return group(rounded.toFixed(Math.min(Math.max(digits - 1 - placeOf(rounded), 0), 20)))
}

/** Groups the digits before the decimal point by threes from five digits on, with spaces as SI has it. */
function group(digits: string): string {
  const [whole = '', fraction] = digits.split('.')
  const grouped = whole.replace('-', '').length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, ' ') : whole
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}
