export { ATTRIBUTES, METRICS, SCOPE } from './names.ts'
export { type Observation, type Observed, type ObserveOptions, observe } from './observe.ts'
export { type Point, pointsOf } from './points.ts'
