/** Gives a container NVIDIA's library, and the GPUs. */
export const CONTAINER_FIX = 'docker run --gpus all --env NVIDIA_DRIVER_CAPABILITIES=compute,utility …'

/** There is nothing of NVIDIA's. */
export const INSTALL_FIX =
  "install NVIDIA's driver: https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/"

/** The driver is installed, and the kernel has not loaded it. */
export const DRIVER_FIXES: readonly string[] = [
  'sudo modprobe nvidia',
  'sudo dmesg | grep -i nvidia    # why it did not load',
  CONTAINER_FIX,
]

/** Safe steps by NVML's code. */
export const FIXES: Readonly<Record<number, readonly string[]>> = {
  4: [
    'ls -l /dev/nvidia*    # which group may use them',
    'sudo usermod --append --groups video "$USER"    # if that is video; then log in again',
  ],
  9: DRIVER_FIXES,
  12: [INSTALL_FIX, CONTAINER_FIX],
  15: [
    'sudo dmesg | grep -i xid    # what happened to it',
    'sudo nvidia-smi --gpu-reset --id GPU    # once nothing uses it; else restart the machine',
  ],
  16: ['sudo nvidia-smi --gpu-reset --id GPU    # once nothing uses it; else restart the machine'],
  17: [CONTAINER_FIX],
  18: [
    'sudo reboot',
    'or, once nothing uses a GPU: sudo rmmod nvidia_drm nvidia_modeset nvidia_uvm nvidia && sudo modprobe nvidia',
  ],
  999: ['a container that has lost its devices (systemctl daemon-reload) must be made anew'],
}
