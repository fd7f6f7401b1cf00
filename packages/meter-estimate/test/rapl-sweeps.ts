/** What RAPL showed of one machine while its load was raised step by step. */
export interface RaplSweep {
  readonly cpuName: string
  readonly sockets: number
  readonly logicalCpus: number
  /** How the load was spread. */
  readonly busy: 'all cores' | 'some cores'
  /** Load in %, watts as published, and watts as the joules of that step over its seconds. */
  readonly points: readonly (readonly [load: number, watts: number, meanWatts: number])[]
}

/**
 * Figures of CodeCarbon's `codecarbon/data/hardware/cpu_load_profiling/*.csv` (commit b05965e, MIT):
 * `cpu_load`, `rapl_power`, `rapl_energy / duration`. The published watts lag one step behind the load.
 */
export const RAPL_SWEEPS: readonly RaplSweep[] = [
  {
    cpuName: 'AMD EPYC 8024P 8-Core Processor',
    sockets: 1,
    logicalCpus: 16,
    busy: 'all cores',
    points: [
      [0.6, 0.6, 18.3],
      [10, 18.6, 29.2],
      [20, 29.5, 38.6],
      [30, 38.7, 41.7],
      [40.3, 41.8, 43.1],
      [50, 43.2, 47.6],
      [64.6, 47.6, 48.7],
      [70.2, 48.7, 49.2],
      [80, 49.3, 50.9],
      [89.4, 50.7, 46.1],
      [100, 46.1, 46.2],
    ],
  },
  {
    cpuName: 'AMD Ryzen Threadripper 1950X 16-Core Processor',
    sockets: 1,
    logicalCpus: 32,
    busy: 'all cores',
    points: [
      [2.8, 1.4, 42.7],
      [13.9, 43.3, 62],
      [23.2, 62.5, 78.3],
      [36.4, 79.2, 105.6],
      [44.8, 106.3, 127.6],
      [53.1, 128.1, 143.3],
      [66, 144.1, 172.5],
      [72.1, 172.4, 170.4],
      [83.1, 170.3, 169.2],
      [91.7, 169.2, 166.9],
      [99.7, 166.9, 167.1],
    ],
  },
  {
    cpuName: 'Intel(R) Xeon(R) CPU E3-1240 V2 @ 3.40GHz',
    sockets: 1,
    logicalCpus: 8,
    busy: 'all cores',
    points: [
      [2.5, 0.2, 7.5],
      [10.3, 7.5, 10.1],
      [21.3, 10.2, 12.7],
      [31.6, 12.8, 15.1],
      [41.3, 15.4, 23.8],
      [51.9, 24.2, 35.9],
      [62, 36.6, 58.3],
      [70, 59.2, 86.1],
      [80, 86.3, 91.7],
      [89.6, 91.6, 89.2],
      [84.6, 89.4, 93.4],
    ],
  },
  {
    cpuName: 'Intel(R) Xeon(R) CPU E5-2620 v3 @ 2.40GHz',
    sockets: 2,
    logicalCpus: 24,
    busy: 'all cores',
    points: [
      [0, 0.5, 15.9],
      [10, 16.4, 30.7],
      [20, 31, 38.2],
      [30, 38.4, 44.7],
      [40.5, 45.3, 62.2],
      [50.2, 62.2, 61.5],
      [60, 61.9, 75.8],
      [69.9, 76.9, 111.8],
      [80.8, 111.9, 115.8],
      [89.7, 115.8, 117.4],
      [99.6, 117, 105],
    ],
  },
  {
    cpuName: 'AMD EPYC 8024P 8-Core Processor',
    sockets: 1,
    logicalCpus: 16,
    busy: 'some cores',
    points: [
      [0, 0.6, 17.7],
      [6.8, 18.3, 37.5],
      [18.6, 37.7, 41.6],
      [24.8, 41.6, 43.5],
      [37.3, 43.6, 47.2],
      [50.3, 47.2, 49.3],
      [56.2, 49.3, 49.9],
      [71.6, 49.9, 51.3],
      [78.1, 51.1, 45.6],
      [87.5, 45.6, 46.5],
      [100, 46.5, 46.7],
    ],
  },
  {
    cpuName: 'AMD Ryzen Threadripper 1950X 16-Core Processor',
    sockets: 1,
    logicalCpus: 32,
    busy: 'some cores',
    points: [
      [5, 1.4, 44.4],
      [12.2, 45.4, 75.7],
      [22.9, 76.2, 92.4],
      [32.2, 93.3, 122.3],
      [41.4, 123, 146.5],
      [52, 147.4, 174.7],
      [64, 174.8, 173.4],
      [73.1, 173.3, 169.6],
      [80.1, 169.4, 167.5],
      [92.5, 167.4, 166.1],
      [100, 166, 165.3],
    ],
  },
  {
    cpuName: 'Intel(R) Xeon(R) CPU E3-1240 V2 @ 3.40GHz',
    sockets: 1,
    logicalCpus: 8,
    busy: 'some cores',
    points: [
      [1.3, 0.2, 7.5],
      [13.8, 8.5, 38.5],
      [25, 39.1, 55.3],
      [38.8, 55.7, 69.5],
      [51.3, 69.9, 81.6],
      [60, 81.7, 85.4],
      [70.9, 85.5, 88.4],
      [88.9, 88.6, 93.6],
      [100, 93.7, 96.6],
    ],
  },
  {
    cpuName: 'Intel(R) Xeon(R) CPU E5-2620 v3 @ 2.40GHz',
    sockets: 2,
    logicalCpus: 24,
    busy: 'some cores',
    points: [
      [0, 0.5, 15.7],
      [8.7, 16.3, 34.6],
      [17, 34.8, 39.5],
      [29, 39.8, 49.5],
      [37.9, 49.5, 49.9],
      [50, 50.5, 67],
      [58.7, 67.1, 71.5],
      [66.7, 71.5, 71.9],
      [79.2, 72, 75.6],
      [87.5, 75.7, 79],
      [100, 79.6, 96.3],
    ],
  },
]
