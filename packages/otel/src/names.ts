/**
 * Every name under which energy goes out, in one place: those of OpenTelemetry's semantic conventions 1.44 first (status
 * `development`), then our own.
 */
export const METRICS = {
  hardwareEnergy: { name: 'hw.energy', unit: 'J', description: 'Energy of a component.' },
  hardwarePower: {
    name: 'hw.power',
    unit: 'W',
    description: 'Mean power of a component over the last second.',
  },
  hostEnergy: { name: 'hw.host.energy', unit: 'J', description: 'Energy of the whole host.' },
  hostPower: {
    name: 'hw.host.power',
    unit: 'W',
    description: 'Mean power of the whole host over the last second.',
  },
  runEnergy: {
    name: 'ergometer.run.energy',
    unit: 'J',
    description: 'Energy of the run, by how it is known.',
  },
  runEmissions: {
    name: 'ergometer.run.emissions',
    unit: 'g',
    description: 'Operational emissions of the run, CO2e.',
  },
  runWork: { name: 'ergometer.run.work', unit: '{work}', description: 'Work that the run has done.' },
  runScore: {
    name: 'ergometer.run.score',
    unit: '{score}',
    description: 'Score that the run has reached last.',
  },
  intensity: {
    name: 'ergometer.carbon.intensity',
    unit: '{gCO2e/kWh}',
    description: 'Grid intensity that the emissions are computed with.',
  },
  failures: {
    name: 'ergometer.meter.failures',
    unit: '{failure}',
    description: 'Reads of a meter that failed.',
  },
  coverage: {
    name: 'ergometer.meter.coverage',
    unit: '1',
    description: 'Share of the time whose energy is known.',
  },
} as const

/** Attributes of the metrics. */
export const ATTRIBUTES = {
  hardwareId: 'hw.id',
  hardwareType: 'hw.type',
  hardwareName: 'hw.name',
  hardwareParent: 'hw.parent',
  runName: 'ergometer.run.name',
  method: 'ergometer.energy.method',
  carbonKind: 'ergometer.carbon.kind',
  carbonZone: 'ergometer.carbon.zone',
  workUnit: 'ergometer.work.unit',
  scoreName: 'ergometer.score.name',
  meterName: 'ergometer.meter.name',
} as const

/** Attributes of the resource by which a fleet's report tells runs and hosts apart. */
export const RESOURCE = {
  runId: 'ergometer.run.id',
  instanceId: 'service.instance.id',
  hostId: 'host.id',
  hostName: 'host.name',
} as const

/** Attributes of a phase's span. What is unknown is absent. */
export const SPAN_ATTRIBUTES = {
  runId: 'ergometer.run.id',
  runName: 'ergometer.run.name',
  /** Joules. */
  energy: 'ergometer.phase.energy',
  /** Grams of CO2e, operational. */
  emissions: 'ergometer.phase.emissions',
  /** Share of the phase whose energy is known, 0 to 1. */
  coverage: 'ergometer.phase.coverage',
} as const

/** The instrumentation scope, and the conventions that its names follow. */
export const SCOPE = {
  name: '@ergometer/otel',
  schemaUrl: 'https://opentelemetry.io/schemas/1.44.0',
} as const
