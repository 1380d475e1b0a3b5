/** Which traces are kept. */
import { ROOT_CONTEXT, trace, TraceFlags } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { expect, test } from 'vitest';
import { fromClient, SampledWorkflowSpans, TraceSampler } from '../../telemetry/sampling.ts';

const FRACTION = 0.25;
const ids = Array.from({ length: 400 }, (_, index) => (index * 0x9e3779b1 + 1).toString(16).padStart(32, 'a'));

function started() {
  const exporter = new InMemorySpanExporter();
  const processor = new SimpleSpanProcessor(exporter);
  const sampler = new TraceSampler(FRACTION);
  const provider = new BasicTracerProvider({ sampler, spanProcessors: [processor] });
  return { exporter, sampler, processor, tracer: provider.getTracer('test') };
}

/** The context of a span elsewhere, in a trace that this process hasn't decided about. */
function remote(traceId: string, traceFlags: TraceFlags) {
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId: '00f067aa0ba902b7', traceFlags, isRemote: true });
}

test('about the configured fraction of traces is kept, each as a whole', () => {
  const { exporter, tracer } = started();
  for (let index = 0; index < 400; index += 1) {
    const request = tracer.startSpan('request', {}, ROOT_CONTEXT);
    tracer.startSpan('statement', {}, trace.setSpan(ROOT_CONTEXT, request)).end();
    request.end();
  }
  const spans = exporter.getFinishedSpans();
  expect(spans.length / 800).toBeGreaterThan(FRACTION / 2);
  expect(spans.length / 800).toBeLessThan(FRACTION * 2);
  const traces = Map.groupBy(spans, (span) => span.spanContext().traceId);
  expect([...traces.values()].every(({ length }) => length === 2)).toBe(true);
});

test('the decision of a client holds', () => {
  const { exporter, tracer } = started();
  for (const id of ids) tracer.startSpan('kept', {}, fromClient(remote(id, TraceFlags.SAMPLED))).end();
  for (const id of ids) tracer.startSpan('dropped', {}, fromClient(remote(id, TraceFlags.NONE))).end();
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(ids.map(() => 'kept'));
});

test('a trace that begins in a workflow is kept or dropped by all processes alike', () => {
  const { exporter, tracer, sampler, processor } = started();
  const ofWorkflows = new SampledWorkflowSpans(processor, sampler);
  const always = new BasicTracerProvider({ spanProcessors: [ofWorkflows] }).getTracer('workflow');
  for (const id of ids) {
    const cycle = remote(id, TraceFlags.SAMPLED);
    always.startSpan('workflow', {}, cycle).end();
    tracer.startSpan('activity', {}, cycle).end();
  }
  const traces = Map.groupBy(exporter.getFinishedSpans(), (span) => span.spanContext().traceId);
  expect(traces.size).toBeGreaterThan(0);
  expect(traces.size).toBeLessThan(ids.length);
  for (const spans of traces.values()) expect(spans.map(({ name }) => name)).toEqual(['workflow', 'activity']);
});
