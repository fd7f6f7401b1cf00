import { noToken, sendable, type TokenSource } from './access-token.ts'
import { peerPackage } from './peer-package.ts'

/** What is used of `@azure/identity`. */
interface AzureIdentity {
  readonly DefaultAzureCredential: new (options: { retryOptions: { maxRetries: number } }) => AzureCredential
}

interface AzureCredential {
  getToken(scope: string): Promise<{ readonly token: string } | null>
}

/**
 * The platform metrics of a resource are part of Azure Resource Manager: https://learn.microsoft.com/rest/api/monitor/metrics/list.
 * Tokens of managed identities are kept for a whole process by what they are asked for, and cannot be given back: a fresh one is
 * asked for under the other of the resource's two names.
 */
const SCOPES = ['https://management.azure.com/.default', 'https://management.azure.com//.default'] as const
/** By default the library goes on for half a minute; a meter that cannot be opened is opened again anyway. */
const RETRIES = 1
const INSTALL = '@azure/identity@4.13.1'
const ADVICE =
  "run 'az login', give this machine a managed identity, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and a secret"

/** Whatever `DefaultAzureCredential` of Azure's own library finds: a service principal, a managed identity, the Azure CLI. */
export function azureTokens(
  load: () => Promise<AzureIdentity> = () => import('@azure/identity'),
): TokenSource {
  let credential: AzureCredential | undefined
  let refused = 0
  return {
    async token(fresh) {
      const { DefaultAzureCredential } = await peerPackage(INSTALL, load)
      if (fresh) {
        credential = undefined
        refused++
      }
      try {
        credential ??= new DefaultAzureCredential({ retryOptions: { maxRetries: RETRIES } })
        const answer = await credential.getToken(SCOPES[refused % 2] as string)
        return sendable(answer?.token, 'Azure', ADVICE)
      } catch (cause) {
        credential = undefined
        throw noToken('Azure', ADVICE, cause)
      }
    },
  }
}
