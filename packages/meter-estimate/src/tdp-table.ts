import { CPU_CLASSES, type CpuClass } from './cpu-class.ts'

/** What a CPU's name tells: its class and, where known, the TDP of a socket and its hardware threads. */
export interface CpuRating {
  readonly cpuClass: CpuClass
  /** Thermal design power of one socket, in watts. */
  readonly tdpWatts?: number
  /** Hardware threads of one socket. */
  readonly threads?: number
  /** Relative standard uncertainty (1 sigma) of `tdpWatts`: 0 for a model, more for a family. */
  readonly tdpUncertainty: number
}

/**
 * TDP in watts and hardware threads of one socket, by model: facts as the makers' product pages (ark.intel.com,
 * amd.com) state them, written down for this table; no data set was copied, so it is under this package's licence.
 * Models that only clouds buy have no such page: only those whose figure is widely agreed on are listed, and the
 * others fall to their family.
 */
const MODELS: Readonly<Record<string, readonly [tdpWatts: number, threads: number]>> = {
  // Xeon E3 and E
  'xeon e3-1220 v2': [69, 4],
  'xeon e3-1230 v2': [69, 8],
  'xeon e3-1240 v2': [69, 8],
  'xeon e3-1230 v3': [80, 8],
  'xeon e3-1270 v3': [80, 8],
  'xeon e3-1245 v5': [80, 8],
  'xeon e3-1270 v6': [72, 8],
  'xeon e-2136': [80, 12],
  'xeon e-2288g': [95, 16],
  // Xeon E5 and E7
  'xeon e5-2620': [95, 12],
  'xeon e5-2650': [95, 16],
  'xeon e5-2670': [115, 16],
  'xeon e5-2620 v2': [80, 12],
  'xeon e5-2650 v2': [95, 16],
  'xeon e5-2670 v2': [115, 20],
  'xeon e5-2680 v2': [115, 20],
  'xeon e5-2620 v3': [85, 12],
  'xeon e5-2630 v3': [85, 16],
  'xeon e5-2650 v3': [105, 20],
  'xeon e5-2660 v3': [105, 20],
  'xeon e5-2670 v3': [120, 24],
  'xeon e5-2680 v3': [120, 24],
  'xeon e5-2690 v3': [135, 24],
  'xeon e5-2620 v4': [85, 16],
  'xeon e5-2630 v4': [85, 20],
  'xeon e5-2640 v4': [90, 20],
  'xeon e5-2650 v4': [105, 24],
  'xeon e5-2680 v4': [120, 28],
  'xeon e5-2686 v4': [145, 36],
  'xeon e5-2690 v4': [135, 28],
  'xeon e5-2697 v4': [145, 36],
  'xeon e5-2698 v4': [135, 40],
  'xeon e5-2699 v4': [145, 44],
  'xeon e7-8880 v3': [150, 36],
  // Xeon Scalable, first generation
  'xeon silver 4110': [85, 16],
  'xeon silver 4114': [85, 20],
  'xeon gold 5118': [105, 24],
  'xeon gold 6126': [125, 24],
  'xeon gold 6130': [125, 32],
  'xeon gold 6140': [140, 36],
  'xeon gold 6148': [150, 40],
  'xeon gold 6154': [200, 36],
  'xeon platinum 8124m': [240, 36],
  'xeon platinum 8168': [205, 48],
  'xeon platinum 8175m': [240, 48],
  'xeon platinum 8176': [165, 56],
  'xeon platinum 8180': [205, 56],
  // second
  'xeon silver 4208': [85, 16],
  'xeon silver 4210': [85, 20],
  'xeon silver 4214': [85, 24],
  'xeon silver 4216': [100, 32],
  'xeon gold 5218': [125, 32],
  'xeon gold 6226r': [150, 32],
  'xeon gold 6230': [125, 40],
  'xeon gold 6230r': [150, 52],
  'xeon gold 6240': [150, 36],
  'xeon gold 6242': [150, 32],
  'xeon gold 6248': [150, 40],
  'xeon gold 6248r': [205, 48],
  'xeon gold 6252': [150, 48],
  'xeon gold 6258r': [205, 56],
  'xeon platinum 8259cl': [210, 48],
  'xeon platinum 8260': [165, 48],
  'xeon platinum 8268': [205, 48],
  'xeon platinum 8275cl': [240, 48],
  'xeon platinum 8280': [205, 56],
  // third
  'xeon silver 4310': [120, 24],
  'xeon silver 4314': [135, 32],
  'xeon silver 4316': [150, 40],
  'xeon gold 5318y': [165, 48],
  'xeon gold 6326': [185, 32],
  'xeon gold 6330': [205, 56],
  'xeon gold 6338': [205, 64],
  'xeon gold 6342': [230, 48],
  'xeon gold 6346': [205, 32],
  'xeon gold 6348': [235, 56],
  'xeon gold 6354': [205, 36],
  'xeon platinum 8352y': [205, 64],
  'xeon platinum 8358': [250, 64],
  'xeon platinum 8360y': [250, 72],
  'xeon platinum 8368': [270, 76],
  'xeon platinum 8375c': [300, 64],
  'xeon platinum 8380': [270, 80],
  // fourth, fifth, and Xeon 6
  'xeon gold 6430': [270, 64],
  'xeon gold 6442y': [225, 48],
  'xeon gold 6448y': [225, 64],
  'xeon platinum 8462y+': [300, 64],
  'xeon platinum 8468': [350, 96],
  'xeon platinum 8470': [350, 104],
  'xeon platinum 8480+': [350, 112],
  'xeon platinum 8480c': [350, 112],
  'xeon platinum 8490h': [350, 120],
  'xeon platinum 8558': [330, 96],
  'xeon platinum 8568y+': [350, 96],
  'xeon platinum 8592+': [350, 128],
  'xeon 6787p': [350, 172],
  'xeon 6980p': [500, 256],
  // EPYC 7001
  'epyc 7251': [120, 16],
  'epyc 7351': [170, 32],
  'epyc 7401': [170, 48],
  'epyc 7501': [170, 64],
  'epyc 7551': [180, 64],
  'epyc 7601': [180, 64],
  // EPYC 7002
  'epyc 7272': [120, 24],
  'epyc 7282': [120, 32],
  'epyc 7302': [155, 32],
  'epyc 7352': [155, 48],
  'epyc 7402': [180, 48],
  'epyc 7452': [155, 64],
  'epyc 7502': [180, 64],
  'epyc 7542': [225, 64],
  'epyc 7642': [225, 96],
  'epyc 7702': [200, 128],
  'epyc 7742': [225, 128],
  'epyc 7h12': [280, 128],
  // EPYC 7003
  'epyc 7313': [155, 32],
  'epyc 7343': [190, 32],
  'epyc 7413': [180, 48],
  'epyc 7443': [200, 48],
  'epyc 7453': [225, 56],
  'epyc 7513': [200, 64],
  'epyc 7543': [225, 64],
  'epyc 7643': [225, 96],
  'epyc 7663': [240, 112],
  'epyc 7713': [225, 128],
  'epyc 7763': [280, 128],
  'epyc 7773x': [280, 128],
  'epyc 7r13': [225, 96],
  // EPYC 8004 and 9004
  'epyc 8024p': [90, 16],
  'epyc 8124p': [125, 32],
  'epyc 8224p': [160, 48],
  'epyc 8324p': [180, 64],
  'epyc 8434p': [200, 96],
  'epyc 8534p': [200, 128],
  'epyc 9124': [200, 32],
  'epyc 9224': [200, 48],
  'epyc 9254': [200, 48],
  'epyc 9334': [210, 64],
  'epyc 9354': [280, 64],
  'epyc 9374f': [320, 64],
  'epyc 9454': [290, 96],
  'epyc 9474f': [360, 96],
  'epyc 9534': [280, 128],
  'epyc 9554': [360, 128],
  'epyc 9634': [290, 168],
  'epyc 9654': [360, 192],
  'epyc 9684x': [400, 192],
  'epyc 9734': [340, 224],
  'epyc 9754': [360, 256],
  // EPYC 9005
  'epyc 9355': [280, 64],
  'epyc 9455': [300, 96],
  'epyc 9555': [360, 128],
  'epyc 9575f': [400, 128],
  'epyc 9655': [400, 192],
  'epyc 9755': [500, 256],
  'epyc 9965': [500, 384],
  // Threadripper
  'ryzen threadripper 1900x': [180, 16],
  'ryzen threadripper 1920x': [180, 24],
  'ryzen threadripper 1950x': [180, 32],
  'ryzen threadripper 2950x': [180, 32],
  'ryzen threadripper 2990wx': [250, 64],
  'ryzen threadripper 3960x': [280, 48],
  'ryzen threadripper 3970x': [280, 64],
  'ryzen threadripper 3990x': [280, 128],
  'ryzen threadripper pro 3955wx': [280, 32],
  'ryzen threadripper pro 3975wx': [280, 64],
  'ryzen threadripper pro 3995wx': [280, 128],
  'ryzen threadripper pro 5955wx': [280, 32],
  'ryzen threadripper pro 5965wx': [280, 48],
  'ryzen threadripper pro 5975wx': [280, 64],
  'ryzen threadripper pro 5995wx': [280, 128],
  'ryzen threadripper 7960x': [350, 48],
  'ryzen threadripper 7970x': [350, 64],
  'ryzen threadripper 7980x': [350, 128],
  'ryzen threadripper pro 7995wx': [350, 192],
  // Ryzen
  'ryzen 5 1600': [65, 12],
  'ryzen 7 1700': [65, 16],
  'ryzen 7 1800x': [95, 16],
  'ryzen 5 2600': [65, 12],
  'ryzen 7 2700x': [105, 16],
  'ryzen 5 3600': [65, 12],
  'ryzen 7 3700x': [65, 16],
  'ryzen 9 3900x': [105, 24],
  'ryzen 9 3950x': [105, 32],
  'ryzen 5 5600x': [65, 12],
  'ryzen 7 5700x': [65, 16],
  'ryzen 7 5800x': [105, 16],
  'ryzen 7 5800x3d': [105, 16],
  'ryzen 9 5900x': [105, 24],
  'ryzen 9 5950x': [105, 32],
  'ryzen 5 7600x': [105, 12],
  'ryzen 7 7700x': [105, 16],
  'ryzen 7 7800x3d': [120, 16],
  'ryzen 9 7900x': [170, 24],
  'ryzen 9 7950x': [170, 32],
  'ryzen 9 7950x3d': [120, 32],
  'ryzen 5 9600x': [65, 12],
  'ryzen 7 9700x': [65, 16],
  'ryzen 7 9800x3d': [120, 16],
  'ryzen 9 9900x': [120, 24],
  'ryzen 9 9950x': [170, 32],
  // Core
  'core i7-2600': [95, 8],
  'core i7-3770': [77, 8],
  'core i7-4770': [84, 8],
  'core i7-4790k': [88, 8],
  'core i7-6700': [65, 8],
  'core i7-6700k': [91, 8],
  'core i7-7700k': [91, 8],
  'core i7-8700': [65, 12],
  'core i7-8700k': [95, 12],
  'core i9-9900k': [95, 16],
  'core i9-10900k': [125, 20],
  'core i9-11900k': [125, 16],
  'core i9-12900k': [125, 24],
  'core i9-13900k': [125, 32],
  'core i9-14900k': [125, 32],
  // ARM servers
  'ampere altra q80-30': [210, 80],
}

