import { phrase } from './phrase.ts'
import { createPaint, type Tone } from './style.ts'
import { drawingWidth, type TextOptions, textLines } from './text-lines.ts'

/** What became of one conformance case of a meter. */
export interface CheckedCase {
  /** Stable: `counter-wrap`. */
  readonly id: string
  readonly title: string
  readonly result: 'passed' | 'failed' | 'skipped' | 'inapplicable'
  /** The fault, or why it could not be judged. */
  readonly why?: string | undefined
}

const MARKS: Record<CheckedCase['result'], readonly [mark: string, tone: Tone]> = {
  passed: ['✓', 'good'],
  failed: ['✗', 'bad'],
  skipped: ['–', 'caution'],
  inapplicable: ['·', 'dim'],
}

/** Draws one case of `ergometer meters check`; ends with a line feed. */
export function checkLine({ id, title, result, why }: CheckedCase, options: TextOptions = {}): string {
  const paint = createPaint(options.color)
  const [mark, tone] = MARKS[result]
  const parts = [phrase(title), phrase(id, 'dim'), ...(why === undefined ? [] : [phrase(why, tone)])]
  const lines = textLines(parts, drawingWidth(options.columns) - 2, paint)
  return `${lines.map((line, at) => (at === 0 ? `${paint(mark, tone)} ${line}` : `  ${line}`)).join('\n')}\n`
}

/** Sums up `ergometer meters check`; ends with a line feed. */
export function checkVerdict(name: string, cases: readonly CheckedCase[], options: TextOptions = {}): string {
  const paint = createPaint(options.color)
  const count = (result: CheckedCase['result']) => cases.filter((one) => one.result === result).length
  const failed = count('failed')
  const verdict = failed > 0 ? paint('not conformant', 'bad') : paint('conformant', 'good')
  return `\n${name}: ${verdict}, ${count('passed')} passed, ${failed} failed, ${count('skipped')} skipped\n`
}
