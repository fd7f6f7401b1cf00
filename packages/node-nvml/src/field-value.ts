import { nvmlErrorName, SUCCESS, UNKNOWN } from './nvml-error.ts'
import { LAYOUTS, LITTLE_ENDIAN, readUint } from './struct-layout.ts'

/** Numbers of fields about energy and power, for `fieldValues`. All but the first came with driver 535. */
export const FIELD = {
  /** mJ since the driver was loaded. */
  totalEnergy: 83,
  /** mW, the mean of one second; Ampere (without GA100) and newer. */
  averagePower: 185,
  /** mW, now. */
  instantPower: 186,
  /** mW: the smallest limit that can be set. */
  minPowerLimit: 187,
  /** mW: the largest limit that can be set. */
  maxPowerLimit: 188,
  /** mW. */
  defaultPowerLimit: 189,
  /** mW: what is enforced. */
  currentPowerLimit: 190,
  /** mJ; the same as `totalEnergy`, but has scopes. */
  energy: 191,
  /** mW: what was asked for. */
  requestedPowerLimit: 192,
} as const

/** What a field is about. NVIDIA's header contradicts itself about further scopes, so they are not listed. */
export const SCOPE = {
  gpu: 0,
  /** A superchip: GPU and CPU. */
  module: 1,
} as const

/** A field that is asked for. */
export interface FieldRequest {
  /** One of `FIELD`, or any other `NVML_FI_*` number. */
  readonly field: number
  /** One of `SCOPE`; the GPU by default. */
  readonly scope?: number
}

/** The answer for one field. */
export interface FieldValue {
  readonly field: number
  readonly scope: number
  /** NVML's code for this field alone: 0, or why it has no value. */
  readonly code: number
  /** The name of that code. */
  readonly codeName: string
  /** Absent unless `code` is 0. A bigint where NVML has 64 bits. Units are the field's own. */
  readonly value?: number | bigint
  /** When the value was taken, in microseconds since 1970 by the machine's clock. 0: the driver does not say. */
  readonly timeMicroseconds: bigint
  /** How long the driver took for it. */
  readonly latencyMicroseconds: bigint
}

const { size, members } = LAYOUTS.nvmlFieldValue_t

/** Writes the requests into an array of `nvmlFieldValue_t`. One that the driver then passes over is no value. */
export function writeFieldRequests(view: DataView, requests: readonly FieldRequest[]): void {
  new Uint8Array(view.buffer, view.byteOffset, requests.length * size).fill(0)
  for (const [index, { field, scope = SCOPE.gpu }] of requests.entries()) {
    const at = index * size
    view.setUint32(at + members.fieldId, field, LITTLE_ENDIAN)
    view.setUint32(at + members.scopeId, scope, LITTLE_ENDIAN)
    view.setUint32(at + members.nvmlReturn, UNKNOWN, LITTLE_ENDIAN)
  }
}

/** Reads an array of `nvmlFieldValue_t`. */
export function readFieldValues(
  view: DataView,
  requests: readonly FieldRequest[],
  platform: NodeJS.Platform,
): FieldValue[] {
  return requests.map(({ field, scope = SCOPE.gpu }, index) => {
    const at = index * size
    const code = readUint(view, at + members.nvmlReturn)
    const value =
      code === SUCCESS
        ? decode(view, at + members.value, readUint(view, at + members.valueType), platform)
        : undefined
    return {
      field,
      scope,
      code,
      codeName: nvmlErrorName(code),
      ...(value === undefined ? {} : { value }),
      timeMicroseconds: view.getBigInt64(at + members.timestamp, LITTLE_ENDIAN),
      latencyMicroseconds: view.getBigInt64(at + members.latencyUsec, LITTLE_ENDIAN),
    }
  })
}

/** By the type that the driver says it wrote, never by the one that is expected; undefined for one that is not known. */
function decode(
  view: DataView,
  at: number,
  type: number,
  platform: NodeJS.Platform,
): number | bigint | undefined {
  switch (type) {
    case 0:
      return view.getFloat64(at, LITTLE_ENDIAN)
    case 1:
      return view.getUint32(at, LITTLE_ENDIAN)
    case 2:
      // C's `unsigned long` has four bytes on Windows.
      return platform === 'win32'
        ? BigInt(view.getUint32(at, LITTLE_ENDIAN))
        : view.getBigUint64(at, LITTLE_ENDIAN)
    case 3:
      return view.getBigUint64(at, LITTLE_ENDIAN)
    case 4:
      return view.getBigInt64(at, LITTLE_ENDIAN)
    case 5:
      return view.getInt32(at, LITTLE_ENDIAN)
    case 6:
      return view.getUint16(at, LITTLE_ENDIAN)
    default:
      return undefined
  }
}
