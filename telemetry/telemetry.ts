/**
 * Starts tracing and the push of metrics. Client, worker, and workflow bundle always include the plugin, even if no spans
 * are exported, because it changes workflow histories.
 */
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes, type Resource } from '@opentelemetry/resources';
import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  NoopSpanProcessor,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { OpenTelemetryPlugin } from '@temporalio/interceptors-opentelemetry-v2';
import type { TelemetrySettings } from '../config/model.ts';
import { collectMetrics, describeProcess } from './meter.ts';
import { SampledWorkflowSpans, TraceSampler } from './sampling.ts';

export interface Telemetry {
  readonly plugin: OpenTelemetryPlugin;
  readonly isTracing: boolean;
  /** Exports pending data and stops. */
  shutdown(): Promise<void>;
}

const PUSH_INTERVAL_MS = 60_000;
/** How long a collector that doesn't respond can delay the end of the process. */
const SHUTDOWN_TIMEOUT_MS = 2_000;

/**
 * Starts telemetry. Call it once per process. Without settings nothing is exported, but metrics can be collected.
 *
 * @param version of the software, unless the settings name one
 */
export function startTelemetry(settings?: TelemetrySettings, version?: string): Telemetry {
  const serviceVersion = settings?.serviceVersion ?? version;
  const resource = resourceFromAttributes({
    'service.name': settings?.serviceName ?? 'rollcall',
    ...(serviceVersion !== undefined && { 'service.version': serviceVersion }),
  });
  describeProcess(resource);
  const isTracing = settings !== undefined && settings.enabled && settings.tracing.enabled;
  const spanProcessor = isTracing ? startTracing(settings, resource) : new NoopSpanProcessor();
  const stopPush = settings?.enabled === true && settings.metrics.enabled ? startPush(settings) : undefined;
  return {
    plugin: new OpenTelemetryPlugin({ resource, spanProcessor }),
    isTracing,
    shutdown: async () => {
      await Promise.allSettled([spanProcessor.shutdown(), stopPush?.()]);
    },
  };
}

/** Returns the processor for spans of workflows. */
function startTracing(settings: TelemetrySettings, resource: Resource): SpanProcessor {
  const exporter = new OTLPTraceExporter({
    url: `${endpointOf(settings)}/v1/traces`,
    timeoutMillis: SHUTDOWN_TIMEOUT_MS,
  });
  const processor = new BatchSpanProcessor(exporter);
  const sampler = new TraceSampler(settings.tracing.sampling);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(new BasicTracerProvider({ resource, sampler, spanProcessors: [processor] }));
  return new SampledWorkflowSpans(processor, sampler);
}

/** Pushes all metrics once a minute. Returns a function that pushes them once more and stops. */
function startPush(settings: TelemetrySettings): () => Promise<void> {
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url: `${endpointOf(settings)}/v1/metrics`, timeoutMillis: SHUTDOWN_TIMEOUT_MS }),
    exportIntervalMillis: PUSH_INTERVAL_MS,
    exportTimeoutMillis: SHUTDOWN_TIMEOUT_MS,
  });
  reader.setMetricProducer({ collect: collectMetrics });
  return () => reader.shutdown();
}

function endpointOf({ endpoint, insecure }: TelemetrySettings): string {
  return `${insecure ? 'http' : 'https'}://${endpoint}`;
}
