import type { MeterContext } from '@ergometer/meter'
import { noToken, sendable, type TokenSource } from './access-token.ts'
import { peerPackage } from './peer-package.ts'

/** What is used of `google-auth-library`. */
interface GoogleAuthLibrary {
  readonly GoogleAuth: new (options: {
    scopes: string[]
    keyFilename?: string
  }) => { getAccessToken(): Promise<unknown> }
}

/** Reads monitoring data, and nothing else: https://docs.cloud.google.com/monitoring/api/auth. */
const SCOPE = 'https://www.googleapis.com/auth/monitoring.read'
const INSTALL = 'google-auth-library@10'
const ADVICE = "run 'gcloud auth application-default login', or set GOOGLE_APPLICATION_CREDENTIALS"

/** Application Default Credentials, through Google's own library. */
export function googleTokens(
  env: MeterContext['env'],
  load: () => Promise<GoogleAuthLibrary> = () => import('google-auth-library'),
  scope = SCOPE,
): TokenSource {
  let auth: { getAccessToken(): Promise<unknown> } | undefined
  return {
    async token(fresh) {
      const { GoogleAuth } = await peerPackage(INSTALL, load)
      // Each kind of credentials keeps its tokens in its own way: a new object has none yet.
      if (fresh) auth = undefined
      const keyFilename = env['GOOGLE_APPLICATION_CREDENTIALS']
      try {
        auth ??= new GoogleAuth({ scopes: [scope], ...(keyFilename ? { keyFilename } : {}) })
        return sendable(await auth.getAccessToken(), 'Google Cloud', ADVICE)
      } catch (cause) {
        auth = undefined
        throw noToken('Google Cloud', ADVICE, cause)
      }
    },
  }
}