/** A family's rule: the first whose pattern matches the plain name holds. */
interface Family {
  readonly pattern: RegExp
  readonly cpuClass: CpuClass
  /** Watts of a socket where the family's models lie close together; else the class's watts per thread serve. */
  readonly tdpWatts?: number
  /** Relative standard uncertainty (1 sigma) of `tdpWatts`: the scatter of the family's models. */
  readonly tdpUncertainty?: number
}

/** Families, the narrower before the wider. TDPs are those of the makers' suffixes (see `MODELS` for the source). */
const FAMILIES: readonly Family[] = [
  { pattern: /^xeon e3-/, cpuClass: CPU_CLASSES.desktop, tdpWatts: 76, tdpUncertainty: 0.15 },
  { pattern: /^xeon e-/, cpuClass: CPU_CLASSES.desktop, tdpWatts: 80, tdpUncertainty: 0.15 },
  { pattern: /^xeon w/, cpuClass: CPU_CLASSES.workstation, tdpWatts: 200, tdpUncertainty: 0.35 },
  { pattern: /^xeon|^intel$/, cpuClass: CPU_CLASSES.server },
  { pattern: /^epyc/, cpuClass: CPU_CLASSES.chipletServer },
  {
    pattern: /^ryzen threadripper/,
    cpuClass: CPU_CLASSES.workstation,
    tdpWatts: 280,
    tdpUncertainty: 0.25,
  },
  // Ryzen: U 15 to 28 W, HS 35, H 45, HX 45 to 55; G is a laptop's die on a desktop socket; GE and E 35 W.
  { pattern: /^ryzen .*\du$/, cpuClass: CPU_CLASSES.laptop, tdpWatts: 18, tdpUncertainty: 0.3 },
  {
    pattern: /^ryzen .*\d(h|hs|hx)$|^ryzen ai/,
    cpuClass: CPU_CLASSES.laptop,
    tdpWatts: 42,
    tdpUncertainty: 0.3,
  },
  { pattern: /^ryzen .*\dg?e$/, cpuClass: CPU_CLASSES.desktop, tdpWatts: 35, tdpUncertainty: 0.15 },
  { pattern: /^ryzen .*\dg$/, cpuClass: CPU_CLASSES.desktop, tdpWatts: 65, tdpUncertainty: 0.15 },
  { pattern: /^ryzen 9/, cpuClass: CPU_CLASSES.chipletDesktop, tdpWatts: 120, tdpUncertainty: 0.3 },
  { pattern: /^ryzen .*x(3d|t)?$/, cpuClass: CPU_CLASSES.chipletDesktop, tdpWatts: 95, tdpUncertainty: 0.25 },
  { pattern: /^ryzen/, cpuClass: CPU_CLASSES.chipletDesktop, tdpWatts: 65, tdpUncertainty: 0.15 },
  // Core: the letters after the number say it. Y 5 to 7 W, U and G1 to G7 15 to 28, P 28, H 45, HX 55, T 35, K 91 to 125.
  {
    pattern: /^core i[3579]-\d+xe?$/,
    cpuClass: CPU_CLASSES.workstation,
    tdpWatts: 150,
    tdpUncertainty: 0.15,
  },
  {
    pattern: /^core (i[3579]|m[357]?)-.*y\d*$/,
    cpuClass: CPU_CLASSES.laptop,
    tdpWatts: 6,
    tdpUncertainty: 0.25,
  },
  { pattern: /^core .*\d(u|g\d|v)$/, cpuClass: CPU_CLASSES.laptop, tdpWatts: 17, tdpUncertainty: 0.25 },
  {
    pattern: /^core .*\dp$|^core ultra .*\dh$/,
    cpuClass: CPU_CLASSES.laptop,
    tdpWatts: 28,
    tdpUncertainty: 0.25,
  },
  {
    pattern: /^core .*\d(h|hk|hq|mq|qm|m|hx)$/,
    cpuClass: CPU_CLASSES.laptop,
    tdpWatts: 47,
    tdpUncertainty: 0.2,
  },
  { pattern: /^core .*\dt$/, cpuClass: CPU_CLASSES.desktop, tdpWatts: 35, tdpUncertainty: 0.1 },
  {
    pattern: /^core (i[3579]-1\d{4}|ultra \d \d+)k[fs]?$/,
    cpuClass: CPU_CLASSES.unlockedDesktop,
    tdpWatts: 125,
    tdpUncertainty: 0.05,
  },
  { pattern: /^core .*\dk[fs]?$/, cpuClass: CPU_CLASSES.desktop, tdpWatts: 93, tdpUncertainty: 0.1 },
  { pattern: /^core /, cpuClass: CPU_CLASSES.desktop, tdpWatts: 65, tdpUncertainty: 0.2 },
  {
    pattern: /^(celeron|pentium|atom|n\d+)/,
    cpuClass: CPU_CLASSES.laptop,
    tdpWatts: 12,
    tdpUncertainty: 0.5,
  },
  // Apple: full-load CPU watts as public reviews measured them (an M1 some 18 W, an M1 Max some 35, an M3 Max some 50).
  { pattern: /^apple m\d+ ultra/, cpuClass: CPU_CLASSES.appleSilicon, tdpWatts: 75, tdpUncertainty: 0.3 },
  { pattern: /^apple m\d+ max/, cpuClass: CPU_CLASSES.appleSilicon, tdpWatts: 42, tdpUncertainty: 0.3 },
  { pattern: /^apple m\d+ pro/, cpuClass: CPU_CLASSES.appleSilicon, tdpWatts: 32, tdpUncertainty: 0.3 },
  { pattern: /^apple/, cpuClass: CPU_CLASSES.appleSilicon, tdpWatts: 18, tdpUncertainty: 0.3 },
  { pattern: /^(neoverse|ampere|graviton|aws graviton|kunpeng|thunderx)/, cpuClass: CPU_CLASSES.armServer },
  { pattern: /^(cortex|raspberry|bcm)/, cpuClass: CPU_CLASSES.armBoard },
]

