import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** An answer that was kept, and when it came, in seconds since 1970. */
export interface KeptReply {
  readonly at: number
  readonly body: unknown
}

/** So many answers are kept; the oldest go first. */
const MOST_REPLIES = 200
const SECRET_NAME = /key|token|secret|password|auth/i

/** Answers on disk, each in a file that is named for its address. Trouble with the disk costs the cache alone. */
export class ReplyCache {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** What was kept of an address; undefined if nothing, or nothing that can be read. */
  async get(url: URL): Promise<KeptReply | undefined> {
    const address = withoutSecrets(url)
    try {
      const kept: unknown = JSON.parse(await readFile(this.#file(address), 'utf8'))
      return isKept(kept) && kept.url === address ? { at: kept.at, body: kept.body } : undefined
    } catch {
      return undefined
    }
  }

  /** Keeps an answer, in one step: a reader sees the old one or the new one. */
  async put(url: URL, reply: KeptReply): Promise<void> {
    const address = withoutSecrets(url)
    const file = this.#file(address)
    const draft = `${file}.${randomUUID()}`
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 })
      await writeFile(draft, JSON.stringify({ v: 1, url: address, ...reply }), { mode: 0o600, flag: 'wx' })
      await rename(draft, file)
      await this.#forgetOldest()
    } catch {
      await rm(draft, { force: true }).catch(() => {})
    }
  }

  #file(address: string): string {
    return join(this.#folder, `${createHash('sha256').update(address).digest('hex').slice(0, 32)}.json`)
  }

  async #forgetOldest(): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => /^[0-9a-f]{32}\.json/.test(name))
    if (names.length <= MOST_REPLIES) return
    const ages = await Promise.all(
      names.map(async (name) => ({ name, at: (await stat(join(this.#folder, name))).mtimeMs })),
    )
    const oldest = ages.sort((a, b) => a.at - b.at).slice(0, names.length - MOST_REPLIES)
    await Promise.all(oldest.map(({ name }) => rm(join(this.#folder, name), { force: true })))
  }
}

/** The address as it may stand in a file: no credentials, no parameters that look like one. */
function withoutSecrets(url: URL): string {
  const plain = new URL(url)
  plain.username = ''
  plain.password = ''
  for (const name of [...plain.searchParams.keys()]) {
    if (SECRET_NAME.test(name)) plain.searchParams.set(name, '***')
  }
  return plain.href
}

function isKept(value: unknown): value is KeptReply & { url: string } {
  if (typeof value !== 'object' || value === null) return false
  const { v, url, at, body } = value as Record<string, unknown>
  return v === 1 && typeof url === 'string' && Number.isFinite(at) && body !== undefined
}
