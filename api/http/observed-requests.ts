/** Reports each request to the public port: a line in the log, metrics, and a span. */
import { type Context, context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { addGauges } from '../../telemetry/meter.ts';
import { fromClient } from '../../telemetry/sampling.ts';
import { tracer } from '../../telemetry/span.ts';
import { callerOf } from '../access/caller.ts';
import { cacheResultOf } from '../cache/cache-result.ts';
import { requestIdOf } from './request-id.ts';
import type { RequestReports } from './request-reports.ts';

export interface RequestObserver {
  readonly reports: RequestReports;
  /** The pattern of the route that a request took: `/v0.1/servers/{server}`. */
  readonly routeOf: (request: IncomingMessage) => string;
  readonly isTracing: boolean;
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

let active = 0;
addGauges(() => [
  {
    name: 'http.server.active_requests',
    description: 'Requests being answered',
    unit: '{request}',
    points: [{ value: active }],
  },
]);

/** A listener that passes each request on to `listener`, and reports it after its answer. */
export function observed(observer: RequestObserver, listener: RequestListener): RequestListener {
  return (request, response) => {
    const startedAt = performance.now();
    const { socket, url = '', method: sentMethod = '' } = request;
    const bytesBefore = socket.bytesWritten;
    const method = METHODS.has(sentMethod) ? sentMethod : '_OTHER';
    const parent = observer.isTracing ? fromClient(propagation.extract(context.active(), request.headers)) : undefined;
    const span = parent && startSpan({ method, url }, parent);
    active += 1;
    response.on('close', () => {
      active -= 1;
      const route = observer.routeOf(request);
      const { kind, subject } = callerOf(request);
      observer.reports.add({
        startedAt,
        endedAt: performance.now(),
        method,
        url,
        route,
        status: response.statusCode,
        bytes: socket.bytesWritten - bytesBefore,
        cache: cacheResultOf(response),
        caller: subject ?? kind,
        requestId: requestIdOf(request),
        traceId: span?.spanContext().traceId,
        traceparent: request.headers['traceparent'],
        isAborted: !response.writableFinished,
      });
      if (span !== undefined) endSpan(span, { method, route }, response);
    });
    if (span === undefined || parent === undefined) listener(request, response);
    else context.with(trace.setSpan(parent, span), listener, undefined, request, response);
  };
}

function startSpan({ method, url }: { readonly method: string; readonly url: string }, parent: Context): Span {
  const [path = ''] = url.split('?', 1);
  const attributes = { 'http.request.method': method, 'url.path': path, 'url.scheme': 'http' };
  return tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, parent);
}

/** Ends the span with the route, which is known only after the request has been answered. */
function endSpan(
  span: Span,
  { method, route }: { readonly method: string; readonly route: string },
  response: ServerResponse,
): void {
  const { statusCode } = response;
  const cache = cacheResultOf(response);
  span.updateName(`${method} ${route}`);
  span.setAttributes({ 'http.route': route, 'http.response.status_code': statusCode });
  if (cache !== undefined) span.setAttribute('rollcall.cache', cache);
  if (statusCode >= 500) {
    span.setAttribute('error.type', String(statusCode));
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}
