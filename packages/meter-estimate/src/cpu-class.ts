/**
 * How a class of CPUs turns its TDP into power. Shares are of the TDP; uncertainties are relative and one sigma.
 *
 * No maker publishes these figures. They are rounded priors from published package power readings of each class,
 * kept coarse on purpose, and their uncertainty says so. The shares and exponents of servers, workstations and
 * desktops are held against RAPL sweeps of a Xeon E3-1240 v2, a dual Xeon E5-2620 v3, an EPYC 8024P and a
 * Threadripper 1950X (README, "Accuracy"); the others could not be.
 */
export interface CpuClass {
  readonly name: string
  /** Package power at no load, as a share of the TDP. */
  readonly idleShare: number
  /** Package power with every logical CPU busy, as a share of the TDP: ordinary code rarely reaches it. */
  readonly fullShare: number
  /** Relative standard uncertainty of `fullShare`: ordinary integer code to wide vector code. */
  readonly fullUncertainty: number
  /** Exponent of the load curve `1 - (1 - u) ** exponent`: above 1, so that cores saturate before full load. */
  readonly curveExponent: number
  /** TDP watts of one hardware thread, for a model whose TDP or thread count is not in the table. */
  readonly wattsPerThread: number
  /** Relative standard uncertainty of `wattsPerThread`: how models of the class scatter. */
  readonly threadUncertainty: number
}

/**
 * Of classes without a sweep of their own: the middle of the curve, 0.69 of the way from idle to full, is then that of
 * Teads' measured cloud servers (0.12, 0.32, 0.75, 1.02 of the TDP at 0, 10, 50, 100 % load: 0.70 of the way).
 */
const TEADS_EXPONENT = 1.7

/** The classes, by name. */
export const CPU_CLASSES = {
  // Xeon Scalable and Xeon E5: TDP is a limit that the firmware enforces, and the governor lets clocks rise with load,
  // which makes the curve almost straight. 3.4 W (8380) to 4.3 W (E5-2680 v4) a thread.
  server: {
    name: 'server',
    idleShare: 0.1,
    fullShare: 0.65,
    fullUncertainty: 0.25,
    curveExponent: 1.2,
    wattsPerThread: 3.9,
    threadUncertainty: 0.25,
  },
  // EPYC: the I/O die never sleeps, hence the idle share. 1.4 W (9754) to 6 W (9124) a thread; those of clouds 1.8 to 3.7 W.
  chipletServer: {
    name: 'chiplet server',
    idleShare: 0.2,
    fullShare: 0.62,
    fullUncertainty: 0.25,
    curveExponent: 2,
    wattsPerThread: 2.4,
    threadUncertainty: 0.45,
  },
  // Threadripper, Xeon W, Core X: server dies with a desktop's clocks. 2.2 W (3990X) to 11 W (1900X) a thread.
  workstation: {
    name: 'workstation',
    idleShare: 0.2,
    fullShare: 0.95,
    fullUncertainty: 0.25,
    curveExponent: 2,
    wattsPerThread: 5,
    threadUncertainty: 0.45,
  },
  // Core with a locked multiplier, Xeon E3 and E: one die, deep sleep states, turbo up to the TDP and for a while beyond.
  // 4 W (i5-13400) to 10 W (E3-1270 v3) a thread.
  desktop: {
    name: 'desktop',
    idleShare: 0.08,
    fullShare: 1.05,
    fullUncertainty: 0.25,
    curveExponent: 1.9,
    wattsPerThread: 6,
    threadUncertainty: 0.45,
  },
  // Core K since the 10th generation: "maximum turbo power" is 1.2 to 2 times the TDP, and boards let it last.
  unlockedDesktop: {
    name: 'unlocked desktop',
    idleShare: 0.06,
    fullShare: 1.3,
    fullUncertainty: 0.3,
    curveExponent: TEADS_EXPONENT,
    wattsPerThread: 6,
    threadUncertainty: 0.45,
  },
  // Ryzen on AM4 and AM5: package power limit is 1.35 times the TDP; 20 to 30 W at idle for the I/O die.
  chipletDesktop: {
    name: 'chiplet desktop',
    idleShare: 0.25,
    fullShare: 1.1,
    fullUncertainty: 0.25,
    curveExponent: TEADS_EXPONENT,
    wattsPerThread: 5,
    threadUncertainty: 0.4,
  },
  // Laptops: the maker of the laptop chooses the limit, 0.7 to 2 times the nominal TDP.
  laptop: {
    name: 'laptop',
    idleShare: 0.1,
    fullShare: 1.2,
    fullUncertainty: 0.35,
    curveExponent: TEADS_EXPONENT,
    wattsPerThread: 3,
    threadUncertainty: 0.45,
  },
  // Neoverse: a thread is a core. 2.6 W (Altra Q80-30, 210 W for 80) to 3.5 W (Grace, 250 W for 72); Graviton somewhat less.
  armServer: {
    name: 'ARM server',
    idleShare: 0.15,
    fullShare: 0.8,
    fullUncertainty: 0.3,
    curveExponent: TEADS_EXPONENT,
    wattsPerThread: 2.4,
    threadUncertainty: 0.45,
  },
  // Boards such as a Raspberry Pi 4 or 5: 3 to 8 W with four cores busy, 1 to 2 W of them for the rest of the board.
  armBoard: {
    name: 'ARM board',
    idleShare: 0.2,
    fullShare: 1,
    fullUncertainty: 0.4,
    curveExponent: TEADS_EXPONENT,
    wattsPerThread: 1.2,
    threadUncertainty: 0.5,
  },
  // Apple silicon: the CPU's part of the chip. Apple publishes no TDP.
  appleSilicon: {
    name: 'Apple silicon',
    idleShare: 0.03,
    fullShare: 1,
    fullUncertainty: 0.3,
    curveExponent: TEADS_EXPONENT,
    wattsPerThread: 3,
    threadUncertainty: 0.45,
  },
  // Nothing is known but the number of logical CPUs: between a server's 2 W and a desktop's 10 W a thread.
  unknown: {
    name: 'unknown',
    idleShare: 0.15,
    fullShare: 0.8,
    fullUncertainty: 0.3,
    curveExponent: TEADS_EXPONENT,
    wattsPerThread: 4,
    threadUncertainty: 0.5,
  },
} as const satisfies Record<string, CpuClass>