/** A CPU's name without trade marks, clocks and flourishes: `Intel(R) Xeon(R) CPU E5-2620 v3 @ 2.40GHz` is `xeon e5-2620 v3`. */
export function plainCpuName(cpuName: string): string {
  return (
    cpuName
      .toLowerCase()
      .replace(/\((r|tm|c)\)/g, ' ')
      .replace(/@.*$/, ' ')
      .replace(/\b(with|w\/) .*$/, ' ')
      .replace(/\b\d+th gen\b/g, ' ')
      .replace(/\b(\d+|two|quad|six|eight)-cores?\b/g, ' ')
      .replace(/\b(cpu|processor|amd|genuine)\b/g, ' ')
      .replace(/\s+/g, ' ')
      .trim()
      // Intel's name is dropped unless it is all that there is.
      .replace(/^intel /, '')
  )
}

/** What is known of a CPU by its name. Unknown names get the class prior, with its uncertainty. */
export function rateCpu(cpuName: string): CpuRating {
  const name = plainCpuName(cpuName)
  const family = FAMILIES.find(({ pattern }) => pattern.test(name))
  const cpuClass = family?.cpuClass ?? CPU_CLASSES.unknown
  // EPYC's P (one socket only) has the TDP of its twin without it.
  const model = own(name) ?? (name.startsWith('epyc ') ? own(name.replace(/p$/, '')) : undefined)
  if (model) return { cpuClass, tdpWatts: model[0], threads: model[1], tdpUncertainty: 0 }
  if (family?.tdpWatts === undefined) return { cpuClass, tdpUncertainty: 0 }
  return { cpuClass, tdpWatts: family.tdpWatts, tdpUncertainty: family.tdpUncertainty ?? 0 }
}

/** A model of the table; never one of `Object.prototype`. */
function own(name: string): readonly [number, number] | undefined {
  return Object.hasOwn(MODELS, name) ? MODELS[name] : undefined
}
