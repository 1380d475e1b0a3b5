/** Spans around our own work. Without tracing they cost next to nothing. */
import {
  type Attributes,
  context,
  INVALID_TRACEID,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { withoutSecrets } from '../outbound/redaction.ts';
import { describeError } from './describe-error.ts';

export const tracer = trace.getTracer('rollcall');

export interface SpanDescription {
  /** Must have few different values: no names, no ids. */
  readonly name: string;
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
}

/** Does the work in a span, which records an error that the work throws. */
export async function inSpan<Result>(
  { name, kind = SpanKind.INTERNAL, attributes = {} }: SpanDescription,
  work: (span: Span) => Promise<Result>,
): Promise<Result> {
  const span = tracer.startSpan(name, { kind, attributes });
  // Without tracing there is no trace that the work could belong to.
  if (span.spanContext().traceId === INVALID_TRACEID) return await work(span);
  return await context.with(trace.setSpan(context.active(), span), async () => {
    try {
      return await work(span);
    } catch (error) {
      recordError(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Marks a span as failed. Only the type and the message of the error are recorded, without secrets. */
function recordError(span: Span, error: unknown): void {
  const message = withoutSecrets(describeError(error));
  span.setAttribute('error.type', errorType(error));
  span.recordException({ name: errorType(error), message });
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

/**
 * The type of a failure, the code of a system or database error, or the name of the class. There are few different
 * values.
 */
export function errorType(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { type, code } = error as { type?: unknown; code?: unknown };
  if (typeof type === 'string') return type;
  return typeof code === 'string' ? code : error.name;
}
