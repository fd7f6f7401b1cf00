export { ATTRIBUTES, METRICS, SCOPE } from './names.ts'
