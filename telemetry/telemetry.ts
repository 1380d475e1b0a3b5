/**
 * Traces from a request through an actor to its activities. Client, worker, and bundle always include the plugin, even
 * if no spans are exported, because it changes workflow histories.
 */
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes, type Resource } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  NoopSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { OpenTelemetryPlugin } from '@temporalio/interceptors-opentelemetry-v2';
import type { TelemetrySettings } from '../config/model.ts';

export interface Telemetry {
  readonly plugin: OpenTelemetryPlugin;
  /** Exports pending spans and stops. */
  shutdown(): Promise<void>;
}

/** Starts telemetry. Call it once per process. Without settings or with tracing off, nothing is exported. */
export function startTelemetry(settings?: TelemetrySettings): Telemetry {
  const exporting = settings !== undefined && settings.enabled && settings.tracing.enabled;
  const resource = resourceFromAttributes({
    'service.name': settings?.serviceName ?? 'rollcall',
    ...(settings?.serviceVersion !== undefined && { 'service.version': settings.serviceVersion }),
  });
  const spanProcessor = exporting ? exportingProcessor(settings) : new NoopSpanProcessor();
  if (exporting) registerTracing(settings, resource, spanProcessor);
  return {
    plugin: new OpenTelemetryPlugin({ resource, spanProcessor }),
    shutdown: () => spanProcessor.shutdown(),
  };
}

function exportingProcessor({ endpoint, insecure }: TelemetrySettings): SpanProcessor {
  const url = `${insecure ? 'http' : 'https'}://${endpoint}/v1/traces`;
  return new BatchSpanProcessor(new OTLPTraceExporter({ url }));
}

function registerTracing({ tracing }: TelemetrySettings, resource: Resource, spanProcessor: SpanProcessor): void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const sampler = new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(tracing.sampling) });
  trace.setGlobalTracerProvider(new BasicTracerProvider({ resource, sampler, spanProcessors: [spanProcessor] }));
}
