/** The metrics of this process: its meter, its gauges, and their collection for scrapes and pushes. */
import type { Meter } from '@opentelemetry/api';
import { emptyResource, type Resource } from '@opentelemetry/resources';
import { AggregationTemporality, type CollectionResult, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { Gauges, type ReadGauges } from './gauges.ts';
import { type Histogram, type HistogramDescription, Histograms } from './histogram.ts';

const SCOPE = 'rollcall';

/** A reader that collects metrics on demand. */
class PulledReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

const gauges = new Gauges(SCOPE);
const histograms = new Histograms(SCOPE);
const reader = new PulledReader({
  metricProducers: [gauges, histograms],
  aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE,
});

/** Makes the counters and histograms of this process. */
export const meter: Meter = new MeterProvider({ readers: [reader] }).getMeter(SCOPE);

/** Adds gauges that are read at each collection. Returns a function that removes them again. */
export function addGauges(read: ReadGauges): () => void {
  return gauges.add(read);
}

/** Creates a histogram for values that are recorded thousands of times a second. The meter has one for all others. */
export function createFastHistogram(description: HistogramDescription): Histogram {
  return histograms.create(description);
}

let processResource: Resource = emptyResource();

/** Sets the properties of the process that all metrics have: the name and the version of the service. */
export function describeProcess(resource: Resource): void {
  processResource = resource;
}

/** Collects all current values. Values that could not be read are missing; `errors` says why. */
export async function collectMetrics(): Promise<CollectionResult> {
  const { resourceMetrics, errors } = await reader.collect();
  return { resourceMetrics: { ...resourceMetrics, resource: processResource }, errors };
}
