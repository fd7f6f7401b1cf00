import { noToken, sendable, type TokenSource } from './access-token.ts'
import { peerPackage } from './peer-package.ts'

/** What is used of `@azure/identity`. */
interface AzureIdentity {
  readonly DefaultAzureCredential: new () => AzureCredential
}

interface AzureCredential {
  getToken(scope: string): Promise<{ readonly token: string } | null>
}

/** The platform metrics of a resource are part of Azure Resource Manager: https://learn.microsoft.com/rest/api/monitor/metrics/list. */
const SCOPE = 'https://management.azure.com/.default'
const INSTALL = '@azure/identity@4.13.1'
const ADVICE =
  "run 'az login', give this machine a managed identity, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and a secret"

/** Whatever `DefaultAzureCredential` of Azure's own library finds: a service principal, a managed identity, the Azure CLI. */
export function azureTokens(
  load: () => Promise<AzureIdentity> = () => import('@azure/identity'),
): TokenSource {
  let credential: AzureCredential | undefined
  return {
    async token(fresh) {
      const { DefaultAzureCredential } = await peerPackage(INSTALL, load)
      if (fresh) credential = undefined
      try {
        credential ??= new DefaultAzureCredential()
        const answer = await credential.getToken(SCOPE)
        return sendable(answer?.token, 'Azure', ADVICE)
      } catch (cause) {
        credential = undefined
        throw noToken('Azure', ADVICE, cause)
      }
    },
  }
}
