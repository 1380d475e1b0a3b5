/** Renders metrics for Prometheus, in its text format and in OpenMetrics. */
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { DataPointType, type MetricData, type ResourceMetrics } from '@opentelemetry/sdk-metrics';

export interface Exposition {
  readonly contentType: string;
  readonly body: string;
}

const serializer = new PrometheusSerializer(undefined, false, undefined, false, true);

/**
 * Renders metrics in the format that the client prefers: OpenMetrics if its `Accept` header names it, otherwise the text
 * format of Prometheus.
 */
export function renderMetrics(metrics: ResourceMetrics, accept: string | undefined): Exposition {
  const text = serializer.serialize(withPrometheusNames(metrics));
  if (accept?.includes('application/openmetrics-text') !== true) {
    return { contentType: 'text/plain; version=0.0.4; charset=utf-8', body: text };
  }
  return { contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8', body: toOpenMetrics(text) };
}

/** Unit suffixes of the Prometheus compatibility rules of OpenTelemetry. The serializer doesn't add them. */
const UNIT_SUFFIXES: Readonly<Record<string, string>> = { s: 'seconds', ms: 'milliseconds', By: 'bytes', '1': 'ratio' };

function withPrometheusNames({ resource, scopeMetrics }: ResourceMetrics): ResourceMetrics {
  return {
    resource,
    scopeMetrics: scopeMetrics.map((scope) => ({ ...scope, metrics: scope.metrics.map(withUnitInName) })),
  };
}

function withUnitInName(metric: MetricData): MetricData {
  const { name, unit } = metric.descriptor;
  const suffix = UNIT_SUFFIXES[unit];
  const isNamed =
    suffix === undefined || name.endsWith(suffix) || metric.dataPointType === DataPointType.EXPONENTIAL_HISTOGRAM;
  // Without a unit: `# UNIT` lines are valid only for units that the name ends with.
  return { ...metric, descriptor: { ...metric.descriptor, unit: '', ...(!isNamed && { name: `${name}.${suffix}` }) } };
}

/** OpenMetrics names the family of a counter without `_total`, has an `info` type for `target_info`, and an end mark. */
function toOpenMetrics(text: string): string {
  return `${text
    .replaceAll(/^# HELP (\S+)_total /gm, '# HELP $1 ')
    .replaceAll(/^# TYPE (\S+)_total counter$/gm, '# TYPE $1 counter')
    .replace(/^# HELP target_info /m, '# HELP target ')
    .replace(/^# TYPE target_info gauge$/m, '# TYPE target info')
    .replaceAll(/^\s*\n/gm, '')
    .trimEnd()}\n# EOF\n`;
}
