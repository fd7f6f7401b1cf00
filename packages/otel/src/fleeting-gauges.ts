import { AggregationTemporality, InstrumentType, type MetricReader } from '@opentelemetry/sdk-metrics'

/** So many series of one instrument are told: a node may have thousands of domains. */
const MOST_SERIES = 20_000

/**
 * Makes a reader forget a gauge that is not observed any more, which with cumulative temporality would keep its last value for ever:
 * what is unknown is absent. Gauges carry no temporality on the wire, so receivers see no difference.
 */
export function withFleetingGauges<Reader extends MetricReader>(reader: Reader): Reader {
  const select = reader.selectAggregationTemporality.bind(reader)
  reader.selectAggregationTemporality = (type) =>
    type === InstrumentType.OBSERVABLE_GAUGE ? AggregationTemporality.DELTA : select(type)
  reader.selectCardinalityLimit = () => MOST_SERIES
  return reader
}
