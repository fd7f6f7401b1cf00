/** A text as C wants it. */
export function encodeText(text: string): Uint8Array {
  return Buffer.from(`${text}\0`)
}

/** The text in a buffer, up to its first zero byte. */
export function decodeText(buffer: Buffer): string {
  const end = buffer.indexOf(0)
  return buffer.toString('utf8', 0, end < 0 ? buffer.length : end)
}
