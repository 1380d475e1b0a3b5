/** Our histograms report what those of the SDK would report. */
import { AggregationTemporality, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { expect, test } from 'vitest';
import { Histograms } from '../../telemetry/histogram.ts';

const BOUNDARIES = [0.001, 0.01, 0.1];
const VALUES = { GET: [0.0005, 0.001, 0.0011, 0.05, 2], PUT: [0.1] };

class PulledReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

test('a histogram has the same buckets, sums, and names as one of the SDK', async () => {
  const description = { name: 'test.duration', unit: 's', description: 'A duration' };
  const reader = new PulledReader({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE });
  const { name, ...options } = description;
  const theirs = new MeterProvider({ readers: [reader] })
    .getMeter('test')
    .createHistogram(name, { ...options, advice: { explicitBucketBoundaries: BOUNDARIES } });
  const histograms = new Histograms('test');
  const ours = histograms.create({ ...description, boundaries: BOUNDARIES });
  for (const [method, values] of Object.entries(VALUES)) {
    const series = ours({ method });
    for (const value of values) {
      series.record(value);
      theirs.record(value, { method });
    }
  }
  const timeless = ({ resourceMetrics }: Awaited<ReturnType<MetricReader['collect']>>): unknown =>
    resourceMetrics.scopeMetrics.map(({ scope, metrics }) => [
      scope.name,
      metrics.map(({ dataPoints, ...metric }) => ({
        ...metric,
        dataPoints: dataPoints.map(({ attributes, value }) => ({ attributes, value })),
      })),
    ]);
  expect(timeless(await reader.collect())).toMatchObject(timeless(await histograms.collect()) as object);
});
