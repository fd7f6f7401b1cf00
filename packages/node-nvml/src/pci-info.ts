import { LAYOUTS, readUint } from './struct-layout.ts'
import { decodeText } from './text.ts'

/** Where a GPU sits on the PCI bus. */
export interface PciInfo {
  /** `00000000:3B:00.0`: domain, bus, device and function, in hexadecimal. */
  readonly busId: string
  readonly domain: number
  readonly bus: number
  readonly device: number
  /** Device and vendor, 16 bits each: 0x233010de. */
  readonly deviceId: number
  readonly subsystemId: number
}

/** Reads an `nvmlPciInfo_t`. */
export function readPciInfo(view: DataView): PciInfo {
  const { size, members } = LAYOUTS.nvmlPciInfo_t
  return {
    busId: decodeText(Buffer.from(view.buffer, view.byteOffset + members.busId, size - members.busId)),
    domain: readUint(view, members.domain),
    bus: readUint(view, members.bus),
    device: readUint(view, members.device),
    deviceId: readUint(view, members.pciDeviceId),
    subsystemId: readUint(view, members.pciSubSystemId),
  }
}
