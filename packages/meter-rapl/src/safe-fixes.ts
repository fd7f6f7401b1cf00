/** Ways to let this meter read the counters, the safest first. None opens them to everybody: power traces leak secrets (CVE-2020-8694). */
export function safeFixes(inContainer: boolean): string[] {
  // The container run-times mask /sys/devices/virtual/powercap: the host's tree is shown at another place.
  const container = ['docker run --volume /sys:/host/sys:ro --env HOST_SYS=/host/sys …']
  const group = [
    'sudo groupadd --system --force rapl',
    'sudo usermod --append --groups rapl "$USER"',
    `echo 'SUBSYSTEM=="powercap", ACTION=="add", RUN+="/bin/chgrp -R rapl /sys%p", RUN+="/bin/chmod -R g=rX /sys%p"' | sudo tee /etc/udev/rules.d/60-rapl.rules`,
    'sudo udevadm control --reload && sudo udevadm trigger --subsystem-match=powercap --action=add',
    'log in again, so that the new group counts; the rule holds over reboots',
  ]
  return inContainer ? [...container, ...group] : [...group, ...container]
}
