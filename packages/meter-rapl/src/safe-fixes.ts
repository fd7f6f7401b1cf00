import { powercapFolder } from './powercap-zone.ts'

/** Ways to let this meter read the counters, the safest first. None opens them to everybody: power traces leak secrets (CVE-2020-8694). */
export function safeFixes(sysRoot: string, inContainer: boolean): string[] {
  const container = [
    `mount the counters of the host read-only into the container: -v /sys/class/powercap:${powercapFolder(sysRoot)}:ro -v /sys/devices/virtual/powercap:/sys/devices/virtual/powercap:ro (or the whole: -v /sys:/host/sys:ro -e HOST_SYS=/host/sys)`,
  ]
  const group = [
    'sudo groupadd --system --force rapl',
    'sudo usermod --append --groups rapl "$USER"',
    `echo 'SUBSYSTEM=="powercap", ACTION=="add", RUN+="/bin/chgrp -R rapl /sys%p", RUN+="/bin/chmod -R g=rX /sys%p"' | sudo tee /etc/udev/rules.d/60-rapl.rules`,
    'sudo udevadm control --reload && sudo udevadm trigger --subsystem-match=powercap --action=add',
    'log in again, so that the new group counts; the rule holds over reboots',
  ]
  return inContainer ? [...container, ...group] : [...group, ...container]
}
