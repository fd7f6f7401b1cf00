// One collection of the adapter with 1,000 domains, against the SDK's own collection of as many constant series; then what the adapter
// costs a training without an SDK.
import { rmSync, mkdtempSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { observe } from '../packages/otel/dist/index.js'
import { startRun } from '../packages/ergometer/dist/index.js'
import { describeMachine, summary, verdict } from './figures.mjs'
