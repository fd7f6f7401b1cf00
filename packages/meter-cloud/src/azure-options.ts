import type { StandardSchema } from '@ergometer/meter'
import * as z from 'zod/mini'
import { matching, strictOptions, thisHostOption } from './option-schema.ts'
import { endpointOption } from './service-address.ts'

/** Options of the meter `cloud` for Azure: one virtual machine, or one run of Azure Machine Learning. */
export interface AzureOptions {
  readonly provider: 'azure'
  /** Of a virtual machine: `/subscriptions/…/resourceGroups/…/providers/Microsoft.Compute/virtualMachines/…`. */
  readonly resourceId?: string | undefined
  /** Of a workspace: `/subscriptions/…/providers/Microsoft.MachineLearningServices/workspaces/…`. */
  readonly workspace?: string | undefined
  /** A run of that workspace. */
  readonly runId?: string | undefined
  /** `Standard_NC24ads_A100_v4`: the size, by which power is modelled. */
  readonly instanceType?: string | undefined
  readonly region?: string | undefined
  /** The virtual machine is the machine that runs this; by default it is another one. */
  readonly thisHost?: boolean | undefined
  /** Another base address of Azure Resource Manager. */
  readonly endpoint?: string | undefined
}

const SUBSCRIPTION = '/subscriptions/[0-9a-f-]{36}/resourceGroups/[A-Za-z0-9_().-]{1,90}'
const MACHINE = new RegExp(
  `^${SUBSCRIPTION}/providers/Microsoft\\.Compute/(virtualMachines/[A-Za-z0-9_.-]{1,64}|virtualMachineScaleSets/[A-Za-z0-9_.-]{1,64}(/virtualMachines/[A-Za-z0-9_.-]{1,64})?)$`,
  'i',
)
const WORKSPACE = new RegExp(
  `^${SUBSCRIPTION}/providers/Microsoft\\.MachineLearningServices/workspaces/[A-Za-z0-9_-]{1,64}$`,
  'i',
)

const shape = {
  provider: z.literal('azure'),
  resourceId: z.optional(
    matching(MACHINE, '/subscriptions/…/providers/Microsoft.Compute/virtualMachines/NAME'),
  ),
  workspace: z.optional(
    matching(WORKSPACE, '/subscriptions/…/providers/Microsoft.MachineLearningServices/workspaces/NAME'),
  ),
  runId: z.optional(matching(/^[A-Za-z0-9_.:-]{1,256}$/, 'the id of a run')),
  instanceType: z.optional(matching(/^[A-Za-z0-9_-]{1,64}$/, 'a size: Standard_NC24ads_A100_v4')),
  region: z.optional(matching(/^[a-z0-9]{1,64}$/, 'a region: westeurope')),
  thisHost: thisHostOption,
  endpoint: endpointOption,
}

/** The schema of the options. */
export const azureOptions: StandardSchema<AzureOptions> = strictOptions(shape).check(
  z.refine<AzureOptions>(
    ({ resourceId, workspace }) => (resourceId === undefined) !== (workspace === undefined),
    {
      error: 'expected "resourceId" (a virtual machine) or "workspace" with "runId", one of the two',
    },
  ),
  z.refine<AzureOptions>(({ workspace, runId }) => (workspace === undefined) === (runId === undefined), {
    error: '"runId" is a run of a "workspace": expected both',
  }),
)

/** True for the resource id of a virtual machine. */
export function isMachineId(value: unknown): value is string {
  return typeof value === 'string' && MACHINE.test(value)
}
