/** An actor lives for years. Each of its cycles is a trace of its own, or part of the trace of the message that asked for it. */
import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import type { SourceActor } from './source-actor.ts';

/** Does the work of a cycle in a span of its own. */
export async function inCycleSpan(
  { state: { source }, requestedIn = ROOT_CONTEXT }: Pick<SourceActor, 'state' | 'requestedIn'>,
  work: () => Promise<void>,
): Promise<void> {
  const attributes = { 'rollcall.source': source.name, 'rollcall.source.kind': source.kind };
  const tracer = trace.getTracer('rollcall');
  await tracer.startActiveSpan('SourceCycle', { attributes }, requestedIn, async (span) => {
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
