import type { MeterContext, StandardSchema } from '@ergometer/meter'
import { type AwsOptions, awsOptions } from './aws-options.ts'
import { type AzureOptions, azureOptions } from './azure-options.ts'
import type { CloudAccount } from './cloud-account.ts'
import { type GoogleOptions, googleOptions } from './google-options.ts'
import type { Place } from './place.ts'
import type { Provider } from './provider.ts'

/** Options that name a machine or a job of a provider. */
export type ResourceOptions = AwsOptions | GoogleOptions | AzureOptions

/** What the meter needs of a provider. */
interface ProviderRow<Options> {
  /** Checks its options. */
  readonly options: StandardSchema<Options>
  /** Loads what is needed, and looks what there is. Throws a MeterError. */
  open(options: Options, context: MeterContext): Promise<CloudAccount>
  /** Options for the machine that this is; undefined if too little is known of it. */
  here(place: Place): Options | undefined
}

const aws: ProviderRow<AwsOptions> = {
  options: awsOptions,
  open: async (options, context) => (await import('./aws-account.ts')).openAws(options, context),
  here: ({ region, instanceId, instanceType }) =>
    instanceId === undefined
      ? undefined
      : { provider: 'aws', region, instanceId, instanceType, thisHost: true },
}

const gcp: ProviderRow<GoogleOptions> = {
  options: googleOptions,
  open: async (options, context) => (await import('./google-account.ts')).openGoogle(options, context),
  here: ({ account: project, instanceId, instanceType, region, zone }) =>
    project === undefined || instanceId === undefined
      ? undefined
      : { provider: 'gcp', project, instanceId, instanceType, region, zone, thisHost: true },
}

const azure: ProviderRow<AzureOptions> = {
  options: azureOptions,
  open: async (options, context) => (await import('./azure-account.ts')).openAzure(options, context),
  here: ({ resourceId, instanceType, region }) =>
    resourceId === undefined
      ? undefined
      : { provider: 'azure', resourceId, instanceType, region, thisHost: true },
}

const PROVIDERS: { readonly [Name in Provider]: ProviderRow<ResourceOptions> } = { aws, gcp, azure }

/** Names of the providers that can be read. */
export const PROVIDER_NAMES: readonly string[] = Object.keys(PROVIDERS)

/** The schema of a provider's options; undefined for one that is unknown. */
export function optionsOf(provider: unknown): StandardSchema<ResourceOptions> | undefined {
  return rowOf(provider as Provider)?.options
}

/** Opens a provider's monitoring. Throws a MeterError. */
export function openProvider(options: ResourceOptions, context: MeterContext): Promise<CloudAccount> {
  return PROVIDERS[options.provider].open(options, context)
}

/** Options for the machine that this is; undefined if its provider cannot be read, or too little is known of it. */
export function resourceHere(place: Place): ResourceOptions | undefined {
  return rowOf(place.provider)?.here(place)
}

/** Options come with their provider's name, so that a row is only ever given its own. */
function rowOf(provider: Provider): ProviderRow<ResourceOptions> | undefined {
  return Object.hasOwn(PROVIDERS, provider) ? PROVIDERS[provider] : undefined
}
