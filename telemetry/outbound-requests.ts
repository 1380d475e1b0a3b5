/** Requests to other hosts as metrics and spans. */
import { context, propagation, SpanKind } from '@opentelemetry/api';
import { displayUrl } from '../outbound/redaction.ts';
import { httpClientDuration } from './instruments.ts';
import { errorType, inSpan } from './span.ts';

interface OutboundRequest {
  readonly url: URL;
  readonly method: string;
}

/**
 * Sends a request and measures the time until its answer begins.
 *
 * @param send gets the headers that carry the trace to the other host
 */
export async function observeRequest<Answer extends { readonly statusCode: number }>(
  { url, method }: OutboundRequest,
  send: (traceHeaders: Readonly<Record<string, string>>) => Promise<Answer>,
): Promise<Answer> {
  const startedAt = performance.now();
  const attributes = {
    'http.request.method': method,
    'server.address': url.hostname,
    // Without credentials and query, which can be secret.
    'url.full': displayUrl(url),
  };
  const measure = (outcome: Readonly<Record<string, string | number>>): void => {
    httpClientDuration.record((performance.now() - startedAt) / 1000, { 'http.request.method': method, ...outcome });
  };
  try {
    return await inSpan({ name: method, kind: SpanKind.CLIENT, attributes }, async (span) => {
      const headers: Record<string, string> = {};
      propagation.inject(context.active(), headers);
      const answer = await send(headers);
      span.setAttribute('http.response.status_code', answer.statusCode);
      measure({ 'http.response.status_code': answer.statusCode });
      return answer;
    });
  } catch (error) {
    measure({ 'error.type': errorType(error) });
    throw error;
  }
}
