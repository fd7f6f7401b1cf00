import { plainText } from './plain-text.ts'

/** Escapes text from outside for GitHub-flavoured Markdown: it is shown as it reads, and nothing in it takes effect. */
export function markdownText(text: string): string {
  return plainText(text)
    .replace(/[\\`*_[\]|~#]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/:(?=\/\/)|(?<=www)\./gi, '\\$&')
    .replaceAll('@', '@<!-- -->') // Else GitHub tells the user of that name.
    .replace(/^(?=[-+=])|(?<=^\d{1,9})(?=[.)](\s|$))/, '\\')
}

/** Text from outside as a code span, with as many backticks around it as it takes. */
export function markdownCode(text: string): string {
  const plain = plainText(text)
  const longest = Math.max(0, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  const space = longest > 0 ? ' ' : ''
  return plain === '' ? '' : `${fence}${space}${plain}${space}${fence}`
}
