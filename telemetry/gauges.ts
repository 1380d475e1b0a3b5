/** Gauges: values that are read when metrics are collected. */
import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  DataPointType,
  type GaugeMetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';

export interface Gauge {
  /** The name with dots, as in OpenTelemetry: `rollcall.source.entries`. */
  readonly name: string;
  readonly description: string;
  /** `s`, `By`, or `{things}`; absent for a number without a unit. */
  readonly unit?: string;
  readonly points: readonly { readonly value: number; readonly attributes?: Attributes }[];
}

export type ReadGauges = () => readonly Gauge[] | Promise<readonly Gauge[]>;

/** How long a scrape waits for values, for example while the database doesn't respond. */
const READ_TIMEOUT_MS = 4_000;

/**
 * Reports exactly the series that are read. The SDK's observable gauges would continue to report a series that is gone,
 * such as the previous phase of a source.
 */
export class Gauges implements MetricProducer {
  readonly #scope: string;
  readonly #reads = new Set<ReadGauges>();

  constructor(scope: string) {
    this.#scope = scope;
  }

  /** Returns a function that removes the gauges again. */
  add(read: ReadGauges): () => void {
    this.#reads.add(read);
    return () => void this.#reads.delete(read);
  }

  async collect(): Promise<CollectionResult> {
    const now = Date.now();
    const at: HrTime = [Math.trunc(now / 1000), (now % 1000) * 1e6];
    const results = await Promise.allSettled([...this.#reads].map(withinTime));
    const gauges = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    const metrics = gauges.filter(({ points }) => points.length > 0).map((gauge) => metricDataOf(gauge, at));
    return {
      resourceMetrics: {
        resource: emptyResource(),
        scopeMetrics: metrics.length === 0 ? [] : [{ scope: { name: this.#scope }, metrics }],
      },
      errors: results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : [])),
    };
  }
}

async function withinTime(read: ReadGauges): Promise<readonly Gauge[]> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('The values could not be read in time')), READ_TIMEOUT_MS);
  try {
    return await Promise.race([read(), late]);
  } finally {
    clearTimeout(timer);
  }
}

function metricDataOf({ name, description, unit = '', points }: Gauge, at: HrTime): GaugeMetricData {
  return {
    descriptor: { name, description, unit, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.GAUGE,
    dataPoints: points.map(({ value, attributes = {} }) => ({ attributes, value, startTime: at, endTime: at })),
  };
}
