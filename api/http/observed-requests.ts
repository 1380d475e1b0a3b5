/** Reports each request to the public port: a line in the log, metrics, and a span. */
import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { httpServerDuration, refusedRequests } from '../../telemetry/instruments.ts';
import { addGauges } from '../../telemetry/meter.ts';
import { fromClient } from '../../telemetry/sampling.ts';
import { tracer } from '../../telemetry/span.ts';
import { callerOf } from '../access/caller.ts';
import { cacheResultOf } from '../cache/cache-result.ts';
import { requestIdOf } from './request-id.ts';
import type { ServerLookups } from './server-lookups.ts';

export interface RequestObserver {
  readonly logger: Logger;
  /** The pattern of a path. */
  readonly routeOf: (path: string) => string;
  readonly lookups: ServerLookups;
  readonly isTracing: boolean;
}

/** Probes come every few seconds. */
const PROBES: ReadonlySet<string> = new Set(['/health', '/readiness']);
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const REFUSALS: Readonly<Record<number, string>> = { 401: 'unauthenticated', 403: 'denied', 429: 'rate_limited' };
/** The values of all other parameters can be secret or private. */
const LOGGED_PARAMETERS = ['limit', 'version', 'updated_since', 'include_deleted'] as const;
const MAX_LOGGED_LENGTH = 300;
const TRACE_ID = /^[0-9a-f]{2}-([0-9a-f]{32})-/;

let active = 0;
addGauges(() => [
  {
    name: 'http.server.active_requests',
    description: 'Requests being answered',
    unit: '{request}',
    points: [{ value: active }],
  },
]);

/** What is known when a request arrives. */
interface Arrival {
  readonly startedAt: number;
  readonly path: string;
  readonly search: string | undefined;
  readonly method: string;
  readonly route: string;
  readonly bytesBefore: number;
  readonly span: Span | undefined;
}

/** The same listener, observed. */
export function observed(observer: RequestObserver, listener: RequestListener): RequestListener {
  return (request, response) => {
    const startedAt = performance.now();
    const [path = '', search] = (request.url ?? '').split('?', 2);
    const method = METHODS.has(request.method ?? '') ? (request.method ?? '') : '_OTHER';
    const route = observer.routeOf(path);
    const { socket } = request;
    const parent = observer.isTracing ? fromClient(propagation.extract(context.active(), request.headers)) : undefined;
    const span = parent && startSpan({ method, route, path }, parent);
    const arrival: Arrival = { startedAt, path, search, method, route, bytesBefore: socket.bytesWritten, span };
    active += 1;
    response.once('close', () => {
      active -= 1;
      end(observer, { request, response, arrival, bytes: socket.bytesWritten - arrival.bytesBefore });
    });
    if (span === undefined || parent === undefined) listener(request, response);
    else context.with(trace.setSpan(parent, span), listener, undefined, request, response);
  };
}

function startSpan(
  { method, route, path }: Pick<Arrival, 'method' | 'route' | 'path'>,
  parent: ReturnType<typeof context.active>,
): Span {
  const attributes = { 'http.request.method': method, 'http.route': route, 'url.path': path, 'url.scheme': 'http' };
  return tracer.startSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes }, parent);
}

interface Ended {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly arrival: Arrival;
  readonly bytes: number;
}

function end(observer: RequestObserver, ended: Ended): void {
  const { arrival, response } = ended;
  const durationMs = performance.now() - arrival.startedAt;
  measure(observer, ended, durationMs);
  log(observer.logger, ended, durationMs);
  if (arrival.span !== undefined) endSpan(arrival.span, response);
}

function measure({ lookups }: RequestObserver, { arrival, response }: Ended, durationMs: number): void {
  const { method, route, path } = arrival;
  const { statusCode } = response;
  httpServerDuration.record(durationMs / 1000, {
    'http.request.method': method,
    'http.route': route,
    'http.response.status_code': statusCode,
    'url.scheme': 'http',
    ...(statusCode >= 500 && { 'error.type': String(statusCode) }),
  });
  const reason = REFUSALS[statusCode];
  if (reason !== undefined) refusedRequests.add(1, { reason });
  lookups.count({ method, route, path, statusCode });
}

function log(logger: Logger, { request, response, arrival, bytes }: Ended, durationMs: number): void {
  const { method, route, path, search, span } = arrival;
  const level = PROBES.has(path) ? 'debug' : 'info';
  if (!logger.isLevelEnabled(level)) return;
  const { kind, subject } = callerOf(request);
  const traceId = span?.spanContext().traceId ?? TRACE_ID.exec(String(request.headers['traceparent'] ?? ''))?.[1];
  logger[level](
    {
      method,
      route,
      path: path.slice(0, MAX_LOGGED_LENGTH),
      query: search === undefined ? undefined : loggedQuery(search),
      status: response.statusCode,
      durationMs: Math.round(durationMs * 100) / 100,
      bytes,
      cache: cacheResultOf(response),
      caller: subject ?? kind,
      requestId: requestIdOf(request),
      traceId,
      aborted: response.writableFinished ? undefined : true,
    },
    'request',
  );
}

/** The parameters whose values are logged. */
function loggedQuery(search: string): string | undefined {
  const given = new URLSearchParams(search);
  const logged = new URLSearchParams(
    LOGGED_PARAMETERS.flatMap((name): [string, string][] => {
      const value = given.get(name);
      return value === null ? [] : [[name, value]];
    }),
  ).toString();
  return logged === '' ? undefined : logged.slice(0, MAX_LOGGED_LENGTH);
}

function endSpan(span: Span, response: ServerResponse): void {
  const { statusCode } = response;
  const cache = cacheResultOf(response);
  span.setAttribute('http.response.status_code', statusCode);
  if (cache !== undefined) span.setAttribute('rollcall.cache', cache);
  if (statusCode >= 500) {
    span.setAttribute('error.type', String(statusCode));
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}
