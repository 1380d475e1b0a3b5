/**
 * Histograms for what happens thousands of times a second. The SDK's sort and serialize the attributes with each value to
 * find its series, which takes longer than a read from memory. Here, callers keep the series.
 */
import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  DataPointType,
  type HistogramMetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';

export interface HistogramDescription {
  /** An OpenTelemetry name, with dots: `http.server.request.duration`. */
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  /** Upper limits of the buckets, ascending. */
  readonly boundaries: readonly number[];
}

/** Creates a series with these attributes. Call it once for each combination of values, and keep the result. */
export type Histogram = (attributes: Attributes) => Series;

/** The recorded values that have the same attributes. */
export class Series {
  readonly attributes: Attributes;
  readonly #boundaries: readonly number[];
  readonly #counts: number[];
  #count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  constructor(attributes: Attributes, boundaries: readonly number[]) {
    this.attributes = attributes;
    this.#boundaries = boundaries;
    this.#counts = Array.from({ length: boundaries.length + 1 }, () => 0);
  }

  record(value: number): void {
    let bucket = 0;
    while (bucket < this.#boundaries.length && value > this.#boundaries[bucket]!) bucket += 1;
    this.#counts[bucket]! += 1;
    this.#count += 1;
    this.#sum += value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
  }

  /** A snapshot of all values since the process started. */
  get total(): HistogramMetricData['dataPoints'][number]['value'] {
    return {
      buckets: { boundaries: [...this.#boundaries], counts: [...this.#counts] },
      count: this.#count,
      sum: this.#sum,
      min: this.#min,
      max: this.#max,
    };
  }
}

export class Histograms implements MetricProducer {
  readonly #scope: string;
  readonly #startedAt = hrTime(Date.now());
  readonly #histograms: { readonly description: HistogramDescription; readonly series: Series[] }[] = [];

  constructor(scope: string) {
    this.#scope = scope;
  }

  create(description: HistogramDescription): Histogram {
    const all: Series[] = [];
    this.#histograms.push({ description, series: all });
    return (attributes) => {
      const series = new Series(attributes, description.boundaries);
      all.push(series);
      return series;
    };
  }

  async collect(): Promise<CollectionResult> {
    const metrics = this.#histograms
      .filter(({ series }) => series.length > 0)
      .map(({ description, series }) => this.#dataOf(description, series));
    const scopeMetrics = metrics.length === 0 ? [] : [{ scope: { name: this.#scope }, metrics }];
    return { resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] };
  }

  #dataOf({ name, description, unit }: HistogramDescription, series: readonly Series[]): HistogramMetricData {
    const endTime = hrTime(Date.now());
    return {
      descriptor: { name, description, unit, valueType: ValueType.DOUBLE },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: series.map(({ attributes, total }) => ({
        attributes,
        value: total,
        startTime: this.#startedAt,
        endTime,
      })),
    };
  }
}

function hrTime(milliseconds: number): HrTime {
  return [Math.trunc(milliseconds / 1000), (milliseconds % 1000) * 1e6];
}
