/** Reports each request to the public port: a line in the log, metrics, and a span. */
import { type Context, context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Series } from '../../telemetry/histogram.ts';
import { httpServerDuration, refusedRequests } from '../../telemetry/instruments.ts';
import { addGauges } from '../../telemetry/meter.ts';
import { fromClient } from '../../telemetry/sampling.ts';
import { tracer } from '../../telemetry/span.ts';
import { cacheResultOf } from '../cache/cache-result.ts';
import { logRequest } from './request-log.ts';
import type { ServerLookups } from './server-lookups.ts';

export interface RequestObserver {
  readonly logger: Logger;
  /** The pattern of the route that a request took: `/v0.1/servers/{server}`. */
  readonly routeOf: (request: IncomingMessage) => string;
  readonly lookups: ServerLookups;
  readonly isTracing: boolean;
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const REFUSALS: Readonly<Record<number, string>> = { 401: 'unauthenticated', 403: 'denied', 429: 'rate_limited' };

let active = 0;
addGauges(() => [
  {
    name: 'http.server.active_requests',
    description: 'Requests being answered',
    unit: '{request}',
    points: [{ value: active }],
  },
]);

/** The same listener, observed. */
export function observed(observer: RequestObserver, listener: RequestListener): RequestListener {
  return (request, response) => {
    const startedAt = performance.now();
    const { socket, url = '' } = request;
    const bytesBefore = socket.bytesWritten;
    const method = METHODS.has(request.method ?? '') ? (request.method ?? '') : '_OTHER';
    const parent = observer.isTracing ? fromClient(propagation.extract(context.active(), request.headers)) : undefined;
    const span = parent && startSpan({ method, url }, parent);
    active += 1;
    response.on('close', () => {
      active -= 1;
      const durationMs = performance.now() - startedAt;
      const route = observer.routeOf(request);
      const { statusCode } = response;
      durations(route, method, statusCode).record(durationMs / 1000);
      const reason = REFUSALS[statusCode];
      if (reason !== undefined) refusedRequests.add(1, { reason });
      observer.lookups.count({ method, route, url, statusCode });
      logRequest(observer.logger, {
        request,
        response,
        url,
        method,
        route,
        durationMs,
        bytes: socket.bytesWritten - bytesBefore,
        traceId: span?.spanContext().traceId,
      });
      if (span !== undefined) endSpan(span, { method, route }, response);
    });
    if (span === undefined || parent === undefined) listener(request, response);
    else context.with(trace.setSpan(parent, span), listener, undefined, request, response);
  };
}

/** By route, then by method and status. */
const series = new Map<string, Map<string, Series>>();

function durations(route: string, method: string, status: number): Series {
  let ofRoute = series.get(route);
  if (ofRoute === undefined) series.set(route, (ofRoute = new Map<string, Series>()));
  const outcome = `${method} ${status}`;
  const known = ofRoute.get(outcome);
  if (known !== undefined) return known;
  const added = httpServerDuration({
    'http.request.method': method,
    'http.route': route,
    'http.response.status_code': status,
    'url.scheme': 'http',
    ...(status >= 500 && { 'error.type': String(status) }),
  });
  ofRoute.set(outcome, added);
  return added;
}

function startSpan({ method, url }: { readonly method: string; readonly url: string }, parent: Context): Span {
  const [path = ''] = url.split('?', 1);
  const attributes = { 'http.request.method': method, 'url.path': path, 'url.scheme': 'http' };
  return tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, parent);
}

/** The route is known when the request has been answered. */
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
