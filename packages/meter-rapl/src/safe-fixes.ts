// None of them opens the counters to everybody: power traces leak secrets (CVE-2020-8694).

/** A group of its own may read the counters; nothing but a reader of energy needs to be in it. */
export const GROUP_FIXES: readonly string[] = [
  'sudo groupadd --system --force rapl',
  'sudo usermod --append --groups rapl "$USER"',
  `echo 'SUBSYSTEM=="powercap", ACTION=="add", RUN+="/bin/chgrp -R rapl /sys%p", RUN+="/bin/chmod -R g=rX /sys%p"' | sudo tee /etc/udev/rules.d/60-rapl.rules`,
  'sudo udevadm control --reload && sudo udevadm trigger --subsystem-match=powercap --action=add',
  'log in again, so that the new group counts; the rule holds over reboots',
]

/** Container run-times mask /sys/devices/virtual/powercap: the host's tree is shown at another place. */
export const CONTAINER_FIXES: readonly string[] = [
  'docker run --volume /sys:/host/sys:ro --env HOST_SYS=/host/sys …',
  `if its user is not root, with the group rapl of the host: --group-add "$(getent group rapl | cut -d: -f3)"`,
]

/** Loads what the zones come from. */
export const MODULE_FIX = 'sudo modprobe intel_rapl_msr'

/** Asks for the platform, which is not counted otherwise. */
export const PSYS_FLAG = `--meter 'rapl={"psys":true}'`
