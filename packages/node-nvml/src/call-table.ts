/** How an argument is passed. Those with a star are memory of ours that NVML reads or fills. */
export type ArgumentKind = keyof ArgumentTypes

/** What JavaScript passes for each kind. */
interface ArgumentTypes {
  /** An `nvmlDevice_t`: a pointer that only NVML understands. */
  handle: bigint
  uint: number
  ulonglong: bigint
  /** A text that ends with a zero byte, or room for one. */
  'char*': Uint8Array
  'uint*': Uint32Array
  'ulonglong*': BigUint64Array
  'handle*': BigUint64Array
  /** One structure, or an array of them. */
  'struct*': DataView
}

/**
 * Every NVML function that is bound, with its arguments: all that a foreign function interface has to know. Each one
 * returns an `nvmlReturn_t`.
 */
export const CALLS = {
  nvmlInit_v2: [],
  nvmlShutdown: [],
  nvmlSystemGetDriverVersion: ['char*', 'uint'],
  nvmlSystemGetNVMLVersion: ['char*', 'uint'],
  nvmlDeviceGetCount_v2: ['uint*'],
  nvmlDeviceGetHandleByIndex_v2: ['uint', 'handle*'],
  nvmlDeviceGetHandleByUUID: ['char*', 'handle*'],
  nvmlDeviceGetHandleByPciBusId_v2: ['char*', 'handle*'],
  nvmlDeviceGetName: ['handle', 'char*', 'uint'],
  nvmlDeviceGetUUID: ['handle', 'char*', 'uint'],
  nvmlDeviceGetPciInfo_v3: ['handle', 'struct*'],
  nvmlDeviceGetArchitecture: ['handle', 'uint*'],
  nvmlDeviceGetVirtualizationMode: ['handle', 'uint*'],
  nvmlDeviceGetTotalEnergyConsumption: ['handle', 'ulonglong*'],
  nvmlDeviceGetPowerUsage: ['handle', 'uint*'],
  nvmlDeviceGetFieldValues: ['handle', 'uint', 'struct*'],
  nvmlDeviceGetPowerManagementLimit: ['handle', 'uint*'],
  nvmlDeviceGetPowerManagementDefaultLimit: ['handle', 'uint*'],
  nvmlDeviceGetEnforcedPowerLimit: ['handle', 'uint*'],
  nvmlDeviceGetPowerManagementLimitConstraints: ['handle', 'uint*', 'uint*'],
  nvmlDeviceGetUtilizationRates: ['handle', 'struct*'],
  nvmlDeviceGetMemoryInfo: ['handle', 'struct*'],
  nvmlDeviceGetMemoryInfo_v2: ['handle', 'struct*'],
  nvmlDeviceGetTemperature: ['handle', 'uint', 'uint*'],
  nvmlDeviceGetClockInfo: ['handle', 'uint', 'uint*'],
  nvmlDeviceGetCurrentClocksEventReasons: ['handle', 'ulonglong*'],
  nvmlDeviceGetCurrentClocksThrottleReasons: ['handle', 'ulonglong*'],
  nvmlDeviceGetComputeRunningProcesses: ['handle', 'uint*', 'struct*'],
  nvmlDeviceGetComputeRunningProcesses_v2: ['handle', 'uint*', 'struct*'],
  nvmlDeviceGetComputeRunningProcesses_v3: ['handle', 'uint*', 'struct*'],
  nvmlDeviceGetProcessUtilization: ['handle', 'struct*', 'uint*', 'ulonglong'],
  nvmlDeviceGetMigMode: ['handle', 'uint*', 'uint*'],
  nvmlDeviceGetMaxMigDeviceCount: ['handle', 'uint*'],
  nvmlDeviceGetMigDeviceHandleByIndex: ['handle', 'uint', 'handle*'],
  nvmlDeviceGetDeviceHandleFromMigDeviceHandle: ['handle', 'handle*'],
  nvmlDeviceGetGpuInstanceId: ['handle', 'uint*'],
  nvmlDeviceGetComputeInstanceId: ['handle', 'uint*'],
  nvmlDeviceGetAttributes_v2: ['handle', 'struct*'],
} as const satisfies Record<string, readonly ArgumentKind[]>

/** The name of a bound function. */
export type CallName = keyof typeof CALLS

type Arguments<Kinds extends readonly ArgumentKind[]> = {
  -readonly [Index in keyof Kinds]: ArgumentTypes[Kinds[Index]]
}

/** Every bound function. Each returns NVML's code, and writes what it has to say into the memory it was given. */
export type Calls = { [Name in CallName]: (...args: Arguments<(typeof CALLS)[Name]>) => number }

/** Names of the functions that take exactly these arguments. */
export type CallsTaking<Kinds extends readonly ArgumentKind[]> = {
  [Name in CallName]: (typeof CALLS)[Name] extends Kinds
    ? Kinds extends (typeof CALLS)[Name]
      ? Name
      : never
    : never
}[CallName]
