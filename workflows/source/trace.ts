/** An actor lives for years. Each of its cycles is a trace of its own, or part of the trace of the message that asked for it. */
import { type Context, context, ROOT_CONTEXT, trace } from '@opentelemetry/api';

/** The trace of the message that is being handled. */
export function activeTrace(): Context {
  return context.active();
}

/** Does the work of a cycle in a span of its own. */
export async function inCycleSpan(
  {
    source,
    kind,
    requestedIn,
  }: { readonly source: string; readonly kind: string; readonly requestedIn: Context | undefined },
  work: () => Promise<void>,
): Promise<void> {
  const attributes = { 'rollcall.source': source, 'rollcall.source.kind': kind };
  const tracer = trace.getTracer('rollcall');
  await tracer.startActiveSpan('SourceCycle', { attributes }, requestedIn ?? ROOT_CONTEXT, async (span) => {
    try {
      await work();
    } finally {
      span.end();
    }
  });
}

export function describeCycle(attributes: Readonly<Record<string, string | number>>): void {
  trace.getActiveSpan()?.setAttributes(attributes);
}
