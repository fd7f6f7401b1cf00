// The suite that both lines of the SDK pass, here with line 2.

import * as adapter from '@ergometer/otel'
import * as setup from '@ergometer/otel/setup'
import * as api from '@opentelemetry/api'
import * as contexts from '@opentelemetry/context-async-hooks'
import * as metrics from '@opentelemetry/sdk-metrics'
import * as traces from '@opentelemetry/sdk-trace'
import { startRun } from 'ergometer'
import { holds } from '../otel-suite.mjs'

holds({
  line: { api: /^1\.9\./, sdk: /^2\./ },
  api,
  contexts,
  metrics,
  traces,
  adapter,
  setup,
  startRun,
  from: import.meta.url,
  adapterModule: import.meta.resolve('@ergometer/otel'),
})
