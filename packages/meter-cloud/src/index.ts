export type { Bucket } from './bucket.ts'
