import { isMachineId } from './azure-options.ts'
import { type AskMetadata, parseObject } from './metadata-service.ts'
import { ID, INSTANCE_TYPE, type Place, REGION, word } from './place.ts'
import type { Provider } from './provider.ts'

/** A provider's metadata service: where it is, and how it is asked. */
export interface ProviderMetadata {
  /** Base URL, by the variables that the provider's own clients know; undefined where they say that it is not to be asked. */
  endpoint(env: Readonly<Record<string, string | undefined>>): string | undefined
  /** Seconds to wait, where a variable says so. */
  timeout?(env: Readonly<Record<string, string | undefined>>): string | undefined
  /** The place, of which the region is certain; undefined where the reply names none. */
  ask(ask: AskMetadata): Promise<Place | undefined>
}

/** The address of all three. */
const LINK_LOCAL = 'http://169.254.169.254'

/** Seconds for which the token of IMDSv2 is asked: it is used once. */
const TOKEN_SECONDS = '60'

/** The metadata services by provider. */
export const providerMetadata: Readonly<Record<Provider, ProviderMetadata>> = {
  // IMDSv2: docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html. Version 1, without a token, is never asked.
  aws: {
    endpoint(env) {
      if (env['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true') return undefined
      const six = env['AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE']?.toLowerCase() === 'ipv6'
      return env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] || (six ? 'http://[fd00:ec2::254]' : LINK_LOCAL)
    },
    // As botocore calls it.
    timeout: (env) => env['AWS_METADATA_SERVICE_TIMEOUT'],
    async ask(ask) {
      const token = await ask({
        path: '/latest/api/token',
        method: 'PUT',
        headers: { 'x-aws-ec2-metadata-token-ttl-seconds': TOKEN_SECONDS },
      })
      const { text } = await ask({
        path: '/latest/dynamic/instance-identity/document',
        headers: { 'x-aws-ec2-metadata-token': token.text.trim() },
      })
      // The region stands in the document: in a Local Zone (us-west-2-lax-1a) the zone's name does not tell it.
      const { region, availabilityZone, instanceType, instanceId, accountId } = parseObject(text)
      return placeOf('aws', { region, zone: availabilityZone, instanceType, instanceId, account: accountId })
    },
  },
  // docs.cloud.google.com/compute/docs/metadata/querying-metadata
  gcp: {
    endpoint(env) {
      if (env['METADATA_SERVER_DETECTION']?.trim().toLowerCase() === 'none') return undefined
      const host = env['GCE_METADATA_HOST'] || env['GCE_METADATA_IP']
      return host ? `http://${host.replace(/^https?:\/\//, '')}` : LINK_LOCAL
    },
    // As google-auth calls it.
    timeout: (env) => env['GCE_METADATA_TIMEOUT'],
    async ask(ask) {
      const tell = async (path: string) => {
        const { text, headers } = await ask({
          path: `/computeMetadata/v1/${path}`,
          headers: { 'metadata-flavor': 'Google' },
        })
        if (headers.get('metadata-flavor') !== 'Google') throw new Error('the reply is not of Google')
        return text.trim()
      }
      const optional = (path: string) => tell(path).catch(() => undefined)
      const [zonePath, typePath, instanceId, account] = await Promise.all([
        tell('instance/zone'),
        optional('instance/machine-type'),
        optional('instance/id'),
        optional('project/project-id'),
      ])
      // projects/123/zones/us-central1-a: the last part, whose own last part is the zone within its region.
      const zone = zonePath.split('/').at(-1)
      const region = zone?.split('-').slice(0, -1).join('-')
      return placeOf('gcp', { region, zone, instanceType: typePath?.split('/').at(-1), instanceId, account })
    },
  },
  // learn.microsoft.com/azure/virtual-machines/instance-metadata-service
  azure: {
    endpoint: (env) => env['AZURE_POD_IDENTITY_AUTHORITY_HOST'] || LINK_LOCAL,
    async ask(ask) {
      const { text } = await ask({
        path: '/metadata/instance/compute?api-version=2021-12-13&format=json',
        headers: { metadata: 'true' },
      })
      const { location, zone, vmSize, vmId, subscriptionId, resourceId } = parseObject(text)
      const region = typeof location === 'string' ? location.toLowerCase() : undefined
      const place = placeOf('azure', {
        region,
        zone,
        instanceType: vmSize,
        instanceId: vmId,
        account: subscriptionId,
      })
      return place && isMachineId(resourceId) ? { ...place, resourceId } : place
    },
  },
}

/** The words of a reply that have the form that they should have. */
function placeOf(
  provider: Provider,
  told: { readonly [Key in 'region' | 'zone' | 'instanceType' | 'instanceId' | 'account']: unknown },
): Place | undefined {
  const region = word(told.region, REGION)
  if (region === undefined) return undefined
  const words = {
    zone: word(told.zone, ID),
    instanceType: word(told.instanceType, INSTANCE_TYPE),
    instanceId: word(told.instanceId, ID),
    account: word(told.account, ID),
  }
  const known = Object.fromEntries(Object.entries(words).filter(([, value]) => value !== undefined))
  return { provider, region, ...known }
}
