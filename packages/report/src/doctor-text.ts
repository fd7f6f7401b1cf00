import { phrase } from './phrase.ts'
import { withoutControls } from './plain-text.ts'
import { createPaint, methodTone, type Paint, type Tone } from './style.ts'
import type { Row } from './table.ts'
import { drawingWidth, type TextOptions, textLines } from './text-lines.ts'
import { textTable } from './text-table.ts'

/** What a meter can do here; when it cannot, why not and what would mend it. */
export interface MeterFinding {
  readonly name: string
  readonly available: boolean
  readonly why?: string
  /** The file that could not be read. */
  readonly file?: string
  /** Commands that would make it available. */
  readonly fixes: readonly string[]
  readonly domains: readonly {
    readonly id: string
    readonly kind: string
    readonly label: string
    readonly method: string
  }[]
}

/** A package that says of itself that it is a meter. */
export interface InstalledPackage {
  readonly name: string
  readonly version: string
  readonly description: string
}

/** Where a cloud's machine is, as the cloud tells; without a region, why that is not known. */
export interface PlaceFinding {
  readonly provider?: string
  readonly region?: string
  readonly zone?: string
  readonly instanceType?: string
  readonly why?: string
  /** What follows from it where nothing else is given. */
  readonly means: readonly string[]
}

/** The findings of `ergometer doctor`. */
export interface DoctorFindings {
  readonly schema: 'ergometer.doctor/1'
  readonly verdict: 'measured' | 'modelled' | 'none'
  readonly meters: readonly MeterFinding[]
  readonly place?: PlaceFinding
}

const VERDICTS: Record<DoctorFindings['verdict'], readonly [tone: Tone, text: string]> = {
  measured: ['good', 'sensors of this machine give the energy of a run'],
  modelled: ['caution', 'no sensor can be read; energy will be computed from load and a power model'],
  none: ['bad', 'nothing here tells the energy of a run'],
}

const INDENT = '  '

/** Draws what can be metered here, what not, why, and the commands that would mend it; ends with a line feed. */
export function doctorText(doctor: DoctorFindings, options: TextOptions = {}): string {
  const paint = createPaint(options.color)
  const width = drawingWidth(options.columns)
  const blocks = doctor.meters.map((meter) => meterBlock(meter, width - INDENT.length, paint))
  const place = doctor.place ? [placeBlock(doctor.place, width - INDENT.length, paint)] : []
  const [tone, text] = VERDICTS[doctor.verdict]
  const verdict = textLines([phrase(`${doctor.verdict}: ${text}`, tone)], width, paint)
  return `${[...blocks, ...place, verdict].map((lines) => lines.join('\n')).join('\n\n')}\n`
}

function placeBlock(
  { provider, region, instanceType, why, means }: PlaceFinding,
  width: number,
  paint: Paint,
): string[] {
  const known = region !== undefined
  const headline = [
    phrase('place', 'strong'),
    known
      ? phrase([provider, region, instanceType].filter(Boolean).join(' '), 'good')
      : phrase('unknown', 'bad'),
    ...(why === undefined ? [] : [phrase(why)]),
  ]
  const lines = [
    ...textLines(headline, width, paint),
    ...means.flatMap((one) => textLines([phrase(one)], width, paint)),
  ]
  const mark = known ? paint('✓', 'good') : paint('✗', 'bad')
  return lines.map((line, at) => (at === 0 ? `${mark} ${line}` : INDENT + line))
}

/** Draws the meters and their domains for `ergometer meters`; ends with a line feed. */
export function metersText(
  meters: readonly MeterFinding[],
  installed: readonly InstalledPackage[] = [],
  options: TextOptions = {},
): string {
  if (meters.length + installed.length === 0) return 'No meters.\n'
  const paint = createPaint(options.color)
  const width = drawingWidth(options.columns)
  const blocks = meters.map(({ name, available, why, domains }) =>
    meterBlock(
      { name, available, fixes: [], domains, ...(why === undefined ? {} : { why }) },
      width - INDENT.length,
      paint,
    ),
  )
  const packages = installed.map((one) => packageBlock(one, width - INDENT.length, paint))
  const mendable = meters.some(({ available, fixes }) => !available && fixes.length > 0)
  const hint = mendable
    ? [textLines([phrase("'ergometer doctor' tells what would mend it", 'dim')], width, paint)]
    : []
  return `${[...blocks, ...packages, ...hint].map((lines) => lines.join('\n')).join('\n\n')}\n`
}

function packageBlock(
  { name, version, description }: InstalledPackage,
  width: number,
  paint: Paint,
): string[] {
  const headline = [
    phrase(name, 'strong'),
    phrase(`${version} installed, not opened`),
    ...(description === '' ? [] : [phrase(description, 'dim')]),
  ]
  const lines = [
    ...textLines(headline, width, paint),
    ...commandLines([`ergometer meters --meter ${name}`], paint),
  ]
  return lines.map((line, at) => (at === 0 ? `${paint('·', 'dim')} ${line}` : INDENT + line))
}

function meterBlock(meter: MeterFinding, width: number, paint: Paint): string[] {
  const { name, available, why, file, fixes, domains } = meter
  const mark = available ? paint('✓', 'good') : paint('✗', 'bad')
  const headline = [
    phrase(name, 'strong'),
    available ? phrase('available', 'good') : phrase('not available', 'bad'),
    ...(why === undefined ? [] : [phrase(why)]),
  ]
  const lines = textLines(headline, width, paint)
  if (file !== undefined) lines.push(...textLines([phrase(`file: ${file}`)], width, paint))
  if (domains.length > 0) lines.push(...domainLines(domains, width, paint))
  if (fixes.length > 0) {
    lines.push(paint(fixes.length === 1 ? 'fix' : 'fixes', 'dim'), ...commandLines(fixes, paint))
  }
  return lines.map((line, at) => (at === 0 ? `${mark} ${line}` : INDENT + line))
}

function domainLines(domains: MeterFinding['domains'], width: number, paint: Paint): string[] {
  const rows: Row[] = domains.map(({ id, kind, label, method }) => ({
    cells: [phrase(id), phrase(kind), phrase(method, methodTone(method)), phrase(label, 'dim')],
  }))
  const columns = [{ heading: '' }, { heading: '' }, { heading: '' }, { heading: '', dispensable: 1 }]
  return textTable({ columns, rows }, width, paint).slice(1)
}

/** Commands are for copying: never broken or cut to the terminal's width. */
function commandLines(fixes: readonly string[], paint: Paint): string[] {
  return fixes.flatMap((fix) => fix.split('\n')).map((line) => `  ${paint(withoutControls(line), 'accent')}`)
}
