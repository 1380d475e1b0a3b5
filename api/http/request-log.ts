/** The line of a request in the log. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { logPlain } from '../../telemetry/logger.ts';
import { callerOf } from '../access/caller.ts';
import { cacheResultOf } from '../cache/cache-result.ts';
import { requestIdOf } from './request-id.ts';

export interface LoggedRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** As the client sent it, with its query. */
  readonly url: string;
  readonly method: string;
  readonly route: string;
  readonly durationMs: number;
  readonly bytes: number;
  /** Undefined: the trace that the client names, if any. */
  readonly traceId: string | undefined;
}

/** Probes come every few seconds. */
const PROBES: ReadonlySet<string> = new Set(['/health', '/readiness']);
/** The values of all other parameters can be secret or private. */
const LOGGED_PARAMETERS: ReadonlySet<string> = new Set(['limit', 'version', 'updated_since', 'include_deleted']);
const MAX_LOGGED_LENGTH = 300;
const TRACE_ID = /^[0-9a-f]{2}-([0-9a-f]{32})-/;

export function logRequest(logger: Logger, logged: LoggedRequest): void {
  const { request, response, method, route, durationMs, bytes, traceId } = logged;
  const [path = '', search] = logged.url.split('?', 2);
  const level = PROBES.has(path) ? 'debug' : 'info';
  if (!logger.isLevelEnabled(level)) return;
  const { kind, subject } = callerOf(request);
  logPlain(logger, level, {
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
    traceId: traceId ?? sentTraceId(request),
    aborted: response.writableFinished ? undefined : true,
    msg: 'request',
  });
}

function sentTraceId({ headers }: IncomingMessage): string | undefined {
  const { traceparent } = headers;
  return typeof traceparent === 'string' ? TRACE_ID.exec(traceparent)?.[1] : undefined;
}

/** The parameters whose values are logged, as the client sent them. */
function loggedQuery(search: string): string | undefined {
  const logged = search.split('&').filter((parameter) => LOGGED_PARAMETERS.has(parameter.split('=', 1)[0]!));
  return logged.length === 0 ? undefined : logged.join('&').slice(0, MAX_LOGGED_LENGTH);
}
