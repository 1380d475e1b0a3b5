/** Passes the metrics of the Temporal SDK on to the meter of the process. */
import type { Metric } from '@temporalio/common';
import type { MetricsBuffer } from '@temporalio/worker';
import { meter } from '../telemetry/meter.ts';

const READ_INTERVAL_MS = 1_000;
const LATENCY_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900];

type Record = (value: number, attributes: { [name: string]: string | number | boolean }) => void;

/** Reads the buffer once a second, as long as the process has other work. */
export function reportSdkMetrics(buffer: MetricsBuffer): void {
  const records = new Map<string, Record>();
  const timer = setInterval(() => {
    for (const { metric, value, attributes } of buffer.retrieveUpdates()) {
      let record = records.get(metric.name);
      if (record === undefined) {
        record = recorderOf(metric);
        records.set(metric.name, record);
      }
      record(value, attributes);
    }
  }, READ_INTERVAL_MS);
  timer.unref();
}

function recorderOf({ name, kind, unit = '', description = '' }: Metric): Record {
  const options = { unit: unit === 'seconds' ? 's' : unit, description };
  if (kind === 'histogram') {
    const advice = { explicitBucketBoundaries: LATENCY_SECONDS };
    const histogram = meter.createHistogram(name, { ...options, ...(options.unit === 's' && { advice }) });
    return (value, attributes) => histogram.record(value, attributes);
  }
  if (kind === 'gauge') {
    const gauge = meter.createGauge(name, options);
    return (value, attributes) => gauge.record(value, attributes);
  }
  const counter = kind === 'counter' ? meter.createCounter(name, options) : meter.createUpDownCounter(name, options);
  return (value, attributes) => counter.add(value, attributes);
}
