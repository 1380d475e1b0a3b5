/**
 * Decides which traces are kept. A decision of this process, or of a client that sends one, applies to the whole trace.
 * Workflows can't know the configured fraction, so traces that begin in a workflow arrive undecided, and every process
 * decides by the trace's id, with the same result.
 */
import { type Context, createTraceState, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import {
  type ReadableSpan,
  type Sampler,
  SamplingDecision,
  type SamplingResult,
  type Span,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';

/** The member of `tracestate` that marks a trace as decided. */
const DECIDED = 'rollcall';

/** The context of a request, with the decision that its client sends. */
export function fromClient(parent: Context): Context {
  const sent = trace.getSpanContext(parent);
  if (sent === undefined) return parent;
  const traceState = (sent.traceState ?? createTraceState()).set(DECIDED, '1');
  return trace.setSpanContext(parent, { ...sent, traceState });
}

export class TraceSampler implements Sampler {
  readonly #byId: TraceIdRatioBasedSampler;

  /** @param fraction of traces to keep, above 0 and up to 1 */
  constructor(fraction: number) {
    this.#byId = new TraceIdRatioBasedSampler(fraction);
  }

  shouldSample(parentContext: Context, traceId: string): SamplingResult {
    const parent = trace.getSpanContext(parentContext);
    const decided = parent?.traceState?.get(DECIDED) !== undefined;
    const isKept = parent !== undefined && decided ? (parent.traceFlags & 1) === 1 : this.keeps(traceId);
    return {
      decision: isKept ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD,
      traceState: (parent?.traceState ?? createTraceState()).set(DECIDED, '1'),
    };
  }

  /** Whether a trace that begins here, or in a workflow, is kept. */
  keeps(traceId: string): boolean {
    return this.#byId.shouldSample(ROOT_CONTEXT, traceId).decision === SamplingDecision.RECORD_AND_SAMPLED;
  }

  toString(): string {
    return `TraceSampler(${this.#byId.toString()})`;
  }
}

/** Passes on the spans of workflows that the sampler keeps. They arrive without having been sampled. */
export class SampledWorkflowSpans implements SpanProcessor {
  readonly #processor: SpanProcessor;
  readonly #sampler: TraceSampler;

  constructor(processor: SpanProcessor, sampler: TraceSampler) {
    this.#processor = processor;
    this.#sampler = sampler;
  }

  onStart(span: Span, parent: Context): void {
    this.#processor.onStart(span, parent);
  }

  onEnd(span: ReadableSpan): void {
    const { traceId, traceState } = span.spanContext();
    const isDecided = traceState?.get(DECIDED) !== undefined;
    // Spans of traces that were decided against don't arrive here.
    if (isDecided || this.#sampler.keeps(traceId)) this.#processor.onEnd(span);
  }

  async forceFlush(): Promise<void> {
    await this.#processor.forceFlush();
  }

  async shutdown(): Promise<void> {
    await this.#processor.shutdown();
  }
}
